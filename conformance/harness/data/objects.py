"""Own objects: the DICOM files of a folder that the operator names. Copies of them are kinds of the run.

They are read only. A file that cannot be used is left out, with the reason; of many files some are taken, at least one
of each SOP Class, transfer syntax and device.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pydicom
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.datadict import tag_for_keyword
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, MediaStorageDirectoryStorage

from conformance.dicomweb import copying, part10, uids
from conformance.dicomweb.buffers import OnDisk, pieces
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.kit.instances import Instance
from conformance.reporting.text import count, size

PREFIX = "object-"
MOST = 100  # files; of a folder with more, one of each SOP Class, transfer syntax and device is taken
SEEN = 100_000  # files of a folder
# Bytes of a file; of one whose data set is deflated, which is inflated in memory.
LARGEST, LARGEST_DEFLATED = 4 * 1024**3, 64 * 1024**2
NAMED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
SHOWN = ("Modality", "Manufacturer")
_OF_SIZE = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "NumberOfFrames")
_MORE = ("PatientIdentityRemoved", "ManufacturerModelName", "DeviceSerialNumber")
# By level, required keys of searches that may differ between the objects of one entity.
OF_LEVELS = {
    "StudyInstanceUID": ("StudyDate", "StudyTime", "ReferringPhysicianName", "PatientName", "PatientID"),
    "SeriesInstanceUID": (
        *("Modality", "SeriesNumber", "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
    ),
}
_READ = (*NAMED, *SHOWN, *_OF_SIZE, *_MORE, *(keyword for keywords in OF_LEVELS.values() for keyword in keywords))
TAGS = [tag_for_keyword(keyword) or 0 for keyword in dict.fromkeys(_READ)]
TOOLS = "such as the Clinical Trial Processor, dicognito or deid"


class File(NamedTuple):
    """A file of the folder: its number in the order of their paths, from 1, and its path in the folder."""

    number: int
    path: str


class Left(NamedTuple):
    """A file that is left out, and why, as the end of a sentence: "is not a DICOM file"."""

    file: File
    why: str


@dataclass(frozen=True)
class Object:
    """A file that is taken. `content` is the file itself; `head` has some of its attributes.

    `name` is made of the digest of the file: it stays the same whatever the file is called and stands beside, and tells
    nothing of a patient.
    """

    file: File
    content: OnDisk
    head: Dataset = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        found = hashlib.sha256()
        for piece in pieces(self.content):
            found.update(piece)
        return found.hexdigest()

    @property
    def name(self) -> str:
        return PREFIX + self.sha256[:8]

    @property
    def uid(self) -> str:
        """Its SOP Instance UID."""
        return str(self.head.SOPInstanceUID)

    @property
    def sop_class(self) -> str:
        return UID(str(self.head.SOPClassUID)).name

    @property
    def transfer_syntax(self) -> str:
        return UID(str(self.head.file_meta.TransferSyntaxUID)).name

    @property
    def modality(self) -> str:
        return self._text("Modality")

    @property
    def manufacturer(self) -> str:
        return self._text("Manufacturer")

    @property
    def frames(self) -> int:
        """The number of frames; 0 if it has no pixels."""
        return _number(self.head, "NumberOfFrames", 1) if "Rows" in self.head else 0

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        more = [self.modality, self.manufacturer, self.transfer_syntax, count(self.frames, "frame")]
        return ", ".join(filter(None, [self.sop_class, *more[: 4 if self.frames else 3]]))

    @property
    def decoded(self) -> int:
        """The number of bytes of its file with decompressed pixels, at most."""
        pixels = [_number(self.head, keyword, 1) for keyword in _OF_SIZE] if self.frames else [0]
        bits = 1
        for number in pixels:
            bits *= number
        return len(self.content) + bits // 8

    @property
    def is_de_identified(self) -> bool:
        """True if it says so: Patient Identity Removed is YES (PS3.15 E.1)."""
        return self._text("PatientIdentityRemoved") == "YES"

    @property
    def group(self) -> tuple[str, ...]:
        """Its SOP Class, transfer syntax and device."""
        device = (self._text(keyword) for keyword in ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber"))
        return self.sop_class, self.transfer_syntax, *device

    def _text(self, keyword: str) -> str:
        return str(self.head.get(keyword) or "").strip(" \0")


class Objects:
    """The taken files of a folder, by name, and those that are left out. `number` is that of all files.

    `skipped`: the number of usable files that are not taken, because others of their kind are.
    """

    def __init__(self, number: int, taken: dict[str, Object], left: list[Left], skipped: int) -> None:
        self.number, self.taken, self.left, self.skipped = number, taken, left, skipped

    @property
    def titles(self) -> dict[str, str]:
        return {name: item.title for name, item in self.taken.items()}

    @property
    def shown(self) -> set[str]:
        """The texts of the files that reports show."""
        texts = {text for item in self.taken.values() for text in (item.modality, item.manufacturer, item.title)}
        return texts | {item.sop_class for item in self.taken.values()}

    @property
    def largest(self) -> int:
        """The most bytes that the body with one of them has."""
        return max((item.decoded for item in self.taken.values()), default=0) + 1024**2

    def lines(self) -> list[str]:
        """A line on what is taken, and one for each file that is left out, by its number; none without a folder."""
        if not self.number:
            return []
        sampled = f"; {self.skipped:,} more are of the same SOP Classes, transfer syntaxes and devices (--objects-all)"
        return [
            f"own objects: {len(self.taken)}, of {count(self.number, 'file')}{sampled if self.skipped else ''}",
            *(f"own objects: file {left.file.number:,} of {self.number:,} {left.why}" for left in self.left),
        ]

    def refuse_identities(self, url: str) -> None:
        """Raise ConfigurationError if a taken file does not say that the patient's identity was removed."""
        named = [item for item in self.taken.values() if not item.is_de_identified]
        if named:
            which = f"{len(named)} of {count(len(self.taken), 'own object')}"
            raise ConfigurationError(
                f"{which} {'does' if len(named) == 1 else 'do'} not say Patient Identity Removed (0012,0062) = YES: "
                f"copies with their names, dates and burnt-in text would be sent to {url}; de-identify them with tools "
                f"{TOOLS}, or send them with --objects-with-identity"
            )

    def copier(self, run: str, patient_prefix: str) -> Copier:
        """What makes the copies of a run."""
        return Copier(self.taken, run, patient_prefix)


