"""What is judged over every response of a run, and how its places are named."""

from __future__ import annotations

import pytest

from conformance.common.answers import form, gathered
from conformance.dicomweb.differences import Difference
from conformance.dicomweb.messages import Answered

URL = "http://127.0.0.1:8042/dicom-web"


def answered(target, check="search-key-001", status=200, accept="application/dicom+json"):
    fields = (("Accept", accept),) if accept else ()
    return Answered(
        check, f"evidence/{check}/01.http", "GET", URL + target, fields, status, (), 0, b"", b"", None, bytearray()
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/studies?limit=2&PatientID=A&PatientID=B", "GET /studies?PatientID&limit, Accept: application/dicom+json"),
        ("/studies/1.2/series/3.4/metadata", "GET /studies/{}/series/{}/metadata, Accept: application/dicom+json"),
        (
            "/studies/1.2/instances/3/frames/1,2",
            "GET /studies/{}/instances/{}/frames/{}, Accept: application/dicom+json",
        ),
        ("/no-such-resource", "GET /, Accept: application/dicom+json"),
    ],
)
def test_form_of_a_request_is_the_same_in_every_run(target, expected):
    assert form(answered(target)) == expected


def test_a_success_is_shown_and_each_form_is_a_place_once():
    wrong = Difference("Content-Type", "absent", "there")
    refusal, first, second = (answered("/series", status=404), answered("/studies/1.2"), answered("/studies/3.4"))

    answer, deviation = gathered([(refusal, wrong), (first, wrong), (second, wrong)], 9)

    assert answer is first
    assert deviation.sent == f"GET {URL}/studies/1.2 of search-key-001; 3 of 9 responses"
    assert deviation.places == (
        "GET /series, Accept: application/dicom+json: Content-Type is absent",
        "GET /studies/{}, Accept: application/dicom+json: Content-Type is absent",
    )


def test_drawn_data_are_counted_and_are_no_place():
    fixed, drawn = answered("/studies/1.2"), answered("/studies/3.4/metadata", check="json-null-001.drawn")
    wrong, other = Difference("(0099,1001)", "absent", "there"), Difference("(0099,1022)", "absent", "there")

    _, deviation = gathered([(drawn, other), (fixed, wrong)], 2)

    assert (deviation.difference, len(deviation.places)) == (wrong, 1)
    assert "2 of 2 responses" in deviation.sent


def test_deviation_of_drawn_data_alone_is_not_lost():
    drawn = answered("/studies/3.4/metadata", check="json-null-001.drawn")

    answer, deviation = gathered([(drawn, Difference("(0099,1022)", "absent", "there"))], 1)

    assert (answer, deviation.places) == (drawn, ())
