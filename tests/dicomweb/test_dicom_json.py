"""The DICOM JSON Model: PS3.18 Annex F."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.dicomweb.dicom_json import MalformedJson, dataset, datasets, items, load, text, values

DEEP = b'{"00081110":{"vr":"SQ","Value":[' * 64 + b"]}}" * 64


def refusal(reader, content):
    with pytest.raises(MalformedJson) as refused:
        reader(content)
    return str(refused.value)


MALFORMED = {
    b"": "character 0 of the JSON is the end, should be valid JSON (Expecting value)",
    b"<html>": "character 0 of the JSON is '<html>', should be valid JSON (Expecting value)",
    b"[1,,2]": "character 3 of the JSON is ',2]', should be valid JSON (Expecting value)",
    b"[]x": "character 2 of the JSON is 'x', should be valid JSON (Extra data)",
    b'["\n"]': "character 2 of the JSON is '<0A>\"]', should be valid JSON (Invalid control character at)",
    b"\xef\xbb\xbf[]": "the beginning of the JSON is a byte order mark, should be a value (RFC 8259 8.1)",
    b'["\xe9"]': "byte 2 of the JSON is E9, should be UTF-8",
    "[]".encode("utf-16-le"): "character 1 of the JSON is '<00>]<00>', should be valid JSON (Expecting value)",
    b"[NaN]": "a value of the JSON is NaN, should be a number that JSON has",
    b"[-Infinity]": "a value of the JSON is -Infinity, should be a number that JSON has",
    b"[%s]" % (b"9" * 5000): "the length of a number in the JSON is 5,000 digits, should be 300 at most",
    b'{"a":1,"b":2,"a":1}': "the name 'a' is twice in an object, should be there once",
    b'["\\ud800"]': "an escape in the JSON is half a surrogate pair, should be a whole one (RFC 8259 8.2)",
    b"[" * 100_000: "the nesting of the JSON is too deep to read, should be a few levels",
}


@pytest.mark.parametrize("content", MALFORMED, ids=lambda content: repr(content[:20]))
def test_malformed_json_is_refused_with_a_sentence(content):
    assert refusal(load, content) == MALFORMED[content]


def test_legal_json_is_read():
    content = ' [{"a": [null, true, -1.5e3, "é\\u00e9\\ud83d\\ude00"]}]\n'.encode()

    assert load(content) == [{"a": [None, True, -1500.0, "éé😀"]}]


@settings(derandomize=True, deadline=None)
@given(st.binary() | st.text(alphabet='[]{}:,"\\u00dD89-.eE+ntNaIfy').map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    for reader in (load, datasets, dataset):
        try:
            reader(content)
        except MalformedJson as error:
            assert "should" in str(error)


SHAPELESS = {
    "{}": "the JSON is an object, should be an array of data sets",
    "null": "the JSON is null, should be an array of data sets",
    "[[]]": "data set 1 is an array, should be an object",
    '[{}, "x"]': "data set 2 is 'x', should be an object",
    '[{"0008005x": {"vr": "SH"}}]': (
        "a name in data set 1 is '0008005x', should be eight upper-case hexadecimal digits"
    ),
    '[{"0008103e": {"vr": "LO"}}]': (
        "a name in data set 1 is '0008103e', should be eight upper-case hexadecimal digits"
    ),
    '[{"00080050": "x"}]': "AccessionNumber (0008,0050) in data set 1 is 'x', should be an object",
    '[{"00080050": {}}]': "the vr of AccessionNumber (0008,0050) in data set 1 is null, should be a VR of two letters",
    '[{"00080050": {"vr": "sh"}}]': (
        "the vr of AccessionNumber (0008,0050) in data set 1 is 'sh', should be a VR of two letters"
    ),
    '[{"00080050": {"vr": "SH", "Value": "x"}}]': (
        "the Value of AccessionNumber (0008,0050) in data set 1 is 'x', should be an array"
    ),
    '[{"00081110": {"vr": "SQ", "Value": [{}, null]}}]': (
        "item 2 of ReferencedStudySequence (0008,1110) in data set 1 is null, should be an object"
    ),
    '[{"00081110": {"vr": "SQ", "Value": [{"x": {}}]}}]': (
        "a name in item 1 of ReferencedStudySequence (0008,1110) in data set 1 is 'x', "
        "should be eight upper-case hexadecimal digits"
    ),
}


@pytest.mark.parametrize("content", SHAPELESS)
def test_what_is_no_list_of_data_sets_is_refused_with_a_sentence(content):
    assert refusal(datasets, content.encode()) == SHAPELESS[content]


def test_list_of_data_sets_is_read():
    assert datasets(b'[{"00080050": {"vr": "SH"}}, {}]') == [{"00080050": {"vr": "SH"}}, {}]


@pytest.mark.parametrize("content", [b'{"00080050": {"vr": "SH"}}', b'[{"00080050": {"vr": "SH"}}]'])
def test_one_data_set_is_read_as_it_is_or_in_a_list(content):
    assert dataset(content) == {"00080050": {"vr": "SH"}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[]", "the JSON is an array of 0 data sets, should be one data set"),
        (b"[{}, {}]", "the JSON is an array of 2 data sets, should be one data set"),
        (b"1", "the data set is 1, should be an object"),
    ],
)
def test_what_is_not_one_data_set_is_refused_with_a_sentence(content, sentence):
    assert refusal(dataset, content) == sentence


def test_deep_nesting_of_items_is_read():
    assert len(items(dataset(DEEP.replace(b"[]", b"[{}]")), "ReferencedStudySequence")) == 1


FOUND = {
    "00080050": {"vr": "SH"},
    "00080061": {"vr": "CS", "Value": ["MR ", "CT"]},
    "00081110": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2\0"]}}]},
    "00100010": {"vr": "PN", "Value": [{"Ideographic": "山田", "Alphabetic": "Yamada^Tarou"}]},
    "00100020": {"vr": "LO", "Value": [None]},
    "00101001": {"vr": "PN", "Value": [{"Ideographic": "山田"}]},
    "00201208": {"vr": "IS", "Value": [3.0]},
    "00101030": {"vr": "DS", "Value": [1.5]},
}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("AccessionNumber", None),
        ("ModalitiesInStudy", "MR"),
        ("ReferencedStudySequence", None),
        ("PatientName", "Yamada^Tarou"),
        ("00100010", "Yamada^Tarou"),
        ("PatientID", None),
        ("OtherPatientNames", None),
        ("NumberOfStudyRelatedInstances", "3"),
        ("PatientWeight", "1.5"),
        ("StudyDate", None),
    ],
)
def test_text_is_the_first_value(attribute, value):
    assert text(FOUND, attribute) == value


def test_values_and_items_are_found_by_keyword_or_tag():
    assert values(FOUND, "ModalitiesInStudy") == values(FOUND, "00080061") == ["MR ", "CT"]
    assert values(FOUND, "AccessionNumber") == values(FOUND, "StudyDate") == []
    assert items(FOUND, "PatientName") == items(FOUND, "RequestAttributesSequence") == []
    assert text(items(FOUND, "ReferencedStudySequence")[0], "ReferencedSOPInstanceUID") == "1.2"


def test_name_that_is_no_attribute_is_our_own_mistake():
    with pytest.raises(ValueError, match="PatientNam is neither"):
        values(FOUND, "PatientNam")


NESTED = b'{"00081140": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": "1.2"}}]}}'


@pytest.mark.parametrize(
    ("content", "tag", "rule"),
    [
        (b'{"00080050": {"vr": "SH", "Value": {}}}', "00080050", "JSON-STRUCT-009"),
        (b'{"00080050": {"vr": "sh", "Value": []}}', "00080050", "JSON-STRUCT-007"),
        (b'{"00080050": "A1"}', "00080050", "JSON-STRUCT-007"),
        (b'{"00081140": {"vr": "SQ", "Value": [1]}}', "00081140", "JSON-SQ-001"),
    ],
)
def test_malformed_attribute_costs_only_itself(content, tag, rule):
    whole = content[:-1] + b', "0020000D": {"vr": "UI", "Value": ["1.2"]}}'
    with pytest.raises(MalformedJson):
        datasets(b"[" + whole + b"]")

    (found,) = datasets(b"[" + whole + b"]", aside=lambda error: error)

    assert text(found, "StudyInstanceUID") == "1.2"
    with pytest.raises(MalformedJson) as seen:
        values(found, tag)
    assert seen.value.requirement == rule


def test_malformed_attribute_of_an_item_is_put_aside_there():
    found = dataset(NESTED, aside=lambda error: LookupError(str(error)))

    (item,) = items(found, "ReferencedImageSequence")
    with pytest.raises(LookupError, match="item 1 of ReferencedImageSequence"):
        text(item, "ReferencedSOPInstanceUID")


def test_tag_in_lower_case_is_read_and_a_name_that_is_none_left_out():
    (found,) = datasets(b'[{"0020000d": {"vr": "UI", "Value": ["1.2"]}, "x": 1}]', aside=lambda error: error)

    assert (list(found), text(found, "StudyInstanceUID")) == (["0020000D"], "1.2")
