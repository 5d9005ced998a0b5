"""What differs between a stored data set and returned metadata: PS3.18 F.2."""

from __future__ import annotations

import base64
import copy
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import DataElement, Dataset

from conformance.dicomweb import part10
from conformance.dicomweb.dicom_json import MalformedJson, dataset, differences

from .datasets import image, item


def returned(ds):
    """The data set in DICOM JSON, as another program writes it."""
    model = ds.to_json_dict(0, lambda element: "http://localhost/bulk" if element.VR == "OB" else "")
    return dataset(json.dumps(model).encode())


def test_stored_values_are_found_in_metadata():
    assert differences(image(), returned(image())) == []


@pytest.mark.parametrize(
    ("vr", "value"),
    [("LO", ""), ("LO", None), ("IS", None), ("US", None), ("PN", ""), ("SQ", []), ("OB", b"ab"), ("OB or OW", b"ab")],
)
def test_empty_or_bulk_value_need_not_be_in_metadata(vr, value):
    assert differences(stored(vr, value), {}) == []


@pytest.mark.parametrize(("vr", "value"), [("US", 0), ("FD", 0.0), ("IS", "0"), ("AT", 0), ("LO", ["", "b"])])
def test_zero_is_a_value(vr, value):
    assert len(differences(stored(vr, value), {})) == 1


def test_missing_changed_and_nested_values_are_differences():
    changed = image()
    changed.PatientName = "Muller^Jorg"
    changed.Rows = 3
    del changed.StudyDate
    changed.ReferencedStudySequence[0].PurposeOfReferenceCodeSequence[0].CodeValue = "b"

    assert said(image(), returned(changed)) == [
        "StudyDate is absent, should be '20200922'",
        "ReferencedStudySequence[0].PurposeOfReferenceCodeSequence[0].CodeValue is 'b', should be 'a'",
        "PatientName is 'Muller^Jorg', should be 'Müller^Jörg=山田^太郎'",
        "Rows is 3, should be 2",
    ]


SAME = [
    ("FL", [0.1, -0.0], [0.1, 0]),
    ("PN", "A^B", [{"Alphabetic": "A^B^^^", "Ideographic": ""}]),
    ("PN", "=I", [{"Ideographic": "I"}]),
    ("PN", ["A", ""], [{"Alphabetic": "A"}, None]),
    ("DS", "71.50", [71.5]),
    ("DS", "71.50", ["71.5"]),
    ("DS", "0.1", [0.1]),
    ("IS", "007", [7]),
    ("IS", "7", ["7 "]),
    ("US", 65535, [65535]),
    ("UV", 2**64 - 1, [str(2**64 - 1)]),
    ("SV", -(2**63), [-(2**63)]),
    ("FL", 0.10000000149011612, [0.1]),
    ("FD", 0.1, [0.1]),
    ("FD", math.nan, ["NaN"]),
    ("FD", [1.0, math.inf], [1, None]),
    ("AT", 0x0018106E, ["0018106E"]),
    ("UI", "1.2", ["1.2\0"]),
    ("LO", ["a", "", "c"], ["a", None, "c"]),
    ("CS", "A", [" A "]),
    ("LT", "a\\b ", ["a\\b"]),
    ("TM", "1200", ["1200"]),
    ("SQ", [Dataset()], [{}]),
]

CHANGED = [
    ("PN", "A^B", ["A^B"], "'\"A^B\"', should be 'A^B'"),
    ("PN", "A^B", [{"Alphabetic": "B^A"}], "'B^A', should be 'A^B'"),
    ("PN", "A=I", [{"Alphabetic": "A"}], "'A', should be 'A=I'"),
    ("PN", "A=I", [{"Alphabetic": "A=I"}], "'Alphabetic A=I', should be 'A=I'"),
    ("DS", "71.5", ["71,5"], "'71,5', should be 71.5"),
    ("DS", "71.5", [71], "71, should be 71.5"),
    ("DS", "71.5", [10**299], "1" + "0" * 59 + ", should be 71.5"),
    ("FL", 0.5, [10**299], "1" + "0" * 59 + ", should be 0.5"),
    ("IS", "7", [True], "'true', should be 7"),
    ("US", 512, ["512"], "'512', should be 512"),
    ("US", 1, [True], "'true', should be 1"),
    ("UV", 2**64 - 1, [float(2**64)], "1.8446744073709552e+19, should be 18446744073709551615"),
    ("FL", 0.5, [0.6], "0.6, should be 0.5"),
    ("AT", 0x0018106E, ["0018106e"], "'0018106e', should be '0018106E'"),
    ("AT", 0x0018106E, [1577070], "1577070, should be '0018106E'"),
    ("LO", "5", [5], "5, should be '5'"),
    ("LO", ["a", "b"], ["a\\b"], "'a\\b' as 1 value, should be 'a\\b' as 2 values"),
    ("LO", ["a", "b"], ["a"], "'a', should be 'a\\b'"),
    ("LO", ["a", "", "c"], ["a", "c"], "'a\\c', should be 'a\\\\c'"),
    ("LT", " a", ["a"], "'a', should be ' a'"),
    ("DA", "20200922", ["2020-09-22"], "'2020-09-22', should be '20200922'"),
    ("DA", "20200922", [], "empty, should be '20200922'"),
    ("LO", "a", [{"Alphabetic": "a"}], "'an object', should be 'a'"),
    ("SQ", [Dataset(), Dataset()], [{}], "1 item, should be 2 items"),
]


