"""How commands print: no text of a server, and no terminal of a user, ends them, and a CI system does not obey any.

Nor does a reader that has seen enough, as `head` has: the exit code is that of what was done.
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
    """Guard all that is printed within; for a command that talks to a server, secrets are masked in it."""
    guard: Any = Guarded(sys.stdout, mask)
    with redirect_stdout(guard):
        try:
            yield
        finally:
            guard.flush()


def say(text: str) -> None:
    """Print a text; what the terminal has no character for is replaced."""
    _print(text, sys.stdout.encoding or "ascii")


def say_markdown(text: str) -> None:
    """Print Markdown, which is UTF-8 wherever it is read."""
    _print(text, "utf-8")


def _print(text: str, encoding: str) -> None:
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(encoding=encoding, errors="replace")
    print(printable(text), flush=True)
