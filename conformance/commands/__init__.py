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
    "probe": "test whether a run could start, and what the server seems to support",
    "objects": "list the files of a folder as a run judges them",
    "viewer": "open studies of a run in the real OHIF, and look at the pictures",
    "explain": "explain a requirement or a check, and how it is judged",
    "restore": "store again what a run stored, so that its curl lines can be sent",
    "cleanup": "remove what the ledger of a run lists",
    "replay": "send a request of a run again, and show the response beside the recorded one",
    "unpack": "write the evidence of a run as files, so that its curl lines can send them",
    "summary": "print the summary of a run again",
    "acceptance": "write the acceptance report of a run again, as a page and as PDF",
    "diff": "compare two runs: newly red, no longer judged, fixed, changed",
    "matrix": "compare several servers side by side",
}


class Command(Protocol):
    """A module of this package. `main` returns the exit code."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def main(self, options: argparse.Namespace) -> int: ...


def command(name: str) -> Command:
    """The module of one of COMMANDS."""
    module: Any = import_module(f"{__name__}.{name}")
    return module  # type: ignore[no-any-return]
