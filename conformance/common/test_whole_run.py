"""PS3.18 8.1.2, 8.4 and 8.5: the rules of every response, judged over all of the run so far."""

from __future__ import annotations

import re

from conformance.common.answers import (
    FIRST,
    bodiless,
    coded,
    codings_of,
    media_type,
    multipart_messages,
    of_status,
    payload,
    payloads,
    read,
    statuses_of_the_next,
    successes,
    surplus,
    whole,
)
from conformance.dicomweb import codings
from conformance.dicomweb.differences import difference
from conformance.dicomweb.messages import header
from conformance.kit import check, editions
from conformance.kit.accept import DICOM_JSON
from conformance.kit.verdicts import Observed

TEXT_TYPES = (DICOM_JSON, "application/json", "application/dicom+xml")
REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")
# A code, an agent and a text (RFC 7234 5.5); after a store also a DICOM status code, as in 10.5.3.2.
WARNING = re.compile(r"\d{3} \S+ .+")
WARNING_OF_A_STORE = re.compile(r"(\d{3}|[0-9A-Fa-f]{4}):? \S+ .+")


@check("COMMON-RESP-001", "every-request", follows=FIRST)
def test_every_request_is_answered(every):
    """Every request of the run had a response."""

    def wrong(answer):
        return answer.error and difference("the response", f"absent ({answer.error})", "there")

    every(list, wrong)


@check("COMMON-STATUS-015", follows=FIRST)
def test_503_is_not_for_now_and_then(every):
    """No request that returned 503 returned something else when it was repeated."""
    then: dict[str, int | None] = {}

    def reads(answers):
        then.update(statuses_of_the_next(answers))
        return [answer for answer in whole(answers) if answer.method in ("GET", "HEAD")]

    def wrong(answer):
        now_and_then = (
            answer.status == 503 and not answer.header("Retry-After") and then[answer.path] not in (None, 503)
        )
        return now_and_then and difference("status", 503, f"{then[answer.path]}, as when the request is sent again")

    every(reads, wrong)


@check("COMMON-RESP-002", follows=FIRST)
def test_status_code_is_of_a_known_class(every):
    """Every status code is between 100 and 599."""

    def wrong(answer):
        return not 100 <= answer.status <= 599 and difference("status", answer.status, "between 100 and 599")

    every(whole, wrong)


@check("COMMON-RESP-005", follows=FIRST)
def test_server_error_is_explained(every):
    """Every 5xx has a payload."""

    def wrong(answer):
        return not answer.size and difference(f"the body of status {answer.status}", "empty", "an explanation")

    every(of_status(*range(500, 600)), wrong, "a 5xx")


@check("COMMON-RESP-007", follows=FIRST)
def test_nothing_but_responses_to_requests_is_sent(every):
    """No connection has bytes after a response, and before the next request, that belong to no request."""

    def wrong(answer):
        more = surplus(answer)
        return more and difference("what follows the response", more, "nothing")

    every(whole, wrong)


@check("COMMON-HDR-004", "every-body", follows=FIRST)
def test_body_is_coded_as_content_encoding_says(every):
    """Every body with Content-Encoding can be decoded accordingly."""

    def wrong(answer):
        readable = set(codings_of(answer)) <= set(codings.WINDOWS)
        field = answer.header("Content-Encoding")
        found, wanted = f"not decodable ({answer.undecodable})", f"decodable as {field}"
        return readable and answer.undecodable and difference("the body", found, wanted)

    every(coded, wrong, "a body with Content-Encoding")


@check("COMMON-HDR-016", follows=FIRST)
def test_no_content_coding_that_is_not_accepted(every):
    """No body has a content coding that the Accept-Encoding of its request does not name."""

    def wrong(answer):
        accepted = header(answer.request_headers, "Accept-Encoding") or "*"
        words = [word.partition(";")[0].strip() for word in accepted.split(",") if not REFUSED.search(word)]
        more = [name for name in codings_of(answer) if not {name.removeprefix("x-"), "*"} & set(words)]
        wanted = f"absent, as Accept-Encoding is {accepted}"
        return more and difference("Content-Encoding", ", ".join(more), wanted)

    every(payloads, wrong)


@check("COMMON-URI-004", follows=FIRST)
def test_protocol_is_http_1_1(every):
    """Every response is HTTP/1.1."""

    def wrong(answer):
        version = answer.head.partition(b" ")[0].decode("latin-1")
        return version != "HTTP/1.1" and difference("the protocol", version, "HTTP/1.1")

    every(whole, wrong)


@check("COMMON-HDR-001", follows=FIRST)
def test_payload_has_a_content_type(every):
    """Every response with a payload has a Content-Type."""
    every(payloads, lambda answer: not answer.header("Content-Type") and difference("Content-Type", None, "there"))


@check("COMMON-HDR-002", follows=FIRST)
def test_content_type_only_with_a_payload(every):
    """No response without a payload has a Content-Type, and no 204 or 304 has a payload.

    A Content-Length of 0 says that there is a payload, which is empty (8.6): it may have a Content-Type.
    """

    def empty(answers):
        found = [item for item in whole(answers) if item.method != "HEAD"]
        return [item for item in found if bodiless(item) or not (item.size or _says_its_length(item))]

    def wrong(answer):
        if size := payload(answer):
            return difference(f"the payload of a {answer.status}", size, None)
        kind = answer.header("Content-Type")
        return kind and difference("Content-Type", kind, f"absent, as the {answer.status} has no payload")

    every(empty, wrong, "a response without payload")


