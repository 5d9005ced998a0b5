"""What a request stands on, and what no response of a run shows."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.harness.run import facts
from conformance.harness.run.facts import Query, Representation
from tests.reporting import factory

FRAME = "http://pacs/rs/studies/1.2/series/1.3/instances/1.4/frames/1"


def exchange(url, *accept, status=200, kind="application/dicom+json"):
    plain = factory.conforming().checks[0].evidence[0]
    head = "".join(f"Accept: {line}\n" for line in accept)
    answer = f"HTTP/1.1 {status} X\nContent-Type: {kind}\n"
    return replace(
        plain, method="GET", url=url, status=status, request_head=f"GET / HTTP/1.1\n{head}", response_head=answer
    )


def judges(found):
    return {item.judges[0] for item in found if isinstance(item, Representation)}


def test_lines_of_accept_are_one_list():
    two = exchange("http://pacs/rs/studies/1.2/metadata", "application/x-foo", "application/dicom+json")

    assert judges(facts.asked_for(two)) == {"json-struct-001"}


@pytest.mark.parametrize("syntax", ["*", '"*"', "1.2.840.10008.1.2.4.90"])
def test_transfer_syntax_that_no_response_shows(syntax):
    refused = exchange(FRAME, f"multipart/related; type=image/jls; transfer-syntax={syntax}", status=406)
    shown = exchange(FRAME, "multipart/related; type=image/jls; transfer-syntax=1.2.840.10008.1.2.4.80")

    assert judges(facts.not_shown([refused])) == {"common-ts-003"}
    assert bool(judges(facts.not_shown([refused, shown]))) is syntax.strip('"').startswith("*")


@pytest.mark.parametrize(
    ("query", "judge"),
    [
        ("PatientID=1&limit=2", "search-paging-001"),
        ("PatientID=1&AccessionNumber=ab*", "search-match-008"),
        ("PatientID=a%3Fb", "search-match-008"),
        ("00400275.00400009=1", "search-match-002"),
        ("PatientID=1&includefield=all", "search-incl-001"),
        ("PatientID=1&accept=*/*", None),
        ("StudyInstanceUID=1.2.3", None),
    ],
)
def test_form_of_a_search_that_no_response_shows(query, judge):
    refused = exchange(f"http://pacs/rs/studies?{query}", "application/dicom+json", status=500)
    found = {item.judges[0] for item in facts.not_shown([refused]) if isinstance(item, Query)}

    assert found == ({judge} if judge else set())
    assert not facts.not_shown([refused, replace(refused, status=204)]) & set(facts.QUERIES)


SEARCH, BULK = "http://pacs/rs/studies?", "http://pacs/rs/studies/1/series/2/instances/3/bulkdata/"


@pytest.mark.parametrize(
    ("url", "lost"),
    [
        (f"{SEARCH}PatientID=1", True),
        (f"{SEARCH}limit=1&includefield=00100020%2CStudyDate", True),
        (f"{SEARCH}00100020=ABC&includefield=all", False),
    ],
)
def test_keywords_that_mean_nothing(url, lost):
    body = replace(exchange(SEARCH).response_body, text='[{"0020000D":{"vr":"UI","Value":["1.2"]}}]')
    by_keyword = [replace(exchange(f"{SEARCH}StudyInstanceUID=1.1"), response_body=body) for _ in range(5)]
    by_tag = exchange(f"{SEARCH}0020000D=1.1")

    assert facts.KEYWORD in facts.not_shown([*by_keyword, by_tag])
    assert facts.KEYWORD not in facts.not_shown(by_keyword)
    assert (facts.KEYWORD in facts.asked_for(exchange(url))) is lost


@pytest.mark.parametrize(("path", "status", "lost"), [("00091010", 200, True), ("00091010", 404, False)])
def test_paths_whose_capital_letters_are_lost(path, status, lost):
    absent = [exchange(f"{BULK}7FE00010", status=404) for _ in range(5)]

    assert (facts.PATH in facts.not_shown([*absent, exchange(BULK + path, status=status)])) is lost
    assert facts.PATH not in facts.not_shown([*absent[:4], exchange(BULK + path, status=status)])
