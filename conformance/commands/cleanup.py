"""`cleanup RUN`: remove what the ledger of a run lists, and nothing else.

    dicomweb-conformance cleanup reports/pacs/20261121-091407-7f3a

It is for a run that was killed, that could not remove what it stored, or that was restored.

exit codes: 0 nothing of the run is left, 1 something is: it is named, with the reason, 4 there is no such run
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands.ended import connect
from conformance.harness import ledger
from conformance.harness.removal import remove
from conformance.harness.verdicts import DEVIATES
from conformance.reporting.text import visible

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
    connection = connect(options.folder, origin, entries, "cleanup")
    removed, leftovers = remove(connection, entries)
    url = connection.config.settings.url
    print(f"{len(removed)} of {len(removed) + len(leftovers)} studies of the ledger are gone from {url}")
    for leftover in leftovers:
        print(visible(f"left over: {leftover.study}: {leftover.why}"))
    return DEVIATES if leftovers else 0
