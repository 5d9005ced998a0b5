"""Bytes that may be too many for memory: the protocol of a body that can be read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

PIECE = 1024 * 1024


class Buffer(Protocol):
    """A body of bytes: bytes themselves, or a file that gives them out by slices."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: slice, /) -> bytes: ...


@dataclass(frozen=True)
class View:
    """The bytes from `start` to `stop` of a buffer, read on demand: bytes(view)."""

    buffer: Buffer
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __bytes__(self) -> bytes:
        return self.buffer[self.start : self.stop]


def pieces(buffer: Buffer) -> Iterator[bytes]:
    """A buffer in pieces of 1 MiB."""
    for start in range(0, len(buffer), PIECE):
        yield buffer[start : start + PIECE]
