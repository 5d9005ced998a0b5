"""How commands print: no text of a server, and no terminal of a user, ends them."""

from __future__ import annotations

import io
import sys


def say(text: str) -> None:
    """Print a text; what the terminal has no character for is replaced."""
    _print(text, sys.stdout.encoding or "ascii")


def say_markdown(text: str) -> None:
    """Print Markdown, which is UTF-8 wherever it is read."""
    _print(text, "utf-8")


def _print(text: str, encoding: str) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=encoding, errors="replace")
    print(text)
