"""The kind `archive` has something that matches, nearly matches and does not match, for every rule."""

from __future__ import annotations

import pytest

from conformance.dicomweb.matching import satisfies
from conformance.kit.kinds import KINDS, Label
from conformance.query.scopes import KEYS, OF_PATIENTS, RESOURCES, nobodys, says, scope

ARCHIVE = KINDS["archive"].make(Label("a run", "DWC1234-"))


def answers(keys, resource="studies"):
    """What the rules say of each entity."""
    return [satisfies(ds, keys) for ds in scope(ARCHIVE, resource).entities.values()]


@pytest.mark.parametrize(
    ("resource", "key"),
    [(name, key) for name, item in RESOURCES.items() for level in item.levels for key in KEYS[level]],
)
def test_each_key_has_a_value_that_some_have(resource, key):
    searched = scope(ARCHIVE, resource, everybody=key in OF_PATIENTS)
    value = searched.plain(key)

    assert 0 < len(searched.matching({key: value})) < len(searched.entities)
    assert searched.matching({key: nobodys(key, value)}) == []


@pytest.mark.parametrize(
    "keys",
    [
        {"AccessionNumber": "12*"},
        {"AccessionNumber": "1?3"},
        {"StudyDate": "20240101-20240228"},
        {"StudyTime": "1000-1200"},
        {"StudyTime": "2231-2359"},
        {"ModalitiesInStudy": "CT"},
        {"ReferringPhysicianName": "Doe^John"},
        {"StudyID": "1", "ModalitiesInStudy": "CT"},
        {"StudyDate": "20240228", "StudyID": "11", "ModalitiesInStudy": "CT"},
    ],
    ids=str,
)
def test_some_match_and_some_do_not(keys):
    assert {True, False} <= set(answers(keys))
    for key in keys if len(keys) > 1 else ():
        without = answers({other: value for other, value in keys.items() if other != key})
        assert (True, False) in zip(without, answers(keys), strict=True)


def test_interval_of_dates_and_times_is_not_two_conditions():
    date, time = {"StudyDate": "20240228-20240301"}, {"StudyTime": "1000-1800"}
    pairs = list(zip(answers(date | time), answers(date), answers(time), strict=True))

    assert (True, True, False) in pairs
    assert (False, True, False) in pairs


@pytest.mark.parametrize(("step", "procedure", "some"), [("A", "B", True), ("A", "D", True), ("C", "B", True)])
def test_values_of_two_items_are_told_apart(step, procedure, some):
    path = "RequestAttributesSequence."
    one, other = {path + "ScheduledProcedureStepID": step}, {path + "RequestedProcedureID": procedure}
    pairs = list(zip(answers(one | other, "series"), answers(one, "series"), answers(other, "series"), strict=True))

    assert ((True, True, True) in pairs) is some
    assert (False, True, True) in pairs


def test_study_of_several_series_differs_in_all_of_them():
    entities = scope(ARCHIVE, "study-series").entities.values()

    assert len({ds.Modality for ds in entities}) == len({ds.SeriesNumber for ds in entities}) == 3


def test_entity_of_others_is_judged_by_what_it_says_inside_of_sequences():
    match = {"00400275": {"vr": "SQ", "Value": [{"00401001": {"vr": "SH", "Value": ["R1"]}}]}}

    asked = ("RequestedProcedureID", "ScheduledProcedureStepID")
    assert [says(match, f"RequestAttributesSequence.{keyword}") for keyword in asked] == [True, False]
