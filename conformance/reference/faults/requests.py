"""Faults in the target, the query parameters and the status of a response (PS3.18 8.2, 8.3 and 8.5)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..archive import Instance
from ..target import Target
from .altered import (
    METHODS,
    Altered,
    answer_fault,
    names,
    on_the_wire,
    path,
    query,
    refused,
    replaced,
    request_fault,
    set_query,
    with_body,
)
from .registry import fault


@answer_fault("links-name-another-host", breaks=("COMMON-URI-001",), says="should be a URL below")
def links_name_another_host(request: Request, response: Response) -> Response | None:
    """Returns links in search results that name a host which only the server's own network knows."""
    return replaced(response, r"http://[^/\"]+/", "http://pacs.internal/") if path(request) == "/studies" else None


@answer_fault("unknown-resource-is-empty", breaks=("COMMON-URI-002",), says="status is 200")
def unknown_resource_is_empty(request: Request, response: Response) -> Response | None:
    """Returns 200 with an empty body for an unknown resource below a study."""
    unknown = response.body == b"there is no such resource" and path(request).startswith("/studies/")
    return Response(status_code=200) if unknown else None


@answer_fault("bad-uid-is-500", breaks=("COMMON-URI-003",), says="status is 500")
def bad_uid_is_500(request: Request, response: Response) -> Response | None:
    """Returns 500 for an invalid UID."""
    return refused(500) if response.status_code == 400 and b"not a UID" in bytes(response.body) else None


@request_fault("escapes-are-kept", breaks=("COMMON-URI-005",), says="status is 404")
def escapes_are_kept(request: Request) -> Response | None:
    """Does not decode a percent-encoded unreserved character."""
    written = request.scope["raw_path"].decode("latin-1") + query(request)
    return refused(404) if re.search("%(2E|3[0-9])", written) else None


@answer_fault("http-1-0", breaks=("COMMON-URI-004",), says="the protocol is HTTP/1.0")
def http_1_0(request: Request, response: Response) -> bytes | None:
    """Returns metadata in HTTP/1.0."""
    return on_the_wire(response, version="1.0") if path(request).endswith("/metadata") else None


@request_fault("unknown-method-is-dropped", breaks=("COMMON-RESP-001",), says="the response is absent")
def unknown_method_is_dropped(request: Request) -> bytes | None:
    """Closes the connection on an unknown method, without a response."""
    return None if request.method in METHODS else b""


@request_fault("status-is-600", breaks=("COMMON-RESP-002",), says="status is 600")
def status_is_600(request: Request) -> bytes | None:
    """Returns an invalid status code for PUT."""
    return b"HTTP/1.1 600 Own Code\r\nContent-Length: 0\r\n\r\n" if request.method == "PUT" else None


@request_fault("500-without-a-word", breaks=("COMMON-RESP-005",), says="the body of status 500 is empty")
def error_without_a_word(request: Request) -> Response | None:
    """Returns 500 for PUT without an explanation."""
    return Response(status_code=500) if request.method == "PUT" else None


@answer_fault(
    "failure-without-a-body",
    breaks=("COMMON-RESP-003", "COMMON-RESP-004", "COMMON-ACCEPT-013", "COMMON-STATUS-007"),
    says="is empty",
)
def failure_without_a_body(request: Request, response: Response) -> Response | None:
    """Returns refusals without a body."""
    return Response(status_code=response.status_code) if 400 <= response.status_code < 500 else None


@answer_fault("404-is-a-code", breaks=("COMMON-RESP-004",), says="without a word")
def not_found_is_a_code(request: Request, response: Response) -> Response | None:
    """Explains 404 with a number that only the vendor understands."""
    return with_body(response, b"0x80040215") if response.status_code == 404 else None


@answer_fault("406-is-an-image", breaks=("COMMON-RESP-006",), says="is image/png")
def not_acceptable_is_an_image(request: Request, response: Response) -> None:
    """Labels the body of a 406 as an image."""
    if response.status_code == 406:
        response.headers["content-type"] = "image/png"


@answer_fault("unknown-parameter-is-refused", breaks=("COMMON-QP-001",), says="status is 400")
def unknown_parameter_is_refused(request: Request, response: Response) -> Response | None:
    """Refuses a search with an unknown parameter."""
    return refused(400) if "was ignored" in response.headers.get("warning", "") else None


