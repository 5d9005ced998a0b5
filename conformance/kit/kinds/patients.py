"""Kinds that are about more than one study, or about a study that does not agree with itself."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import tiny_image


@kind("seven-studies", "Seven studies of one patient", SecondaryCaptureImageStorage)
def seven_studies(study: Study) -> Iterator[Instance]:
    """The first study has two images in one series and one in another; each of the others has one image.

    The UIDs of the second study, of that other series and of the second image begin with those of the first. All have
    the same series and instance numbers.
    """
    for number in range(1, 8):
        for series, image in ((1, 1), (1, 2), (2, 1)) if number == 1 else ((1, 1),):
            ds = tiny_image(study, series, image)
            ds.StudyID = str(number)
            ds.SeriesNumber = ds.InstanceNumber = 1
            ds.StudyInstanceUID = study.uid("study", "1") + ".2" if number == 2 else study.uid("study", str(number))
            ds.SeriesInstanceUID = study.uid("series", str(number)) + (f".{series}" if series > 1 else "")
            ds.SOPInstanceUID = study.uid("instance", str(number), str(series)) + (f".{image}" if image > 1 else "")
            yield study.instance(ds)


@kind("extremes", "Dates and numbers far from the usual ones", SecondaryCaptureImageStorage)
def extremes(study: Study) -> Iterator[Instance]:
    """Dates before those of many databases, a time with a fraction, the greatest number of an IS (PS3.5 6.2)."""
    ds = tiny_image(study)
    ds.StudyDate, ds.StudyTime, ds.PatientBirthDate = "17521231", "235959.25", "16000229"
    ds.SeriesNumber = ds.InstanceNumber = 2**31 - 1
    yield study.instance(ds)


@kind("disagreement", "Two series that do not agree about their study", SecondaryCaptureImageStorage)
def disagreement(study: Study) -> Iterator[Instance]:
    """As a modality and a reading workstation send them: each describes the study in its own way."""
    for series, description in ((1, "CHEST"), (2, "Chest, follow-up")):
        ds = tiny_image(study, series)
        ds.StudyDescription = description
        yield study.instance(ds)
