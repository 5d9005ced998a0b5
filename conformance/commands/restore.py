"""`restore RUN`: store what a run stored once more, so that the curl lines of its report can be sent again.

    dicomweb-conformance restore reports/pacs/20261121-091407-7f3a
    cd reports/pacs/20261121-091407-7f3a     (here the curl lines of the report are sent)
    dicomweb-conformance cleanup reports/pacs/20261121-091407-7f3a

It stores what the ledger of the run lists, to the same endpoint, and nothing else: instances under UIDs of that run.
What the run itself deleted is there again too. `cleanup` removes all of it.

exit codes: 0 all that the run got stored is there again, 1 not all: each that is not is named,
            4 there is no such run, or its server ended with it
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands.ended import connect
from conformance.harness import ledger
from conformance.harness.endpoints import ConfigurationError
from conformance.harness.restoring import restore
from conformance.harness.verdicts import DEVIATES
from conformance.reporting.text import count, visible

HELP = "store what a run stored once more, so that its curl lines can be sent again"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder of the run")


def main(options: argparse.Namespace) -> int:
    """Exit code 0 when all is there again, 1 when something is not. Raises ConfigurationError, UnreadableLedger."""
    origin, entries = ledger.read(options.folder)
    if origin.target is None:
        raise ConfigurationError(
            "the run was on the embedded server, which ended with it: nothing can be restored to it"
        )
    connection = connect(options.folder, origin, entries, "restore")
    if by := connection.config.only_reads:
        raise ConfigurationError(f"nothing may be stored under {by}")
    there, missing, left_out = restore(connection, options.folder, entries)
    url = connection.config.settings.url
    print(f"{len(there)} of {count(len(there) + len(missing), 'instance')} that the run stored are on {url} again")
    if left_out:
        print(f"{count(left_out, 'instance')} of the ledger left out: the run did not get them stored either")
    for instance in missing:
        print(visible(f"not there: {instance.study}: {instance.why}"))
    print(f"dicomweb-conformance cleanup {options.folder} removes them")
    return DEVIATES if missing else 0
