"""The walker over the Native DICOM Model: PS3.19 A.1.5, rule by rule; and the reader that checks go on with."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.dicomweb.dicom_xml import NAMESPACE, MalformedXml, attributes, load, values
from conformance.dicomweb.xml_walker import walk

HEAD = f'<NativeDicomModel xmlns="{NAMESPACE}" xml:space="preserve">'
TAIL = "</NativeDicomModel>"

RIGHT = [
    "",
    '<DicomAttribute tag="00080050" vr="SH" keyword="AccessionNumber"/>',
    '<DicomAttribute tag="00181020" vr="LO" keyword="SoftwareVersions">'
    '<Value number="1">v1</Value><Value number="2"/><Value number="3">v3</Value></DicomAttribute>',
    '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1">'
    "<Alphabetic><FamilyName>A</FamilyName></Alphabetic></PersonName></DicomAttribute>",
    '<DicomAttribute tag="00400275" vr="SQ" keyword="RequestAttributesSequence"><Item number="1"/></DicomAttribute>',
    '<DicomAttribute tag="00990001" vr="UN" privateCreator="C"><InlineBinary>AAAA</InlineBinary></DicomAttribute>',
    '<DicomAttribute tag="00990010" vr="LO"><Value number="1">C</Value></DicomAttribute>',
    '<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><BulkData uri="../bulkdata"/></DicomAttribute>',
    '<DicomAttribute tag="00280009" vr="AT" keyword="FrameIncrementPointer">'
    '<Value number="1">00181063</Value></DicomAttribute>',
]

WRONG = {
    '<DicomAttribute tag="0008103e" vr="LO"/>': (
        "XML-MODEL-003",
        "the tag of a DicomAttribute is '0008103e', should be eight upper-case hexadecimal digits",
    ),
    '<DicomAttribute vr="LO"/>': (
        "XML-MODEL-003",
        "the tag of a DicomAttribute is absent, should be eight upper-case hexadecimal digits",
    ),
    '<DicomAttribute tag="00080050" vr="sh" keyword="AccessionNumber"/>': (
        "XML-MODEL-004",
        "the vr of AccessionNumber is 'sh', should be a VR of PS3.5",
    ),
    '<DicomAttribute tag="00080050" vr="SH"/>': (
        "XML-MODEL-005",
        "the keyword of (0008,0050) is absent, should be AccessionNumber",
    ),
    '<DicomAttribute tag="00991001" vr="SH" privateCreator="C"/>': (
        "XML-MODEL-006",
        "the tag of a private attribute is 00991001, should be 00990001",
    ),
    '<DicomAttribute tag="00080050" vr="SH" keyword="AccessionNumber" privateCreator="C"/>': (
        "XML-MODEL-006",
        "the privateCreator of the public AccessionNumber is 'C', should be absent",
    ),
    '<DicomAttribute tag="00080050" vr="SH" keyword="AccessionNumber"><Value number="0">1</Value></DicomAttribute>': (
        "XML-MODEL-007",
        "the attribute number of Value 1 of AccessionNumber is '0', should be '1'",
    ),
    '<DicomAttribute tag="00080050" vr="SH" keyword="AccessionNumber"><Value number="1"/></DicomAttribute>': (
        "XML-MODEL-008",
        "the Value of AccessionNumber is empty, should be absent, because the value is empty",
    ),
    '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><Value number="1">A</Value></DicomAttribute>': (
        "XML-MODEL-009",
        "the content of PatientName (PN) is Value, should be PersonName",
    ),
    '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1">'
    "<Alphabetic>A^B</Alphabetic></PersonName></DicomAttribute>": (
        "XML-MODEL-009",
        "the group Alphabetic of PatientName is 'A^B', should be split into name components",
    ),
    '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1">A</PersonName>'
    "</DicomAttribute>": (
        "XML-MODEL-009",
        "a PersonName of PatientName is text, should be component groups",
    ),
    '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1">'
    "<Single><FamilyName>A</FamilyName></Single></PersonName></DicomAttribute>": (
        "XML-MODEL-009",
        "a group of PatientName is 'Single', should be Alphabetic, Ideographic or Phonetic",
    ),
    '<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><BulkData uri="x"/><InlineBinary>AAAA</InlineBinary>'
    "</DicomAttribute>": (
        "XML-MODEL-010",
        "the content of PixelData is BulkData and InlineBinary elements, should be only one of them",
    ),
    '<DicomAttribute tag="00080050" vr="SH" keyword="AccessionNumber"><Text>1</Text></DicomAttribute>': (
        "XML-MODEL-010",
        "the content of AccessionNumber is 'Text', should be one of BulkData, Value, Item, PersonName, InlineBinary",
    ),
    '<DicomAttribute tag="00080000" vr="UL"/>': (
        "XML-MODEL-011",
        "the group length (0008,0000) is there, should be absent",
    ),
    '<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><BulkData URI="x"/></DicomAttribute>': (
        "XML-MODEL-014",
        "the uri of BulkData of PixelData is absent, beside URI='x', should be there",
    ),
    '<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><BulkData uri="x" uuid="y"/></DicomAttribute>': (
        "XML-MODEL-014",
        "the uuid of BulkData of PixelData is there, should be absent",
    ),
    '<DicomAttribute tag="00280009" vr="AT" keyword="FrameIncrementPointer"><Value number="1">1577059</Value>'
    "</DicomAttribute>": (
        "XML-MODEL-015",
        "a value of FrameIncrementPointer (AT) is '1577059', should be eight upper-case hexadecimal digits",
    ),
    '<DicomAttribute tag="00020010" vr="UI" keyword="TransferSyntaxUID"/>': (
        "XML-MODEL-016",
        "TransferSyntaxUID, of the File Meta Information, is there, should be absent",
    ),
    '<DicomAttribute tag="00400275" vr="SQ" keyword="RequestAttributesSequence"><Item number="1">'
    '<DicomAttribute tag="00400009" vr="XX" keyword="ScheduledProcedureStepID"/></Item></DicomAttribute>': (
        "XML-MODEL-004",
        "the vr of RequestAttributesSequence[0].ScheduledProcedureStepID is 'XX', should be a VR of PS3.5",
    ),
}

NO_MODEL = {
    b"": "line 1 of the document is not XML (no element found: line 1, column 0), should be well-formed",
    b"<DicomDataSet/>": "the root is 'DicomDataSet', should be NativeDicomModel",
    b"<!DOCTYPE x [<!ENTITY e 'x'>]><x>&e;</x>": "a document type declaration is there, should be absent",
}


def document(content):
    return f"{HEAD}{content}{TAIL}".encode()


def found(content):
    return [(finding.requirement, str(finding.difference)) for finding in walk(content)]


@pytest.mark.parametrize("content", RIGHT)
def test_what_is_right_is_not_found(content):
    assert found(document(content)) == []


@pytest.mark.parametrize("content", WRONG)
def test_what_is_wrong_is_found_once_with_its_requirement(content):
    assert found(document(content)) == [WRONG[content]]


@pytest.mark.parametrize("content", NO_MODEL)
def test_what_is_no_model_is_told_in_a_sentence(content):
    assert found(content) == [("XML-MODEL-001", NO_MODEL[content])]


def test_encoding_that_does_not_exist_is_told_in_a_sentence():
    ((requirement, sentence),) = found(b'<?xml version="1.0" encoding="x-none"?><a/>')

    assert requirement == "XML-MODEL-001"
    assert "should be" in sentence


def test_namespace_and_vr_that_are_left_out_are_arguable():
    content = b'<NativeDicomModel><DicomAttribute tag="00080050" keyword="AccessionNumber"/></NativeDicomModel>'

    assert [(finding.requirement, finding.arguable) for finding in walk(content)] == [
        ("XML-MODEL-001", True),
        ("XML-MODEL-002", False),
        ("XML-MODEL-004", True),
    ]


@settings(derandomize=True, deadline=None)
@given(st.binary() | st.text(alphabet='<>/="& \n?!x', max_size=40).map(lambda text: document(text)))
def test_any_bytes_are_walked_over(content):
    assert all(finding.requirement.startswith("XML-MODEL-") for finding in walk(content))


def test_nesting_is_walked_over():
    inner = '<DicomAttribute tag="00400275" vr="SQ" keyword="RequestAttributesSequence"><Item number="1">'
    content = document(inner * 64 + "</Item></DicomAttribute>" * 64)

    assert found(content) == []


def test_values_are_read_as_dicom_writes_them():
    attribute = attributes(load(document(RIGHT[2])))["00181020"]

    assert values(attribute) == ["v1", "", "v3"]


def test_name_is_read_as_dicom_writes_it():
    content = document(
        '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1">'
        "<Alphabetic><FamilyName>A</FamilyName><MiddleName>C</MiddleName></Alphabetic>"
        "<Phonetic><GivenName>b</GivenName></Phonetic></PersonName></DicomAttribute>"
    )

    assert values(attributes(load(content))["00100010"]) == ["A^^C==^b"]


def test_attribute_that_is_absent_has_no_values():
    assert values(attributes(load(document(""))).get("00100010")) == []


def test_document_type_is_refused():
    with pytest.raises(MalformedXml, match="document type"):
        load(b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>")
