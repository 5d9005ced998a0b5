"""Spooling of large bodies to a file, so that a study of a gigabyte is judged in the memory of one instance."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable
from typing import IO

from conformance.dicomweb.buffers import Buffer


class Spooled:
    """Bytes in a temporary file that is deleted with this object; slices are read from it."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))


def collect(chunks: Iterable[bytes], in_memory: int | None = None) -> Buffer:
    """All chunks together: as bytes, or in a file once they are more than `in_memory` bytes.

    Chunks may be as small as a byte; a list of them would be many times as large.
    """
    kept = io.BytesIO()
    size, file = 0, None
    for chunk in chunks:
        size += len(chunk)
        if file is None and in_memory is not None and size > in_memory:
            file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the body)
            file.write(kept.getbuffer())
        (kept if file is None else file).write(chunk)
    return kept.getvalue() if file is None else Spooled(file, size)
