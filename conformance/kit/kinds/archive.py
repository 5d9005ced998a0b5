"""A kind for searches: many tiny studies, whose values match, nearly match and do not match.

The lists of values have different lengths, so that values are combined in many ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

from pydicom import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.documents import basic_text_sr
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import TINY, ct_slice, tiny_image

Value = TypeVar("Value")

STUDIES = 44  # of one patient
# Around the ends of a month, a leap day and a year.
DATES = ("20231231", "20240101", "20240228", "20240229", "20240301", "20240331", "")
# A minute or second before and after a full hour, in several precisions; 10 is an hour.
TIMES = (
    *("095959", "1000", "100000", "110000.5", "120000.000", "120001", "223000", "2230", "223100", "235959.999999"),
    *("10", "", "000000"),
)
# Near matches of ABC, A01 and 123, and characters that mean something in patterns of databases or regular expressions.
NUMBERS = (
    *("ABC", "123", "ABCD", "12", "abc", "13", "AB", "1203", "A01", "1_3", "A1", "a01", "A001", "A_1", "1%3", "A.1"),
    *("", "B-ABC", None, "Ä01", "A[0]1", "B01", "1"),
)
STUDY_IDS = ("1", "01", "11", "S1", "s1")
PHYSICIANS = (
    *("Doe^John", "Doe^John^Quincy^Dr.", "Doe^Jane", "Roe", "DOE^JOHN", "Müller^Jörg", "Иванов^Пётр"),
    *("ИВАНОВ^ПЁТР", "Παπάς^Νίκος", "Yamada^Tarou=山田^太郎=やまだ^たろう", ""),
)
DESCRIPTIONS = ("CHEST", "CHEST X", "Chest", "ABDOMEN")
# The modalities of the series of a study.
MODALITIES = (("CT",), ("CT", "MR", "SR"), ("MR",), ("MR", "CT"), ("OT",), ("US",), ("SR",), ("CTX",), ("CR",))
SERIES_NUMBERS = (1, 2, 11, 12, 21)
# Scheduled Procedure Step ID and Requested Procedure ID of each item of the Request Attributes Sequence.
REQUESTS = (
    *((("A", "B"), ("C", "D")), (("A", "D"),), ()),
    *((("C", "B"), ("A", "C")), (("a", "b"),), (("AB", "BC"), ("A", "C"))),
)
# Around one instant, written with several offsets; the fourth has none.
DATE_TIMES = ("20240229120000+0100", "20240229120001+0100", "20240229105959+0000", "20240229110000", "20240301")
# Patients whose IDs or names are alike, each with a study.
PATIENTS = (
    ("AB", "Doe^John"),
    ("ABC", "Doe^John^Quincy"),
    ("ABCD", "Doe^Jane"),
    ("abc", "DOE^JANE"),
    ("A1", "Иванов^Пётр"),
    ("A01", "ИВАНОВ^ПЁТР"),
    ("A001", "Müller^Jörg"),
    ("A_1", "Παπάς^Νίκος"),
    ("R", "Roe"),
    ("X", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
)


@kind("archive", "An archive of small studies", SecondaryCaptureImageStorage, traits=("many",))
def archive(study: Study) -> Iterator[Instance]:
    """Studies of one patient, then those of others."""
    series = count()
    for number in range(STUDIES):
        for at, modality in enumerate(_turn(MODALITIES, number)):
            yield from _series(study, number, at, modality, next(series))
    for number, (patient, name) in enumerate(PATIENTS, STUDIES):
        ds = _of_study(study, number, tiny_image(study))
        ds.PatientID = (study.label.patient_prefix + "archive-" + patient)[:64]
        ds.PatientName = f"{tag(study)}-{name}"
        yield _instance(study, ds, number, 0, 1)


def tag(study: Study) -> str:
    """The tag that makes names this run's own."""
    return study.label.patient_prefix[:16].rstrip("-")


def _series(study: Study, number: int, at: int, modality: str, series: int) -> Iterator[Instance]:
    """A series; the first of several has an image, and a Secondary Capture of it."""
    several = len(_turn(MODALITIES, number)) > 1
    for image in (1, 2) if several and at == 0 else (1,):
        match modality:
            case "CT" if image == 1:
                ds = ct_slice(study, TINY)
            case "SR":
                ds = basic_text_sr(study)
            case _:
                ds = tiny_image(study)
        ds.Modality = modality
        ds.SeriesNumber = _turn(SERIES_NUMBERS, series)
        ds.PerformedProcedureStepStartDate = _turn(DATES, series)
        ds.PerformedProcedureStepStartTime = _turn(TIMES, series)
        ds.RequestAttributesSequence = [_request(*item) for item in _turn(REQUESTS, series)]
        ds.SeriesDescription = _turn(DESCRIPTIONS, series)
        ds.AcquisitionDateTime = _turn(DATE_TIMES, series)
        yield _instance(study, _of_study(study, number, ds), number, at, image)


def _of_study(study: Study, number: int, ds: Dataset) -> Dataset:
    """The data set with the attributes of one of the studies."""
    ds.StudyDate, ds.StudyTime = _turn(DATES, number), _turn(TIMES, number)
    ds.StudyID = _turn(STUDY_IDS, number)
    ds.ReferringPhysicianName = _turn(PHYSICIANS, number)
    ds.StudyDescription = _turn(DESCRIPTIONS, number)
    accession = _turn(NUMBERS, number)
    if accession is None:
        del ds.AccessionNumber
    else:
        ds.AccessionNumber = accession
    return ds


def _instance(study: Study, ds: Dataset, number: int, series: int, image: int) -> Instance:
    # Some UIDs begin with another one of their level.
    last = number == STUDIES - 1
    ds.StudyInstanceUID = study.uid("study", "0") + ".1" if last else study.uid("study", str(number))
    ds.SeriesInstanceUID = study.uid("series", str(number)) + (f".{series}" if series else "")
    ds.SOPInstanceUID = study.uid("instance", str(number), str(series)) + (f".{image}" if image > 1 else "")
    ds.InstanceNumber = image
    return study.instance(ds)


def _request(step: str, procedure: str) -> Dataset:
    item = Dataset()
    item.ScheduledProcedureStepID, item.RequestedProcedureID = step, procedure
    return item


def _turn(values: Sequence[Value], number: int) -> Value:
    """The value for a number, taken in turn."""
    return values[number % len(values)]
