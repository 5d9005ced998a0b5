"""Headers of a part: RFC 2046 5.1, RFC 9110 5 (whose grammar PS3.18 8.6.1.2 takes over for parts)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


def read_headers(lines: Sequence[tuple[int, bytes]]) -> tuple[Headers, list[tuple[str, int, str]]]:
    """Read the lines of a header block, each with its offset, as a lenient reader would.

    Gives the headers, and (code, offset, sentence) for each thing that is wrong with them.
    """
    found: list[tuple[str, list[str]]] = []
    wrong: list[tuple[str, int, str]] = []
    for offset, line in lines:
        wrong += [(code, offset + at, sentence) for code, at, sentence in _bad_bytes(line)]
        text = line.decode("latin-1")
        name, colon, value = text.partition(":")
        if text[0] in " \t":
            wrong.append(("folded-header", offset, "a header line starts with a space, should start with a name"))
        if text[0] in " \t" and found:
            found[-1][1].append(text.strip())
        elif not colon:
            wrong.append(("header-without-colon", offset, f"a header line is {shown(text)}, should be name: value"))
        else:
            wrong += [(code, offset, sentence) for code, sentence in _bad_name(name)]
            found.append((name.strip(" \t"), [value.strip(" \t")]))
    headers = tuple((name, " ".join(values)) for name, values in found)
    wrong += [(code, lines[0][0], sentence) for code, sentence in _bad_headers(headers)]
    return headers, wrong


def _bad_bytes(line: bytes) -> Iterator[tuple[str, int, str]]:
    for code, pattern in _BAD_BYTES:
        if bad := pattern.search(line):
            yield code, bad.start(), f"a header has the byte {bad.group().hex().upper()}, should be printable ASCII"


def _bad_name(name: str) -> Iterator[tuple[str, str]]:
    if name.endswith((" ", "\t")):
        yield "space-before-colon", f"the header {shown(name.strip())} has a space before its colon, should have none"
    if not _TOKEN.fullmatch(name.strip(" \t")):
        yield "illegal-header-name", f"the name of a header is {shown(name)}, should be a token"


def _bad_headers(headers: Headers) -> Iterator[tuple[str, str]]:
    names = [name.lower() for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            yield f"duplicate-{name}", f"the header {name} is there {names.count(name)} times, should be once"
    content_type = header(headers, "Content-Type")
    try:
        if content_type is not None:
            parse(content_type)
    except MalformedMediaType as error:
        yield "malformed-content-type", f"Content-Type is malformed: {error}"
