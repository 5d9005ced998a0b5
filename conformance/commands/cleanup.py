"""`cleanup RUN`: remove what the ledger of a run lists, and nothing else.

    dicomweb-conformance cleanup reports/pacs/20261121-091407-7f3a --endpoint pacs
    dicomweb-conformance cleanup reports/pacs/20261121-091407-7f3a --endpoint https://pacs.example/dicom-web \\
        --removal dicomweb

Use it after a run that was killed, that could not remove what it stored, or that was restored. The server is the one
that --endpoint names, never one named in the folder. A study is removed only if its UID has the form that a run makes,
its Patient ID begins as those of the run do, and the ledger lists every instance that the server has of it.

exit codes: 0 nothing of the run is left, 1 something may be: it is named, with the reason, 2 interrupted,
            4 there is no such run, no server is named, or nobody agreed: nothing was sent
"""

from __future__ import annotations

import argparse

from conformance.commands import ended
from conformance.commands.output import guarded
from conformance.harness.data.removal import Claim, remove
from conformance.harness.endpoint import removals
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.exits import DEVIATES, INTERRUPTED
from conformance.harness.run.interruption import Interruption
from conformance.harness.wire import ledger
from conformance.reporting import terminal
from conformance.reporting.text import count, visible


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the run and the server."""
    ended.add_options(parser)
    help = "remove by DELETE (dicomweb), or by the server's own API (default: as the endpoint's table has it)"
    parser.add_argument("--removal", metavar="|".join(removals.names()), help=help)
    parser.add_argument(
        "--delete-changed",
        metavar="UID",
        action="append",
        default=[],
        help="remove this study of the ledger although its Patient ID is another one, because the server changed it",
    )
    help = "the server was emptied since the run: what is not seen any more is gone, although no DELETE removed it"
    parser.add_argument("--emptied", action="store_true", help=help)


def main(options: argparse.Namespace) -> int:
    """Exit code 0 when nothing of the run is left. Raises ConfigurationError, UnreadableLedger."""
    kept = ledger.read(options.folder)
    if kept.origin.target is None:
        print("the run was on the embedded server, which ended with it: nothing is left")
        return 0
    endpoint = ended.endpoint_of(options, kept.origin, options.removal)
    studies = dict.fromkeys(entry.study for entry in kept.entries)
    if unlisted := [uid for uid in options.delete_changed if uid not in studies]:
        raise ConfigurationError(f"--delete-changed {unlisted[0]}: the ledger of the run does not list this study")
    mask = Mask.of(endpoint)
    with guarded(mask):
        return _clean(options, kept, endpoint, mask, len(studies))


def _clean(options: argparse.Namespace, kept: ledger.Kept, endpoint: Endpoint, mask: Mask, studies: int) -> int:
    elsewhere = ended.elsewhere(kept.origin, endpoint)
    ended.confirm(_question(options, kept, endpoint.settings.url, studies, elsewhere), options.yes)
    prefix = ledger.patient_prefix(kept.origin.run)
    claim = Claim(prefix, frozenset(options.delete_changed), elsewhere, options.emptied)
    interruption = Interruption()
    interruption.install()
    with ended.connect(options.folder, kept, endpoint, mask, "cleanup") as connection:
        removed = remove(connection, kept.entries, kept.outcomes, claim, prefix)
    interruption.uninstall()
    concerned = count(len(removed.gone) + len(removed.left), "study", "studies")
    print(f"{len(removed.gone)} of {concerned} of the ledger proven gone")
    broken = ended.unreadable(options.folder, kept)
    for line in [*broken, *terminal.left(removed.left, removed.notes, "", "")]:
        print(visible(line))
    if interruption.signals:
        return INTERRUPTED
    return DEVIATES if removed.left or broken else 0


def _question(options: argparse.Namespace, kept: ledger.Kept, url: str, studies: int, elsewhere: str) -> list[str]:
    number = count(studies, "study", "studies")
    lines = [f"remove what the run {kept.origin.run} stored, {number} by its ledger, from {url}"]
    lines += (
        [f"its studies are looked for {elsewhere}: one that is not seen is not said to be gone"] if elsewhere else []
    )
    lines += [f"whatever its Patient ID is: {uid}" for uid in options.delete_changed]
    return lines