def said(original, found):
    return [str(difference) for difference in differences(original, found)]


def stored(vr, value):
    ds = Dataset()
    ds[0x00091010] = DataElement(0x00091010, vr, value)
    return ds


@pytest.mark.parametrize(("vr", "value", "found"), SAME)
def test_form_of_a_value_is_no_difference(vr, value, found):
    assert differences(stored(vr, value), {"00091010": {"vr": vr, "Value": found}}) == []


@pytest.mark.parametrize(("vr", "value", "found", "sentence"), CHANGED)
def test_change_of_a_value_is_a_difference(vr, value, found, sentence):
    assert said(stored(vr, value), {"00091010": {"vr": vr, "Value": found}}) == [f"(0009,1010) is {sentence}"]


@pytest.mark.parametrize(
    ("vr", "value", "sentences"),
    [
        ("LT", "long", []),
        ("US", 1, []),
        ("PN", "A", ["(0009,1010) is a BulkDataURI, should be 'A'"]),
        ("SQ", [Dataset()], ["(0009,1010) is a BulkDataURI, should be 1 item"]),
    ],
)
def test_bulk_data_may_stand_for_the_values_of_some_vrs(vr, value, sentences):
    found = {"00091010": {"vr": vr, "BulkDataURI": "bulk/1"}}

    assert said(stored(vr, value), found) == sentences
    assert said(stored(vr, value), {"00091010": {"vr": "UN", "BulkDataURI": "bulk/1"}}) == []


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        (base64.b64encode("é ".encode()).decode(), []),
        (base64.b64encode(b"\xe9").decode(), ["(0009,1010) is InlineBinary of another value, should be 'é'"]),
        ("é", ["(0009,1010) is InlineBinary of another value, should be 'é'"]),
        (["w6k="], ["(0009,1010) is InlineBinary of another value, should be 'é'"]),
    ],
)
def test_private_value_may_come_as_bytes(content, sentences):
    ds = stored("LO", "é")
    ds.SpecificCharacterSet = "ISO_IR 192"

    assert said(ds, {"00091010": {"vr": "UN", "InlineBinary": content}}) == sentences


def test_recorded_coercion_is_no_difference():
    original = item(PatientName="A", PatientID="1")
    coerced = item(PatientName="B", PatientID="2")
    coerced.OriginalAttributesSequence = [item(ModifiedAttributesSequence=[item(PatientName="A")])]

    assert said(original, returned(coerced)) == ["PatientID is '2', should be '1'"]


def test_record_of_coercions_may_grow():
    record = item(ReasonForTheAttributeModification="COERCE")

    for reader, form in ((differences, returned), (part10.differences, copy.deepcopy)):
        first, second = item(OriginalAttributesSequence=[record]), item(OriginalAttributesSequence=[record, record])
        assert reader(first, form(second)) == []
        assert list(map(str, reader(second, form(first)))) == [
            "OriginalAttributesSequence is 1 item, should be 2 items"
        ]


def test_sequence_that_comes_back_in_another_vr_has_no_items():
    found = {"00091010": {"vr": "LO", "Value": [{"00080050": 5}]}}

    assert said(stored("SQ", [item(AccessionNumber="1")]), found) == [
        "(0009,1010) is 0 items, should be 1 item",
    ]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**299), 10**299)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Alphabetic", "00080050"]), inner),
    max_leaves=5,
)
attributes = st.fixed_dictionaries(
    {"vr": st.sampled_from(["PN", "SQ", "UN", "DS"])},
    optional={"Value": st.lists(json_values, max_size=3) | json_values, "InlineBinary": json_values},
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.sampled_from(["00080020", "00081110", "00100010", "00101030", "00280010", "3008002A", "04000561"]), attributes
)
def test_any_metadata_are_compared_or_refused(tag, attribute):
    model = image().to_json_dict(0, lambda element: "http://localhost/bulk" if element.VR == "OB" else "")
    try:
        found = dataset(json.dumps(model | {tag: attribute}).encode())
    except MalformedJson:
        return

    assert all("should" in sentence for sentence in said(image(), found))
