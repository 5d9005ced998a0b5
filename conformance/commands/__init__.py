"""The commands of `dicomweb-conformance`, one module each: its docstring, its options and its action.

The docstring of a module is what `--help` shows: what the command does, an example, its exit codes. A module is
imported only when its command is called.

Only `run` is not among COMMANDS: it passes arguments that it does not know on to pytest.
"""

import argparse
from importlib import import_module
from typing import Any, Protocol

RUN_HELP = "judge an endpoint; without one, the embedded reference server"
COMMANDS = {
    "serve": "run the reference server",
    "probe": "whether a run could start, and what the server seems to support",
    "explain": "what a requirement or a check demands, and how it is judged",
    "restore": "store what a run stored once more, so that its curl lines can be sent again",
    "cleanup": "remove what the ledger of a run lists",
    "unpack": "write the evidence of a run as files, so that its curl lines can send them",
    "summary": "say again what a run found",
    "acceptance": "write the paper to sign of a run, as a page and as PDF",
    "diff": "compare two runs: newly red, not judged any more, fixed, changed",
    "matrix": "several servers side by side",
}


class Command(Protocol):
    """A module of this package. `main` returns the exit code."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def main(self, options: argparse.Namespace) -> int: ...


def command(name: str) -> Command:
    """The module of one of COMMANDS."""
    module: Any = import_module(f"{__name__}.{name}")
    return module  # type: ignore[no-any-return]
