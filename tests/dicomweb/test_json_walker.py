"""The walker over DICOM JSON: PS3.18 Annex F, rule by rule."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.dicomweb.json_walker import is_json, vrs, walk

# What is right: nothing is found.
RIGHT = [
    "[]",
    "[{}]",
    '[{"00080050": {"vr": "SH"}}]',
    '[{"00080060": {"vr": "CS", "Value": ["MR"]}, "00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B"}, null]}}]',
    '[{"00181020": {"vr": "LO", "Value": ["v1", null, "v3"]}}]',
    '[{"00200011": {"vr": "IS", "Value": [1]}, "00200013": {"vr": "IS", "Value": ["007"]}}]',
    '[{"00189073": {"vr": "FD", "Value": ["NaN", null, -1.5e-3]}}]',
    '[{"00280009": {"vr": "AT", "Value": ["00181063"]}}]',
    '[{"00400275": {"vr": "SQ", "Value": [{}, {"00400009": {"vr": "SH", "Value": ["1"]}}]}, "00400555": {"vr": "SQ"}}]',
    '[{"00990010": {"vr": "LO", "Value": ["C"]}, "00991001": {"vr": "UN", "InlineBinary": "AAEC"}}]',
    '[{"7FE00010": {"vr": "OW", "BulkDataURI": "../bulkdata/7FE00010"}}]',
    '[{"00104000": {"vr": "LT", "Value": ["a\\\\b\\r\\n\\tc"]}}]',
    '[{"00280106": {"vr": "SS", "Value": [-1]}}]',
]

# What is wrong: what is found, as requirement and sentence.
WRONG = {
    "null": ("JSON-STRUCT-002", "the document is null, should be an array of data sets"),
    '{"results": []}': ("JSON-STRUCT-002", "the document is an object, should be an array of data sets"),
    '[{}, "x"]': ("JSON-STRUCT-002", "data set 2 is 'x', should be an object"),
    '[{"0008103e": {"vr": "LO"}}]': (
        "JSON-STRUCT-004",
        "the name of '0008103e' in data set 1 is '0008103e', should be eight upper-case hexadecimal digits",
    ),
    '[{"00100010": {"vr": "PN"}, "00080060": {"vr": "CS"}}]': (
        "JSON-STRUCT-005",
        "Modality in data set 1 is after PatientName, should be before it",
    ),
    '[{"00080000": {"vr": "UL", "Value": [4]}}]': (
        "JSON-STRUCT-006",
        "the group length (0008,0000) in data set 1 is there, should be absent",
    ),
    '[{"00080060": "MR"}]': ("JSON-STRUCT-007", "Modality in data set 1 is 'MR', should be an object with a vr"),
    '[{"00080060": {}}]': ("JSON-STRUCT-007", "the vr of Modality in data set 1 is absent, should be a VR of PS3.5"),
    '[{"00080060": {"vr": "cs"}}]': (
        "JSON-STRUCT-007",
        "the vr of Modality in data set 1 is 'cs', should be a VR of PS3.5",
    ),
    '[{"7FE00010": {"vr": "OB", "BulkDataURI": "x", "InlineBinary": "AAAA"}}]': (
        "JSON-STRUCT-008",
        "the content of PixelData in data set 1 is BulkDataURI and InlineBinary, should be only one of them",
    ),
    '[{"00080060": {"vr": "CS", "Value": "MR"}}]': (
        "JSON-STRUCT-009",
        "the Value of Modality in data set 1 is 'MR', should be an array",
    ),
    '[{"00080020": {"vr": "DT"}}]': ("JSON-STRUCT-010", "the vr of StudyDate in data set 1 is DT, should be DA"),
    '[{"00280106": {"vr": "UL"}}]': (
        "JSON-STRUCT-010",
        "the vr of SmallestImagePixelValue in data set 1 is UL, should be SS or US",
    ),
    '[{"00080060": {"vr": "CS", "value": ["MR"]}}]': (
        "JSON-STRUCT-011",
        "a member of Modality in data set 1 is 'value', should be vr, Value, BulkDataURI or InlineBinary",
    ),
    '[{"00080060": {"vr": "CS"}, "00080060": {"vr": "CS"}}]': (
        "JSON-STRUCT-012",
        "Modality in data set 1 is there twice, should be there once",
    ),
    '[{"00080060": {"vr": "CS", "vr": "CS"}}]': (
        "JSON-STRUCT-012",
        "a member of Modality in data set 1 is there twice, should be there once",
    ),
    '[{"00020010": {"vr": "UI", "Value": ["1.2"]}}]': (
        "JSON-STRUCT-013",
        "TransferSyntaxUID in data set 1, of the File Meta Information, is there, should be absent",
    ),
    '[{"00000902": {"vr": "LO"}}]': (
        "JSON-STRUCT-014",
        "ErrorComment in data set 1, of a command, is there, should be absent",
    ),
    '[{"00100020": {"vr": "LO", "Value": [7]}}]': (
        "JSON-VR-STR",
        "PatientID in data set 1 (LO) is 7, should be a string",
    ),
    '[{"00280010": {"vr": "US", "Value": ["979"]}}]': (
        "JSON-VR-NUM",
        "Rows in data set 1 (US) is '979', should be a number",
    ),
    '[{"00280010": {"vr": "US", "Value": [true]}}]': (
        "JSON-VR-NUM",
        "Rows in data set 1 (US) is true, should be a number",
    ),
    '[{"00200013": {"vr": "IS", "Value": [[1]]}}]': (
        "JSON-VR-DSIS",
        "InstanceNumber in data set 1 (IS) is an array, should be a number or a string",
    ),
    '[{"00280009": {"vr": "AT", "Value": ["(0018,1063)"]}}]': (
        "JSON-VR-AT",
        "FrameIncrementPointer in data set 1 (AT) is '(0018,1063)', "
        "should be eight upper-case hexadecimal digits in a string",
    ),
    '[{"00282000": {"vr": "OB", "Value": [1, 2]}}]': (
        "JSON-VR-BIN",
        "ICCProfile in data set 1 (OB) is in Value, should be in InlineBinary or BulkDataURI",
    ),
    '[{"00282000": {"vr": "OB", "InlineBinary": ["AAAA"]}}]': (
        "JSON-VR-BIN",
        "the InlineBinary of ICCProfile in data set 1 is an array, should be one string of base64",
    ),
    '[{"00282000": {"vr": "OB", "InlineBinary": "AAA"}}]': (
        "JSON-VR-BIN",
        "the InlineBinary of ICCProfile in data set 1 is 'AAA', should be one string of base64",
    ),
    '[{"00080060": {"vr": "CS", "InlineBinary": "AAAA"}}]': (
        "JSON-VR-BIN",
        "Modality in data set 1 (CS) is in InlineBinary, should be in Value (InlineBinary is for OB OD OF OL OV OW UN)",
    ),
    '[{"00100010": {"vr": "PN", "Value": ["A^B"]}}]': (
        "JSON-PN-001",
        "PatientName in data set 1 (PN) is 'A^B', should be an object of component groups",
    ),
    '[{"00100010": {"vr": "PN", "Value": [{"alphabetic": "A"}]}}]': (
        "JSON-PN-002",
        "a group of PatientName in data set 1 is 'alphabetic', should be Alphabetic, Ideographic or Phonetic",
    ),
    '[{"00100010": {"vr": "PN", "Value": [{"Alphabetic": 1}]}}]': (
        "JSON-PN-002",
        "the group Alphabetic of PatientName in data set 1 is 1, should be a string",
    ),
    '[{"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A=B"}]}}]': (
        "JSON-PN-003",
        "the group Alphabetic of PatientName in data set 1 is 'A=B', should be one component group",
    ),
    '[{"00080050": {"vr": "SH", "Value": [""]}}]': (
        "JSON-NULL-001",
        'the Value of AccessionNumber in data set 1 is [""], should be absent, because the value is empty',
    ),
    '[{"00104000": {"vr": "LT", "Value": [null]}}]': (
        "JSON-NULL-001",
        "the Value of PatientComments in data set 1 is [null], should be absent, because the value is empty",
    ),
    '[{"00181020": {"vr": "LO", "Value": ["v1", ""]}}]': (
        "JSON-NULL-002",
        'value 2 of SoftwareVersions in data set 1 is "", should be null',
    ),
    '[{"00400275": {"vr": "SQ", "Value": [null]}}]': (
        "JSON-NULL-003",
        "an item, RequestAttributesSequence in data set 1, is null, should be an empty object",
    ),
    '[{"00400275": {"vr": "SQ", "Value": []}}]': (
        "JSON-NULL-004",
        "the Value of RequestAttributesSequence in data set 1 is [], should be absent",
    ),
    '[{"00400275": {"vr": "SQ", "Value": [[]]}}]': (
        "JSON-SQ-001",
        "an item, RequestAttributesSequence in data set 1, is an array, should be a data set",
    ),
    '[{"00080060": {"vr": "CS", "Value": ["MR\\\\CT"]}}]': (
        "JSON-VM-001",
        "Modality in data set 1 is 'MR\\CT', should be several values",
    ),
    '[{"0020000D": {"vr": "UI", "Value": ["1.2\\u0000"]}}]': (
        "JSON-PAD-001",
        "StudyInstanceUID in data set 1 is '1.2<00>', should be without padding",
    ),
    '[{"7FE00010": {"vr": "OW", "BulkDataURI": ""}}]': (
        "JSON-BULK-002",
        "the BulkDataURI of PixelData in data set 1 is empty, should be an http(s) URI or a relative reference",
    ),
    '[{"7FE00010": {"vr": "OW", "BulkDataURI": "http://[/x"}}]': (
        "JSON-BULK-002",
        "the BulkDataURI of PixelData in data set 1 is 'http://[/x', should be an http(s) URI or a relative reference",
    ),
    '[{"00991001": {"vr": "LO"}}]': (
        "JSON-PRIV-001",
        "the Private Creator (0099,0010) of (0099,1001) in data set 1 is absent, should be there",
    ),
    '[{"00400275": {"vr": "SQ", "Value": [{}, {"00280010": {"vr": "US", "Value": ["1", 2]}}]}}]': (
        "JSON-VR-NUM",
        "value 1 of RequestAttributesSequence[1].Rows in data set 1 (US) is '1', should be a number",
    ),
    "[": ("JSON-VALID-001", "character 1 of the document is the end, should be valid JSON (Expecting value)"),
    "[NaN]": ("JSON-VALID-001", "a value is NaN, should be valid JSON, which does not have such a number"),
    "[" * 100_000: ("JSON-VALID-001", "the nesting of the JSON is too deep to read, should be a few levels"),
}


def found(text):
    content = text if isinstance(text, bytes) else text.encode()
    return [(finding.requirement, str(finding.difference)) for finding in walk(content)]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_not_found(text):
    assert found(text) == []


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:60])
def test_what_is_wrong_is_found_with_its_requirement(text):
    assert WRONG[text] in found(text)


@pytest.mark.parametrize("text", [text for text in WRONG if text[0] in "[{" and len(text) < 1000 and text != "["])
def test_one_mistake_is_found_once(text):
    assert [rule for rule in found(text) if rule[0] == WRONG[text][0]] == [WRONG[text]]


def test_data_set_without_a_list_is_walked_over():
    assert [rule for rule, _ in found('{"00081190": {"vr": "UR", "Value": "http://x/studies/1"}}')] == [
        "JSON-STRUCT-002",
        "JSON-STRUCT-009",
    ]


def test_what_is_arguable_is_told_apart():
    content = b'[{"00080050": {"vr": "SH", "Value": []}, "00280010": {"vr": "US", "InlineBinary": "AAA="}}]'

    assert [(finding.requirement, finding.arguable) for finding in walk(content)] == [
        ("JSON-NULL-001", True),
        ("JSON-VR-BIN", True),
    ]


def test_walk_goes_on_after_bytes_that_are_no_utf_8():
    assert found(b'[{"00100020": {"vr": "LO", "Value": ["\xe9"]}, "00080050": {"vr": "SH"}}]') == [
        ("JSON-STRUCT-003", "byte 38 of the document is E9, should be UTF-8"),
        ("JSON-STRUCT-005", "AccessionNumber in data set 1 is after PatientID, should be before it"),
    ]


def test_walk_goes_on_after_raw_control_characters():
    assert [rule for rule, _ in found('[{"00100020": {"vr": "LO", "Value": ["a\tb", 1]}}]')] == [
        "JSON-VALID-001",
        "JSON-VR-STR",
    ]


def test_byte_order_mark_is_found():
    assert found(b"\xef\xbb\xbf[]") == [
        ("JSON-STRUCT-003", "the beginning of the document is a byte order mark, should be JSON")
    ]


def test_vrs_are_those_of_attributes_and_items():
    content = b'[{"00400275": {"vr": "SQ", "Value": [{"00400009": {"vr": "SH"}}]}, "00080060": {"vr": 1}}]'

    assert vrs(content) == {"SQ", "SH"}


@pytest.mark.parametrize(("content", "is_one"), [(b"null", True), (b"[1]", True), (b"<html>", False), (b"", False)])
def test_json_is_told_from_what_is_none(content, is_one):
    assert is_json(content) == is_one


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["", "SQ", "PN", "A\\B", "AAAA", "\0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["vr", "Value", "BulkDataURI", "InlineBinary", "00080060", "00991001", "x"]), inner
        )
    ),
    max_leaves=12,
)


@settings(derandomize=True, deadline=None)
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_walked_over(content):
    assert all(finding.requirement.startswith("JSON-") for finding in walk(content))
    assert isinstance(vrs(content), frozenset)


def test_deep_nesting_is_walked_over():
    text = '{"00400275": {"vr": "SQ", "Value": [' * 64 + "null" + "]}}" * 64

    assert [finding.requirement for finding in walk(f"[{text}]".encode())] == ["JSON-NULL-003"]