def _says_its_length(answer):
    return answer.header("Content-Length") or answer.header("Transfer-Encoding")


@check("COMMON-HDR-003", follows=FIRST)
def test_length_is_said_in_one_way(every):
    """Every response with a payload has either a correct Content-Length, or Transfer-Encoding."""

    def wrong(answer):
        coding, length = answer.header("Transfer-Encoding"), answer.header("Content-Length")
        if coding:
            return length and difference("Content-Length", length, f"absent, as Transfer-Encoding is {coding}")
        return length != str(answer.size) and difference("Content-Length", length, answer.size)

    every(lambda answers: [item for item in payloads(answers) if item.head.startswith(b"HTTP/1.1")], wrong)


@check("COMMON-HDR-007", follows=FIRST)
def test_chunks_are_framed_well(every):
    """No response with Transfer-Encoding breaks off or has broken chunks."""

    def coded(answers):
        return [answer for answer in answers if re.search(rb"(?im)^transfer-encoding:", answer.head)]

    def wrong(answer):
        return answer.error and difference("the framing", f"broken ({answer.error})", "whole")

    every(coded, wrong, "a response in chunks")


@check("COMMON-HDR-008", follows=FIRST)
def test_parameter_of_a_media_type_is_given_once(every):
    """No Content-Type has two transfer-syntax or charset parameters, or transfer-syntax=*."""

    def wrong(answer):
        parts = read(answer).parts if multipart_messages([answer]) else ()
        for value in (answer.header("Content-Type") or "", *(part.header("Content-Type") or "" for part in parts)):
            names = re.findall(r"(?i);\s*(transfer-syntax|charset)\s*=", value)
            if len(names) > len({name.lower() for name in names}):
                return difference("Content-Type", value, "a media type with each parameter once")
            if re.search(r'(?i);\s*transfer-syntax\s*=\s*"?\*', value):
                return difference("Content-Type", value, "a media type with the UID of a transfer syntax")
        return None

    every(successes, wrong)


@check("COMMON-HDR-010", "every-answer", follows=FIRST)
def test_every_401_carries_a_challenge(every):
    """Every 401 of the run has WWW-Authenticate."""

    def wrong(answer):
        return not answer.header("WWW-Authenticate") and difference("WWW-Authenticate of a 401", None, "there")

    every(of_status(401), wrong, "a 401")


@check("COMMON-HDR-011", follows=FIRST)
def test_warning_has_its_shape(every):
    """Every Warning is a code, an agent and a text."""

    def wrong(answer):
        value = answer.header("Warning")
        form = WARNING_OF_A_STORE if answer.method == "POST" else WARNING
        return not form.match(value) and difference("Warning", value, "299 <service>: <text>")

    every(lambda answers: [item for item in whole(answers) if item.header("Warning")], wrong, "a Warning")


@check("COMMON-HDR-012", "every-answer", follows=FIRST)
def test_304_only_on_a_condition(every):
    """No request without a condition returns 304."""

    def unconditional(answers):
        return [item for item in whole(answers) if not any(name.startswith("If-") for name, _ in item.request_headers)]

    def wrong(answer):
        return answer.status == 304 and difference("status", 304, "200, as the request has no condition")

    every(unconditional, wrong)


@check("COMMON-HDR-015", follows=FIRST)
def test_head_has_no_payload(endpoint, stored, every):
    """No response to HEAD, of a search or of an instance, has a payload."""

    def wrong(answer):
        size = payload(answer)
        return size and difference("the payload of HEAD", size, None)

    (instance, *_) = stored("sample")
    endpoint.send("HEAD", f"studies?StudyInstanceUID={instance.study_uid}", accept=DICOM_JSON)
    endpoint.send("HEAD", instance.path, accept="*/*")

    every(lambda answers: [answer for answer in whole(answers) if answer.method == "HEAD"], wrong, "a HEAD")


@check("COMMON-CHARSET-007", follows=FIRST)
def test_text_is_utf8_by_default(every):
    """No JSON or XML response is in another character set than UTF-8, unless one was requested."""

    def unasked(answers):
        texts = [item for item in payloads(answers) if (kind := media_type(item)) and kind.essence in TEXT_TYPES]
        return [item for item in texts if not re.search("(?i)charset", f"{item.url} {item.request_headers}")]

    def wrong(answer):
        kind = media_type(answer)
        charset = (kind.get("charset") if kind else None) or "utf-8"
        return charset.lower() != "utf-8" and difference("the charset", charset, "utf-8")

    every(unasked, wrong, "a JSON response")


@check("COMMON-STATUS-004", follows=FIRST)
def test_413_is_explained(every):
    """Responses with 413 are recorded."""

    def wrong(answer):
        return not answer.size and difference("the body of status 413", "empty", "an explanation")

    every(of_status(413), wrong, "a 413")

    raise Observed("413 was returned, with a body")


@check("COMMON-STATUS-013", follows=FIRST)
def test_206_only_for_a_range(endpoint, every):
    """No search and no store returns 206; in editions since 2025c no retrieve does either, unless for a Range."""
    target = re.compile(r"/(studies|series|instances)(\?|$)")
    partial = endpoint.config.edition < editions.NO_PARTIAL_CONTENT

    def searched_or_stored(answers):
        return [item for item in whole(answers) if not partial or item.method == "POST" or target.search(item.url)]

    def wrong(answer):
        ranged = header(answer.request_headers, "Range")
        return answer.status == 206 and not ranged and difference("status", 206, "200, as the request has no Range")

    every(searched_or_stored, wrong)
