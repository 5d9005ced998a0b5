"""Faults of the Retrieve transaction."""

from __future__ import annotations

import io
from dataclasses import replace

from pydicom import dcmread

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..multipart import Content
from ..target import Target
from .registry import fault

PATIENT_NAME = "00100010"


@fault(
    "study-lacks-an-instance",
    breaks=("SEED-RETRIEVE-STUDY",),
    says="is not in the body",
    seen=("ImagingDataCommons/dicomweb-client#94", "medplum/medplum!10154"),
)
class StudyLacksAnInstance(Origin):
    """Returns a study of several instances without the last one."""

    def retrieved(self, target: Target) -> list[Instance]:
        instances = super().retrieved(target)
        return instances[:-1] if target.level == "study" and len(instances) > 1 else instances


@fault("study-changes-study-id", breaks=("SEED-RETRIEVE-USE",), says="StudyID")
class StudyChangesStudyID(Origin):
    """Returns the instances of a study with another Study ID."""

    def file(self, instance: Instance, target: Target) -> Content:
        if target.level != "study":
            return super().file(instance, target)
        ds = dcmread(instance.path)
        ds.StudyID = "CHANGED"
        changed = io.BytesIO()
        ds.save_as(changed, enforce_file_format=True)
        return Content(changed.getvalue())


@fault(
    "study-metadata-lacks-an-instance",
    breaks=("SEED-RETRIEVE-STUDY-METADATA",),
    says="is not in the list",
    seen=("medplum/medplum!10154",),
)
class StudyMetadataLacksAnInstance(Origin):
    """Omits the last instance from the metadata of a study."""

    def described(self, target: Target) -> list[Instance]:
        instances = super().described(target)
        return instances[:-1] if target.level == "study" and len(instances) > 1 else instances


@fault("series-is-whole-study", breaks=("SEED-RETRIEVE-SERIES",), says="is in the body")
class SeriesIsWholeStudy(Origin):
    """Returns a series together with all other series of its study."""

    def retrieved(self, target: Target) -> list[Instance]:
        instances = super().retrieved(target)
        return super().retrieved(Target(target.study)) if target.level == "series" else instances


@fault("series-metadata-are-of-study", breaks=("SEED-RETRIEVE-SERIES-METADATA",), says="is in the list")
class SeriesMetadataAreOfStudy(Origin):
    """Returns the metadata of a series together with those of all other series of its study."""

    def described(self, target: Target) -> list[Instance]:
        instances = super().described(target)
        return super().described(Target(target.study)) if target.level == "series" else instances


@fault("instance-pixel-changed", breaks=("SEED-RETRIEVE-INSTANCE",), says="PixelData is")
class InstancePixelChanged(Origin):
    """Changes one byte of an instance's pixel data."""

    def file(self, instance: Instance, target: Target) -> Content:
        if target.level != "instance":
            return super().file(instance, target)
        data = bytearray(instance.path.read_bytes())
        data[-64] ^= 0xFF
        return Content(bytes(data))


@fault("instance-is-cut", breaks=("SEED-RETRIEVE-INSTANCE",), says="is cut off after")
class InstanceIsCut(Origin):
    """Returns only the first half of an instance, in an otherwise complete message."""

    def file(self, instance: Instance, target: Target) -> Content:
        content = super().file(instance, target)
        return replace(content, size=content.size // 2) if target.level == "instance" else content


@fault(
    "metadata-wrong-patient-name", breaks=("SEED-RETRIEVE-INSTANCE-METADATA",), says="PatientName is 'Somebody^Else'"
)
class MetadataWrongPatientName(Origin):
    """Returns the name of another patient in the metadata of an instance."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        other = {PATIENT_NAME: {"vr": "PN", "Value": [{"Alphabetic": "Somebody^Else"}]}}
        return data_set | other if target.level == "instance" else data_set


@fault("metadata-without-patient-name", breaks=("SEED-RETRIEVE-INSTANCE-METADATA",), says="PatientName is absent")
class MetadataWithoutPatientName(Origin):
    """Omits the Patient's Name from the metadata of an instance."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        if target.level == "instance":
            data_set.pop(PATIENT_NAME, None)
        return data_set


@fault("frame-shifted", breaks=("SEED-RETRIEVE-FRAME",), says="of the frame is")
class FrameShifted(Origin):
    """Returns a frame that starts one byte late, and ends with a zero."""

    def frame(self, frames: list[Content], number: int) -> Content:
        return Content(super().frame(frames, number).read()[1:] + b"\0")


@fault(
    "frame-empty", breaks=("SEED-RETRIEVE-FRAME",), says="the frame is 0 bytes", seen=("dcmjs-org/dicomweb-server#58",)
)
class FrameEmpty(Origin):
    """Returns a frame as an empty part."""

    def frame(self, frames: list[Content], number: int) -> Content:
        return Content(b"")


@fault(
    "boundary-is-a-word", breaks=("SEED-RETRIEVE-BOUNDARY",), says="is cut off after", seen=("UMEssen/DICOM-RST!59",)
)
class BoundaryIsAWord(Origin):
    """Uses the same boundary in all multipart responses."""

    def boundary(self) -> str:
        return "boundary"
