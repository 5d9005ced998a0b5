"""`run [NAME or URL]`: judge a DICOMweb server; without one, the embedded reference server.

    dicomweb-conformance run https://pacs.example/dicom-web --removal dicomweb
    dicomweb-conformance run pacs --clause 10.6 --strict
    dicomweb-conformance run pacs -k paging -x
    dicomweb-conformance run pacs --load 8

It stores a small study and others like it under UIDs of its own, retrieves them, searches for them, judges every answer
by PS3.18, removes what it stored, and leaves reports. `probe` says beforehand whether it could start. If no removal is
configured, it says what would stay on the server and asks on the terminal; without a terminal it stores nothing (exit
code 4), unless --leave agrees.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from conformance.commands.parser import EXIT_CODES, Parser
from conformance.harness.endpoint.endpoints import Settings
from conformance.harness.run.options import GROUPS, PACKAGE, PYTEST, add_options, alone


def main(words: list[str]) -> int:
    """The exit code of the run; unknown arguments are passed to pytest."""
    if "-h" in words or "--help" in words:
        parser = Parser(
            "dicomweb-conformance run",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            usage="%(prog)s [NAME or URL] [options] [pytest's options, such as -k, -x, or the path of a test]",
            description=__doc__,
            epilog=f"keys of endpoints.toml: {', '.join(Settings.__struct_fields__)}\n{EXIT_CODES}",
        )
        groups = {title: parser.add_argument_group(title) for title in GROUPS.values()}
        add_options(lambda title: groups[title].add_argument)
        groups[GROUPS["judged"]].add_argument("--strict", action="store_true", help="a warning is a deviation")
        parser.print_help()
        return 0
    checks = [word for word in words if PACKAGE in Path(word.split("::")[0]).resolve().parents]
    if url := next((word for word in words if "://" in word and not word.startswith("-")), None):
        words = ["--endpoint", url, *(word for word in words if word not in (url, "--endpoint"))]
    elif words and not words[0].startswith("-") and words[0] not in checks:
        words = ["--endpoint", *words]
    paths = [] if checks else [str(PACKAGE)]
    with alone() as left_out:
        for name in left_out:
            print(f"{name} is ignored: options of another project do not change what is judged", file=sys.stderr)
        return int(pytest.main([*PYTEST, *words, *paths]))
