"""Printing for commands: no text of a server and no terminal breaks them, and a CI system obeys no text that they
print.

Nor does a reader that closes the pipe early, such as `head`: the exit code is that of what was done.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from conformance.harness.endpoint.secrets import Mask
from conformance.harness.run.boundary import Guarded
from conformance.reporting.text import printable


@contextmanager
def guarded(mask: Mask) -> Iterator[None]:
    """Guard everything that is printed within; a command that talks to a server has secrets masked."""
    guard: Any = Guarded(sys.stdout, mask)
    with redirect_stdout(guard):
        try:
            yield
        finally:
            guard.flush()


def say(text: str) -> None:
    """Print a text; characters that the terminal does not have are replaced."""
    _print(text, sys.stdout.encoding or "ascii")


def say_markdown(text: str) -> None:
    """Print Markdown, which is UTF-8 wherever it is read."""
    _print(text, "utf-8")


def _print(text: str, encoding: str) -> None:
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(encoding=encoding, errors="replace")
    print(printable(text), flush=True)
