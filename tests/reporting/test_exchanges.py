"""How reports show an exchange."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.reporting.exchanges import subject
from conformance.reporting.record import Deviation
from tests.reporting.factory import URL, conforming


@pytest.fixture
def check():
    """A check that stored, and read what it stored."""
    known = next(check for check in conforming().checks if check.evidence)
    store = replace(known.evidence[0], path="1.http", method="POST", url=f"{URL}/studies")
    read = replace(known.evidence[0], path="2.http", method="GET", url=f"{URL}/studies/1.2/metadata")
    return replace(known, evidence=[store, read])


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("POST /studies, Accept: application/dicom+json", "1.http"),
        ("GET /studies/1.2/metadata", "2.http"),
        ("GET /studies/9.9", "2.http"),
    ],
)
def test_subject_is_the_exchange_that_the_deviation_names_else_the_last(check, sent, path):
    found = subject(replace(check, deviation=Deviation("status", "404", "200", sent)))

    assert found.path == path


def test_subject_is_the_one_of_many_that_was_answered_so(check):
    store, _ = check.evidence
    stores = [replace(store, path=f"{status}.http", status=status) for status in (200, 500, 200)]

    found = subject(replace(check, evidence=stores, deviation=Deviation("status", "500", "2xx", "POST /studies")))

    assert found.path == "500.http"


@pytest.mark.parametrize(
    ("summary", "path"),
    [("waits for an answer: POST /studies: the server was silent", "1.http"), ("an error of the suite", "2.http")],
)
def test_subject_of_a_check_without_deviation_is_what_its_sentence_names_else_the_last(check, summary, path):
    assert subject(replace(check, summary=summary)).path == path


def test_check_without_an_exchange_has_no_subject(check):
    assert subject(replace(check, evidence=[])) is None
