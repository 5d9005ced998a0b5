"""The DICOM JSON Model as a client sends it: PS3.18 Annex F."""

from __future__ import annotations

import json

import pytest
from pydicom import DataElement, Dataset

from conformance.dicomweb import dicom_json, json_walker, json_writer
from conformance.kit.kinds import KINDS, Label

LABEL = Label("a run", "DWC1234-")
# NaN has no form in JSON.
WRITABLE = [name for name in KINDS if name != "nan"]


def written(ds):
    return json.dumps([json_writer.data_set(ds)], ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("name", WRITABLE)
def test_kind_is_written_without_a_loss_and_by_the_rules(name):
    for instance in KINDS[name].make(LABEL):
        content = written(instance.dataset)

        assert json_walker.walk(content) == ()
        (found,) = dicom_json.datasets(content)
        assert dicom_json.differences(instance.dataset, found) == []


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("AT", [0x00100010], {"Value": ["00100010"]}),
        ("CS", ["A", "", "B"], {"Value": ["A", None, "B"]}),
        ("DS", ["1.50", "-2", "1e3"], {"Value": [1.5, -2, 1000.0]}),
        ("FD", 0.5, {"Value": [0.5]}),
        ("IS", ["007", "", "-1"], {"Value": [7, None, -1]}),
        ("LO", "", {}),
        ("OW", b"\1\2", {"InlineBinary": "AQI="}),
        ("PN", ["Roe^Jane==ろう", ""], {"Value": [{"Alphabetic": "Roe^Jane", "Phonetic": "ろう"}, None]}),
        ("SQ", [], {}),
        ("UT", "a\\b", {"Value": ["a\\b"]}),
        ("UV", [1, 2**53 + 1], {"Value": [1, "9007199254740993"]}),
    ],
)
def test_value(vr, value, expected):
    ds = Dataset()
    ds.add(DataElement(0x00991001, vr, value))

    assert json_writer.data_set(ds) == {"00991001": {"vr": vr} | expected}


def test_file_meta_information_and_group_lengths_are_left_out():
    ds = Dataset()
    ds.add(DataElement(0x00080000, "UL", 1))
    ds.add(DataElement(0x00020010, "UI", "1.2"))

    assert json_writer.data_set(ds) == {}
