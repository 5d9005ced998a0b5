"""Kinds for searches by text: characters that mean something in other grammars, and names that are alike."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.archive import tag
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import tiny_image

# Every printable character of ASCII but the backslash, which separates values (PS3.5 6.1.2.3); 16 are as long as a
# Short String may be. Each is a value of its own, with many characters, so that few searches ask for all of them.
VALUES: dict[str, str] = {
    "urls": "/%#&+=;:@,!$'\"-",
    "patterns": "<>|()[]{}^~`_.",
    "wildcards": "A*B?C",
    "blanks": "A  B C",
    "blank": "A B C",
    "digits": "0123456789ABCDEF",
    "upper-case": "GHIJKLMNOPQRSTUV",
    "both-cases": "WXYZabcdefghijkl",
    "lower-case": "mnopqrstuvwxyz",
}
ALIKE = "Müller^Jörg"


def name_of(value: str) -> str:
    """A value as a family name: `^` and `=` separate the parts of a name (PS3.5 6.2.1)."""
    return value.translate({ord("^"): None, ord("="): None})


@kind("characters", "Every printable character in text", SecondaryCaptureImageStorage, traits=("many",))
def characters(study: Study) -> Iterator[Instance]:
    """A study of one patient for each value, the first study with a series for each; then a patient for each value."""
    for number, value in enumerate(VALUES.values()):
        for series, requested in enumerate(VALUES.values() if number == 0 else [value]):
            ds = _placed(study, number, series)
            ds.AccessionNumber = ds.StudyID = value
            ds.ReferringPhysicianName = name_of(value)
            ds.StudyDescription = value
            request = Dataset()
            request.ScheduledProcedureStepID = request.RequestedProcedureID = requested
            ds.RequestAttributesSequence = [request]
            yield study.instance(ds)
    for number, value in enumerate(VALUES.values(), len(VALUES)):
        ds = _placed(study, number)
        ds.PatientID = f"{study.label.patient_prefix}{value}"[:64]
        ds.PatientName = f"{tag(study)}-{name_of(value)}"
        yield study.instance(ds)


@kind(
    "alike",
    "One name in two character sets, and two patients of one ID",
    SecondaryCaptureImageStorage,
    traits=("many",),
)
def alike(study: Study) -> Iterator[Instance]:
    """Two studies whose patient has one name in two character sets; one of another patient with the same ID."""
    for number, (character_set, name) in enumerate(
        [("ISO_IR 100", ALIKE), ("ISO_IR 192", ALIKE), ("ISO_IR 192", "Other^Patient")]
    ):
        ds = _placed(study, number)
        ds.SpecificCharacterSet = character_set
        ds.PatientName = f"{tag(study)}-{name}"
        yield study.instance(ds)


def _placed(study: Study, number: int, series: int = 0) -> Dataset:
    """An image of a study and a series, both counted from 0."""
    ds = tiny_image(study)
    ds.StudyInstanceUID = study.uid("study", str(number))
    ds.SeriesInstanceUID = study.uid("series", str(number), str(series))
    ds.SOPInstanceUID = study.uid("instance", str(number), str(series))
    ds.SeriesNumber = series + 1
    return ds
