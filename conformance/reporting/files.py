"""The files of a run's folder, which may come from anywhere: none that never ends, none larger than is meant, and
nothing is written through a link."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path


class InTheWay(Exception):
    """Something is there already, where a file is to be written; one sentence."""


class UnreadableFile(Exception):
    """What is no file, is too large, or cannot be read; the message is a sentence without its subject, the path."""


def read(path: Path, most: int) -> bytes:
    """The content of a file of `most` bytes at most. Raises UnreadableFile.

    A device or a pipe is not opened: it may never end.
    """
    try:
        if path.exists() and not path.is_file():
            raise UnreadableFile("is no file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror}") from error
    if len(content) > most:
        raise UnreadableFile(f"is larger than {most // 1024**2} MB")
    return content


def inflated(content: bytes, most: int) -> bytes:
    """The content of a gzip file of `most` bytes at most. Raises UnreadableFile."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = reader.decompress(content, most + 1)
    except zlib.error as error:
        raise UnreadableFile(f"is not a gzip file ({error})") from error
    if len(found) > most:
        raise UnreadableFile(f"is larger than {most // 1024**2} MB")
    if not reader.eof:
        raise UnreadableFile("is a gzip file that was cut")
    return found


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all over what is there, a link itself and not where it leads to. Raises OSError."""
    draft, name = tempfile.mkstemp(dir=path.parent)
    try:
        with open(draft, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write(folder: Path, name: str, content: Iterable[bytes]) -> None:
    """Write a file within a folder: `name` is relative, "/" between its parts. Raises InTheWay, OSError.

    No link is followed on the way from the folder to the file. A file that is there stays; it has to be the same.
    """
    *above, last = name.split("/")
    at, real = folder, folder.resolve()
    for part in above:
        at, real = at / part, real / part
        try:
            os.mkdir(at)
        except FileExistsError:
            if at.resolve() != real or not at.is_dir():
                raise InTheWay(f"{at} is no folder of {folder}, nothing is written there") from None
    path = at / last
    try:
        with open(path, "xb") as file:
            file.writelines(content)
    except FileExistsError:
        if path.resolve() != real / last or not path.is_file() or not _is_same(path, content):
            raise InTheWay(f"{path} is there already, and another file: it stays as it is") from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _is_same(path: Path, content: Iterable[bytes]) -> bool:
    with path.open("rb") as file:
        return all(file.read(len(piece)) == piece for piece in content) and not file.read(1)