@request_fault("bad-limit-is-ignored", breaks=("COMMON-QP-002",), says="status is 200")
def bad_limit_is_ignored(request: Request) -> None:
    """Ignores a limit that is not a number."""
    set_query(request, re.sub("&?limit=[a-z]+", "", query(request)))


@request_fault("parameters-have-no-case", breaks=("COMMON-QP-003",), says="the number of matches is 1")
def parameters_have_no_case(request: Request) -> None:
    """Reads LIMIT as limit."""
    set_query(request, query(request).replace("LIMIT=", "limit="))


@request_fault("keywords-have-no-case", breaks=("COMMON-QP-004",), says="the number of matches is 0")
def keywords_have_no_case(request: Request) -> None:
    """Reads patientid as PatientID."""
    set_query(request, query(request).replace("patientid=", "PatientID="))


@request_fault("query-is-decoded-too-early", breaks=("COMMON-QP-005",), says="the number of matches is 0")
def query_is_decoded_too_early(request: Request) -> None:
    """Decodes a query before it splits it, so that a "&" in a value ends the value."""
    request.scope["query_string"] = unquote_to_bytes(request.scope["query_string"])


@request_fault("names-match-in-ascii", breaks=("COMMON-QP-006",), says="the number of matches is 0")
def names_match_in_ascii(request: Request) -> Response | None:
    """Finds nothing in a search by a value that is not ASCII."""
    ascii_only = unquote_to_bytes(request.scope["query_string"]).isascii()
    return None if ascii_only else JSONResponse([], media_type="application/dicom+json")


@request_fault("padding-is-compared", breaks=("COMMON-QP-008",), says="the number of matches is 0")
def padding_is_compared(request: Request) -> Response | None:
    """Indexes a Patient ID of odd length with its space, and does not find it without."""
    odd = len(request.query_params.get("PatientID", "")) % 2 and "StudyInstanceUID" in names(request)
    return JSONResponse([], media_type="application/dicom+json") if odd else None


@answer_fault("absent-series-is-empty", breaks=("COMMON-STATUS-001",), says="status is 200")
def absent_series_is_empty(request: Request, response: Response) -> Response | None:
    """Returns 200 with an empty body for a series that does not exist."""
    return Response(status_code=200) if bytes(response.body).startswith(b"there is no series") else None


@fault("deleted-study-is-500", breaks=("COMMON-STATUS-002",), says="status is 500")
class DeletedStudyIs500(Altered):
    """Returns 500 for a deleted study."""

    deleted: frozenset[str | None] = frozenset()

    def remove(self, target: Target) -> int:
        self.deleted |= {target.study}
        return super().remove(target)

    def retrieved(self, target: Target) -> list[Instance]:
        if target.level == "study" and target.study in self.deleted:
            raise HTTPException(500, "the study was deleted while it was read")
        return super().retrieved(target)


@answer_fault("405-without-allow", breaks=("COMMON-STATUS-003",), says="Allow is absent")
def method_not_allowed_without_allow(request: Request, response: Response) -> None:
    """Returns 405 without Allow."""
    if response.status_code == 405 and "allow" in response.headers:
        del response.headers["allow"]


@request_fault("long-target-is-500", breaks=("COMMON-STATUS-005",), says="status is 500")
def long_target_is_500(request: Request) -> Response | None:
    """Returns 500 for a query of more than 8 kB."""
    return refused(500) if len(query(request)) > 8192 else None


@answer_fault("unsupported-store-is-taken", breaks=("COMMON-STATUS-006",), says="status is 200")
def unsupported_store_is_taken(request: Request, response: Response) -> Response | None:
    """Returns 200 for a store of text, and stores nothing."""
    return JSONResponse({}, media_type="application/dicom+json") if response.status_code == 415 else None


@fault("unknown-sop-class-is-500", breaks=("COMMON-STATUS-011",), says="status is 500")
class UnknownSOPClassIs500(Altered):
    """Returns 500 for the store of an unknown SOP Class."""

    def admit(self, instance: Instance, target: Target) -> None:
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise HTTPException(500, f"the SOP Class {instance.sop_class} is not in the table")
        super().admit(instance, target)


@answer_fault(
    "206-for-a-search", breaks=("COMMON-STATUS-013",), says="status is 206", seen=("dcm4che/dcm4chee-arc-light#484",)
)
def partial_content_for_a_search(request: Request, response: Response) -> None:
    """Returns 206 for a search whose response has a Warning."""
    if response.status_code == 200 and "warning" in response.headers:
        response.status_code = 206
