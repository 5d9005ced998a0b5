"""The model of matching, against tables written by hand after PS3.4 C.2.2.2."""

from __future__ import annotations

import pytest

from conformance.dicomweb.matching import matches, satisfies
from tests.dicomweb.datasets import item

DATE, TIME, DATE_TIME = "StudyDate", "StudyTime", "AcquisitionDateTime"
ACCESSION, NAME = "AccessionNumber", "PatientName"

DECIDED = [
    # C.2.2.2.1 Single value
    (ACCESSION, "ABC", "ABC", True),
    (ACCESSION, "ABC", "ABCD", False),
    (ACCESSION, "ABC", "abc", False),
    (ACCESSION, "ABC ", "ABC", True),
    (ACCESSION, "A.C", "ABC", False),
    (ACCESSION, "A_C", "ABC", False),
    ("SeriesNumber", "1", "1", True),
    ("SeriesNumber", "1", "11", False),
    ("PatientAge", "024Y", "024Y", True),
    ("PatientAge", "024Y", "024M", False),
    # C.2.2.2.2 List of UID
    ("StudyInstanceUID", "1.2,1.3", "1.2", True),
    ("StudyInstanceUID", "1.2,1.3", "1.3", True),
    ("StudyInstanceUID", "1.2,1.3", "1.2.1", False),
    ("StudyInstanceUID", "1.2", "1.2", True),
    # C.2.2.2.3 Universal
    (ACCESSION, "", "ABC", True),
    (ACCESSION, "", "", True),
    (DATE, "", "20240229", True),
    # C.2.2.2.4 Wild card
    (ACCESSION, "AB*", "AB", True),
    (ACCESSION, "AB*", "ABC", True),
    (ACCESSION, "AB*", "ab", False),
    (ACCESSION, "*CD", "ABCD", True),
    (ACCESSION, "*CD", "ABC", False),
    (ACCESSION, "A*D", "ABCD", True),
    (ACCESSION, "A?1", "A01", True),
    (ACCESSION, "A?1", "A1", False),
    (ACCESSION, "A?1", "A001", False),
    (ACCESSION, "A.*", "ABC", False),
    (ACCESSION, "*", "", True),
    ("Modality", "C?", "CT", True),
    ("PatientAge", "02*", "024Y", False),
    # C.2.2.2.5.1 Range of dates
    (DATE, "20240229", "20240229", True),
    (DATE, "20240229", "20240301", False),
    (DATE, "20240228-20240229", "20240227", False),
    (DATE, "20240228-20240229", "20240228", True),
    (DATE, "20240228-20240229", "20240229", True),
    (DATE, "20240228-20240229", "20240301", False),
    (DATE, "-20240229", "20240229", True),
    (DATE, "-20240229", "20240301", False),
    (DATE, "20240229-", "20240229", True),
    (DATE, "20240229-", "20240228", False),
    (DATE, "20240229-20240229", "20240229", True),
    # C.2.2.2.5.2 Range of times
    (TIME, "1000-1200", "095959.999999", False),
    (TIME, "1000-1200", "1000", True),
    (TIME, "1000-1200", "10", True),
    (TIME, "1000-1200", "100000", True),
    (TIME, "1000-1200", "120000.000", True),
    (TIME, "1000-1200", "1200", True),
    (TIME, "1000-1200", "1201", False),
    (TIME, "-1200", "000000", True),
    (TIME, "1000-", "235959", True),
    (TIME, "2230", "2230", True),
    (TIME, "2230", "223100", False),
    # C.2.2.2.5.3 Range of date times
    (DATE_TIME, "20240229-20240301", "20240229101500", True),
    (DATE_TIME, "20240229-20240301", "20240302", False),
    (DATE_TIME, "20240229110000+0000-", "20240229120000+0100", True),
    (DATE_TIME, "20240229110001+0000-", "20240229120000+0100", False),
    (DATE_TIME, "20240229110000-0100-", "20240229120000+0000", True),
    (DATE_TIME, "20240229110000-0100-", "20240229115959+0000", False),
    (DATE_TIME, "2024-2025", "20241231", True),
    # C.2.2.3 Several values
    ("ModalitiesInStudy", "CT", ["MR", "CT"], True),
    ("ModalitiesInStudy", "C*", ["MR", "CT"], True),
    ("ModalitiesInStudy", "SR", ["MR", "CT"], False),
    # C.2.2.2.1.1 Names
    (NAME, "Doe^John", "Doe^John", True),
    (NAME, "Doe^John", "Doe^John^^", True),
    (NAME, "Doe^Jane", "Doe^John", False),
    (NAME, "Doe^J", "Doe^John", False),
    (NAME, "山田^太郎", "山田^太郎", True),
    (NAME, "Yamada^Tarou=山田^太郎", "Yamada^Tarou=山田^太郎", True),
]
OPEN = [
    (ACCESSION, "ABC", ""),  # C.2.2.1.2: an unknown value
    (DATE, "20240229", ""),
    ("SeriesNumber", "one", "1"),
    ("SeriesNumber", "01", "1"),
    (DATE, "yesterday", "20240229"),
    (DATE, "20240229-20240228-2", "20240229"),
    (TIME, "2230", "223000"),  # C.2.2.2.1.3: left to the server
    (TIME, "223015", "2230"),
    (TIME, "1000-1200", "120030"),
    (TIME, "1000-1200", "12"),
    (TIME, "1030-1200", "10"),
    (DATE_TIME, "20240229110000+0000-", "20240229120000"),
    (DATE_TIME, "202402-202402", "20240229"),
    (NAME, "doe^john", "Doe^John"),
    (NAME, "Doe*", "Doe^John"),  # C.2.2.2.4: a pattern of a name is left to the server
    (NAME, "D?e^*", "Doe^John"),
    (NAME, "Yamada*", "Yamada^Tarou=山田^太郎"),
    (NAME, "МЮЛЛЕР", "Мюллер"),
    (NAME, "Muller^*", "Müller^Jörg"),
    (NAME, "John^Doe", "Doe^John"),
    (NAME, "Doe", "Doe^John"),
    (NAME, "山田*", "Yamada^Tarou=山田^太郎"),
]


