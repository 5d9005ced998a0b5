"""The Native DICOM Model as a client sends it: PS3.19 A.1."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_xml, json_writer, xml_walker, xml_writer
from conformance.kit.kinds import KINDS, Label

LABEL = Label("a run", "DWC1234-")


def written(attributes):
    return dicom_xml.attributes(dicom_xml.load(xml_writer.document(attributes)))


@pytest.mark.parametrize("name", ["ct-16", "every-vr", "name-utf8", "sr"])
def test_kind_is_written_by_the_rules(name):
    for instance in KINDS[name].make(LABEL):
        assert xml_walker.walk(xml_writer.document(json_writer.data_set(instance.dataset))) == ()


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ({"vr": "LO", "Value": ["a", None, "b & c"]}, ["a", "", "b & c"]),
        ({"vr": "PN", "Value": [{"Alphabetic": "Roe^Jane^^Dr"}, None]}, ["Roe^Jane^^Dr", ""]),
        ({"vr": "PN", "Value": [{"Ideographic": "山田^太郎"}]}, ["=山田^太郎"]),
        ({"vr": "DS", "Value": [1.5, 2]}, ["1.5", "2"]),
        ({"vr": "LT", "Value": ["one\r\ntwo"]}, ["one\r\ntwo"]),
    ],
)
def test_values(attribute, expected):
    assert dicom_xml.values(written({"00104000": attribute})["00104000"]) == expected


def test_bulk_data_and_items():
    item = {"00080100": {"vr": "SH", "Value": ["x"]}}
    found = written({"00081140": {"vr": "SQ", "Value": [item, {}]}, "7FE00010": {"vr": "OW", "BulkDataURI": "bulk/1"}})

    (bulk,) = dicom_xml.children(found["7FE00010"], "BulkData")
    first, second = dicom_xml.children(found["00081140"], "Item")
    assert bulk.get("uri") == "bulk/1"
    assert dicom_xml.values(dicom_xml.attributes(first)["00080100"]) == ["x"]
    assert (second.get("number"), dicom_xml.attributes(second)) == ("2", {})


def test_private_attribute_names_its_creator():
    found = written({"00990011": {"vr": "LO", "Value": ["MINE"]}, "00991101": {"vr": "LO", "Value": ["x"]}})

    assert [(each.get("tag"), each.get("privateCreator")) for each in found.values()] == [
        ("00990011", None),
        ("00990001", "MINE"),
    ]
