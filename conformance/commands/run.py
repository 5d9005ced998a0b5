"""`run [NAME or URL]`: the suite against one endpoint, as pytest with the suite's plugin."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from conformance.commands.parser import EXIT_CODES, Parser
from conformance.harness.endpoints import Settings
from conformance.harness.options import PACKAGE, add_options

HELP = "judge an endpoint; without one, the embedded reference server"


def main(words: list[str]) -> int:
    """The exit code of the run; arguments that are not ours go to pytest."""
    if "-h" in words or "--help" in words:
        parser = Parser(
            "dicomweb-conformance run",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            usage="%(prog)s [NAME or URL] [options] [pytest's options, such as -k, -x, or the path of a test]",
            epilog=f"keys of endpoints.toml: {', '.join(Settings.__struct_fields__)}\n{EXIT_CODES}",
        )
        add_options(parser.add_argument)
        parser.add_argument("--strict", action="store_true", help="a warning is a deviation")
        parser.print_help()
        return 0
    checks = [word for word in words if PACKAGE in Path(word.split("::")[0]).resolve().parents]
    if words and not words[0].startswith("-") and words[0] not in checks:
        words = ["--endpoint", *words]
    paths = [] if checks else [str(PACKAGE)]
    own = ["-c", str(PACKAGE / "harness" / "run.toml"), "--rootdir", str(PACKAGE.parent)]
    return int(pytest.main([*own, "-p", "conformance.harness.plugin", "-p", "no:cacheprovider", *words, *paths]))
