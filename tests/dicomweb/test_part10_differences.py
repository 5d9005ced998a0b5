"""What differs between a stored and a returned data set."""

from __future__ import annotations

import math
import struct

import pytest
from pydicom import DataElement
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian

from conformance.dicomweb.part10 import differences, read

from .datasets import compressed, encode, image, item


def said(stored, returned):
    return [str(difference) for difference in differences(stored, returned)]


CHANGES = [
    ("PatientName", "Müller^Jörg", "PatientName is 'Müller^Jörg', should be 'Müller^Jörg=山田^太郎'"),
    ("PatientName", "Müller^Jörg^^^=山田^太郎=", None),
    ("PatientWeight", "71.5", None),
    ("PatientWeight", "71.4", "PatientWeight is 71.4, should be 71.50"),
    ("EventElapsedTimes", ["0.1", "2.0"], None),
    ("EventElapsedTimes", ["0.1"], "EventElapsedTimes is 0.1, should be 0.1\\2"),
    ("SoftwareVersions", ["v1", "v3"], "SoftwareVersions is 'v1\\v3', should be 'v1\\\\v3'"),
    ("ImageType", ["DERIVED ", " SECONDARY"], None),
    ("ImageComments", "  two\r\nlines  ", None),
    ("ImageComments", "two\r\nlines", "ImageComments is 'two<0D><0A>lines', should be '  two<0D><0A>lines'"),
    ("FrameIncrementPointer", 0x00181065, "FrameIncrementPointer is '00181065', should be '00181063'"),
    ("RecommendedDisplayFrameRateInFloat", struct.unpack("f", struct.pack("f", 0.1))[0], None),
    ("Rows", 3, "Rows is 3, should be 2"),
    ("AccessionNumber", "1", "AccessionNumber is '1', should be empty"),
    ("AccessionNumber", None, None),
    ("StudyDate", "", "StudyDate is empty, should be '20200922'"),
    ("ReferencedStudySequence", [], "ReferencedStudySequence is 0 items, should be 1 item"),
    ("PixelData", b"abcXef", "byte 3 of PixelData is 58, should be 64"),
    ("PixelData", b"abcdefgh", "the length of PixelData is 8 bytes, should be 6"),
    ("PixelData", b"abcdef\0", None),
    ("SpecificCharacterSet", "ISO_IR 100", None),
    ("StudyDescription", "added", None),
]


@pytest.mark.parametrize(("keyword", "value", "sentence"), CHANGES)
def test_change_of_a_value_is_a_difference(keyword, value, sentence):
    returned = image()
    setattr(returned, keyword, value)

    assert said(image(), returned) == ([sentence] if sentence else [])


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        (0x00080050, "AccessionNumber is absent, should be empty"),
        (0x00080020, "StudyDate is absent, should be '20200922'"),
        (0x00081110, "ReferencedStudySequence is absent, should be 1 item"),
        (0x00111001, "(0011,1001) is absent, should be 'private'"),
        (0x7FE00010, "PixelData is absent, should be 6 bytes"),
    ],
)
def test_missing_element_is_a_difference(tag, sentence):
    returned = image()
    del returned[tag]

    assert said(image(), returned) == [sentence]


def test_difference_in_an_item_has_its_path():
    returned = image()
    inner = returned.ReferencedStudySequence[0]
    inner.ReferencedSOPInstanceUID = "2.25.8"
    del inner.PurposeOfReferenceCodeSequence[0].CodeValue

    assert said(image(), returned) == [
        "ReferencedStudySequence[0].ReferencedSOPInstanceUID is '2.25.8', should be '2.25.9'",
        "ReferencedStudySequence[0].PurposeOfReferenceCodeSequence[0].CodeValue is absent, should be 'a'",
    ]


