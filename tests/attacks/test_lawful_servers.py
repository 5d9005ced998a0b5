"""Servers that do what the text allows: a judge that fails them cries wolf; and real faults beside them."""

from __future__ import annotations

import json

import pytest
from pydicom.uid import generate_uid

from conformance.dicomweb import json_walker
from conformance.dicomweb.messages import Request, Response
from conformance.kit import expect, media
from conformance.kit.verdicts import Warn
from conformance.store import reading


def answered(status, content=b"", content_type=None, accept="application/dicom+json"):
    headers = (("Content-Type", content_type),) if content_type else ()
    request = Request("GET", "studies", "http://archive.example/studies", (("Accept", accept),))
    request = Request("GET", "http://archive.example/studies", "/studies", (("Accept", accept),))
    return Response(status, "", headers, content, request)


@pytest.mark.parametrize(
    "answer", [answered(204), answered(200, b"[]"), answered(200), answered(200, b"", "text/html")]
)
def test_no_match_in_each_edition(answer):
    assert expect.matches(answer) == []
    expect.no_match(answer)


@pytest.mark.parametrize("answer", [answered(404), answered(200, b"[{}]"), answered(204, b"[]"), answered(500)])
def test_no_match_that_is_wrong(answer):
    with pytest.raises(AssertionError):
        expect.no_match(answer)


@pytest.mark.parametrize("judge", [expect.absent, expect.bad_request, expect.unacceptable, expect.unsupported])
@pytest.mark.parametrize("status", [400, 403, 404, 406, 409, 410, 415, 422])
def test_each_refusal_is_at_most_a_warning(judge, status):
    try:
        judge(answered(status))
    except Warn as doubt:
        assert "should be" in str(doubt)


@pytest.mark.parametrize("judge", [expect.absent, expect.bad_request, expect.unsupported])
@pytest.mark.parametrize("status", [200, 204, 302, 401, 429, 500, 501])
def test_what_is_no_refusal_of_the_request_fails(judge, status):
    with pytest.raises(AssertionError) as failure:
        judge(answered(status))

    assert len(str(failure.value)) < 200


@pytest.mark.parametrize(
    "name", ["application/octet-stream", "image/jls", "image/jphc", "image/jxl", "image/jpx", "video/mp4"]
)
def test_every_type_of_bulk_data_is_one(name):
    assert media.of_bulk_data(answered(200, b"x", name)) == name


@pytest.mark.parametrize("name", ["application/dicom", "image/png", "text/html", None])
def test_another_type_is_no_bulk_data(name):
    with pytest.raises(AssertionError):
        media.of_bulk_data(answered(200, b"x", name))


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/dicom+json, application/json;q=0.9"])
def test_json_by_its_other_name_is_a_warning_if_it_is_accepted(accept):
    with pytest.raises(Warn):
        media.dicom_json(answered(200, b"[]", "application/json", accept))


def test_json_by_its_other_name_is_wrong_if_it_is_not_accepted():
    with pytest.raises(AssertionError):
        media.dicom_json(answered(200, b"[]", "application/json"))


@pytest.mark.parametrize(("vr", "arguable"), [("UT", [True]), ("UR", []), ("LO", [False])])
def test_former_vr_of_retrieve_url_is_arguable(vr, arguable):
    document = json.dumps([{"00081190": {"vr": vr, "Value": ["http://archive.example/"]}}]).encode()

    found = [item for item in json_walker.walk(document) if item.requirement == "JSON-STRUCT-010"]

    assert [item.arguable for item in found] == arguable


@pytest.mark.parametrize("status", [200, 202, 409])
def test_failure_reason_is_read_whatever_the_status(status):
    item = {"00081155": {"vr": "UI", "Value": [str(generate_uid())]}, "00081197": {"vr": "US", "Value": [290]}}

    assert reading.reported(answered(status, json.dumps({"00081198": {"vr": "SQ", "Value": [item]}}).encode())) == [290]
    assert reading.reported(answered(status, b"success")) == []
