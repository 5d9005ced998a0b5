"""`diff OLD NEW`: what one run found and another did not, check by check; exit code 1 where something is newly red."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands.output import say, say_markdown
from conformance.harness.verdicts import DEVIATES
from conformance.reporting import diff, markdown, results

HELP = "compare two runs: newly red, fixed, changed"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The two runs."""
    parser.add_argument("old", type=Path, metavar="OLD", help="the folder of a run, or its results.json")
    parser.add_argument("new", type=Path, metavar="NEW", help="the same of a later run")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for a job summary")


def main(options: argparse.Namespace) -> int:
    """Exit code 0 when nothing is newly red, else 1. Raises UnreadableResults."""
    found = diff.compare(results.read(options.old), results.read(options.new))
    if options.markdown:
        say_markdown(markdown.difference(found))
    else:
        say("\n".join(diff.lines(found)))
    return DEVIATES if found.red else 0
