"""The command line of every command: wrong usage has an exit code of its own."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from conformance.harness.run.exits import USAGE

EXIT_CODES = """\
exit codes: 0 conforms, 1 deviates, 2 interrupted, 3 internal error, 4 usage or configuration,
            5 nothing ran (the preflight stopped it), 6 incomplete"""


class Parser(argparse.ArgumentParser):
    """A parser with exit code 4 for wrong usage: argparse's own code, 2, means here that a run was interrupted."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")
