"""Faults of messages: header fields, framing and multipart (PS3.18 8.4 and 8.6, RFC 2046, RFC 9112)."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..app import Origin
from .altered import METHODS, answer_fault, on_the_wire, path, refused, replaced, request_fault, with_body
from .registry import fault


def _is_study(request: Request, response: Response) -> bool:
    """Whether a study is returned as files: most faults of multipart messages apply to it."""
    sent = response.status_code == 200 and "multipart" in response.headers.get("content-type", "")
    return sent and request.method == "GET" and re.fullmatch("/studies/[0-9.]+", path(request)) is not None


@answer_fault(
    "failure-without-content-type",
    breaks=("COMMON-HDR-001", "COMMON-RESP-003", "COMMON-RESP-006"),
    says="Content-Type is absent",
    seen=("Orthanc 1.10.1",),
)
def failure_without_content_type(request: Request, response: Response) -> None:
    """Returns the body of a failure without Content-Type."""
    if response.status_code >= 400:
        del response.headers["content-type"]


@request_fault("content-type-without-payload", breaks=("COMMON-HDR-002",), says="Content-Type is text/plain")
def content_type_without_payload(request: Request) -> Response | None:
    """Returns a Content-Type without a payload for PUT."""
    return Response(status_code=204, headers={"Content-Type": "text/plain"}) if request.method == "PUT" else None


@answer_fault("length-is-said-twice", breaks=("COMMON-HDR-003",), says="should be absent, as Transfer-Encoding is")
def length_is_said_twice(request: Request, response: Response) -> bytes | None:
    """Returns metadata in chunks and with a Content-Length."""
    if not path(request).endswith("/metadata") or request.method != "GET":
        return None
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(response.body), response.body)
    length = f"content-length: {len(response.body)}\r\n"
    response.body = chunk
    more = f"{length}transfer-encoding: chunked\r\n"
    return on_the_wire(response, without=("content-length",), more=more)


@answer_fault(
    "length-is-not-said", breaks=("COMMON-HDR-003",), says="Content-Length is absent", seen=("Orthanc 1.10.1",)
)
def length_is_not_said(request: Request, response: Response) -> bytes | None:
    """Returns metadata that end only when the connection is closed."""
    if not path(request).endswith("/metadata") or request.method != "GET":
        return None
    return on_the_wire(response, without=("content-length",))


@answer_fault("metadata-are-sent-twice", breaks=("COMMON-RESP-007",), says="belong to no request: HTTP/1.1 200")
def metadata_are_sent_twice(request: Request, response: Response) -> bytes | None:
    """Sends two responses to a request for metadata."""
    if not path(request).endswith("/metadata") or request.method != "GET":
        return None
    return on_the_wire(response) * 2


@answer_fault("gzip-without-label", breaks=("COMMON-HDR-004",), says="should be gzip")
def gzip_without_label(request: Request, response: Response) -> None:
    """Does not label a compressed body as such."""
    if "content-encoding" in response.headers:
        del response.headers["content-encoding"]


@answer_fault("label-without-gzip", breaks=("COMMON-HDR-004",), says="cannot be decoded so")
def label_without_gzip(request: Request, response: Response) -> None:
    """Labels metadata as gzip that are not compressed."""
    if path(request).endswith("/metadata") and request.method == "GET" and response.status_code == 200:
        response.headers["content-encoding"] = "gzip"


@fault("gzip-for-everybody", breaks=("COMMON-HDR-016",), says="Content-Encoding is gzip, should be absent")
class GzipForEverybody(Origin):
    """Returns text in gzip, whatever Accept-Encoding says."""

    def is_accepted(self, request: Request, coding: str) -> bool:
        return True


@fault("gzip-of-weight-zero", breaks=("COMMON-HDR-016",), says="Content-Encoding is gzip, should be absent")
class GzipOfWeightZero(Origin):
    """Returns text in gzip if Accept-Encoding names it, even to refuse it."""

    def is_accepted(self, request: Request, coding: str) -> bool:
        return coding in request.headers.get("accept-encoding", "")


@answer_fault("no-content-location", breaks=("COMMON-HDR-005", "COMMON-MP-009"), says="is absent, should be there")
def no_content_location(request: Request, response: Response) -> Response | None:
    """Returns no Content-Location, neither of the message nor of a part."""
    if "content-location" in response.headers:
        del response.headers["content-location"]
    multipart = "multipart" in response.headers.get("content-type", "")
    return replaced(response, r"Content-Location: [^\r]*\r\n", "") if multipart else None


@answer_fault(
    "frame-location-is-doubled",
    breaks=("COMMON-MP-009",),
    says="Content-Location of part 1 is",
    seen=("dcm4che/dcm4chee-arc-light#2752",),
)
def frame_location_is_doubled(request: Request, response: Response) -> Response | None:
    """Repeats the last segment of the URL in the Content-Location of a frame."""
    return replaced(response, r"(Content-Location: [^\r]*)(/frames/\d+)\r\n", r"\1\2\2\r\n")


@request_fault("chunks-are-broken", breaks=("COMMON-HDR-007", "COMMON-RESP-001"), says="illegal chunk header")
def chunks_are_broken(request: Request) -> bytes | None:
    """Returns the failure of an unknown method in chunks without their size."""
    head = b"HTTP/1.1 405 Method Not Allowed\r\nTransfer-Encoding: chunked\r\nAllow: GET\r\n\r\n"
    return None if request.method in METHODS else head + b"there is no such method\r\n0\r\n\r\n"


@request_fault("401-without-challenge", breaks=("COMMON-HDR-010",), says="WWW-Authenticate of a 401 is absent")
def unauthorized_without_challenge(request: Request) -> Response | None:
    """Returns 401 for PUT without WWW-Authenticate."""
    return refused(401) if request.method == "PUT" else None


@answer_fault("warning-without-a-code", breaks=("COMMON-HDR-011",), says="Warning is Ignored")
def warning_without_a_code(request: Request, response: Response) -> None:
    """Returns a Warning without a code."""
    if "warning" in response.headers:
        response.headers["warning"] = "Ignored a parameter"


@answer_fault(
    "warning-without-an-agent",
    breaks=("COMMON-HDR-011",),
    says='Warning is 299 "',
    seen=("microsoft/dicom-server!1519",),
)
def warning_without_an_agent(request: Request, response: Response) -> None:
    """Returns a Warning whose text follows its code."""
    if warning := response.headers.get("warning"):
        response.headers["warning"] = re.sub(r"^299 \S+ ", "299 ", warning)


@request_fault("304-without-a-condition", breaks=("COMMON-HDR-012",), says="status is 304")
def not_modified_without_a_condition(request: Request) -> Response | None:
    """Returns 304 for PUT without a condition."""
    return Response(status_code=304) if request.method == "PUT" else None


@answer_fault("no-content-range", breaks=("COMMON-HDR-013", "COMMON-HDR-014"), says="Content-Range is absent")
def no_content_range(request: Request, response: Response) -> None:
    """Returns a range without Content-Range."""
    if "content-range" in response.headers:
        del response.headers["content-range"]


@answer_fault("head-with-a-payload", breaks=("COMMON-HDR-015",), says="the payload of HEAD is")
def head_with_a_payload(request: Request, response: Response) -> bytes | None:
    """Returns the payload of GET for HEAD."""
    return on_the_wire(response) if request.method == "HEAD" else None


@answer_fault("multipart-without-type", breaks=("COMMON-MP-001",), says="should be multipart/related with type")
def multipart_without_type(request: Request, response: Response) -> None:
    """Returns the multipart message of a study without a type parameter."""
    if _is_study(request, response):
        response.headers["content-type"] = response.headers["content-type"].replace('type="application/dicom"; ', "")


@answer_fault("part-without-content-type", breaks=("COMMON-MP-003",), says="Content-Type of part 1 is absent")
def part_without_content_type(request: Request, response: Response) -> Response | None:
    """Returns the parts of a study without Content-Type."""
    return replaced(response, r"Content-Type: [^\r]*\r\n", "") if _is_study(request, response) else None


@answer_fault(
    "type-is-of-no-part",
    breaks=("COMMON-MP-004", "COMMON-MP-015"),
    says="application/octet-stream",
    seen=("dcm4che/dcm4chee-arc-light#3443",),
)
def type_is_of_no_part(request: Request, response: Response) -> None:
    """Returns a study with a type parameter that is not the media type of its parts."""
    if _is_study(request, response):
        other = response.headers["content-type"].replace("application/dicom", "application/octet-stream")
        response.headers["content-type"] = other


@answer_fault("message-is-not-closed", breaks=("COMMON-MP-005",), says="the end of the body")
def message_is_not_closed(request: Request, response: Response) -> Response | None:
    """Returns a study without the closing delimiter."""
    if not _is_study(request, response):
        return None
    body = bytes(response.body)
    return with_body(response, body[: body.rindex(b"\r\n--")])


@fault("boundary-is-too-long", breaks=("COMMON-MP-006",), says="the length of the boundary is 96 characters")
class BoundaryIsTooLong(Origin):
    """Returns a boundary with more than the allowed 70 characters."""

    def boundary(self) -> str:
        return super().boundary() * 3


@fault("boundary-is-always-the-same", breaks=("COMMON-MP-007",), says="PixelData", seen=("UMEssen/DICOM-RST!59",))
class BoundaryIsAlwaysTheSame(Origin):
    """Uses the same boundary in every message, so that a stored instance may contain it."""

    def boundary(self) -> str:
        return "frontier"


@answer_fault("part-length-is-wrong", breaks=("COMMON-MP-008",), says="Content-Length of part 1 is 7, should be")
def part_length_is_wrong(request: Request, response: Response) -> Response | None:
    """Returns the parts of a study with a Content-Length of 7 bytes."""
    wrong = r"Content-Length: \d+\r\n"
    return replaced(response, wrong, "Content-Length: 7\r\n") if _is_study(request, response) else None


@answer_fault("framing-with-bare-lf", breaks=("COMMON-MP-010",), says="alone, should be CR LF")
def framing_with_bare_lf(request: Request, response: Response) -> Response | None:
    """Ends the header lines of a study's parts with a bare LF."""
    lines = r"(Content-[A-Z][a-z]+: [^\r]*)\r\n"
    return replaced(response, lines, r"\1\n") if _is_study(request, response) else None


