"""`matrix RESULTS…`: several servers side by side, requirement by requirement, as a page or as Markdown.

    dicomweb-conformance matrix reports/pacs/20261127-080944-3c4d reports/archive/20261127-091022-5e6f

A run is named by its folder or its results.json. The cells link to the conformance.html beside it. Nothing is sent.

SHA256SUMS beside results.json is compared with it. That detects damage, not forgery.

exit codes: 0 written, 4 a file is not that of a run, or cannot be written
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from conformance.commands.output import say, say_markdown
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.reporting import markdown, matrix, results

PAGE = "conformance.html"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the runs and the output."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RESULTS", help="folders of runs, or their results.json")
    parser.add_argument("--output", type=Path, metavar="FILE", default=Path("matrix.html"), help="default: matrix.html")
    parser.add_argument("--markdown", action="store_true", help="print Markdown instead, with links as from that file")


def main(options: argparse.Namespace) -> int:
    """Exit code 0. Raises UnreadableResults, and ConfigurationError if the page cannot be written."""
    folder = options.output.resolve().parent
    runs = [(results.read(path), _page(path, folder)) for path in options.runs]
    for run, _ in runs:
        if run.part:
            raise ConfigurationError(f"the run {run.run} judged a part of the suite ({run.part}): compare whole runs")
    found = matrix.compare(runs)
    if options.markdown:
        say_markdown(markdown.matrix(found))
        return 0
    try:
        options.output.write_text(matrix.render(found), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{options.output} cannot be written: {error.strerror}") from error
    rows = matrix.total(found.requirements)
    say(f"{options.output}: the servers differ in {matrix.total(found.differing)} of {rows} requirements")
    return 0


def _page(run: Path, folder: Path) -> str | None:
    """The relative path from a folder to the page of a run, if there is one."""
    page = (run if run.is_dir() else run.parent).resolve() / PAGE
    if not page.is_file():
        return None
    try:
        return Path(os.path.relpath(page, folder)).as_posix()
    except ValueError:  # Windows has no relative path from one drive to another.
        return None
