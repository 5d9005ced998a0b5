"""The archive of instances: files in a folder, an index of them in SQLite, and a copy of the index in memory."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from .target import Target

SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    id INTEGER PRIMARY KEY,
    study TEXT NOT NULL,
    series TEXT NOT NULL,
    instance TEXT NOT NULL,
    sop_class TEXT NOT NULL,
    transfer_syntax TEXT NOT NULL,
    data_set TEXT NOT NULL,
    file TEXT NOT NULL,
    UNIQUE (study, series, instance)
);
CREATE INDEX IF NOT EXISTS by_instance ON instances (instance);
"""
_DRAFT, _FILE = re.compile("[0-9a-f]{32}"), re.compile(r"[0-9a-f]{32}\.dcm")
# An instance that is stored again replaces the former, also in the order of search results.
INSERT = """
INSERT INTO instances (study, series, instance, sop_class, transfer_syntax, data_set, file) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET (sop_class, transfer_syntax, data_set, file) =
    (excluded.sop_class, excluded.transfer_syntax, excluded.data_set, excluded.file)
"""


@dataclass(frozen=True, eq=False)
class Instance:
    """One SOP instance. `data_set` is its DICOM JSON as text, with bulk data URIs relative to the instance.

    The archive returns the same object until the instance is deleted or stored again, so that derived values can be
    cached.
    """

    path: Path
    study: str
    series: str
    instance: str
    sop_class: str
    transfer_syntax: str
    data_set: str

    @cached_property
    def target(self) -> Target:
        return Target(self.study, self.series, self.instance)

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """The data set in the DICOM JSON model, not to be changed."""
        attributes: dict[str, Any] = json.loads(self.data_set)
        return attributes


class Archive:
    """Instances in a folder, which is created if it is missing; without one, in a temporary folder removed by close().

    May be used from several threads. Raises OSError if the folder cannot be written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="dicomweb-reference-")) if folder is None else folder
        self._files = self.folder / "instances"
        self._incoming = self.folder / "incoming"
        self._lock = threading.Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        index = self.folder / "index.sqlite"
        if not index.exists() and any(self.folder.iterdir()):
            raise OSError(f"{self.folder} has other files: name an empty folder, or one of this server")
        try:
            self._index = sqlite3.connect(index, check_same_thread=False)
            if self._temporary:  # nothing of it has to outlive this process
                self._index.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")
            self._index.executescript(SCHEMA)
            self._files.mkdir(exist_ok=True)
            self._incoming.mkdir(exist_ok=True)
            self._clear()
            self._instances = {instance.path.name: instance for instance in self._read()}
        except sqlite3.Error as error:
            raise OSError(f"{index} cannot be used as index: {error}") from error

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index, and remove the folder if it is temporary."""
        self._index.close()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def draft(self) -> Path:
        """A new name for a file that is being received; keep() moves it, otherwise the caller removes it."""
        return self._incoming / uuid.uuid4().hex

    def keep(self, instance: Instance) -> None:
        """Take an instance whose path is a draft; after this returns it can be found and retrieved."""
        path = self._files / f"{uuid.uuid4().hex}.dcm"
        os.replace(instance.path, path)
        self._instances[path.name] = replace(instance, path=path)
        with self._lock, self._index:
            replaced = self._index.execute(
                "SELECT file FROM instances WHERE (study, series, instance) = (?, ?, ?)", instance.target
            ).fetchall()
            self._index.execute(
                INSERT,
                (*instance.target, instance.sop_class, instance.transfer_syntax, instance.data_set, path.name),
            )
        self._unlink(replaced)

    def find(self, target: Target) -> list[Instance]:
        """The instances of a target, in the order in which they were first stored."""
        where, uids = _where(target)
        with self._lock:
            rows = self._index.execute(f"SELECT file FROM instances{where} ORDER BY id", uids).fetchall()
            return [self._instances[file] for (file,) in rows]

    def delete(self, target: Target) -> int:
        """Remove the instances of a target; returns their number."""
        where, uids = _where(target)
        with self._lock, self._index:
            deleted = self._index.execute(f"DELETE FROM instances{where} RETURNING file", uids).fetchall()
        self._unlink(deleted)
        return len(deleted)

    def _read(self) -> Iterator[Instance]:
        columns = "file, study, series, instance, sop_class, transfer_syntax, data_set"
        for file, *values in self._index.execute(f"SELECT {columns} FROM instances"):
            if not _FILE.fullmatch(file):
                raise OSError(f"{self.folder} is not of this server: its index names {ascii(file)}")
            yield Instance(self._files / file, *values)

    def _clear(self) -> None:
        """Remove what a former process was receiving when it ended, which was never confirmed as stored."""
        for path in self._incoming.iterdir():
            if _DRAFT.fullmatch(path.name):
                path.unlink()

    def _unlink(self, rows: Iterable[tuple[str]]) -> None:
        for (name,) in rows:
            self._instances.pop(name, None)
            (self._files / name).unlink(missing_ok=True)


def _where(target: Target) -> tuple[str, list[str]]:
    given = [(column, uid) for column, uid in zip(target._fields, target, strict=True) if uid is not None]
    clause = " AND ".join(f"{column} = ?" for column, _ in given)
    return (f" WHERE {clause}" if given else ""), [uid for _, uid in given]
