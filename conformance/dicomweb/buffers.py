"""Bytes that may be too many for memory: buffers that are read piece by piece, wherever they lie."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import accumulate
from pathlib import Path
from typing import Protocol

PIECE, BLOCK = 1024 * 1024, 64 * 1024


class Buffer(Protocol):
    """A body of bytes: bytes themselves, or a file that gives them out by slices. The slice [:] is all of it."""

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

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(len(self))
        return self.buffer[self.start + start : self.start + max(start, stop)]

    def __bytes__(self) -> bytes:
        return self.buffer[self.start : self.stop]


@dataclass(frozen=True)
class OnDisk:
    """The bytes of a file that nobody changes meanwhile. It is opened for each slice: many can be kept.

    A slice raises OSError if the file cannot be read, or no longer has its `size`. The error does not name the file,
    whose name may be that of a patient.
    """

    path: Path
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(self.size)
        content = bytearray()
        try:
            with open(self.path, "rb", buffering=0) as file:
                file.seek(start)
                while (missing := stop - start - len(content)) > 0:
                    if not (piece := file.read(missing)):
                        raise OSError(0, "it has become shorter")
                    content += piece
        except OSError as error:
            raise OSError(error.errno, f"a file cannot be read: {error.strerror}") from None
        return bytes(content)


class Ahead:
    """A buffer that is read in blocks, of which the last is kept: for many small slices, one after the other."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._at, self._block = 0, b""

    def __len__(self) -> int:
        return len(self._buffer)

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(len(self))
        if stop - start > BLOCK:
            return self._buffer[start:stop]
        if not self._at <= start <= stop <= self._at + len(self._block):
            self._at, self._block = start, self._buffer[start : start + BLOCK]
        return self._block[start - self._at : max(start, stop) - self._at]


class Joined:
    """Buffers one after the other."""

    def __init__(self, parts: Sequence[Buffer]) -> None:
        self._parts = [part for part in parts if len(part)]
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(len(self))
        found, number = [], bisect_right(self._ends, start)
        while start < stop:
            part, before = self._parts[number], self._ends[number] - len(self._parts[number])
            found.append(part[start - before : stop - before])
            start, number = self._ends[number], number + 1
        return found[0] if len(found) == 1 else b"".join(found)


def joined(parts: Sequence[Buffer]) -> Buffer:
    """Buffers one after the other: as bytes if all of them are bytes."""
    whole = [part for part in parts if isinstance(part, bytes)]
    return b"".join(whole) if len(whole) == len(parts) else Joined(parts)


def pieces(buffer: Buffer, size: int = PIECE) -> Iterator[bytes]:
    """A buffer in pieces of 1 MiB, or of another size."""
    for start in range(0, len(buffer), size):
        yield buffer[start : start + size]


class LargeValue(BufferedIOBase):
    """The value of an element that is too large for memory, as pydicom takes it: a file that can be read.

    It is a buffer too; bytes(value) reads all of it.
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._at = 0

    def __len__(self) -> int:
        return len(self._buffer)

    def __getitem__(self, key: slice, /) -> bytes:
        return self._buffer[key]

    def __bytes__(self) -> bytes:
        return self._buffer[:]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = max(0, offset + (0, self._at, len(self))[whence])
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        end = len(self) if size is None or size < 0 else self._at + size
        content = self._buffer[self._at : end]
        self._at += len(content)
        return content


def first_difference(a: Buffer, b: Buffer) -> int | None:
    """The offset of the first byte in which two buffers differ, or at which the shorter one ends; None if they are
    equal."""
    for start in range(0, max(len(a), len(b)), PIECE):
        one, other = a[start : start + PIECE], b[start : start + PIECE]
        if one != other:
            shorter = min(len(one), len(other))
            return start + next((at for at in range(shorter) if one[at] != other[at]), shorter)
    return None
