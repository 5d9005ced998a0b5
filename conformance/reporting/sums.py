"""SHA256SUMS of a run, compared with its files.

That detects damage. It detects no forgery: who changes a file can write its digest too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from conformance.reporting import files

NAME = "SHA256SUMS"
LIMIT = 64 * 1024 * 1024  # bytes; that of a whole run has 1 MB
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def verify(folder: Path, names: Iterable[str] | None = None) -> list[str]:
    """The files of a run that its SHA256SUMS says are damaged or missing: of those that are named, or of all in it.

    A named file that is not in it counts as damaged. It is named itself where it cannot be read. A folder without it
    has none. Names are relative to the folder, with "/" between their parts; what lies outside of it is never read.
    """
    if not (folder / NAME).exists():
        return []
    try:
        digests = _read(files.read(folder / NAME, LIMIT))
    except (files.UnreadableFile, ValueError):
        return [NAME]
    return [name for name in (digests if names is None else names) if digests.get(name) != _digest(folder, name)]


def renew(folder: Path, name: str) -> None:
    """Give a file that was written anew its digest, where SHA256SUMS has one of it. Raises OSError."""
    try:
        digests = _read(files.read(folder / NAME, LIMIT))
    except (files.UnreadableFile, ValueError):
        return
    if name in digests:
        digests[name] = _digest(folder, name)
        lines = (f"{digest}  {path}\n" for path, digest in digests.items())
        files.replace(folder / NAME, "".join(lines).encode())


def _read(content: bytes) -> dict[str, str]:
    """The digest of each name. Raises ValueError for a line that is not as a run writes it."""
    *lines, rest = content.decode("utf-8").split("\n")
    found = [written for line in lines if (written := _LINE.fullmatch(line))]
    if rest or len(found) < len(lines):
        raise ValueError("a line is no digest and name")
    return {written[2]: written[1] for written in found}


def _digest(folder: Path, name: str) -> str:
    """The SHA-256 of a file; empty where it is no file within the folder."""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, or a loop of links
        return ""
