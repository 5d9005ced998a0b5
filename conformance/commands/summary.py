"""`summary RUN`: print the summary of a run again; as Markdown for the summary of a CI job.

    dicomweb-conformance summary --markdown reports/pacs/20261127-080944-3c4d

Nothing is sent. SHA256SUMS beside results.json is compared with it. That detects damage, not forgery.

exit codes: 0 said, 4 a file is not that of a run
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands.output import say, say_markdown
from conformance.reporting import markdown, results, terminal


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the run and the format."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run, or its results.json")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for a job summary")


def main(options: argparse.Namespace) -> int:
    """Exit code 0 whatever the run found: the run itself judges. Raises UnreadableResults."""
    run = results.read(options.run)
    if options.markdown:
        say_markdown(markdown.summary(run))
    else:
        folder = options.run if options.run.is_dir() else options.run.parent
        unwritten = None if (folder / "conformance.html").exists() else run.footer.exit
        say("\n".join(terminal.closing(run, str(folder), unwritten=unwritten)))
    return 0