@pytest.mark.parametrize(("keyword", "key", "value", "expected"), DECIDED)
def test_text_decides(keyword, key, value, expected):
    assert matches(item(**{keyword: value}), keyword, key) is expected


@pytest.mark.parametrize(("keyword", "key", "value"), OPEN)
def test_text_leaves_it_open(keyword, key, value):
    assert matches(item(**{keyword: value}), keyword, key) is None


@pytest.mark.parametrize("key", ["ABC", "*", "A*"])
def test_attribute_that_is_missing_is_open(key):
    assert matches(item(), ACCESSION, key) is None


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({ACCESSION: "A", DATE: "20240229"}, True),
        ({ACCESSION: "A", DATE: "20240228"}, False),
        ({ACCESSION: "", NAME: "Doe^John"}, None),
        ({DATE: "20240228", NAME: "Doe^John"}, False),
        ({"00080050": "A", "00080020": "20240229"}, True),
    ],
)
def test_every_key_has_to_match(keys, expected):
    assert satisfies(item(AccessionNumber="A", StudyDate="20240229"), keys) is expected


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("20240228", "0900", False),
        ("20240228", "1000", True),
        ("20240229", "0900", True),
        ("20240301", "1800", True),
        ("20240301", "1801", False),
        ("20240302", "1200", False),
        ("20240229", "", None),
    ],
)
def test_ranges_of_date_and_time_are_one_interval(date, time, expected):
    ds = item(StudyDate=date, StudyTime=time)

    assert satisfies(ds, {DATE: "20240228-20240301", TIME: "1000-1800"}) is expected


def test_open_ends_of_date_and_time():
    ds = item(StudyDate="20240229", StudyTime="0900")

    assert satisfies(ds, {DATE: "-20240301", TIME: "1000-0800"}) is True
    assert satisfies(ds, {DATE: "20240229-", TIME: "1000-"}) is False


SEQUENCE, STEP, PROCEDURE = "RequestAttributesSequence", "ScheduledProcedureStepID", "RequestedProcedureID"
REQUESTED = item(
    RequestAttributesSequence=[
        item(ScheduledProcedureStepID="A", RequestedProcedureID="B"),
        item(ScheduledProcedureStepID="C", RequestedProcedureID="D"),
    ]
)


@pytest.mark.parametrize(
    ("step", "procedure", "expected"),
    [("A", "B", True), ("A", "", True), ("C", "D", True), ("A", "D", False), ("E", "", False), ("", "", True)],
)
def test_one_item_has_to_match_all_keys_of_its_sequence(step, procedure, expected):
    keys = {f"{SEQUENCE}.{STEP}": step, f"{SEQUENCE}.{PROCEDURE}": procedure}

    assert satisfies(REQUESTED, keys) is expected


@pytest.mark.parametrize("key", ["00400275.00400009", "RequestAttributesSequence.00400009"])
def test_path_is_of_tags_and_keywords(key):
    assert matches(REQUESTED, key, "C") is True
    assert matches(REQUESTED, key, "D") is False


@pytest.mark.parametrize("items", [[], None])
def test_sequence_without_items_is_open(items):
    ds = item() if items is None else item(RequestAttributesSequence=items)

    assert matches(ds, f"{SEQUENCE}.{STEP}", "A") is None
    assert matches(ds, f"{SEQUENCE}.{STEP}", "") is True


def test_key_that_is_none_is_our_mistake():
    with pytest.raises(ValueError, match="NoSuchKeyword is neither"):
        matches(item(), "NoSuchKeyword", "A")
