"""Looks into bodies with a content coding, which may hold a secret that nobody sees in what came over the wire."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from conformance.dicomweb.buffers import PIECE, Buffer, pieces
from conformance.harness.endpoint.secrets import Mask

LIMIT = 32 * 1024 * 1024  # bytes of what is decoded
MEMBERS = 64  # places in a body where gzip may begin
DEPTH = 3  # gzip within gzip
GZIP = b"\x1f\x8b\x08"  # RFC 1952 2.3.1
WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # RFC 9110 8.4.1; deflate comes without zlib too


class Closed(Exception):
    """Nobody can say what is in it, or it is a secret; the message says which."""


def closed(content: Buffer, coding: str, mask: Mask) -> str | None:
    """Why a body may not be written as it came; None where it may. `coding` is its Content-Encoding."""
    if not mask:
        return None
    try:
        decoded = content
        for name in reversed([word.strip().lower() for word in coding.split(",")]):
            if name not in ("", "identity"):
                decoded = _decoded(decoded, name)
        if decoded is not content and mask.holds(pieces(decoded)):
            raise Closed("decoded, it holds a credential")
        _look_into(decoded, mask, DEPTH)
    except Closed as why:
        return str(why)
    return None


def _decoded(content: Buffer, coding: str) -> Buffer:
    """What a content coding decodes to; the content itself where it is not coded so."""
    if coding not in WINDOWS:
        raise Closed(f"what is in the content coding {coding} is not known, it may be a credential")
    return next(filter(None, (_inflated(content, 0, window) for window in WINDOWS[coding])), content)


def _look_into(content: Buffer, mask: Mask, depth: int) -> None:
    """Raises Closed where there is a secret in gzip anywhere in a body, declared or not."""
    for at in _starts(content):
        if inside := _inflated(content, at, 31):
            if not depth or mask.holds([inside]):
                raise Closed("decoded, it holds a credential" if depth else "gzip is in gzip is in gzip")
            _look_into(inside, mask, depth - 1)


def _starts(content: Buffer) -> Iterator[int]:
    """Where gzip may begin."""
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
    """What is decompressed from a place on, as far as that goes; empty where nothing is."""
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
