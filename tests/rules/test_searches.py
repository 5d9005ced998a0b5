"""The rules of matches and of documents, each over one exchange that keeps it and one that breaks it."""

from __future__ import annotations

import json

import pytest

from conformance.dicomweb import dicom_json
from conformance.dicomweb.messages import Answered
from conformance.rules import documents, searches
from conformance.rules.targets import target

STUDY, SERIES, INSTANCE = "0020000D", "0020000E", "00080018"
JSON = "application/dicom+json"


def uid(tag, value):
    return {tag: {"vr": "UI", "Value": [value]}}


def answered(url, body, kind=JSON, accept=JSON):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = (("Accept", accept),), 200, (("Content-Type", kind),)
    return Answered("a", "p", "GET", f"http://pacs/rs{url}", *fields, len(content), content, b"", None, bytearray())


@pytest.mark.parametrize(
    ("url", "uids", "search", "part"),
    [
        ("/studies?PatientID=1", 0, "studies", None),
        ("/studies/1.2/series", 1, "series", None),
        ("/studies/1.2/instances", 1, "instances", None),
        ("/studies/1.2/series/1.3/instances", 2, "instances", None),
        ("/studies/1%2E2", 1, None, ""),
        ("/studies/1.2/series/1.3/instances/1.4/metadata", 3, None, "/metadata"),
        ("/studies/1.2/series/1.3/instances/1.4/frames/1,2", 3, None, "/frames/1,2"),
        ("/studies/1.2/rendered", 0, None, None),
    ],
)
def test_target_of_a_url(url, uids, search, part):
    found = target(answered(url, []))

    assert (len(found.uids), found.search, found.part) == (uids, search, part)
    assert found.uids.get("StudyInstanceUID", "1.2") == "1.2"


def test_matches_that_keep_every_rule():
    match = uid(STUDY, "1.2") | uid(SERIES, "1.3")
    answer = answered("/studies/1.2/series?limit=2", [match, uid(STUDY, "1.2") | uid(SERIES, "1.4")])

    assert searches.searches([answer]) == [answer]
    for rule in (searches.repeated, searches.surplus, searches.outside, searches.nameless):
        assert rule(answer) is None


@pytest.mark.parametrize(
    ("rule", "url", "matches", "said"),
    [
        (searches.repeated, "/studies", [uid(STUDY, "1.2")] * 2, "StudyInstanceUID 1.2 is 2 times in the matches"),
        (searches.surplus, "/studies?limit=1", [uid(STUDY, "1.2"), uid(STUDY, "1.3")], "is 2, should be 1 at most"),
        (searches.outside, "/studies/1.2/series", [uid(STUDY, "1.9")], "is 1.9, should be 1.2, as in the path"),
        (searches.nameless, "/series", [uid(STUDY, "1.2")], "SeriesInstanceUID of 1 of 1 matches is absent"),
    ],
)
def test_matches_that_break_a_rule(rule, url, matches, said):
    assert said in str(rule(answered(url, matches)))


@pytest.mark.parametrize("limit", ["0", "abc", "-1", "1&limit=3", "²"])
def test_limit_that_is_none_is_not_judged(limit):
    assert searches.surplus(answered(f"/studies?limit={limit}", [uid(STUDY, "1.2"), uid(STUDY, "1.3")])) is None


def test_series_with_the_uid_of_another_studys_is_no_repetition():
    matches = [uid(STUDY, study) | uid(SERIES, "1.3") for study in ("1.2", "1.9")]

    assert searches.repeated(answered("/series", matches)) is None
    assert searches.repeated(answered("/series", [uid(SERIES, "1.3")] * 2)) is None, "the study is not known"


def test_metadata_of_another_instance():
    of_path = "/studies/1.2/series/1.3/instances/1.4/metadata"

    assert documents.strange(answered(of_path, [uid(INSTANCE, "1.4")])) is None
    assert "is 1.5, should be 1.4" in str(documents.strange(answered(of_path, [uid(INSTANCE, "1.5")])))
    assert "2 times" in str(documents.strange(answered(of_path, [uid(INSTANCE, "1.4")] * 2)))


