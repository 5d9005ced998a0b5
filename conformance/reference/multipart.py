"""Multipart/related messages as streams: read a request, write a response (RFC 2046 5.1, PS3.18 8.6.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEADER_LIMIT = 16 * 1024  # bytes of one part's header
CHUNK = 256 * 1024  # bytes sent at a time


class Malformed(Exception):
    """The body is not multipart as its Content-Type declares; the message says where."""


class Reader:
    """Takes a body in pieces and writes each part to the file that `open_part` gives.

    `header` has the lines of the header of the last part when its file is requested; they are not interpreted here.
    feed() and close() raise Malformed. Lines of the framing must end in CRLF.
    """

    def __init__(self, boundary: str, open_part: Callable[[], BinaryIO]) -> None:
        self._delimiter = b"\r\n--" + boundary.encode("latin-1")
        # The first delimiter may open the body: its CRLF is then assumed.
        self._buffer = bytearray(b"\r\n")
        self.header = b""
        self._open_part = open_part
        self._part: BinaryIO | None = None
        self._step = self._content
        self._skip = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        self._buffer += data
        while self._step():
            pass

    def close(self) -> None:
        """End of the body."""
        self.release()
        if self._step != self._epilogue:
            raise Malformed("the body ends before its closing delimiter")

    def release(self) -> None:
        """Close the file of a part that is being received."""
        if self._part:
            self._part.close()
            self._part = None

    # Each step consumes what it can of the buffer and returns True if another step can continue.

    def _content(self) -> bool:
        """The preamble, or the content of a part, up to the next delimiter."""
        end = self._buffer.find(self._delimiter)
        if end < 0:
            self._write(max(0, len(self._buffer) - len(self._delimiter) + 1))
            return False
        self._write(end)
        del self._buffer[: len(self._delimiter)]
        self.release()
        self._step = self._after_delimiter
        return True

    def _write(self, size: int) -> None:
        if self._part:
            self._part.write(self._buffer[self._skip : size])
            self._skip = max(0, self._skip - size)
        del self._buffer[:size]

    def _after_delimiter(self) -> bool:
        """The rest of the delimiter line: two hyphens after the last part, else only white space."""
        if len(self._buffer) < 2:
            return False
        if self._buffer.startswith(b"--"):
            self._step = self._epilogue
            return True
        end = self._line_end(b"\r\n")
        if end < 0:
            return False
        if self._buffer[:end].strip(b" \t"):
            raise Malformed("a delimiter is followed by text on its line")
        del self._buffer[:end]
        self._step = self._header
        return True

    def _header(self) -> bool:
        """The header of a part; the buffer begins with the CRLF that ends the delimiter line."""
        end = self._line_end(b"\r\n\r\n")
        if end < 0:
            return False
        self.header = bytes(self._buffer[2:end])
        self._part = self._open_part()
        # The CRLF of the empty line stays, because an empty part may share it with the next delimiter.
        del self._buffer[: end + 2]
        self._skip = 2
        self._step = self._content
        return True

    def _line_end(self, mark: bytes) -> int:
        end = self._buffer.find(mark)
        if end < 0 and len(self._buffer) > HEADER_LIMIT:
            raise Malformed(f"the header of a part is longer than {HEADER_LIMIT} bytes")
        return end

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False


@dataclass(frozen=True)
class Content:
    """Bytes to send: in memory, or `size` bytes of a file from `offset`."""

    source: bytes | Path
    offset: int = 0
    size: int = 0

    @property
    def length(self) -> int:
        """The total number of bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.size

    def slice(self, start: int, size: int) -> Content:
        """A part of the bytes."""
        if isinstance(self.source, bytes):
            return Content(self.source[start : start + size])
        return Content(self.source, self.offset + start, size)

    def read(self) -> bytes:
        """The bytes as a whole."""
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """The bytes in pieces."""
        if isinstance(self.source, bytes):
            yield self.source
            return
        with open(self.source, "rb") as file:
            file.seek(self.offset)
            left = self.size
            while left and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True)
class Part:
    """A representation to send: its Content-Type, its Content-Location (empty for none) and its bytes."""

    media_type: str
    location: str
    content: Content

    @property
    def headers(self) -> dict[str, str]:
        """The header fields of the part, in the order in which they are sent."""
        fields = {"Content-Type": self.media_type, "Content-Length": str(self.content.length)}
        return fields | ({"Content-Location": self.location} if self.location else {})


def length(parts: list[Part], boundary: str) -> int:
    """Bytes of the body that body() makes."""
    framing = sum(len(_head(part, boundary)) + len(b"\r\n") for part in parts) + len(_end(boundary))
    return framing + sum(part.content.length for part in parts)


def body(parts: list[Part], boundary: str) -> Iterator[bytes]:
    """A multipart body in pieces. The boundary must be one that no part contains: random is enough."""
    for part in parts:
        yield _head(part, boundary)
        yield from part.content.chunks()
        yield b"\r\n"
    yield _end(boundary)


def _head(part: Part, boundary: str) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in part.headers.items())
    return f"--{boundary}\r\n{lines}\r\n".encode()


def _end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()
