"""`cleanup RUN`: remove what the ledger of a run lists, and nothing else."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from conformance.harness import ledger
from conformance.harness.client import Client
from conformance.harness.configuration import resolve
from conformance.harness.connection import Connection
from conformance.harness.evidence import Recorder
from conformance.harness.removal import remove
from conformance.harness.verdicts import DEVIATES

HELP = "remove what the ledger of a run lists"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder of the run")


def main(options: argparse.Namespace) -> int:
    """Exit code 0 when nothing of the run is left, 1 when something is."""
    origin, entries = ledger.read(options.folder)
    if origin.target is None:
        print("the run was on the embedded server, which ended with it: nothing is left")
        return 0
    endpoint = resolve(origin.target, Path(origin.file), supports=origin.claims)
    record = options.folder / f"cleanup-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    connection = Connection(endpoint, Client(endpoint), Recorder(record, endpoint), ledger.Ledger(record, origin))
    removed, leftovers = remove(connection, entries)
    print(
        f"{len(removed)} of {len(removed) + len(leftovers)} studies of the ledger are gone from {endpoint.settings.url}"
    )
    for leftover in leftovers:
        print(f"left over: {leftover.study}: {leftover.why}")
    return DEVIATES if leftovers else 0
