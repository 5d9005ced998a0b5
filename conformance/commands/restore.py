"""`restore RUN`: store what a run stored once more, so that the curl lines of its report can be sent again.

    dicomweb-conformance restore reports/pacs/20261121-091407-7f3a --endpoint pacs
    cd reports/pacs/20261121-091407-7f3a     (here the curl lines of the report are sent; `unpack` writes their bodies)
    dicomweb-conformance cleanup reports/pacs/20261121-091407-7f3a --endpoint pacs

It stores what the ledger of the run lists and nothing else: instances under UIDs and Patient IDs of that run, and only
where their study is proven absent. Instances that the run itself deleted are restored too. `cleanup` removes all of it.

exit codes: 0 all that the run got stored is there again, 1 not all: each that is not is named,
            2 interrupted,
            4 the run or its evidence cannot be read, its server ended with it, no server is named, or you did not
              agree: nothing was sent
"""

from __future__ import annotations

import argparse

from conformance.commands import ended
from conformance.commands.output import guarded
from conformance.harness.data.restoring import restore
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.exits import DEVIATES
from conformance.harness.wire import ledger
from conformance.reporting import terminal
from conformance.reporting.text import count, visible


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the run and the server."""
    ended.add_options(parser)


def main(options: argparse.Namespace) -> int:
    """Exit code 0 if everything is there again, 1 if something is not. Raises ConfigurationError, UnreadableLedger."""
    kept = ledger.read(options.folder)
    if kept.origin.target is None:
        raise ConfigurationError(
            "the run was on the embedded server, which ended with it: nothing can be restored to it"
        )
    endpoint = ended.endpoint_of(options, kept.origin)
    if by := endpoint.only_reads:
        raise ConfigurationError(f"nothing may be stored under {by}")
    mask = Mask.of(endpoint)
    with guarded(mask):
        return _restore(options, kept, endpoint, mask)


def _restore(options: argparse.Namespace, kept: ledger.Kept, endpoint: Endpoint, mask: Mask) -> int:
    evidence = ended.evidence_of(options.folder)
    url = endpoint.settings.url
    studies = count(len({entry.study for entry in kept.entries}), "study", "studies")
    question = f"store what the run {kept.origin.run} stored, {studies} by its ledger, on {url} again"
    ended.confirm([question], options.yes)
    how = visible(f"{terminal.cleanup(str(options.folder), options.endpoint)} removes them")
    try:
        with ended.connect(options.folder, kept, endpoint, mask, "restore") as connection:
            there, missing, left_out = restore(connection, evidence, kept)
    except KeyboardInterrupt:
        print(f"\nsome instances are stored again: {how}")
        raise
    print(f"{len(there)} of {count(len(there) + len(missing), 'instance')} that the run stored are on {url} again")
    if left_out:
        why = "they were not stored, or are own objects, whose bodies are not kept"
        print(f"{count(left_out, 'instance')} of the ledger left out: {why}")
    for line in [
        *ended.unreadable(options.folder, kept),
        *(f"not there: {item.study}: {item.why}" for item in missing),
    ]:
        print(visible(line))
    print(how)
    return DEVIATES if missing or kept.broken else 0
