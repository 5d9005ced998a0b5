"""Writer of evidence.zip during a run: a thread deflates, so that no request waits for it.

Each entry is written to the file at once: a killed run leaves every entry except the last one.
"""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import FileIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore

from conformance.reporting import evidence
from conformance.reporting.evidence import Entry

WAITING = 8  # pieces that wait for the thread, of a megabyte at most; beyond that the caller waits
IN_MEMORY = 4 * 1024 * 1024  # bytes of an entry, deflated
LEVEL = 9  # as fast as 6 for the data of a run, and smaller


class Packer:
    """Writes entries into a new file, which it makes with the first of them.

    If it cannot be written, `broken` says why, and nothing more is written: a cleanup continues without evidence.
    """

    def __init__(self, path: Path) -> None:
        self.broken: str | None = None
        self._path = path
        self._file: FileIO | None = None
        self._entries: dict[str, Entry] = {}
        self._at = 0
        self._waiting = BoundedSemaphore(WAITING)
        self._thread = ThreadPoolExecutor(1, "evidence")

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """Write an entry whose content comes in pieces; all of them are consumed, even if nothing can be written."""
        entry, last = _Entry(name), b""
        for piece in content:
            if last:
                self._do(partial(entry.feed, last))
            last = piece
        self._do(partial(self._write, entry, last))

    def close(self) -> None:
        """Write everything that still waits, and the directory. Nothing can be added after that."""
        self._thread.shutdown()
        if self._file is not None and not self._file.closed:
            try:
                with self._file as file:
                    file.truncate(self._at)  # behind the last whole entry
                    file.seek(self._at)
                    _all(file, evidence.directory(self._entries, self._at))
            except OSError as error:
                if not self.broken:
                    self._break(error.strerror or str(error))

    def _do(self, step: Callable[[], None]) -> None:
        """Let the thread take a step, as soon as its queue has room."""
        if self.broken:
            return
        self._waiting.acquire()
        try:
            self._thread.submit(self._step, step)
        except RuntimeError as error:  # no thread can be started, or it was closed
            self._break(str(error))

    def _step(self, step: Callable[[], None]) -> None:
        try:
            if not self.broken:
                step()
        except OSError as error:
            self._break(error.strerror or str(error))
        except BaseException as error:  # whatever ends the thread: nobody must wait for it forever
            self._break(f"{type(error).__name__}: {error}")
        finally:
            self._waiting.release()

    def _break(self, why: str) -> None:
        self.broken = f"the evidence cannot be written ({why}): nothing more is judged"

    def _write(self, entry: _Entry, last: bytes) -> None:
        """Write an entry, of which this is the last piece. Raises OSError."""
        entry.feed(last)
        found = entry.end(self._at)
        head = evidence.header(entry.name, found)
        upto = self._at + len(head) + found.deflated
        if upto > evidence.SIZE or len(self._entries) == evidence.ENTRIES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._path, "xb", buffering=0)  # noqa: SIM115 (it stays open)
        _all(self._file, head + entry.deflated.read(IN_MEMORY))
        while more := entry.deflated.read(IN_MEMORY):
            _all(self._file, more)
        self._entries[entry.name], self._at = found, upto


class _Entry:
    """An entry that is being deflated."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.deflated = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (it lives as long as the entry)
        self._engine = zlib.compressobj(LEVEL, wbits=-15)
        self._crc = self._size = 0

    def feed(self, piece: bytes) -> None:
        self._crc, self._size = zlib.crc32(piece, self._crc), self._size + len(piece)
        self.deflated.write(self._engine.compress(piece))

    def end(self, offset: int) -> Entry:
        """End the entry: `deflated` can be read from its start."""
        self.deflated.write(self._engine.flush())
        size = self.deflated.tell()
        self.deflated.seek(0)
        return Entry(offset, self._crc, size, self._size)


def _all(file: FileIO, content: bytes) -> None:
    """Write all bytes; a nearly full disk takes only some at a time."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
