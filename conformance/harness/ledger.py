"""The ledger: what a run is about to store, written before it is stored, so that a killed run can be undone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "ledger.jsonl"


class UnreadableLedger(Exception):
    """The folder holds no ledger that can be read; one sentence."""


@dataclass(frozen=True)
class Entry:
    """One instance that the run may have stored. `fresh`: its study's UID was made by the run, nobody else has it."""

    study: str
    series: str
    instance: str
    fresh: bool


@dataclass(frozen=True)
class Origin:
    """Where a run stored: what `--endpoint` was (None for the embedded server), its endpoints.toml, its claims."""

    target: str | None
    file: str
    claims: list[str]


class Ledger:
    """Appends entries to a file, each one on the disk before `will_store` returns.

    `entries` are those that the file has, where there is one already.
    """

    def __init__(self, folder: Path, origin: Origin, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)
        self._path = folder / NAME
        self._head = [] if self.entries else [asdict(origin)]

    def will_store(self, entries: Iterable[Entry]) -> None:
        """List instances that are about to be sent."""
        new = [entry for entry in dict.fromkeys(entries) if entry not in self.entries]
        self.entries += new
        lines, self._head = [*self._head, *map(asdict, new)], []
        with open(self._path, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())


def read(folder: Path) -> tuple[Origin, list[Entry]]:
    """What a run's ledger says: where it stored, and what. Raises UnreadableLedger.

    A line cut short is the last one of a run that was killed while it wrote: what it was about to list was not sent.
    """
    path = folder / NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableLedger(f"{path} cannot be read: {error.args[-1]}; name the folder of a run") from error
    entries: list[Entry] = []
    try:
        origin = Origin(**json.loads(lines[0]))
        for number, line in enumerate(lines[1:], 2):
            try:
                entries.append(Entry(**json.loads(line)))
            except ValueError:
                if number < len(lines):
                    raise
    except (ValueError, LookupError, TypeError) as error:
        raise UnreadableLedger(f"{path} is no ledger of this suite: {error}") from error
    return origin, entries
