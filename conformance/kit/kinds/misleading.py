"""Kinds whose values are easily taken for something else: for what an archive computes, for a number, for nothing.

PS3.3 C.12.1.1.2, PS3.5 6.2, PS3.18 10.6.3.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import UID, ImplicitVRLittleEndian, SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.archive import tag
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import secondary_capture, tiny_image
from conformance.kit.kinds.native import with_group_lengths
from conformance.kit.kinds.pictures import Picture, grey
from conformance.kit.kinds.pixels import encapsulated_image, set_native

ENCAPSULATED_UNCOMPRESSED = UID("1.2.840.10008.1.2.1.98")
# A plain value; then words and numbers that a program takes for nothing, a truth or another number, or skips.
ALIKE = (
    "A17",
    "NULL",
    "null",
    "None",
    "undefined",
    "true",
    "nan",
    "0",
    "00",
    "1E5",
    "100000",
    "-1",
    "AND",
    "Will",
    "The",
)
# Numbers of series and instances: after a plain one, one that is often taken for none, a sign that makes no range, and
# one that begins with another.
NUMBERS = (1, 0, -1, 10)
# Values that break the rules of their VR (PS3.5 6.2), as old modalities send them.
UNFIT = (
    ("SliceThickness", b"DS", b"1,5"),
    ("SliceThickness", b"DS", b"@@"),
    ("AcquisitionNumber", b"IS", b"1.5"),
    ("AcquisitionNumber", b"IS", b"99999999999"),
    ("AcquisitionDate", b"DA", b"2024-02-29"),
    ("AcquisitionDate", b"DA", b"20240230"),
    ("AcquisitionTime", b"TM", b"10:15:00"),
    ("AcquisitionTime", b"TM", b"2561"),
    ("PatientAge", b"AS", b"45"),
    ("BodyPartExamined", b"CS", b"chest of an adult"),
    ("StationName", b"SH", b"x" * 40),
    ("IrradiationEventUID", b"UI", b"1.02.x"),
    ("SliceThickness", b"DS", b"2.5\0"),
    ("StationName", b"SH", b"CT1\0"),
)
# For ISO_IR 192.
MISSPELT = (b"ISO IR 192", b"UTF-8", b"ISO_IR 6")
ABSENT = (("SeriesNumber", "InstanceNumber"), ("PatientName", "PatientSex"), ("StudyDate", "StudyTime"))
# Sequences of one item that lacks its Type 1 attributes, or all.
INCOMPLETE: tuple[tuple[str, dict[str, str]], ...] = (
    ("OriginalAttributesSequence", {"ReasonForTheAttributeModification": "CORRECT"}),
    ("VerifyingObserverSequence", {"VerifyingOrganization": "Conformance"}),
    ("IssuerOfAccessionNumberSequence", {}),
    ("RequestAttributesSequence", {}),
    ("ReferencedImageSequence", {}),
    ("OtherPatientIDsSequence", {}),
)


@kind("computed-attributes", "Attributes that an archive computes", SecondaryCaptureImageStorage)
def computed_attributes(study: Study) -> Iterator[Instance]:
    """A former archive wrote its own answers into two images: what a search returns is computed anew (PS3.4 C.3.4)."""
    for number in (1, 2):
        ds = tiny_image(study, number=number)
        ds.InstanceAvailability = "OFFLINE"
        ds.ModalitiesInStudy = ["CT", "MR"]
        ds.NumberOfStudyRelatedSeries, ds.NumberOfStudyRelatedInstances = 77, 777
        ds.NumberOfSeriesRelatedInstances = 7777
        yield study.instance(ds)


@kind("two-character-sets", "One study in two character sets", SecondaryCaptureImageStorage)
def two_character_sets(study: Study) -> Iterator[Instance]:
    """A modality writes Latin-1, a workstation UTF-8: the patient is the same."""
    for number, character_set in ((1, "ISO_IR 100"), (2, "ISO_IR 192")):
        ds = tiny_image(study, series=number)
        ds.SpecificCharacterSet = character_set
        ds.PatientName, ds.SeriesDescription = "Müller^Jörg", f"Größe {number}"
        yield study.instance(ds)


@kind("uniform", "All pixels alike, no window", SecondaryCaptureImageStorage, traits=("native",))
def uniform(study: Study) -> Iterator[Instance]:
    """A range of values without a width: its look in a rendering is left open."""
    ds = secondary_capture(study)
    set_native(ds, Picture(12, 16, 12, (b"\x34\x02" * 192,)))
    yield study.instance(ds)


@kind("look-alikes", "Values that look like something else", SecondaryCaptureImageStorage, traits=("many",))
def look_alikes(study: Study) -> Iterator[Instance]:
    """A study for each value, of one patient."""
    for number, value in enumerate(ALIKE):
        ds = tiny_image(study)
        ds.StudyInstanceUID = study.uid("study", str(number))
        ds.SeriesInstanceUID = study.uid("series", str(number))
        ds.SOPInstanceUID = study.uid("instance", str(number))
        ds.AccessionNumber = ds.StudyID = value
        ds.SeriesNumber = ds.InstanceNumber = NUMBERS[number % len(NUMBERS)]
        ds.ReferringPhysicianName = f"{value}^{tag(study)}"
        yield study.instance(ds)


@kind("unfit-values", "Values that break their VR", SecondaryCaptureImageStorage, traits=("refusable",))
def unfit_values(study: Study) -> Iterator[Instance]:
    """Each in a study of its own, so that one that is refused takes nothing else with it."""
    for number, (keyword, vr, value) in enumerate(UNFIT, 1):
        ds = _apart(study, number)
        value += b" " * (len(value) % 2)
        mark = b"#" * len(value)
        ds.add_new(keyword, "OB", mark)
        marked, unfit = struct.pack("<2s2xL", b"OB", len(mark)) + mark, struct.pack("<2sH", vr, len(value)) + value
        yield Instance(study.file(ds).replace(marked, unfit), fresh=True)
    ds = _apart(study, len(UNFIT) + 1)
    ds.add_new(0x00990010, "LO", ["DICOMWEB", "CONFORMANCE"])
    ds.add_new(0x00991001, "LO", "of two creators")
    yield study.instance(ds)
    for number, text in enumerate(MISSPELT, len(UNFIT) + 2):
        ds = _apart(study, number)
        ds.PatientName = "Müller^Jörg"
        content = study.file(ds)
        declared = struct.pack("<2sH", b"CS", 10)
        yield Instance(content.replace(declared + b"ISO_IR 192", declared + text.ljust(10)), fresh=True)
    ds = _apart(study, len(UNFIT) + len(MISSPELT) + 2)
    yield Instance(with_group_lengths(study.file(ds), vr=b"UN"), fresh=True)


@kind("lacking", "Elements and items without their content", SecondaryCaptureImageStorage, traits=("refusable",))
def lacking(study: Study) -> Iterator[Instance]:
    """A required element is absent, an item is empty or lacks its Type 1 attribute, an overlay has no rows; each in a
    study of its own."""
    for number, absent in enumerate(ABSENT, 1):
        ds = _apart(study, number)
        for keyword in absent:
            del ds[keyword]
        yield study.instance(ds)
    for number, (keyword, content) in enumerate(INCOMPLETE, len(ABSENT) + 1):
        ds, item = _apart(study, number), Dataset()
        for name, text in content.items():
            setattr(item, name, text)
        ds.add_new(keyword, "SQ", [item])
        yield study.instance(ds)
    ds = _apart(study, len(ABSENT) + len(INCOMPLETE) + 1)
    for element, vr, value in ((0x10, "US", 0), (0x11, "US", 0), (0x40, "CS", "G"), (0x50, "SS", [1, 1])):
        ds.add_new(0x6000_0000 | element, vr, value)
    yield study.instance(ds)


@kind(
    "long-decimals",
    "Implicit VR, decimal strings of 70,000 bytes",
    SecondaryCaptureImageStorage,
    ImplicitVRLittleEndian,
    traits=("refusable",),
)
def long_decimals(study: Study) -> Iterator[Instance]:
    """In Explicit VR the length has only two bytes: such a value has to become UN (PS3.5 6.2.2)."""
    ds = tiny_image(study)
    ds.SelectorDSValue = ["0.12345"] * 8750
    yield study.instance(ds)


@kind(
    "uncompressed-fragments",
    "Encapsulated Uncompressed",
    SecondaryCaptureImageStorage,
    ENCAPSULATED_UNCOMPRESSED,
    traits=("refusable",),
)
def uncompressed_fragments(study: Study) -> Iterator[Instance]:
    """Native frames in fragments, which few servers know (PS3.5 A.4.11)."""
    ds = secondary_capture(study)
    picture = grey(8, 8, 8)
    yield encapsulated_image(study, ds, picture, "MONOCHROME2", picture.frames)


def _apart(study: Study, number: int) -> Dataset:
    ds = tiny_image(study)
    ds.StudyInstanceUID = study.uid("study", str(number))
    ds.SeriesInstanceUID = study.uid("series", str(number))
    ds.SOPInstanceUID = study.uid("instance", str(number))
    return ds
