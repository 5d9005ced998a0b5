"""A run that has ended: its folder is data, so the server is taken from the command line, and a person confirms it
first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from conformance.harness.endpoint import removals
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.endpoint.settings import account
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.foreign import Foreign
from conformance.harness.wire.ledger import NAME, Kept, Ledger, Origin
from conformance.reporting import evidence, sums
from conformance.reporting.evidence import Evidence, UnreadableEvidence
from conformance.reporting.text import listed, visible


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the run and the server."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder of the run")
    parser.add_argument("--endpoint", metavar="NAME|URL", help="the server: a URL, or a name in endpoints.toml")
    parser.add_argument(
        "--endpoints", metavar="FILE", default="endpoints.toml", help="the configuration (default: endpoints.toml)"
    )
    help = "a feature that the server has, such as delete, as for the run; may be repeated"
    parser.add_argument("--supports", metavar="FEATURE", action="append", default=[], help=help)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def endpoint_of(options: argparse.Namespace, origin: Origin, removal: str | None = None) -> Endpoint:
    """The server that the command line names, with a `removal` that it names too. Raises ConfigurationError.

    The folder of a run is never used for it: whoever made the folder could name any server and any command.
    """
    if not options.endpoint:
        told = f" The ledger says that the run stored at {visible(origin.url)}." if origin.url else ""
        raise ConfigurationError(f"name the server: --endpoint NAME, of endpoints.toml, or --endpoint URL.{told}")
    file = Path(options.endpoints).resolve()
    inside = [parent for parent in file.parents if parent == options.folder.resolve() or (parent / NAME).exists()]
    if "://" not in options.endpoint and inside:
        raise ConfigurationError(
            f"{file} is in the folder of a run, from which no configuration is taken: --endpoints names another file"
        )
    given = removals.chosen(removal)
    return resolve(options.endpoint, file, **given | {"supports": [*options.supports, *given.get("supports", ())]})


def elsewhere(origin: Origin, endpoint: Endpoint) -> str:
    """A clause that says how the server, or the identity used with it, differs from that of the run; "" if neither
    does."""
    here, there = (endpoint.settings.url, account(endpoint)), (origin.url, origin.account)
    if here[0].rstrip("/") == there[0].rstrip("/") and here[1] == there[1]:
        return ""
    return f"at {_place(*here)}, but the run stored {f'at {_place(*there)}' if origin.url else 'at a URL not known'}"


def _place(url: str, who: str) -> str:
    return f"{url} ({who})" if who else url


def evidence_of(folder: Path) -> Evidence:
    """The evidence of a run, unchanged since the run ended. Raises UnreadableEvidence."""
    if sums.verify(folder, [evidence.NAME]):
        raise UnreadableEvidence(f"{folder / evidence.NAME} is not as the run left it, by its {sums.NAME}")
    return Evidence(folder)


@contextmanager
def connect(folder: Path, kept: Kept, endpoint: Endpoint, mask: Mask, purpose: str) -> Iterator[Connection]:
    """A connection for each request; its evidence is in a subfolder of the run's evidence."""
    foreign = Foreign()
    foreign.stored(entry.study for entry in kept.entries)
    recorder = Recorder(folder / f"{purpose}-{datetime.now(UTC):%Y%m%d-%H%M%S}", endpoint, mask, foreign)
    recorder.check = purpose
    with reopened(folder, kept) as book:
        connection = Connection(endpoint, Client(endpoint), recorder, book)
        connection.patience.renew()
        connection.alone()
        try:
            yield connection
        finally:
            recorder.close()


@contextmanager
def reopened(folder: Path, kept: Kept) -> Iterator[Ledger]:
    """The ledger of a run, to be continued. If it was undamaged, its new digest is written, so that it still is."""
    is_intact = not sums.verify(folder, [NAME])
    try:
        yield Ledger(folder, kept.origin, kept.entries, kept.outcomes)
    finally:
        if is_intact:
            with suppress(OSError):
                sums.renew(folder, NAME)


def confirm(question: Iterable[str], yes: bool) -> None:
    """Say what is about to be done, in lines, and ask for agreement. Raises ConfigurationError without it."""
    for line in question:
        print(visible(line))
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("nothing was sent, since there is no terminal to ask on: --yes agrees beforehand")
    print("Go on? [y/N] ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfigurationError("nothing was sent")


def unreadable(folder: Path, kept: Kept) -> list[str]:
    """Lines about a ledger that is damaged or partly unreadable; none if it is intact."""
    damaged = [f"{NAME} is not as the run left it, by its SHA256SUMS"] if sums.verify(folder, [NAME]) else []
    if not kept.broken:
        return damaged
    lines = f"line{'s' if len(kept.broken) > 1 else ''} {listed([str(number) for number in kept.broken])}"
    return [*damaged, f"{lines} of {NAME} cannot be read: what they list, if anything, is not known"]
