"""Multipart payloads: PS3.18 8.6.1.2, RFC 2046 5.1.1, RFC 2387."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conformance.dicomweb import media_types
from conformance.dicomweb.buffers import Buffer, View, joined, pieces
from conformance.dicomweb.media_types import MediaType
from conformance.dicomweb.multipart_reader import PARTS_LIMIT, Event, Finding, PartBegin, PartData, PartEnd, Reader
from conformance.dicomweb.part_headers import Headers, header

__all__ = [
    "Event",
    "Finding",
    "Multipart",
    "Part",
    "PartBegin",
    "PartData",
    "PartEnd",
    "Reader",
    "boundary_of",
    "parse",
    "related",
    "written",
]

_LOOSE_BOUNDARY = re.compile(r'\s*multipart/related\s*;.*?\bboundary\s*=\s*(?:"([^"]*)"|([^;\s]+))', re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One part: headers in the order and spelling sent, content, and the byte offset of the content in the body.

    `content` is bytes, or a view of a body that is kept in a file: bytes(part.content) is right for both.
    """

    headers: Headers
    content: bytes | View
    offset: int

    def header(self, name: str) -> str | None:
        """The first value of a header, None when there is none."""
        return header(self.headers, name)

    @property
    def media_type(self) -> MediaType | None:
        """Its Content-Type; None when that is missing or malformed (a finding tells which)."""
        try:
            return media_types.parse(self.header("Content-Type") or "")
        except media_types.MalformedMediaType:
            return None


@dataclass(frozen=True)
class Multipart:
    """A whole body: its parts, the text before and after them, and the findings about it, by offset."""

    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    boundary: str
    preamble: bytes
    epilogue: bytes


def boundary_of(content_type: str) -> str | None:
    """The boundary of a multipart/related Content-Type; None when it is another type or has none.

    Read also from a value of wrong grammar, an unquoted "a=b" say: an error in a header must not hide the body.
    """
    try:
        media_type = media_types.parse(content_type)
    except media_types.MalformedMediaType:
        found = _LOOSE_BOUNDARY.match(content_type)
        return (found[1] or found[2]) if found else None
    return (media_type.get("boundary") or None) if media_type.essence == "multipart/related" else None


def related(parts: Iterable[tuple[str, Buffer]], boundary: str) -> Buffer:
    """Write a multipart/related body (PS3.18 8.6.1.2) of (Content-Type or "" for none, content) parts.

    The boundary is the caller's choice; it must not occur in any content.
    """
    return written([({"Content-Type": name} if name else {}, content) for name, content in parts], boundary)


def written(parts: Iterable[tuple[Mapping[str, str], Buffer]], boundary: str) -> Buffer:
    """Write a multipart/related body of (header fields, content) parts, with the boundary as above.

    The body is bytes if all contents are.
    """
    chunks: list[Buffer] = []
    for fields, content in parts:
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        chunks += [f"--{boundary}\r\n{lines}\r\n".encode(), content, b"\r\n"]
    return joined([*chunks, f"--{boundary}--\r\n".encode()])


def parse(boundary: str, body: Buffer, max_parts: int = PARTS_LIMIT) -> Multipart:
    """Read a whole body with a Reader. The parts of a body that is not bytes are views of it."""
    reader = Reader(boundary, max_parts)
    parts: list[Part] = []
    begin, size = PartBegin((), 0), 0
    for event in _events(reader, body):
        match event:
            case PartBegin():
                begin, size = event, 0
            case PartData():
                size += len(event.content)
            case PartEnd():
                view = View(body, begin.offset, begin.offset + size)
                parts.append(Part(begin.headers, bytes(view) if isinstance(body, bytes) else view, begin.offset))
    findings = sorted(reader.findings, key=lambda finding: finding.offset)
    preamble, epilogue = body[: reader.preamble_end], body[reader.epilogue_start :]
    return Multipart(tuple(parts), tuple(findings), boundary, preamble, epilogue)


def _events(reader: Reader, body: Buffer) -> Iterator[Event]:
    for piece in pieces(body):
        yield from reader.feed(piece)
    yield from reader.close()
