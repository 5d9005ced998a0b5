"""Inspection of bodies with a content coding, which may contain what is not visible in the raw bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from conformance.dicomweb import codings
from conformance.dicomweb.buffers import PIECE, Buffer, pieces
from conformance.harness.endpoint.secrets import Mask

LIMIT = 32 * 1024 * 1024  # bytes of decoded content
MEMBERS = 64  # places in a body that may begin gzip
DEPTH = 3  # gzip within gzip
GZIP = b"\x1f\x8b\x08"  # RFC 1952 2.3.1
WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # RFC 9110 8.4.1; deflate comes without zlib too


class Closed(Exception):
    """A body whose content is unknown, or contains a secret; the message says which."""


def closed(content: Buffer, coding: str, mask: Mask) -> str | None:
    """The reason why a body must not be written as received; None if it may. `coding` is its Content-Encoding."""
    if not mask:
        return None
    try:
        decoded = _declared(content, coding)
        if decoded is not content and mask.holds(pieces(decoded)):
            raise Closed("decoded, it holds a credential")
        _look_into(decoded, mask, DEPTH)
    except Closed as why:
        return str(why)
    return None


def opened(content: Buffer, coding: str) -> Buffer:
    """The content of a body without the codings of its Content-Encoding, and without gzip that is not declared, as far
    as it can be decoded. Raises Closed."""
    content = _declared(content, coding)
    for _ in range(DEPTH):
        if content[: len(GZIP)] != GZIP or not (inside := _inflated(content, 0, 31)):
            return content
        content = inside
    raise Closed("gzip is in gzip is in gzip")


def _declared(content: Buffer, coding: str) -> Buffer:
    for name in reversed(codings.names(coding)):
        content = _decoded(content, name)
    return content


def _decoded(content: Buffer, coding: str) -> Buffer:
    """The decoded content; the content itself if it does not have this coding."""
    if coding not in WINDOWS:
        raise Closed(f"what is in the content coding {coding} is not known, it may be a credential")
    return next(filter(None, (_inflated(content, 0, window) for window in WINDOWS[coding])), content)


def _look_into(content: Buffer, mask: Mask, depth: int) -> None:
    """Raises Closed if there is a secret in gzip anywhere in a body, declared or not."""
    for at in _starts(content):
        if inside := _inflated(content, at, 31):
            if not depth or mask.holds([inside]):
                raise Closed("decoded, it holds a credential" if depth else "gzip is in gzip is in gzip")
            _look_into(inside, mask, depth - 1)


def _starts(content: Buffer) -> Iterator[int]:
    """The places that may begin gzip."""
    found = 0
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE + len(GZIP) - 1]
        at = piece.find(GZIP)
        while at >= 0:
            found += 1
            if found > MEMBERS:
                raise Closed(f"gzip may begin at more than {MEMBERS} places of it")
            yield start + at
            at = piece.find(GZIP, at + 1)


def _inflated(content: Buffer, start: int, window: int) -> bytes:
    """The decompressed bytes from a place on, as far as possible; empty if there are none."""
    engine, found = zlib.decompressobj(window), bytearray()
    try:
        for at in range(start, len(content), PIECE):
            piece = content[at : at + PIECE]
            while piece and not engine.eof:
                found += engine.decompress(piece, LIMIT + 1 - len(found))
                if len(found) > LIMIT:
                    raise Closed(f"it decodes to more than {LIMIT // 1024**2} MB")
                piece = engine.unconsumed_tail
            if engine.eof:
                break
    except zlib.error:
        pass
    return bytes(found)
