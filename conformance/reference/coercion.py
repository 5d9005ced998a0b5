"""A server that changes instances when it stores them, as archives do, and keeps a record of it (PS3.18 10.5.2, PS3.3
C.12.1.1.9)."""

from __future__ import annotations

from typing import Any

from pydicom import Dataset, dcmread
from starlette.responses import Response

from . import ingest
from .app import Origin
from .archive import Archive, Instance
from .dicom_json import Json, data_set
from .ingest import Refused
from .target import Target

COERCED, DISCARDED, MISMATCH = 0xB000, 0xB006, 0xB007
# Attributes that are the same in all instances of a study.
OF_STUDY = ("PatientName", "PatientSex", "StudyDescription")


class Coercing(Origin):
    """Instances that join a study get its patient and description; the original values are kept in them.

    The response has a WarningReason and the originals. Each decision is a method of its own.
    """

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._notes: dict[str, Json] = {}  # of the last store of an instance, by its UID

    def keep(self, instance: Instance) -> None:
        ds = dcmread(instance.path)
        record = Dataset()
        if self.correct(ds, record):
            self.record(ds, record)
            ds.save_as(instance.path, enforce_file_format=True)
            instance = ingest.read(instance.path)
        self._notes[instance.instance] = self.note(ds, record)
        super().keep(instance)

    def correct(self, ds: Dataset, record: Dataset) -> bool:
        """Change a data set, and put the original values into `record`; returns True if anything was changed."""
        others = self.archive.find(Target(str(ds.StudyInstanceUID)))
        if not others or others[0].instance == ds.SOPInstanceUID:
            return False
        first = dcmread(others[0].path, stop_before_pixels=True, specific_tags=list(OF_STUDY))
        for keyword in OF_STUDY:
            if keyword in ds and keyword in first and ds[keyword].value != first[keyword].value:
                record[keyword] = ds[keyword]
                ds[keyword] = first[keyword]
        return bool(record)

    def record(self, ds: Dataset, record: Dataset) -> None:
        """Put the Original Attributes Sequence into a data set."""
        item = Dataset()
        item.ModifiedAttributesSequence = [record]
        item.AttributeModificationDateTime = "20240229101500"
        item.ModifyingSystem = "reference server"
        item.SourceOfPreviousValues = ""
        item.ReasonForTheAttributeModification = "COERCE"
        ds.OriginalAttributesSequence = [*ds.get("OriginalAttributesSequence", []), item]

    def note(self, ds: Dataset, record: Dataset) -> Json:
        """The content of the response about an instance besides its UIDs."""
        reason = self.reason(ds, record)
        if reason is None:
            return {}
        original = Dataset()
        if "OriginalAttributesSequence" in ds:
            original.OriginalAttributesSequence = ds.OriginalAttributesSequence
        return {"00081196": {"vr": "US", "Value": [reason]}} | data_set(original)

    def reason(self, ds: Dataset, record: Dataset) -> int | None:
        """The Warning Reason of an instance."""
        return COERCED if record else None

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        module = super().module(base, target, stored, refused)
        for item in module.get("00081199", {}).get("Value", []):
            item |= self._notes.get(item["00081155"]["Value"][0], {})
        return module

    def conclude(self, *arguments: Any) -> Response:
        """A success with a warning is 202."""
        response = super().conclude(*arguments)
        if response.status_code == 200 and b"00081196" in bytes(response.body):
            response.status_code = 202
        return response
