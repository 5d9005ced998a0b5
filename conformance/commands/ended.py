"""A run that has ended: what its ledger lists, and a connection to the server on which it stored that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from conformance.harness.client import Client
from conformance.harness.configuration import resolve
from conformance.harness.connection import Connection
from conformance.harness.evidence import Recorder
from conformance.harness.ledger import Entry, Ledger, Origin


def connect(folder: Path, origin: Origin, entries: list[Entry], purpose: str) -> Connection:
    """A connection to where a run stored, with its own evidence in a folder below that of the run.

    Raises ConfigurationError, also for a run on the embedded server: `origin.target` is None then.
    """
    endpoint = resolve(origin.target or "", Path(origin.file), supports=origin.claims)
    record = folder / f"{purpose}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    recorder = Recorder(record, endpoint)
    recorder.check = purpose
    return Connection(endpoint, Client(endpoint), recorder, Ledger(folder, origin, entries))
