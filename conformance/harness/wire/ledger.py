"""The ledger: the instances that a run is about to store, written to disk before they are sent, so that a killed run
can be undone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from conformance.dicomweb import dicom_json, uids
from conformance.dicomweb.messages import Response
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked

# Repeated: it was sent again before it was accepted, so that a refusal may be about an instance that is stored.
# Removed: a DELETE of it, or of its series or study, was accepted since it was sent last.
Outcome = Literal["accepted", "refused", "repeated", "removed"]

NAME = "ledger.jsonl"
UNWRITABLE = "the ledger"
LINE_LIMIT = 4096  # bytes; a line of ours has about 250
SIZE_LIMIT = 64 * 1024 * 1024
MADE = "2.25."  # the beginning of every UID that a run makes (PS3.5 B.2)
_SEQUENCES: dict[str, Outcome] = {"FailedSOPSequence": "refused", "ReferencedSOPSequence": "accepted"}
_UID = re.compile(r"(?<=[/=,])[0-9]+(?:\.[0-9]+)+(?=[/,&?]|$)")
_RUN = re.compile(r"[0-9]{8}-[0-9]{6}-([0-9a-f]{4})")


class UnreadableLedger(ConfigurationError):
    """The folder has no readable ledger; the message is one sentence."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instance that the run may have stored. `fresh`: the run made the UID of its study.

    Some checks send instances whose own UID is too long, to see them refused: only `study` has to be a valid UID.
    """

    study: str
    series: str
    instance: str
    fresh: bool


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The outcome of an instance that was sent, or the note that it was sent again."""

    study: str
    series: str
    instance: str
    answer: Outcome


class Origin(msgspec.Struct, frozen=True):
    """The endpoint at which a run stored: its id, the value of `--endpoint` (None: the embedded server), the URL, and
    the account."""

    run: str
    target: str | None
    url: str
    account: str


class Ledger:
    """Appends entries to a file, each on the disk before `will_store` returns.

    `entries` and `outcomes` are those already in the file. `broken` says why nothing more can be written, and so
    stored: a file that was removed or changed meanwhile no longer lists what was stored before.
    """

    def __init__(
        self,
        folder: Path,
        origin: Origin,
        entries: Iterable[Entry] = (),
        outcomes: Mapping[Entry, set[Outcome]] = MappingProxyType({}),
    ) -> None:
        self.broken: str | None = None
        self.outcomes = dict(outcomes)
        self._entries = dict.fromkeys(entries)
        self._path = folder / NAME
        self._size = _whole(self._path)
        self._head = [] if self._entries else [msgspec.to_builtins(origin)]

    @property
    def entries(self) -> list[Entry]:
        """The instances that may have been sent, in the order in which they were listed."""
        return list(self._entries)

    def will_store(self, entries: Iterable[Entry]) -> None:
        """List instances that are about to be sent. Raises Blocked if that cannot be written: nothing is sent."""
        told = dict.fromkeys(entries)
        new = [entry for entry in told if entry not in self._entries]
        again = [entry for entry in told if entry in self._entries and not self._is_settled(entry)]
        if new or again or self.broken:
            repeated = [Answer(entry.study, entry.series, entry.instance, "repeated") for entry in again]
            self._write([*self._head, *map(msgspec.to_builtins, [*new, *repeated])], durable=True)
            self._head = []
            self._entries |= dict.fromkeys(new)
            for entry in again:
                _note(self.outcomes.setdefault(entry, set()), "repeated")

    def _is_settled(self, entry: Entry) -> bool:
        """True if no later refusal proves that an instance is absent."""
        known = self.outcomes.get(entry, set())
        return "removed" not in known and not known.isdisjoint(("accepted", "repeated"))

    def answered(self, outcomes: Iterable[tuple[Entry, Outcome | None]]) -> None:
        """Note the outcomes of instances that were sent; None if the response says nothing reliable."""
        lines = []
        for entry, outcome in outcomes:
            known = self.outcomes.setdefault(entry, set())
            if outcome and outcome not in known:
                _note(known, outcome)
                lines.append(msgspec.to_builtins(Answer(entry.study, entry.series, entry.instance, outcome)))
        if lines and not self.broken:
            with suppress(Blocked):  # an outcome that is not noted counts as unknown; the next store is blocked
                self._write(lines, durable=False)

    def holds(self, url: str) -> bool:
        """True if all UIDs in a URL, at least one, are those of an instance that was accepted and not removed since."""
        named = set(_UID.findall(url))
        own = (item for item in self._entries if named and named <= {item.study, item.series, item.instance})
        return any("accepted" in (known := self.outcomes.get(item, set())) and "removed" not in known for item in own)

    def removed(self, target: str) -> None:
        """Note that the server accepted a DELETE of "studies/1.2", "studies/1.2/series/3" or one of its instances."""
        below = f"{target.strip('/')}/"
        own = (item for item in self._entries if f"{_target(item)}/".startswith(below))
        self.answered((item, "removed") for item in own)

    def _write(self, lines: list[Any], durable: bool) -> None:
        if self.broken is None:
            try:
                self._append("".join(json.dumps(line) + "\n" for line in lines).encode(), durable)
            except OSError as error:
                self.broken = f"{self._path} cannot be written ({error.strerror}): nothing more is stored"
        if self.broken:
            raise Blocked(self.broken, by=UNWRITABLE)

    def _append(self, content: bytes, durable: bool) -> None:
        with open(self._path, "ab", buffering=0) as file:
            before = file.tell()
            if _whole(self._path) != self._size:
                raise OSError(0, "somebody else has removed or changed it")
            if before > self._size:  # the half line of a run that was killed: nothing was sent for it
                file.truncate(before := self._size)
            try:
                if file.write(content) != len(content):
                    raise OSError(0, "not all of a line was written")
                if durable:
                    os.fsync(file.fileno())
                if durable and not before:
                    _fsync_folder(self._path.parent)
                self._size += len(content)
            except OSError:
                with suppress(OSError):
                    file.truncate(before)
                raise