@pytest.mark.parametrize(
    ("kind", "accept", "wrong"),
    [(JSON, JSON, False), ("text/plain", JSON, True), ("application/json", "*/*", False), ("", JSON, True)],
)
def test_media_type_that_was_not_accepted(kind, accept, wrong):
    assert bool(documents.mistyped(answered("/studies", [], kind, accept))) is wrong


def test_xml_is_judged_part_by_part():
    whole = b'<NativeDicomModel xml:space="preserve" xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">'
    bad = whole + b'<DicomAttribute tag="0020000d" vr="UI" keyword="StudyInstanceUID"/></NativeDicomModel>'
    body = b"--b\r\n\r\n" + whole + b"</NativeDicomModel>\r\n--b\r\n\r\n" + bad + b"\r\n--b--\r\n"
    answer = answered("/studies", body, 'multipart/related; type="application/dicom+xml"; boundary=b')

    assert documents.of_xml([answer]) == [answer]
    assert "of document 2" in str(documents.xml_rule("XML-MODEL-003")(answer))
    assert documents.xml_rule("XML-MODEL-001")(answer) is None


def test_malformed_attribute_hides_no_others():
    broken = {"00080050": {"vr": "SH", "Value": "not a list"}}

    answer = answered("/studies", [uid(STUDY, "1.2") | broken, uid(STUDY, "1.2")])

    assert str(searches.repeated(answer)) == "StudyInstanceUID 1.2 is 2 times in the matches, should be once"


def test_response_is_read_once(monkeypatch):
    answer, times = answered("/studies", [uid(STUDY, "1.2")]), []
    monkeypatch.setattr(dicom_json, "datasets", lambda *_, **__: times.append(1) or [])

    for rule in (searches.repeated, searches.surplus, searches.outside, searches.nameless):
        assert rule(answer) is None

    assert len(times) == 1


def url(tags, path):
    return tags | {"00081190": {"vr": "UR", "Value": [path]}}


@pytest.mark.parametrize("path", ["http://pacs/rs/studies/1.2/series/1.3", "../1.2/series/1.3", "http://pacs/x?s=1.9"])
def test_url_of_a_match_that_is_its_own_or_of_no_known_form(path):
    match = url(uid(STUDY, "1.2") | uid(SERIES, "1.3"), path)

    assert searches.leading_elsewhere(answered("/studies/1.2/series", [match])) is None


@pytest.mark.parametrize("path", ["http://pacs/rs/studies/1.9/series/1.3", "/x/studies/1.2/series/1.9"])
def test_url_of_a_match_that_is_of_another(path):
    match = url(uid(STUDY, "1.2") | uid(SERIES, "1.3"), path)

    assert searches.leading_elsewhere(answered("/series", [match])).found == path


def test_parameter_that_takes_away_from_a_match():
    match = uid(STUDY, "1.2") | {"00201208": {"vr": "IS", "Value": [1]}}
    plain, less = answered("/studies", [match]), answered("/studies?includefield=PatientAge", [uid(STUDY, "1.2")])
    rule = searches.lessened([plain, less])

    assert rule(plain) is None
    assert str(rule(less)).startswith("NumberOfStudyRelatedInstances of a match is absent")
    assert searches.lessened([less])(less) is None, "it may never be there"
    assert searches.lessened([plain, answered("/studies?StudyDate=1", [uid(STUDY, "1.2")]), less])(less) is None


def bulk(instance, path):
    return uid(INSTANCE, instance) | {"7FE00010": {"vr": "OB", "BulkDataURI": path}}


@pytest.mark.parametrize(
    ("second", "wrong"),
    [
        ("http://pacs/rs/studies/1/series/2/instances/1.3/bulkdata/1", True),
        ("http://pacs/rs/studies/1/series/2/instances/1.4/bulkdata/1", False),
        ("http://pacs/rs/studies/1/series/2/instances/1.9/bulkdata/1", False),
        ("../../bulkdata/abc", False),
    ],
    ids=["another-of-the-list", "own", "unknown", "no-instance"],
)
def test_bulk_data_of_another_instance(second, wrong):
    listed = [bulk("1.3", "instances/1.3/bulkdata/1"), bulk("1.4", second)]

    assert bool(documents.borrowing(answered("/studies/1/series/2/metadata", listed))) == wrong