class Copier:
    """Makes the instances of a run from own objects, each when it is asked for.

    Patients and studies are numbered in the order of the files: their copies are as many.
    """

    def __init__(self, taken: dict[str, Object], run: str, patient_prefix: str) -> None:
        self._taken, self._label, self._prefix = taken, f"{run} objects", patient_prefix
        self._patients = _numbered(str(item.head.get("PatientID") or "") for item in taken.values())
        self._studies = _numbered(str(item.head.StudyInstanceUID) for item in taken.values())
        self._varying = _varying([item.head for item in taken.values()])

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def varying(self, name: str) -> set[str]:
        """The attributes in which the objects of the study of an object differ, or those of its series."""
        head = self._taken[name].head
        return self._varying[str(head.StudyInstanceUID)] | self._varying[str(head.SeriesInstanceUID)]

    def __call__(self, name: str) -> Instance:
        """The instance of an object, under identifiers of the run."""
        item = self._taken[name]
        patient, study = str(item.head.get("PatientID") or ""), str(item.head.StudyInstanceUID)
        identity = copying.Identity(
            self._label,
            f"{self._prefix}{PREFIX}patient-{self._patients[patient]}",
            f"{self._prefix}{self._studies[study]}"[:16],
            f"{self._prefix}{self._studies[study]}"[:16],
        )
        return Instance(copying.copied(item.content, identity), True, foreign=True)

    @property
    def identifiers(self) -> set[str]:
        """The Patient IDs, accession numbers and Study IDs of the copies."""
        patients = {f"{self._prefix}{PREFIX}patient-{number}" for number in self._patients.values()}
        return patients | {f"{self._prefix}{number}"[:16] for number in self._studies.values()}


NO_OBJECTS = Objects(0, {}, [], 0)


def read(folder: Path, everything: bool = False) -> Objects:
    """The objects of a folder and the folders in it; `everything`: also where they are many. Raises
    ConfigurationError if it cannot be read, or nothing of it can be used."""
    files = list(_files(folder))
    if len(files) > SEEN:
        raise ConfigurationError(f"--objects {folder} has more than {SEEN:,} files: name a smaller folder")
    left: list[Left] = []
    found = [item for file in files if (item := _opened(folder, file, left))]
    sampled = len(found) > MOST and not everything
    taken: dict[str, Object] = {}
    named: dict[str, Object] = {}
    groups: set[tuple[str, ...]] = set()
    skipped = 0
    for item in found:
        if sampled and item.group in groups:
            skipped += 1
        elif why := _flaw(item):
            left.append(Left(item.file, why))
        elif twin := named.get(item.uid):
            left.append(Left(item.file, f"is left out: it has the SOPInstanceUID of file {twin.file.number:,}"))
        else:
            taken[item.name] = named[item.uid] = item
            groups.add(item.group)
    left.sort()
    if not taken:
        why = f"file {left[0].file.number} {left[0].why}" if left else "it has no files"
        raise ConfigurationError(f"--objects {folder} has no DICOM file that can be used: {why}")
    return Objects(len(files), taken, left, skipped)


