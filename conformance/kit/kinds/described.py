"""Kinds for the contents of search results: each attribute of PS3.18 10.6.3.3 with a value, empty, and absent."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pydicom
from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from conformance.dicomweb import uids
from conformance.kit.instances import Instance
from conformance.kit.kinds import pictures, pixels
from conformance.kit.kinds.documents import basic_text_sr
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import ct_slice, multi_frame_secondary_capture, tiny_image
from conformance.kit.kinds.values import private_block

# The attributes of results that a stored instance may have without a value (type 2 in PS3.3 C.7.1.1, C.7.2.1, C.7.3.1).
MAY_BE_EMPTY = (
    *("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "PatientName", "PatientBirthDate"),
    *("PatientSex", "StudyID", "SeriesNumber"),
)


@kind("described", "A study of three series, well described", CTImageStorage)
def described(study: Study) -> Iterator[Instance]:
    """Series 1: an image of one frame and one of three. Series 2: a report. Series 3: an image, and little about it."""
    slice, another = (ct_slice(study, pictures.hounsfield(12, 16, number)) for number in (1, 3))
    frames = multi_frame_secondary_capture(study, MultiFrameGrayscaleByteSecondaryCaptureImageStorage)
    pixels.set_native(frames, pictures.grey(10, 14, 8, frames=3))
    frames.Modality = slice.Modality
    report = basic_text_sr(study)
    for ds, series, number in ((slice, 1, 1), (frames, 1, 2), (report, 2, 1), (another, 3, 1)):
        _place(study, ds, series, number)
        _describe_study(ds)
        if series == 1:
            _describe_series(ds)
        yield study.instance(ds)


def _place(study: Study, ds: Dataset, series: int, number: int) -> None:
    """Make a data set this instance of this series; series and instance numbers are not consecutive."""
    ds.SeriesInstanceUID = study.uid("series", str(series))
    ds.SOPInstanceUID = study.uid("instance", str(series), str(number))
    ds.SeriesNumber, ds.InstanceNumber = 10 * series + 1, 20 * number + 1


def _describe_study(ds: Dataset) -> None:
    ds.TimezoneOffsetFromUTC = "+0100"
    ds.StudyDate, ds.StudyTime, ds.StudyID = "20231105", "081503", "S-4077"
    ds.SeriesDate, ds.SeriesTime = "20231106", "091500"
    ds.AccessionNumber = "ACC-7781"
    ds.ReferringPhysicianName = "Weber^Anna"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "19610212", "F", "062Y"
    ds.StudyDescription = "Thorax"


def _describe_series(ds: Dataset) -> None:
    """Describe a series with optional attributes; the second item of the request does not name the scheduled step."""
    first, second = Dataset(), Dataset()
    first.ScheduledProcedureStepID, first.RequestedProcedureID = "SPS-11", "RP-12"
    second.RequestedProcedureID = "RP-22"
    ds.SeriesDescription = "Thin slices"
    ds.PerformedProcedureStepStartDate, ds.PerformedProcedureStepStartTime = "20231104", "075959"
    ds.RequestAttributesSequence = [first, second]
    private_block(ds).add_new(0x01, "LO", "of a vendor")


@kind("without-values", "A study whose attributes have no values", SecondaryCaptureImageStorage)
def without_values(study: Study) -> Iterator[Instance]:
    ds = tiny_image(study)
    for keyword in MAY_BE_EMPTY:
        setattr(ds, keyword, "")
    yield study.instance(ds)


@kind("disagreeing", "A study and a series that are described differently", SecondaryCaptureImageStorage)
def disagreeing(study: Study) -> Iterator[Instance]:
    """Two series that name their study differently; in the first, two images that name their series differently."""
    for series, number in ((1, 1), (1, 2), (2, 1)):
        ds = tiny_image(study, series, number)
        ds.StudyDescription = f"As series {series} has it"
        ds.SeriesDescription = f"As image {number} has it"
        yield study.instance(ds)


@kind("growing", "A study that gets another series", SecondaryCaptureImageStorage)
@kind("shrinking", "A study that gets another series and loses it", SecondaryCaptureImageStorage)
def changing(study: Study) -> Iterator[Instance]:
    """One image; a check adds the other series with `further`, and sees whether it is counted."""
    yield study.instance(tiny_image(study))


def further(instance: Instance, modality: str) -> Instance:
    """One more series of the study of an instance: a copy of it, of another modality."""
    ds = pydicom.dcmread(BytesIO(instance.content[:]))
    ds.SeriesInstanceUID = uids.derived(instance.series_uid, modality)
    ds.SOPInstanceUID = uids.derived(instance.sop_instance_uid, modality)
    ds.file_meta.MediaStorageSOPInstanceUID = UID(ds.SOPInstanceUID)
    ds.Modality = modality
    ds.SeriesNumber += 1
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return Instance(file.getvalue(), instance.fresh)
