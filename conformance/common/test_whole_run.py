"""PS3.18 8.1.2, 8.4 and 8.5: the rules of every response, judged over all of the run so far."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check, editions
from conformance.kit.accept import DICOM_JSON
from conformance.kit.verdicts import Observed
from conformance.rules import http, validators
from conformance.rules.responses import coded, of_status, payloads, successes, whole


@check("COMMON-RESP-001", "every-request", follows=FIRST)
def test_every_request_is_answered(every):
    """Every request of the run had a response."""
    every(list, http.unanswered)


@check("COMMON-STATUS-015", follows=FIRST)
def test_503_is_not_for_now_and_then(every, answers):
    """No request that returned 503 returned something else when it was repeated."""
    every(http.reads, http.repeated_with_another_status(answers))


@check("COMMON-RESP-002", follows=FIRST)
def test_status_code_is_of_a_known_class(every):
    """Every status code is between 100 and 599."""
    every(whole, http.of_no_class)


@check("COMMON-RESP-005", follows=FIRST)
def test_server_error_is_explained(every):
    """Every 5xx has a payload."""
    every(of_status(*range(500, 600)), http.unexplained, "a 5xx")


@check("COMMON-STATUS-016", "every-answer", follows=(*FIRST, "RETRIEVE-BULK-009"))
def test_no_request_makes_the_server_fail(every, without_deviation):
    """No request returns 500, but for those whose check deviates by itself, and those of what is charged as missing."""
    every(without_deviation, http.failed)


@check("COMMON-RESP-007", follows=FIRST)
def test_nothing_but_responses_to_requests_is_sent(every):
    """No connection has bytes after a response, and before the next request, that belong to no request."""
    every(whole, http.followed)


@check("COMMON-HDR-004", "every-body", follows=FIRST)
def test_body_is_coded_as_content_encoding_says(every):
    """Every body with Content-Encoding can be decoded accordingly."""
    every(coded, http.undecodable, "a body with Content-Encoding")


@check("COMMON-HDR-016", follows=FIRST)
def test_no_content_coding_that_is_not_accepted(every):
    """No body has a content coding that the Accept-Encoding of its request does not name."""
    every(payloads, http.coded_unasked)


@check("COMMON-URI-004", follows=FIRST)
def test_protocol_is_http_1_1(every):
    """Every response is HTTP/1.1."""
    every(whole, http.of_another_protocol)


@check("COMMON-HDR-001", follows=FIRST)
def test_payload_has_a_content_type(every):
    """Every response with a payload has a Content-Type."""
    every(payloads, http.untyped)


@check("COMMON-HDR-002", follows=FIRST)
def test_content_type_only_with_a_payload(every):
    """No response without a payload has a Content-Type, and no 204 or 304 has a payload.

    A Content-Length of 0 says that there is a payload, which is empty (8.6): it may have a Content-Type.
    """
    every(http.empty, http.typed_without_payload, "a response without payload")


@check("COMMON-HDR-003", follows=FIRST)
def test_length_is_said_in_one_way(every):
    """Every response with a payload has either a correct Content-Length, or Transfer-Encoding."""
    every(http.payloads_of_1_1, http.of_another_length)


@check("COMMON-HDR-007", follows=FIRST)
def test_chunks_are_framed_well(every):
    """No response with Transfer-Encoding breaks off or has broken chunks."""
    every(http.in_chunks, http.broken_off, "a response in chunks")


@check("COMMON-HDR-008", follows=FIRST)
def test_parameter_of_a_media_type_is_given_once(every):
    """No Content-Type has two transfer-syntax or charset parameters, or transfer-syntax=*."""
    every(successes, http.parameter_twice)


@check("COMMON-HDR-010", "every-answer", follows=FIRST)
def test_every_401_carries_a_challenge(every):
    """Every 401 of the run has WWW-Authenticate."""
    every(of_status(401), http.without_challenge, "a 401")


@check("COMMON-HDR-011", follows=FIRST)
def test_warning_has_its_shape(every):
    """Every Warning is a code, an agent and a text."""
    every(http.warned, http.warning_of_another_form, "a Warning")


@check("COMMON-HDR-019", follows=FIRST)
def test_entity_tag_has_its_shape(every):
    """Every ETag is an entity tag in quotation marks."""
    every(http.tagged, http.tag_of_another_form, "an ETag")


@check("COMMON-HDR-022", follows=(*FIRST, "COMMON-HDR-004"))
def test_strong_entity_tag_is_of_one_body(every, answers):
    """No strong ETag of a resource stands for two media types, content codings or sizes."""
    every(validators.strongly_tagged, validators.of_two_bodies(answers), "a strong ETag")


@check("COMMON-HDR-023", follows=(*FIRST, "COMMON-HDR-004"))
def test_content_coding_is_named_in_vary(every):
    """Every body that is coded because the request accepts it has Accept-Encoding in Vary."""
    every(validators.coded_on_request, validators.uncached, "a body with Content-Encoding")


@check("COMMON-HDR-021", follows=FIRST)
def test_dates_of_a_response(every):
    """Every 2xx, 3xx and 4xx has a Date in GMT, and no Last-Modified is later."""
    every(http.timed, http.dated_wrongly)


@check("COMMON-HDR-012", "every-answer", follows=FIRST)
def test_304_only_on_a_condition(every):
    """No request without a condition returns 304."""
    every(http.unconditional, http.not_modified)


@check("COMMON-HDR-015", follows=FIRST)
def test_head_has_no_payload(endpoint, stored, every):
    """No response to HEAD, of a search or of an instance, has a payload."""
    (instance, *_) = stored("sample")
    endpoint.send("HEAD", f"studies?StudyInstanceUID={instance.study_uid}", accept=DICOM_JSON)
    endpoint.send("HEAD", instance.path, accept="*/*")

    every(http.to_head, http.with_payload, "a HEAD")


@check("COMMON-HDR-013", "every-answer", follows=FIRST)
def test_range_names_the_size_of_the_whole(every, answers):
    """No file, frame or value of the run has another size than the Content-Range of a part of it has named."""
    every(http.reads, http.of_another_size(answers))


@check("COMMON-CHARSET-007", follows=FIRST)
def test_text_is_utf8_by_default(every):
    """No JSON or XML response is in another character set than UTF-8, unless one was requested."""
    every(http.text, http.in_another_charset, "a JSON response")


@check("COMMON-STATUS-003", "every-answer", follows=(*FIRST, "STOW-REQ-014", "STOW-REQ-015"))
def test_every_405_lists_the_methods(every):
    """Every 405 of the run has Allow, which does not list the refused method."""
    every(of_status(405), http.without_allow, "a 405")


@check("COMMON-STATUS-004", follows=FIRST)
def test_413_is_explained(every):
    """Responses with 413 are recorded."""
    every(of_status(413), http.unexplained, "a 413")

    raise Observed("413 was returned, with a body")


@check("COMMON-STATUS-013", follows=FIRST)
def test_206_only_for_a_range(endpoint, every):
    """No search and no store returns 206; in editions since 2025c no retrieve does either, unless for a Range."""
    every(http.searched_or_stored if endpoint.config.edition < editions.NO_PARTIAL_CONTENT else whole, http.partial)
