"""The judges say what they saw and what they should have seen."""

from __future__ import annotations

import json
from contextlib import nullcontext
from uuid import uuid4

import pytest

from conformance.dicomweb import multipart
from conformance.dicomweb.messages import Request, Response
from conformance.kit import expect, given
from conformance.kit.instances import read_samples
from conformance.kit.verdicts import Blocked, Deviates, Warn
from tests.conftest import CHECKOUT

SAMPLES = read_samples(CHECKOUT / "fixtures")
RED, GREEN, BLUE = SAMPLES.all
BOUNDARY = uuid4().hex


def response(status=200, content=b"", content_type="application/dicom+json"):
    request = Request("GET", "http://x/studies", "/studies", ())
    return Response(status, "", (("Content-Type", content_type),), content, request)


def related(*instances):
    content = multipart.related([("application/dicom", instance.content) for instance in instances], BOUNDARY)
    return response(content=content, content_type=f'multipart/related; type="application/dicom"; boundary={BOUNDARY}')


def found(*uids, keyword="0020000D"):
    return response(content=json.dumps([{keyword: {"vr": "UI", "Value": [uid]}} for uid in uids]).encode())


def store_response(*uids, status=200, **more):
    items = [{"00081155": {"vr": "UI", "Value": [uid]}, **more} for uid in uids]
    return response(status, json.dumps({"00081199": {"vr": "SQ", "Value": items}}).encode())


def message(judge, *arguments):
    with pytest.raises(AssertionError) as error:
        judge(*arguments)
    return str(error.value)


def test_status_names_what_is_allowed():
    assert message(expect.status, response(500), 200, 204) == "status is 500, should be 200 or 204 (GET /studies)"


def test_several_statuses_are_named_as_a_choice():
    assert message(expect.absent, response(500), 400) == "status is 500, should be 404, 410 or 400 (GET /studies)"


def test_outcome_may_be_a_warning_that_names_the_doubt():
    expect.outcome(response(406), (406,), range(400, 500))
    with pytest.raises(Warn) as warning:
        expect.outcome(response(400), (406,), (400,), "8.7.3 says otherwise")

    assert str(warning.value) == "status is 400, should be 406 (GET /studies); only a warning: 8.7.3 says otherwise"
    assert message(expect.outcome, response(500), (406,), (400,)) == "status is 500, should be 406 (GET /studies)"


def test_instances_are_those_that_were_stored():
    assert set(expect.instances(related(GREEN, RED), [RED, GREEN])) == {RED.sop_instance_uid, GREEN.sop_instance_uid}


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ([RED], f"{BLUE.sop_instance_uid} is not in the body, should be there, as 1 of 2"),
        ([RED, BLUE, GREEN], f"{GREEN.sop_instance_uid} is in the body, should be absent"),
        ([RED, BLUE, BLUE], f"{BLUE.sop_instance_uid} is 2 times in the body, should be once"),
    ],
)
def test_instances_that_differ_are_named(sent, sentence):
    assert message(expect.instances, related(*sent), [RED, BLUE]).startswith(sentence)


def test_body_that_is_cut_is_malformed():
    whole = related(RED)
    cut = response(content=whole.content[:-20], content_type=whole.header("Content-Type"))

    assert message(expect.instances, cut, [RED]).startswith("the end of the body at byte ")


def test_single_part_answer_is_not_multipart():
    assert message(expect.parts, response(content=RED.content, content_type="application/dicom")) == (
        "Content-Type is application/dicom, should be multipart/related with a boundary (GET /studies)"
    )


@pytest.mark.parametrize("status", [200, 201, 202])
def test_store_that_succeeds_is_taken_whatever_the_response_is_made_of(status):
    assert expect.taken(store_response(RED.sop_instance_uid, status=status), [RED]) == []
    assert expect.taken(response(status, b"success"), [RED]) == [RED]
    assert expect.taken(response(status, b"{}"), [RED]) == [RED]


def test_store_response_with_an_empty_failed_sequence_is_success():
    module = json.loads(store_response(RED.sop_instance_uid).content) | {"00081198": {"vr": "SQ"}}

    assert expect.taken(response(content=json.dumps(module).encode()), [RED]) == []


def test_store_response_with_a_failure_names_its_reason():
    item = {"00081155": {"vr": "UI", "Value": [RED.sop_instance_uid]}, "00081197": {"vr": "US", "Value": [272]}}
    module = {"00081198": {"vr": "SQ", "Value": [item]}}

    assert message(expect.taken, response(content=json.dumps(module).encode()), [RED]).startswith(
        "FailedSOPSequence is there with 1 item, FailureReason 272, should be absent"
    )


@pytest.mark.parametrize("answer", [response(204), response(200, b"[]"), response(200)])
def test_every_answer_to_a_search_without_matches_are_fine(answer):
    expect.no_match(answer)
    expect.not_found(answer, "StudyInstanceUID", "1.2")


def test_empty_body_is_no_match_where_there_should_be_one():
    assert message(expect.one_match, response(200), "StudyInstanceUID", "1.2").startswith("the number of matches is 0")


def test_search_that_finds_too_much_is_named():
    assert message(expect.one_match, found("1.2", "1.3"), "StudyInstanceUID", "1.2").startswith(
        "StudyInstanceUID of a match is 1.3, should be 1.2"
    )
    assert message(expect.one_match, found("1.2", "1.2"), "StudyInstanceUID", "1.2").startswith(
        "the number of matches is 2, should be 1"
    )
    assert message(expect.no_match, found("1.2")).startswith("the number of matches is 1, should be 0")
    assert message(expect.not_found, found("1.2"), "StudyInstanceUID", "1.2").startswith(
        "StudyInstanceUID of a match is 1.2, should be gone"
    )


def test_web_page_is_no_list_of_matches():
    page = response(content=b"<html>", content_type="text/html")

    assert message(expect.no_match, page).startswith(
        "character 0 of the JSON of the body, with text/html is '<html>', should be valid JSON"
    )


def test_frame_may_have_its_pad_byte():
    frame = RED.frame
    for content in (frame, frame + b"\0"):
        body = multipart.related([("application/octet-stream", content)], BOUNDARY)
        expect.frame(response(content=body, content_type=f"multipart/related; boundary={BOUNDARY}"), frame)


def test_precondition_blocks_instead_of_failing():
    with pytest.raises(Blocked, match="status is 404, should be 200"):
        given.present(response(404))


def test_store_without_success_blocks_what_stands_on_it():
    given.accepted(response(202), by="seed-store-study")
    with pytest.raises(Blocked, match="the store returned 409") as blocked:
        given.accepted(response(409), by="seed-store-study")
    assert blocked.value.by == "seed-store-study"


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ((200, 204), "200 or 204"),
        (range(200, 300), "2xx"),
        ((200, *expect.REFUSALS), "200 or 4xx"),
        ((*range(200, 300), *expect.REFUSALS), "2xx or 4xx"),
        ((404, 410), "404 or 410"),
    ],
    ids=range(5),
)
def test_message_names_a_whole_class_once(codes, said):
    with pytest.raises(AssertionError, match=f"should be {said} "):
        expect.status(response(500), *codes)


@pytest.mark.parametrize(("status", "verdict"), [(404, None), (410, None), (204, Warn), (400, Warn), (500, Deviates)])
def test_delete_of_nothing(status, verdict):
    with pytest.raises(verdict) if verdict else nullcontext():
        expect.nothing_deleted(response(status))
