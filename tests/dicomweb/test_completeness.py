"""Whether metadata name every attribute: PS3.18 10.4.1.1.2."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import JPEG2000Lossless

from conformance.dicomweb.completeness import missing, named, valueless


def data_set(**attributes):
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


NAME = {"vr": "PN", "Value": [{"Alphabetic": "Doe"}]}


def test_nothing_is_missing():
    ds = data_set(PatientName="Doe", PatientID="", PixelData=b"\0\0")

    assert missing(ds, {"00100010": NAME, "00100020": {"vr": "LO"}}) == []


def test_empty_attributes_count():
    ds = data_set(PatientName="Doe", PatientID="")

    assert missing(ds, {"00100010": NAME}) == ["PatientID"]


def test_items_of_sequences_count():
    ds = data_set(OtherPatientIDsSequence=[data_set(PatientID="1"), data_set(PatientID="2")])

    found = missing(ds, {"00101002": {"vr": "SQ", "Value": [{"00100020": {"vr": "LO", "Value": ["1"]}}]}})

    assert found == ["OtherPatientIDsSequence[1].PatientID"]


def test_private_attributes_count():
    ds = Dataset()
    ds.private_block(0x99, "SUITE", create=True).add_new(1, "LO", "x")

    assert missing(ds, {"00990010": {"vr": "LO", "Value": ["SUITE"]}}) == ["(0099,1001)"]


def test_coerced_attributes_do_not_count():
    ds = data_set(PatientName="Doe")
    modified = {"04000550": {"vr": "SQ", "Value": [{"00100010": NAME}]}}

    assert missing(ds, {"04000561": {"vr": "SQ", "Value": [modified]}}) == []


def test_group_lengths_and_character_set_do_not_count():
    ds = data_set(SpecificCharacterSet="ISO_IR 100")
    ds.add_new(0x00080000, "UL", 20)

    assert missing(ds, {}) == []


def test_offset_tables_belong_to_the_fragments():
    ds = data_set(ExtendedOffsetTable=bytes(8), ExtendedOffsetTableLengths=bytes(8))
    ds.file_meta = data_set(TransferSyntaxUID=JPEG2000Lossless)

    assert missing(ds, {}) == []
    assert valueless(ds, {}) == []
    assert len(valueless(ds, {"7FE00001": {"vr": "OV"}})) == 1


def test_only_what_metadata_name_is_compared_at_every_depth():
    items = [data_set(PatientID="1", PatientName="A"), data_set(PatientID="2", PatientName="B")]
    ds = data_set(PatientName="Doe", PatientID="3", OtherPatientIDsSequence=items)
    found = {"00100010": NAME, "00101002": {"vr": "SQ", "Value": [{"00100010": NAME}]}}

    kept = named(ds, found)

    assert [element.keyword for element in kept] == ["PatientName", "OtherPatientIDsSequence"]
    first, second = kept.OtherPatientIDsSequence
    assert [element.keyword for element in first] == ["PatientName"]
    assert second == items[1]  # that an item is missing remains to be said
