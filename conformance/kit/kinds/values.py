"""Kinds that are about values: every VR with its edges (PS3.5 6.2), and bytes that look like multipart."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from math import inf, nan

from pydicom import Dataset
from pydicom.dataset import PrivateBlock
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Label, Study, kind
from conformance.kit.kinds.modules import code, tiny_image
from conformance.kit.kinds.pictures import grey
from conformance.kit.kinds.pixels import set_native

PRIVATE_GROUP = 0x0099
PRIVATE_CREATOR = "DICOMWEB CONFORMANCE"

# Values of a private element each; the attributes of the standard below show the same VRs in their own place.
EDGES: dict[str, object] = {
    "AE": ["A", "SIXTEEN CHARS AE"],
    "AS": ["000D", "999Y"],
    "AT": [0x00100010, 0x7FE00010, 0xFFFEE000],
    "CS": ["SIXTEEN_CHARS_16", "", "0"],
    "DA": ["00010101", "20240229", "99991231"],
    "DS": ["-1.23456789e-100", "1e3", "", "+1.50", "-0", "0.1", "00000000000007.0"],
    "DT": ["2024", "20240229235959.999999+1400", "202402292359-1200"],
    "FD": [1.7976931348623157e308, 5e-324, -0.0, 0.1, 1e23],
    "FL": [3.4028234663852886e38, 1.401298464324817e-45, -0.0, 0.1],
    "IS": ["007", "", "-2147483648", "+2147483647", "-0"],
    "LO": ["two words", "", "sixty-four characters, which is as long as a Long String may be.", "é=ü^ß"],
    "LT": 'CR LF:\r\nTAB:\tbackslash: C:\\temp & <tag> "quoted"\r\n  indented',
    "OB": bytes(range(255)) + b"\xff",
    "OD": struct.pack("<3d", nan, inf, 0.1),
    "OF": struct.pack("<3f", nan, -inf, 0.1),
    "OL": struct.pack("<2L", 0, 2**32 - 1),
    "OV": struct.pack("<2Q", 2**53 + 1, 2**64 - 1),
    "OW": struct.pack("<3H", 1, 0x0100, 0xFFFE),
    "PN": ["Adams^John Robert Quincy^^Rev.^B.A. M.Div.", "", "^Given", "Only", "Roe^Jane==ろう"],
    "SH": ["SIXTEEN CHARS 16", "", "x"],
    "SL": [-(2**31), 0, 2**31 - 1],
    "SS": [-(2**15), 0, 2**15 - 1],
    "ST": "one line\nanother\\still the same value",
    "SV": [-(2**63), -(2**53) - 1, 0, 2**63 - 1],
    "TM": ["00", "2359", "235959.999999", "101500.000001"],
    "UC": ["first", "", "third: " + "unlimited " * 20],
    "UI": ["1.2.840.10008.1.1", "2.25.0"],
    "UL": [0, 2**32 - 1],
    "UN": b"\x00\x01\xfe\xff",
    "UR": "https://example.org/a%20b?c=d&e=%C3%A9#f",
    "US": [0, 2**16 - 1],
    "UT": " leading space, \u2028, 𝄞 beyond the first plane, and a backslash \\ " * 3 + "end",
    "UV": [0, 2**53 + 1, 2**63, 2**64 - 1],
}


def private_block(ds: Dataset) -> PrivateBlock:
    """The private block of this suite in a data set, made where it is missing (PS3.5 7.8.1)."""
    return ds.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)


@kind("every-vr", "Every VR with edge values", SecondaryCaptureImageStorage)
def every_vr(study: Study) -> Iterator[Instance]:
    """Private elements 01 on have the edges of each VR, 81 on each VR empty; sequences are nested and empty."""
    ds = tiny_image(study)
    _set_standard_attributes(ds)
    block = private_block(ds)
    for number, (vr, value) in enumerate(EDGES.items(), 1):
        block.add_new(number, vr, value)
        block.add_new(0x80 + number, vr, None)
    block.add_new(0x70, "SQ", [])
    block.add_new(0x71, "SQ", [Dataset(), _private_item(), Dataset()])
    yield study.instance(ds)


def _set_standard_attributes(ds: Dataset) -> None:
    """Attributes that the modules of the image allow, with values that are easily lost."""
    ds.StudyDescription = ""
    ds.SeriesDescription = "a & b < c > d \"e\" 'f'"
    ds.InstitutionAddress = "1 Street\r\nTown"
    ds.OtherPatientNames = ["Roe^Janet", "Roe^J^^^"]
    ds.PatientAge = "045Y"
    ds.PatientSize = "1.7e0"
    ds.PatientWeight = "70.1234567890123"
    ds.PatientComments = "TAB:\tand\r\nanother line  \r\n"
    ds.SoftwareVersions = ["v1", "", "v3"]
    ds.SeriesNumber, ds.AcquisitionNumber = "007", "0010"
    ds.EstimatedRadiographicMagnificationFactor = ".5"
    ds.AcquisitionDateTime = "20240229101500.123456+0100"
    ds.AcquisitionDuration = 0.1
    ds.RecommendedDisplayFrameRateInFloat = 0.1
    ds.WindowCenter, ds.WindowWidth = ["1e2", "+128.0"], ["1E2", "256"]
    ds.AcquisitionContextSequence = []
    protocol, context, concept, request = code("P1", "99DWC", "Protocol"), Dataset(), Dataset(), Dataset()
    context.ValueType, context.NumericValue = "NUMERIC", ["1e3"]
    concept.LongCodeValue, concept.CodingSchemeDesignator = "longer-than-sixteen-characters", "99DWC"
    concept.CodeMeaning = "Context"
    context.ConceptNameCodeSequence = [concept]
    context.MeasurementUnitsCodeSequence = [code("1", "UCUM", "no units")]
    protocol.ProtocolContextSequence = [context]
    request.RequestedProcedureID, request.ScheduledProcedureStepID = "RP 1", "SPS 1"
    request.ScheduledProtocolCodeSequence = [protocol]
    ds.RequestAttributesSequence = [request]


def _private_item() -> Dataset:
    """An item with the private block inside, another sequence in it, and a name with an ideographic group only."""
    item, inner = Dataset(), Dataset()
    inner.CodeMeaning = "third level"
    private_block(inner).add_new(0x01, "OB", b"\x01\x02\x03\x04")
    block = private_block(item)
    block.add_new(0x01, "LO", "second level")
    block.add_new(0x02, "SQ", [inner])
    block.add_new(0x03, "PN", "=山田^太郎")
    return item


@kind("nan", "NaN and infinity in FD and FL", SecondaryCaptureImageStorage)
def nan_and_infinity(study: Study) -> Iterator[Instance]:
    """JSON has no numbers for them (PS3.18 F.2.3)."""
    ds = tiny_image(study)
    ds.AcquisitionDuration = inf
    ds.RecommendedDisplayFrameRateInFloat = nan
    block = private_block(ds)
    block.add_new(0x01, "FD", [nan, inf, -inf, 1.5])
    block.add_new(0x02, "FL", [nan, inf, -inf, 1.5])
    yield study.instance(ds)


@kind("delimiter", "A multipart delimiter inside", SecondaryCaptureImageStorage)
def delimiter(study: Study) -> Iterator[Instance]:
    yield study.instance(_with_delimiter(study, "boundary"))


def delimiting(label: Label, boundary: str) -> Instance:
    """One more instance of the kind "delimiter": it contains the close delimiter of a boundary that a server has
    used."""
    study = Study(label, "delimiter", ExplicitVRLittleEndian)
    return study.instance(_with_delimiter(study, boundary))


def _with_delimiter(study: Study, boundary: str) -> Dataset:
    """An image that has a close delimiter (RFC 2046 5.1.1) in its pixels and in a private element."""
    delimiter = f"\r\n--{boundary}--\r\n".encode()
    ds = tiny_image(study)
    ds.SOPInstanceUID = study.uid("instance", boundary)
    picture = grey(16, 16, 8)
    set_native(ds, replace(picture, frames=(delimiter + picture.frames[0][len(delimiter) :],)))
    private_block(ds).add_new(0x01, "OB", delimiter + b"\0" * (len(delimiter) % 2))
    return ds
