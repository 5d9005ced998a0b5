"""The files of a run's folder, which may come from anywhere: none that never ends, and none larger than is meant."""

from __future__ import annotations

from pathlib import Path


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
