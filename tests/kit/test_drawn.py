"""Drawn data sets are what PS3.5 allows, and instances of the run."""

from __future__ import annotations

import json
import re
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import DataElement, config
from pydicom.datadict import dictionary_VM

from conformance.dicomweb import dicom_json, json_walker, part10
from conformance.kit import drawn
from conformance.kit.kinds import Label
from conformance.reference import dicom_json as written

RUN = Label("a run", "DWC-")
FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
UTF8 = drawn.REPERTOIRES[0]
LENGTHS = {"AE": 16, "AS": 4, "CS": 16, "DA": 8, "DS": 16, "DT": 26, "IS": 12, "LO": 64, "SH": 16, "TM": 13, "UI": 64}


@FEW
@given(drawn.data_sets())
def test_file_is_whole_and_holds_what_was_drawn(ds):
    instance = drawn.instance(RUN, ds)

    assert part10.differences(ds, part10.read(instance.content)) == []


@FEW
@given(drawn.data_sets())
def test_reference_writer_and_walker_agree(ds):
    instance = drawn.instance(RUN, ds)
    document = json.dumps([written.data_set(instance.dataset)]).encode()

    found = (json_walker.walk(document), dicom_json.differences(instance.dataset, dicom_json.datasets(document)[0]))
    assert found == ((), [])


@FEW
@given(drawn.data_sets())
def test_same_data_set_is_the_same_instance(ds):
    assert drawn.instance(RUN, ds) == drawn.instance(RUN, ds)
    assert drawn.instance(RUN, ds).fresh
    assert drawn.instance(RUN, ds).study_uid != drawn.instance(Label("another", "DWC-"), ds).study_uid


@pytest.mark.parametrize("repertoire", drawn.REPERTOIRES, ids=lambda repertoire: repertoire.term)
@pytest.mark.parametrize("vr", drawn.values(UTF8))
def test_values_are_valid_by_their_vr(repertoire, vr):
    @settings(FEW, max_examples=15)
    @given(drawn.values(repertoire)[vr])
    def valid(value):
        with warnings.catch_warnings(action="error"):
            DataElement(0x00991001, vr, value, validation_mode=config.RAISE)
        for one in value if isinstance(value, list) else [value]:
            assert vr not in LENGTHS or len(one or "") <= LENGTHS[vr]

    valid()


@pytest.mark.parametrize("repertoire", drawn.REPERTOIRES[1:], ids=lambda repertoire: repertoire.term)
def test_repertoire_is_of_single_bytes_that_are_no_controls(repertoire):
    encoding = {"ISO_IR 100": "iso8859_1", "ISO_IR 126": "iso8859_7", "ISO_IR 144": "iso8859_5"}[repertoire.term]

    encoded = repertoire.characters.encode(encoding)

    assert len(encoded) == len(set(repertoire.characters))
    assert not re.search(rb"[\x00-\x1f\x7f-\xa0]", encoded)


@pytest.mark.parametrize("vr", ["LO", "PN", "SH", "UC"])
def test_backslash_is_in_no_value_of_several(vr):
    @FEW
    @given(drawn.values(UTF8)[vr])
    def without(value):
        assert "\\" not in "".join(value or [])

    without()


def test_sequences_are_nested_three_deep(monkeypatch):
    """Among the values of every VR three deep is one in thousands; among those of one VR it is common."""
    monkeypatch.setattr(drawn, "items", drawn.items.__wrapped__)  # it keeps what it made
    monkeypatch.setattr(drawn, "values", lambda repertoire: {"LO": st.just("a value")})
    depths = set()

    def depth(items):
        inner = [element.value for item in items for element in item if element.VR == "SQ"]
        return 1 + max(map(depth, inner), default=0) if items else 0

    @FEW
    @given(drawn.items(UTF8, drawn.DEPTH))
    def measured(items):
        depths.add(depth(items))

    measured()
    assert max(depths) == 3


def test_standard_attributes_of_one_value_have_one():
    single = [keyword for keyword in drawn.STANDARD if dictionary_VM(keyword) == "1"]

    @FEW
    @given(st.data())
    def alone(data):
        ds = data.draw(drawn.data_sets())
        assert all(ds[keyword].VM <= 1 for keyword in single if keyword in ds)

    alone()