def of_any(check: str) -> str:
    """The id of a check of an own object without the object: that of the same check of any object."""
    return re.sub(rf"(\.own\.{PREFIX.rstrip('-')})-[0-9a-f]{{8}}$", r"\1", check)


def _files(folder: Path) -> Iterator[File]:
    """The files of a folder, in the order of their paths. Folders that are links are not entered. Raises
    ConfigurationError."""

    def refuse(error: OSError) -> None:
        raise ConfigurationError(f"--objects {error.filename} cannot be read: {error.strerror}") from None

    found = []
    for path, _, names in os.walk(folder, onerror=refuse):
        found += [Path(path, name).relative_to(folder).as_posix() for name in names]
    yield from (File(number, path) for number, path in enumerate(sorted(found), 1))


def _opened(folder: Path, file: File, left: list[Left]) -> Object | None:
    """A file that seems to be an instance; None for another one, which is then left out."""
    path = folder / file.path
    why: str | None
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            why = "it is not a regular file"
        else:
            content = OnDisk(path, state.st_size)
            item = Object(file, content, _head(content)) if content[128:132] == b"DICM" else None
            why = "it is not a DICOM file" if item is None else _unusable(item)
            if item and not why:
                return item
    except _Unusable as error:
        why = str(error)
    except part10.MalformedFile as error:
        why = f"it is not valid, {error}"
    except OSError as error:
        why = f"it cannot be read ({error.strerror})"
    except Exception:  # whatever pydicom raises; its words may quote the file
        why = "it is not valid, its attributes cannot be read"
    left.append(Left(file, f"is left out: {why}"))
    return None


class _Unusable(Exception):
    """Why a file cannot be used."""


def _head(content: OnDisk) -> Dataset:
    """Some attributes of a file. Raises _Unusable if it is too large, MalformedFile, and whatever pydicom raises."""
    is_deflated = part10.transfer_syntax(content) == DeflatedExplicitVRLittleEndian
    if len(content) > (most := LARGEST_DEFLATED if is_deflated else LARGEST):
        raise _Unusable(f"it is larger than {size(most)}{', deflated' if is_deflated else ''}")
    if is_deflated:  # inflated within limits, which pydicom does not have
        return part10.read(content)
    with warnings.catch_warnings(action="ignore"), disable_value_validation():
        head = pydicom.dcmread(BytesIO(part10.split(content)[0]), specific_tags=TAGS)
        for tag in list(head.keys()):
            _ = head[tag]
    return head


def _unusable(item: Object) -> str | None:
    """Why a file with these attributes is not an instance that can be sent; None if it is."""
    if item.head.file_meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        return "it is a DICOMDIR, not an instance"
    for keyword in NAMED:
        if not item.head.get(keyword):
            return f"it has no {keyword}"
        if not uids.is_valid(str(item.head[keyword].value)):
            return f"its {keyword} is not a valid UID"
    return None


def _flaw(item: Object) -> str | None:
    """Why a file is not valid; None if it is, and can be copied."""
    try:
        part10.read(item.content)
        part10.read(copying.copied(item.content, copying.Identity("", "", "", "")))
    except part10.MalformedFile as error:
        return f"is left out: it is not valid, {error}"
    except OSError as error:
        return f"is left out: it cannot be read ({error.strerror})"
    except Exception as error:  # whatever pydicom raises when it writes; its words may quote the file
        return f"is left out: it cannot be copied ({type(error).__name__})"
    return None


def _varying(heads: Sequence[Dataset]) -> dict[str, set[str]]:
    """The attributes of a study, by its UID, in which these data sets differ, and those of a series."""
    found: dict[str, set[str]] = {}
    for level, keywords in OF_LEVELS.items():
        of_entity: dict[str, set[tuple[str, str]]] = {}
        for head in heads:
            values = ((keyword, str(head.get(keyword))) for keyword in keywords)
            of_entity.setdefault(str(head[level].value), set()).update(values)
        for uid, known in of_entity.items():
            times = Counter(keyword for keyword, _ in known)
            found.setdefault(uid, set()).update(keyword for keyword in times if times[keyword] > 1)
    return found


def _numbered(values: Iterator[str]) -> dict[str, int]:
    """The different values, numbered from 1 on."""
    return {value: number for number, value in enumerate(dict.fromkeys(values), 1)}


def _number(ds: Dataset, keyword: str, default: int) -> int:
    try:
        return int(ds.get(keyword) or default)
    except (TypeError, ValueError):
        return default
