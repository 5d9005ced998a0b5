"""The commands of `dicomweb-conformance`: a module each, which says what it is for, adds its options and does it.

The docstring of a module is what `--help` shows: what the command does, an example, its exit codes.

`run` alone is not among COMMANDS: what it does not know it hands on to pytest.
"""

import argparse
from typing import Protocol

from conformance.commands import cleanup, diff, explain, matrix, probe, restore, serve, summary, unpack


class Command(Protocol):
    """A module of this room. `main` returns the exit code."""

    HELP: str

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def main(self, options: argparse.Namespace) -> int: ...


COMMANDS: dict[str, Command] = {
    "serve": serve,
    "probe": probe,
    "explain": explain,
    "restore": restore,
    "cleanup": cleanup,
    "unpack": unpack,
    "summary": summary,
    "diff": diff,
    "matrix": matrix,
}
