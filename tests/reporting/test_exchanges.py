"""How reports show an exchange."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.reporting.exchanges import subject
from tests.reporting.factory import URL, conforming


@pytest.fixture
def check():
    """A check that stored, and read what it stored."""
    known = next(check for check in conforming().checks if check.evidence)
    store = replace(known.evidence[0], path="1.http", method="POST", url=f"{URL}/studies")
    read = replace(known.evidence[0], path="2.http", method="GET", url=f"{URL}/studies/1.2/metadata")
    return replace(known, evidence=[store, read])


@pytest.mark.parametrize(
    ("summary", "path"),
    [
        ("status is 409, should be 202 (POST /studies, Accept: application/dicom+json)", "1.http"),
        ("status is 404, should be 200 (GET /studies/1.2/metadata)", "2.http"),
        ("status is 404, should be 200 (GET /studies/9.9)", "2.http"),
        ("32 clients get no answer, should get one: POST /studies: the server was silent", "1.http"),
        ("the archive has two copies, should be one", "2.http"),
    ],
)
def test_subject_is_the_exchange_that_the_summary_names_else_the_last(check, summary, path):
    found = subject(replace(check, summary=summary))

    assert found.path == path


def test_subject_is_the_one_of_many_that_was_answered_so(check):
    store, _ = check.evidence
    stores = [replace(store, path=f"{status}.http", status=status) for status in (200, 500, 200)]

    found = subject(replace(check, evidence=stores, summary="status is 500, should be 2xx (POST /studies)"))

    assert found.path == "500.http"


def test_check_without_an_exchange_has_no_subject(check):
    assert subject(replace(check, evidence=[])) is None
