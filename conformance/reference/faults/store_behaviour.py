"""Faults of the store: of instances alone, repeated, and at the same time (PS3.18 10.5.2)."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import UID
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive, Instance
from ..dicom_json import Json
from ..ingest import Refused
from ..negotiation import Representation
from ..target import Target
from .altered import Altered
from .registry import fault

PROCESSING_FAILURE = 0x0110
PERMITS = 15
PROCESSING = 0.1  # seconds
PATIENT_NAME = "00100010"


@fault("store-replaces-the-series", breaks=("STOW-BEH-002",), says="is not in the body")
class StoreReplacesTheSeries(Origin):
    """Replaces an existing series on a store to it."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._series: set[Target] = set()  # of the store that is being done

    def conclude(self, *arguments: Any) -> Response:
        self._series = set()
        return super().conclude(*arguments)

    def keep(self, instance: Instance) -> None:
        series = Target(instance.study, instance.series)
        if series not in self._series:
            self.archive.delete(series)
        self._series.add(series)
        super().keep(instance)


@fault("long-text-becomes-short", breaks=("STOW-BEH-005",), says="the VR of (0010,4000) is ST")
class LongTextBecomesShort(Origin):
    """Stores Patient Comments with the VR ST."""

    def keep(self, instance: Instance) -> None:
        if "00104000" in instance.attributes:
            ds = dcmread(instance.path)
            ds["PatientComments"].VR = "ST"
            ds.save_as(instance.path, enforce_file_format=True)
        super().keep(instance)


@fault("stored-again-is-500", breaks=("STOW-BEH-006",), says="status is 500")
class StoredAgainIs500(Origin):
    """Returns 500 for the second store of an instance."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if self.archive.find(instance.target):
            raise HTTPException(500, "the instance violates a constraint of the index")


@fault("stored-again-is-two", breaks=("STOW-BEH-006",), says="the number of matches is 2")
class StoredAgainIsTwo(Origin):
    """Finds an instance twice that was stored twice."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._again: set[str] = set()

    def keep(self, instance: Instance) -> None:
        if self.archive.find(instance.target):
            self._again.add(instance.instance)
        super().keep(instance)

    def describe(self, document: Json | list[Json], form: Representation, *more: Any) -> Response:
        if isinstance(document, list):
            again = [match for match in document if _uid(match) in self._again and "00081190" in match]
            document = [*document, *again]
        return super().describe(document, form, *more)


def _uid(data_set: Json) -> str:
    return str(data_set.get("00080018", {}).get("Value", [""])[0])


@fault("second-content-is-in-the-index", breaks=("STOW-BEH-006",), says="PatientName is Second^Content")
class SecondContentIsInTheIndex(Origin):
    """Finds the new content of an instance that is stored again, but keeps the old file."""

    def keep(self, instance: Instance) -> None:
        for first in self.archive.find(instance.target):
            shutil.copyfile(first.path, instance.path)
        super().keep(instance)


@fault("stored-again-is-not-named", breaks=("STOW-BEH-006",), says="the list of instances in the response is empty")
class StoredAgainIsNotNamed(Origin):
    """Lists an existing instance in no sequence of the response to its second store."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._again: set[Path] = set()

    def keep(self, instance: Instance) -> None:
        if self.archive.find(instance.target):
            self._again.add(instance.path)
        super().keep(instance)

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        named = [instance for instance in stored if instance.path not in self._again]
        return super().module(base, target, named, refused)


@fault("deleted-never-returns", breaks=("STOW-BEH-011",), says="status is 409")
class DeletedNeverReturns(Origin):
    """Refuses to store a deleted instance again."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._deleted: set[str] = set()

    def remove(self, target: Target) -> int:
        self._deleted |= {instance.instance for instance in self.archive.find(target)}
        return super().remove(target)

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if instance.instance in self._deleted:
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)


@fault(
    "failed-stores-keep-their-permits",
    breaks=("STOW-BEH-012",),
    says="the response to a store after failed ones is absent",
    seen=("UMEssen/DICOM-RST tests/stow.rs",),
)
class FailedStoresKeepTheirPermits(Altered):
    """Does not respond to the next store after 15 failed ones in a row, even if it is repeated."""

    failed = 0

    def asked(self, request: Request) -> Response | bytes | None:
        if request.method != "POST" or self.failed < PERMITS:
            return None
        # A client may send a request again if its connection was closed before a response (RFC 9112 9.3.1).
        self.failed = self.failed + 1 if self.failed == PERMITS else 0
        return b""

    def answered(self, request: Request, response: Response) -> Response | bytes | None:
        if request.method == "POST":
            self.failed = self.failed + 1 if response.status_code >= 400 else 0
        return None


@fault("stores-at-once-are-lost", breaks=("STOW-BEH-013",), says="is not in the body")
class StoresAtOnceAreLost(Origin):
    """Reports an instance that arrives during another store as stored, and loses it."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._busy = threading.Lock()

    def keep(self, instance: Instance) -> None:
        if self._busy.acquire(blocking=False):
            time.sleep(0.02)  # for the others to come
            super().keep(instance)
            self._busy.release()


@fault("long-uids-are-cut", breaks=("STOW-BEH-014",), says="should be 200")
class LongUIDsAreCut(Origin):
    """Truncates a SOP Instance UID of more than 64 characters."""

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        for draft in drafts:
            if draft.read_bytes()[128:132] == b"DICM":
                ds = dcmread(draft)
                if len(str(ds.get("SOPInstanceUID", ""))) > 64:
                    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(ds.SOPInstanceUID[:64])
                    ds.save_as(draft, enforce_file_format=True)
        return super().conclude(request, target, drafts, form)


@fault(
    "patient-of-the-last-store",
    breaks=("STOW-BEH-003",),
    says="PatientName is",
    seen=("dcm4che/dcm4chee-arc-light#1077",),
)
class PatientOfTheLastStore(Origin):
    """Returns the name of the patient who is in the last instance of a study in the metadata of all its instances."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        *_, last = self.archive.find(Target(instance.study))
        named = {PATIENT_NAME: last.attributes[PATIENT_NAME]} if PATIENT_NAME in last.attributes else {}
        return super().data_set(instance, target, base) | named


@fault("gone-while-it-is-replaced", breaks=("STOW-BEH-006",), says="status is 404")
class GoneWhileItIsReplaced(Origin):
    """Deletes an instance that is stored again, and has it again when the new file is processed."""

    def keep(self, instance: Instance) -> None:
        if self.archive.delete(instance.target):
            time.sleep(PROCESSING)
        super().keep(instance)


@fault("address-of-the-series", breaks=("STOW-BEH-001",), says="should be that of the instance")
class AddressOfTheSeries(Origin):
    """Returns the URL of its series for each stored instance."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        module = super().module(base, target, stored, refused)
        for item, instance in zip(module.get("00081199", {}).get("Value", []), stored, strict=True):
            item["00081190"]["Value"] = [base + Target(instance.study, instance.series).path]
        return module
