"""Headers of a part: RFC 2046 5.1, RFC 9110 5 (whose grammar PS3.18 8.6.1.2 takes over for parts)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.dicomweb.differences import Difference
from conformance.dicomweb.media_types import MalformedMediaType, parse
from conformance.dicomweb.wording import shown

Headers = tuple[tuple[str, str], ...]

_BAD_BYTES = (
    ("control-in-header", re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")),
    ("non-ascii-in-header", re.compile(rb"[\x80-\xff]")),
)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ONCE = ("content-type", "content-length", "content-location")


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, whatever the case of its name; None when there is none."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def read_headers(lines: Sequence[tuple[int, bytes]]) -> tuple[Headers, list[tuple[str, int, Difference]]]:
    """Read the lines of a header block, each with its offset, as a lenient reader would.

    Returns the headers, and (code, offset, difference) for each mistake in them.
    """
    found: list[tuple[str, list[str]]] = []
    wrong: list[tuple[str, int, Difference]] = []
    for offset, line in lines:
        wrong += [(code, offset + at, difference) for code, at, difference in _bad_bytes(line)]
        text = line.decode("latin-1")
        name, colon, value = text.partition(":")
        if text[0] in " \t":
            wrong.append(("folded-header", offset, Difference("the start of a header line", "a space", "a name")))
        if text[0] in " \t" and found:
            found[-1][1].append(text.strip())
        elif not colon:
            wrong.append(("header-without-colon", offset, Difference("a header line", shown(text), "name: value")))
        else:
            wrong += [(code, offset, difference) for code, difference in _bad_name(name)]
            found.append((name.strip(" \t"), [value.strip(" \t")]))
    headers = tuple((name, " ".join(values)) for name, values in found)
    wrong += [(code, lines[0][0], difference) for code, difference in _bad_headers(headers)]
    return headers, wrong


def _bad_bytes(line: bytes) -> Iterator[tuple[str, int, Difference]]:
    for code, pattern in _BAD_BYTES:
        if bad := pattern.search(line):
            yield code, bad.start(), Difference("a header byte", bad.group().hex().upper(), "printable ASCII")


def _bad_name(name: str) -> Iterator[tuple[str, Difference]]:
    if name.endswith((" ", "\t")):
        yield "space-before-colon", Difference(f"what follows the name {shown(name.strip())}", "a space", "a colon")
    if not _TOKEN.fullmatch(name.strip(" \t")):
        yield "illegal-header-name", Difference("the name of a header", shown(name), "a token")


def _bad_headers(headers: Headers) -> Iterator[tuple[str, Difference]]:
    names = [name.lower() for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            found = f"there {names.count(name)} times"
            yield f"duplicate-{name}", Difference(f"the header {name}", found, "there once")
    content_type = header(headers, "Content-Type")
    try:
        if content_type is not None:
            parse(content_type)
    except MalformedMediaType as error:
        yield "malformed-content-type", error.difference.of("Content-Type")
