"""Content codings, undone within bounds (RFC 9110 8.4.1)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from conformance.dicomweb.buffers import PIECE, Buffer, pieces

# Window bits of zlib; deflate is sent with and without the zlib format around it.
WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
MOST = 3  # codings applied one after another


class Undecodable(ValueError):
    """A body that does not have its declared coding, or has one that is not supported; the message says which."""


def names(value: str) -> list[str]:
    """The codings of a Content-Encoding field, in the order of application, without identity."""
    words = (word.strip().lower() for word in value.split(","))
    return [word for word in words if word not in ("", "identity")]


def decoded(content: Buffer, value: str, limit: int) -> Buffer:
    """A body without the codings that Content-Encoding names. Raises Undecodable, also beyond `limit` bytes."""
    applied = names(value)
    if len(applied) > MOST:
        raise Undecodable(f"the body has {len(applied)} content codings, one on another")
    for name in reversed(applied):
        if name not in WINDOWS:
            raise Undecodable(f"the body has the content coding {name}, which is not read here")
        content = _undone(content, name, limit)
    return content


def _undone(content: Buffer, name: str, limit: int) -> bytes:
    for window in WINDOWS[name]:
        try:
            return b"".join(_inflated(content, window, limit))
        except zlib.error:
            continue
    raise Undecodable(f"Content-Encoding is {name}, and the body cannot be decoded so")


def _inflated(content: Buffer, window: int, limit: int) -> Iterator[bytes]:
    """The decompressed pieces, member after member (RFC 1952 2.2). Raises zlib.error, Undecodable."""
    engine, size = zlib.decompressobj(window), 0
    for piece in pieces(content):
        while piece:
            if engine.eof:
                engine = zlib.decompressobj(window)
            found = engine.decompress(piece, PIECE)
            size += len(found)
            if size > limit:
                raise Undecodable(f"the body decodes to more than {limit // 1024**2} MB")
            yield found
            piece = engine.unused_data if engine.eof else engine.unconsumed_tail
    if not engine.eof:
        raise zlib.error("the end is missing")