@pytest.mark.parametrize(
    ("stored", "returned", "count"), [(math.nan, math.nan, 0), (math.nan, 1.0, 1), (1.0, math.nan, 1)]
)
def test_nan_equals_only_nan(stored, returned, count):
    assert len(differences(item(DiffusionBValue=stored), item(DiffusionBValue=returned))) == count


def test_long_text_is_shown_from_where_it_differs():
    stored, returned = item(TextValue="a" * 100 + "b"), item(TextValue="a" * 100 + "c")

    assert said(stored, returned) == ["TextValue from character 101 on is 'c', should be 'b'"]


@pytest.mark.parametrize(
    ("tag", "vr", "value", "other_vr", "other"),
    [
        (0x00111001, "LO", "private", "UN", b"private "),
        (0x00111001, "PN", "Müller", "UN", "Müller ".encode()),
        (0x00283006, "US", [1, 2], "OW", b"\1\0\2\0"),
        (0x00280106, "US", 255, "SS", 255),
        (0x00091010, "SQ", [item(CodeValue="a")], "UN", b"\xfe\xff\x00\xe0\x0a\0\0\0\x08\0\0\1\2\0\0\0a "),
    ],
)
def test_vr_in_which_a_value_is_written_is_no_difference(tag, vr, value, other_vr, other):
    stored, returned = item(SpecificCharacterSet="ISO_IR 192"), item(SpecificCharacterSet="ISO_IR 192")
    stored[tag], returned[tag] = DataElement(tag, vr, value), DataElement(tag, other_vr, other)

    assert (differences(stored, returned), differences(returned, stored)) == ([], [])


def test_recorded_coercion_is_no_difference():
    returned = image()
    returned.PatientName, returned.StudyDate = "Other", "20000101"
    modified = item(ModifiedAttributesSequence=[item(PatientName="Müller^Jörg=山田^太郎")])
    returned.OriginalAttributesSequence = [modified]

    assert said(image(), returned) == ["StudyDate is '20000101', should be '20200922'"]


def test_record_of_a_coercion_that_is_no_sequence_records_nothing():
    changed = item(PatientName="B")
    changed[0x04000561] = DataElement(0x04000561, "LO", "PatientName")

    assert said(item(PatientName="A"), changed) == ["PatientName is 'B', should be 'A'"]


def test_transcoding_may_change_the_colour_model_and_nothing_else():
    returned = read(compressed())
    returned.PhotometricInterpretation = "YBR_FULL_422"
    returned.Columns = 4

    assert said(image(), returned) == ["Columns is 4, should be 3"]


def test_decompression_may_take_offset_tables_and_decode_icons():
    stored, returned = read(compressed()), image()
    stored.ExtendedOffsetTable, stored.ExtendedOffsetTableLengths = bytes(8), bytes(8)
    icon = {"PhotometricInterpretation": "YBR_FULL_422", "PixelData": encapsulate([b"icon"])}
    stored.IconImageSequence = [item(Rows=2, **icon)]
    stored.IconImageSequence[0]["PixelData"].is_undefined_length = True
    returned.IconImageSequence = [item(Rows=3, PhotometricInterpretation="RGB", PixelData=b"icon")]

    assert said(stored, returned) == ["IconImageSequence[0].Rows is 3, should be 2"]
    assert "ExtendedOffsetTable is absent, should be 8 bytes" in said(stored, read(compressed()))


@pytest.mark.parametrize("table", [None, bytes(16)])
def test_fragments_that_are_cut_anew_have_offsets_of_their_own(table):
    stored, returned = read(compressed()), read(compressed())
    stored.ExtendedOffsetTable = bytes(8)
    returned.PixelData = encapsulate([b"frame!"], fragments_per_frame=2)
    if table:
        returned.ExtendedOffsetTable = table

    assert said(stored, returned) == []


def test_byte_order_of_pixels_is_no_difference():
    ds = read(encode(image()))
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    ds.PixelData = b"badcfe"

    assert differences(read(encode(image())), ds) == []
