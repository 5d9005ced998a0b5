"""Media types as Content-Type carries them: PS3.18 8.7, RFC 9110 8.3.1 and 5.6.6."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from conformance.dicomweb.differences import Difference, Malformed
from conformance.dicomweb.wording import shown

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_ESSENCE = re.compile(rf"{_TOKEN}/{_TOKEN}")
_SEPARATOR = re.compile(r"[ \t]*;[ \t]*")
_NAME = re.compile(_TOKEN)
_UNQUOTED = re.compile(_TOKEN)
# PS3.18 writes type=application/dicom without quotes since 2023b, although "/" is not a token character.
_UNQUOTED_TYPE = re.compile(rf"{_TOKEN}(?:/{_TOKEN})?")
_QUOTED = re.compile(r'"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*)"')


_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")


class MalformedMediaType(Malformed):
    """A value that is not a media type."""


@dataclass(frozen=True)
class MediaType:
    """A media type.

    `essence` is "type/subtype" in lower case. `parameters` are (name, value) pairs in the order sent, names in lower
    case, values without their quotes.
    """

    essence: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The value of a parameter, None when there is none."""
        return dict(self.parameters).get(name.lower())

    def __str__(self) -> str:
        return "; ".join([self.essence, *(f"{name}={_quoted(value)}" for name, value in self.parameters)])


@lru_cache(1024)  # a run has few, and reads each for many checks
def parse(value: str) -> MediaType:
    """Read a Content-Type value (RFC 9110 8.3.1), strictly.

    Quotes around a parameter value are optional if it is a token, and around that of `type` also if it is a media type
    (PS3.18 8.7.1). Raises MalformedMediaType.
    """
    text = value.strip(" \t")
    essence = _ESSENCE.match(text)
    if essence is None:
        raise MalformedMediaType("the media type", shown(text), "type/subtype")
    parameters: dict[str, str] = {}
    at = essence.end()
    while at < len(text):
        separator = _SEPARATOR.match(text, at)
        if separator is None:
            raise MalformedMediaType("the rest of the media type", shown(text[at:]), "empty, or after a ;")
        at = separator.end()
        if at == len(text) or text[at] == ";":  # RFC 9110 5.6.6 allows an empty parameter
            continue
        name, content, at = _parameter(text, at)
        if name in parameters:
            raise MalformedMediaType(f"the parameter {name}", "given twice", "given once")
        parameters[name] = content
    return MediaType(essence.group().lower(), tuple(parameters.items()))


def boundary_fault(boundary: str) -> Difference | None:
    """The difference between a boundary and an allowed one (RFC 2046 5.1.1); None if it is allowed."""
    if not 1 <= len(boundary) <= 70:
        return Difference("the length of the boundary", f"{len(boundary)} characters", "1 to 70")
    if boundary.endswith(" "):
        return Difference("the last character of the boundary", "a space", "another one")
    if not _BOUNDARY.fullmatch(boundary):
        return Difference("the boundary", shown(boundary), "only letters, digits, spaces and '()+_,-./:=?")
    return None


def _parameter(text: str, at: int) -> tuple[str, str, int]:
    """Name, value and end of the parameter that starts at an index."""
    name = _NAME.match(text, at)
    if name is None or text[name.end() : name.end() + 1] != "=":
        raise MalformedMediaType("a parameter", shown(text[at:]), "name=value without spaces around the =")
    key, at = name.group().lower(), name.end() + 1
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        return key, re.sub(r"\\(.)", r"\1", quoted.group(1)), quoted.end()
    unquoted = (_UNQUOTED_TYPE if key == "type" else _UNQUOTED).match(text, at)
    if unquoted is None:
        raise MalformedMediaType(f"the value of the parameter {key}", shown(text[at:]), "a token or in quotes")
    return key, unquoted.group(), unquoted.end()


def _quoted(value: str) -> str:
    """A parameter value, in quotes if it is not a token."""
    if _UNQUOTED.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
