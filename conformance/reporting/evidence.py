"""evidence.zip: the exchanges of a run in one file, read as something that anybody may have written.

A run writes one whole entry after another, and the directory last. The entries are read by their own headers, from the
first byte on: so they cannot overlap, and what a killed run left is read up to its last whole entry. Whatever differs
from what a run writes (names, flags, another directory) is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from struct import Struct
from typing import NamedTuple

NAME = "evidence.zip"
SUFFIX = ".http"  # of the entry with the heads of an exchange; its bodies are beside it
# What a run writes at most, and what is read at most: entries, bytes of the file, bytes of all that is in it.
ENTRIES, SIZE, TOGETHER = 250_000, 2**32 - 1, 5 * 1000**3
IN_MEMORY = 256 * 1024 * 1024  # bytes of an entry that is read as a whole
PIECE = 256 * 1024
# No name is another one in other letter case, or a device of Windows.
_RESERVED = r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:[./]|\Z))"
_ENTRY = re.compile(rf"evidence/{_RESERVED}[a-z0-9][a-z0-9.-]{{0,150}}/{_RESERVED}[a-z0-9][a-z0-9.-]{{0,50}}")
_LOCAL, _CENTRAL = Struct("<4s5H3L2H"), Struct("<4s6H3L5H2L")
_END, _END_64, _LOCATOR = Struct("<4s4H2LH"), Struct("<4sQ2H2L4Q"), Struct("<4sLQL")
# Version 2.0, no flags, deflate, midnight of 1980-01-01 (APPNOTE 4.4): the same evidence is the same file.
_FIXED = (20, 0, 8, 0, 0x21)
_SIGNATURE, _MANY = b"PK\3\4", 0xFFFF
_REGULAR = 0o100644 << 16


class UnreadableEvidence(Exception):
    """There is no evidence.zip, or it is not as a run writes it; one sentence."""


class Entry(NamedTuple):
    """Where an entry begins, its digest, and its size deflated and as it is."""

    offset: int
    crc: int
    deflated: int
    size: int


def is_name(name: str) -> bool:
    """Whether a run writes an entry of this name."""
    return _ENTRY.fullmatch(name) is not None and ".." not in name and not name.endswith(".")


def header(name: str, entry: Entry) -> bytes:
    """What stands before the content of an entry."""
    return _LOCAL.pack(_SIGNATURE, *_FIXED, *entry[1:], len(name), 0) + name.encode()


def directory(entries: Mapping[str, Entry], at: int) -> bytes:
    """What stands behind all entries: the directory, which begins at `at`, and its end."""
    listed = b"".join(
        _CENTRAL.pack(b"PK\1\2", 3 << 8 | 20, *_FIXED, *entry[1:], len(name), 0, 0, 0, 0, _REGULAR, entry.offset)
        + name.encode()
        for name, entry in entries.items()
    )
    number, size = len(entries), len(listed)
    if number >= _MANY:
        listed += _END_64.pack(b"PK\6\6", _END_64.size - 12, 45, 45, 0, 0, number, number, size, at)
        listed += _LOCATOR.pack(b"PK\6\7", 0, at + size, 1)
        number = _MANY
    return listed + _END.pack(b"PK\5\6", 0, 0, number, number, size, at, 0)


class Evidence:
    """The entries of the evidence.zip in a run's folder, by name. `whole`: the run came to close it.

    Raises UnreadableEvidence, and so does everything that reads from it.
    """

    def __init__(self, folder: Path) -> None:
        self.entries: dict[str, Entry] = {}
        self._path = folder / NAME
        try:
            if not self._path.is_file():
                raise self._refused("is no file" if self._path.exists() else "is not there")
            self._file = self._path.open("rb")
            self._size = self._file.seek(0, 2)
            self.whole = self._walk()
        except OSError as error:
            raise UnreadableEvidence(f"{self._path} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, name: str) -> bytes:
        """The content of an entry of IN_MEMORY bytes at most."""
        if self.entries[name].size > IN_MEMORY:
            raise self._refused(f"{name} is larger than {IN_MEMORY // 1024**2} MB")
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of an entry in pieces; what it is worth is known after the last one."""
        entry, engine, crc, left = self.entries[name], zlib.decompressobj(-15), 0, self.entries[name].size
        start = entry.offset + _LOCAL.size + len(name)
        try:
            for deflated in self._read(start, entry.deflated):
                while deflated and not engine.eof:
                    piece = engine.decompress(deflated, PIECE)
                    crc, left, deflated = zlib.crc32(piece, crc), left - len(piece), engine.unconsumed_tail
                    if left < 0:
                        raise self._refused(f"{name} is larger than it says")
                    yield piece
        except zlib.error:
            left = -1
        if left or crc != entry.crc or not engine.eof or engine.unused_data:
            raise self._refused(f"{name} is damaged")

    def _walk(self) -> bool:
        """Find the entries; whether the directory is behind them."""
        at = together = 0
        while entry := self._entry(at):
            name, found = entry
            together += found.size
            if name in self.entries or len(self.entries) == ENTRIES or together > TOGETHER or self._size > SIZE:
                why = "has an entry twice" if name in self.entries else "has more in it than a run leaves"
                raise self._refused(why)
            self.entries[name] = found
            at += _LOCAL.size + len(name) + found.deflated
        wanted = directory(self.entries, at)
        rest = b"".join(self._read(at, min(self._size - at, len(wanted) + 1)))
        cut = wanted.startswith(rest) or _SIGNATURE.startswith(rest[: len(_SIGNATURE)])
        # Behind the last entry that reached a disk, which then lost its power, are zeros.
        if not cut and (rest.strip(b"\0") or not self.entries):
            raise self._refused(f"is not as a run writes it, from byte {at:,} on")
        return rest == wanted

    def _entry(self, at: int) -> tuple[str, Entry] | None:
        """The whole entry that begins there; None where there is none."""
        self._file.seek(at)
        head = self._file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(_SIGNATURE):
            return None
        _, *fixed, crc, deflated, size, length, extra = _LOCAL.unpack(head)
        octets = self._file.read(length)
        if len(octets) < length:
            return None
        name = octets.decode("latin-1")
        if tuple(fixed) != _FIXED or extra or not is_name(name):
            raise self._refused(f"has an entry at byte {at:,} that no run writes")
        return (name, Entry(at, crc, deflated, size)) if at + _LOCAL.size + length + deflated <= self._size else None

    def _read(self, start: int, size: int) -> Iterator[bytes]:
        for at in range(start, start + size, PIECE):
            self._file.seek(at)
            yield self._file.read(min(PIECE, start + size - at))

    def _refused(self, why: str) -> UnreadableEvidence:
        return UnreadableEvidence(f"{self._path} {why}" if not why.startswith("evidence/") else f"{self._path}: {why}")