@request_fault("start-parameter-is-refused", breaks=("COMMON-MP-012",), says="status is 400")
def start_parameter_is_refused(request: Request) -> Response | None:
    """Refuses a store that names its root part."""
    return refused(400) if "start=" in request.headers.get("content-type", "") else None


@request_fault("boundary-with-space-is-refused", breaks=("COMMON-MP-014",), says="status is 400")
def boundary_with_space_is_refused(request: Request) -> Response | None:
    """Refuses a store whose boundary has a space."""
    return refused(400) if re.search('boundary="[^"]* ', request.headers.get("content-type", "")) else None


@answer_fault("json-in-multipart", breaks=("COMMON-MP-013",), says="is wrapped in multipart/related")
def json_in_multipart(request: Request, response: Response) -> Response | None:
    """Returns metadata as part of a multipart message to a client that accepts anything."""
    if not (path(request).endswith("/metadata") and request.headers.get("accept") == "*/*"):
        return None
    response.headers["content-type"] = 'multipart/related; type="application/dicom+json"; boundary=frontier'
    head = b"--frontier\r\nContent-Type: application/dicom+json\r\n\r\n"
    return with_body(response, head + bytes(response.body) + b"\r\n--frontier--\r\n")


@fault("refused-body-is-a-request", breaks=("COMMON-RESP-007",), says="status is 400, should be 200")
class RefusedBodyIsARequest(Origin):
    """Leaves the body of a refused store unread, and takes it for the next request of the connection."""

    def app(self) -> ASGIApp:
        app = super().app()
        unread: set[Any] = set()  # addresses of clients

        async def leaving(scope: Scope, receive: Receive, send: Send) -> None:
            client = scope["client"]

            async def noting(message: Message) -> None:
                if message.get("status") == 415:
                    unread.add(client)
                await send(message)

            if client in unread:
                unread.remove(client)
                await refused(400)(scope, receive, send)
            else:
                await app(scope, receive, noting)

        return leaving


@request_fault("boundary-with-colon-is-refused", breaks=("COMMON-MP-014",), says="status is 400")
def boundary_with_colon_is_refused(request: Request) -> Response | None:
    """Refuses a store whose boundary has a colon, in quotation marks."""
    return refused(400) if re.search('boundary="[^"]*:', request.headers.get("content-type", "")) else None


@fault("gzip-of-long-text-is-cut", breaks=("COMMON-HDR-004",), says="the gzip body is")
class GzipOfLongTextIsCut(Origin):
    """Returns text of more than 64 KiB in gzip without its end."""

    def compress(self, request: Request, response: Response) -> None:
        size = len(getattr(response, "body", b""))
        super().compress(request, response)
        if size > 0x10000 and response.headers.get("content-encoding") == "gzip":
            with_body(response, bytes(response.body)[:-16])