def _fsync_folder(folder: Path) -> None:
    """Keep a new file through a loss of power, where folders can be opened: not on Windows."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@dataclass
class Kept:
    """The content of the ledger of a run that has ended. `broken` are the numbers of unreadable lines."""

    origin: Origin
    entries: list[Entry] = field(default_factory=list)
    outcomes: dict[Entry, set[Outcome]] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)


def _note(known: set[Outcome], outcome: Outcome) -> None:
    """Add an outcome to those of an instance. One that is sent again does not count as removed."""
    known.discard("removed")
    known.add(outcome)


def _target(entry: Entry) -> str:
    return f"studies/{entry.study}/series/{entry.series}/instances/{entry.instance}"


def _whole(path: Path) -> int:
    """The bytes of a file up to the end of its last whole line; 0 if there is none."""
    if not path.exists():
        return 0
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LINE_LIMIT))
        rest = file.read().rpartition(b"\n")[2]
        return size - len(rest) if len(rest) < LINE_LIMIT else size


def entry_of(instance: Instance) -> Entry:
    """An instance as the ledger lists it."""
    return Entry(instance.study_uid, instance.series_uid, instance.sop_instance_uid, instance.fresh)


def outcomes_of(instances: Iterable[Instance], response: Response) -> Iterator[Outcome | None]:
    """The outcome of each instance by a response: None if it may have been stored, or not.

    The lists in the response have priority over its status: 409 may be about some of the instances. A redirect did not
    store them, and is not followed.
    """
    try:
        module = dicom_json.dataset(response.content)
    except dicom_json.MalformedJson:
        module = {}
    said: dict[str | None, Outcome] = {}
    for sequence, outcome in _SEQUENCES.items():
        said |= {
            dicom_json.text(item, "ReferencedSOPInstanceUID"): outcome for item in dicom_json.items(module, sequence)
        }
    by_status: dict[int, Outcome] = {2: "accepted", 3: "refused", 4: "refused"}
    for instance in instances:
        yield said.get(instance.sop_instance_uid) or by_status.get(response.status // 100)


def patient_prefix(run: str) -> str:
    """The beginning of the Patient IDs of a run, by its id. Raises ValueError if it is not an id of a run."""
    if not (found := _RUN.fullmatch(run)):
        raise ValueError(f"{run!r} is not the id of a run, such as 20261121-091407-7f3a")
    return f"DWC{found[1].upper()}-"


def read(folder: Path) -> Kept:
    """The content of a run's ledger: the endpoint and the instances. Raises UnreadableLedger.

    Its content is data: whoever made the folder may have written anything. An incomplete last line is that of a run
    that was killed while it wrote: the instance of that line was not sent.
    """
    path = folder / NAME
    kept = Kept(Origin(folder.resolve().name, "", "", ""))
    known = 0
    for number, line, last in _lines(path):
        try:
            known += _take(kept, line, number)
        except (ValueError, TypeError):
            if not last:
                kept.broken.append(number)
    if not known:
        raise UnreadableLedger(f"{path} has no line that can be read: it is not the ledger of a run")
    try:
        patient_prefix(kept.origin.run)
    except ValueError as error:
        raise UnreadableLedger(f"{path} does not say of which run it is: {error}") from None
    return kept


def _lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """The lines of a file with their numbers, and True for an unended last line."""
    try:
        if not path.is_file():
            raise OSError(0, "there is no such file" if not path.exists() else "it is not a file")
        if path.stat().st_size > SIZE_LIMIT:
            raise OSError(0, f"it is larger than {SIZE_LIMIT // 1024**2} MB")
        with open(path, "rb") as file:
            yield from ((number, line, not line.endswith(b"\n")) for number, line in enumerate(file, 1))
    except OSError as error:
        raise UnreadableLedger(f"{path} cannot be read ({error.strerror}): name the folder of a run") from error


def _take(kept: Kept, line: bytes, number: int) -> bool:
    """Read one line of a ledger. Raises ValueError for a line that no run writes."""
    if len(line) > LINE_LIMIT:
        raise ValueError("too long")
    if number == 1:
        origin = msgspec.json.decode(line, type=Origin)
        patient_prefix(origin.run)
        kept.origin = origin
        return True
    found = msgspec.json.decode(line, type=dict[str, Any])
    item: Entry | Answer = msgspec.convert(found, Answer) if "answer" in found else msgspec.convert(found, Entry)
    if not uids.is_valid(item.study):
        raise ValueError("not a UID")
    if isinstance(item, Entry):
        kept.entries.append(item)
        return True
    for entry in (Entry(item.study, item.series, item.instance, fresh) for fresh in (True, False)):
        _note(kept.outcomes.setdefault(entry, set()), item.answer)
    return True
