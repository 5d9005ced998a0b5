"""Kinds that are about the structure and the names of a study."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.documents import basic_text_sr
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import tiny_image


@kind("odd-uid", "UIDs of odd length", SecondaryCaptureImageStorage)
def odd_uid(study: Study) -> Iterator[Instance]:
    """The values end with a NUL in the file (PS3.5 9.1), and without it in every other form."""
    ds = tiny_image(study)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        candidates = (study.uid(keyword, str(number)) for number in count())
        setattr(ds, keyword, next(uid for uid in candidates if len(uid) % 2))
    yield study.instance(ds)


@kind("long-uid", "UIDs of 64 characters", SecondaryCaptureImageStorage)
def long_uid(study: Study) -> Iterator[Instance]:
    """Two images of one series whose UIDs differ in the last of as many characters as a UID may have (PS3.5 9.1)."""
    for number in (1, 2):
        ds = tiny_image(study, number=number)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            begin = f"{study.uid(keyword)}."
            last = str(number) if keyword == "SOPInstanceUID" else "5"
            setattr(ds, keyword, begin.ljust(63, "7") + last)
        yield study.instance(ds)


@kind("shared-series-uid", "Two studies whose series have one UID", SecondaryCaptureImageStorage)
def shared_series_uid(study: Study) -> Iterator[Instance]:
    """No modality should send this: a path names both the study and the series, so each has one of the instances."""
    for number in (1, 2):
        ds = tiny_image(study, number=number)
        ds.StudyInstanceUID = study.uid("study", str(number))
        yield study.instance(ds)


@kind("reserved", "Reserved characters of URIs in keys", SecondaryCaptureImageStorage)
def reserved(study: Study) -> Iterator[Instance]:
    ds = tiny_image(study)
    ds.AccessionNumber = "A&B=1,2"
    ds.PatientID = (study.label.patient_prefix + "a b+c%20/?#")[:64]
    ds.PatientName = "O'Neil^A&B"
    yield study.instance(ds)


@kind("many", "101 images in one series", SecondaryCaptureImageStorage, traits=("many",))
def many(study: Study) -> Iterator[Instance]:
    for number in range(1, 102):
        yield study.instance(tiny_image(study, number=number))


@kind("mixed", "Two images in two series, and a report", SecondaryCaptureImageStorage)
def mixed(study: Study) -> Iterator[Instance]:
    for series in (1, 2):
        yield study.instance(tiny_image(study, series))
    yield study.instance(basic_text_sr(study, series=3))
