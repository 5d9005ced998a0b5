"""Removal of escapes for URLs, JSON or HTML from a text, with the original place of each character."""

from __future__ import annotations

import html
import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import unquote

ROUNDS = 3  # an escape may be escaped itself
_ESCAPED = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)|(?P<unicode>(?:\\u[0-9A-Fa-f]{4})+)|(?P<octet>\\x[0-9A-Fa-f]{2})"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)|\\(?P<self>[\"'/\\])"
)
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{4,}={0,2}(?![\w+/=-])")


def decoded(text: str) -> tuple[str, list[int] | range, list[int] | range]:
    """The text without escapes; for each of its characters the start and the end in the original text."""
    plain: str = text
    starts: list[int] | range = range(len(text))
    ends: list[int] | range = range(1, len(text) + 1)
    for _ in range(ROUNDS):
        if not ("%" in plain or "\\" in plain or "&" in plain):
            break
        before = plain
        plain, places = _once(before)
        if plain == before:
            break
        starts, ends = [starts[start] for start, _ in places], [ends[end - 1] for _, end in places]
    return plain, starts, ends


def from_base64(text: str) -> Iterator[tuple[int, int, str]]:
    """The words of a text that are UTF-8 in base64: start, end, and the decoded text."""
    for found in _BASE64.finditer(text):
        digits = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        if len(digits) % 4 != 1:
            try:
                yield found.start(), found.end(), b64decode(digits + "=" * (-len(digits) % 4)).decode()
            except ValueError:
                continue


def _once(text: str) -> tuple[str, list[tuple[int, int]]]:
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    done = 0
    for found in _ESCAPED.finditer(text):
        plain = _plain(found)
        parts += [text[done : found.start()], plain]
        places += [(at, at + 1) for at in range(done, found.start())]
        places += [found.span()] * len(plain)
        done = found.end()
    places += [(at, at + 1) for at in range(done, len(text))]
    return "".join([*parts, text[done:]]), places


def _plain(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "percent":
            return unquote(found[0], errors="replace")
        case "unicode":
            octets = bytes.fromhex(found[0].replace("\\u", ""))
            return octets.decode("utf-16-be", "replace")
        case "octet":
            return chr(int(found[0][2:], 16))
        case "entity":
            return html.unescape(found[0])
        case _:
            return found["self"]
