"""`diff OLD NEW`: compare the results of two runs, check by check.

    dicomweb-conformance diff reports/pacs/20261120-081502-1a2b reports/pacs/20261127-080944-3c4d

A run is named by its folder or its results.json. Nothing is sent. A check that OLD judged and NEW does not have, or
does not score since a feature is not claimed, is "not judged any more", which is as bad as a newly red one: a run of
a part of the suite must not pass for a whole run.

SHA256SUMS beside results.json is compared with it. That detects damage, not forgery.

exit codes: 0 nothing is newly red, 1 something is, or is not judged any more, 4 a file is not that of a run
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands.output import say, say_markdown
from conformance.harness.run.exits import DEVIATES
from conformance.reporting import diff, markdown, results


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the two runs."""
    parser.add_argument("old", type=Path, metavar="OLD", help="the folder of a run, or its results.json")
    parser.add_argument("new", type=Path, metavar="NEW", help="the same of a later run")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for a job summary")


def main(options: argparse.Namespace) -> int:
    """Exit code 0 if nothing is newly red and everything is still judged, else 1. Raises UnreadableResults."""
    found = diff.compare(results.read(options.old), results.read(options.new))
    if options.markdown:
        say_markdown(markdown.difference(found))
    else:
        say("\n".join(diff.lines(found)))
    return DEVIATES if found.is_red else 0
