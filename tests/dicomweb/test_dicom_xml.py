"""The Native DICOM Model, read as if it were the DICOM JSON Model."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_xml

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">{}</NativeDicomModel>"""


def read(content):
    return dicom_xml.data_set(dicom_xml.load(DOCUMENT.format(content).encode()))


def attribute(vr, content):
    return read(f'<DicomAttribute tag="00100010" vr="{vr}">{content}</DicomAttribute>')["00100010"]


@pytest.mark.parametrize(
    ("vr", "content", "expected"),
    [
        ("LO", '<Value number="1">one</Value><Value number="2"/>', ["one", ""]),
        ("IS", '<Value number="1">007</Value>', [7]),
        ("DS", '<Value number="1">1.50</Value>', [1.5]),
        ("FD", '<Value number="1">1E3</Value>', [1000.0]),
        ("US", '<Value number="1">12</Value>', [12]),
        ("US", '<Value number="1">twelve</Value>', ["twelve"]),
        (
            "PN",
            '<PersonName number="1"><Alphabetic><FamilyName>Roe</FamilyName><GivenName>Jane</GivenName></Alphabetic>'
            "<Phonetic><FamilyName>ろう</FamilyName></Phonetic></PersonName>",
            [{"Alphabetic": "Roe^Jane", "Ideographic": "", "Phonetic": "ろう"}],
        ),
        (
            "SQ",
            '<Item number="1"><DicomAttribute tag="00400009" vr="SH"><Value number="1">A</Value></DicomAttribute>'
            "</Item>"
            '<Item number="2"/>',
            [{"00400009": {"vr": "SH", "Value": ["A"]}}, {}],
        ),
    ],
)
def test_values_are_those_of_the_json_model(vr, content, expected):
    assert attribute(vr, content) == {"vr": vr, "Value": expected}


def test_attribute_without_a_value_has_none():
    assert attribute("DA", "") == {"vr": "DA"}
