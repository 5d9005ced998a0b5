"""Faults in the status and the media type of a search response (PS3.18 10.6.3, 10.6.4)."""

from __future__ import annotations

import json
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..answers import DICOM_JSON
from ..app import Origin
from ..attributes import tag
from ..target import Target
from .altered import accept, answer_fault, path, refused, request_fault, with_body
from .registry import fault


@answer_fault(
    "matches-say-json",
    breaks=("SEARCH-MEDIA-001",),
    says="the media type is application/json",
    seen=("dcm4che/dcm4chee-arc-light#634",),
)
def matches_say_json(request: Request, response: Response) -> None:
    """Labels instances searched for as application/dicom+json as application/json."""
    if path(request) == "/instances" and response.headers.get("content-type") == DICOM_JSON:
        response.headers["content-type"] = "application/json"


@request_fault("xml-by-default", breaks=("SEARCH-MEDIA-001",), says="of the body, with multipart/related")
def xml_by_default(request: Request) -> None:
    """Returns XML for a search for series by a client that accepts anything."""
    if path(request) == "/series" and accept(request) == "*/*":
        others = [(name, text) for name, text in request.scope["headers"] if name != b"accept"]
        request.scope["headers"] = [*others, (b"accept", b'multipart/related; type="application/dicom+xml"')]


@request_fault("search-has-no-xml", breaks=("SEARCH-MEDIA-002",), says="status is 406")
def search_has_no_xml(request: Request) -> Response | None:
    """Returns search results only in JSON."""
    search = path(request).endswith(("/studies", "/series", "/instances"))
    return refused(406) if search and request.method == "GET" and accept(request).endswith('dicom+xml"') else None


@answer_fault("matches-in-one-part", breaks=("SEARCH-MEDIA-002",), says="is not in a part")
def matches_in_one_part(request: Request, response: Response) -> Response | None:
    """Returns a part in XML only for the first of several matches."""
    boundary = re.search('dicom\\+xml"; boundary=(.+)', response.headers.get("content-type", ""))
    if not boundary or path(request).endswith("/metadata"):
        return None
    delimiter = f"--{boundary[1]}".encode()
    start, first, *_ = bytes(response.body).split(delimiter)
    return with_body(response, start + delimiter + first + delimiter + b"--\r\n")


@answer_fault(
    "cut-list-is-206",
    breaks=("SEARCH-STATUS-001",),
    says="status is 206",
    seen=("dcm4che/dcm4chee-arc-light#484",),
)
def cut_list_is_206(request: Request, response: Response) -> None:
    """Returns 206 for a truncated list of matches."""
    if "additional results" in response.headers.get("warning", ""):
        response.status_code = 206


@fault("no-match-in-a-study-is-404", breaks=("SEARCH-STATUS-002",), says="status is 404")
class NoMatchInAStudyIs404(Origin):
    """Returns 404 for a search below a study that matches nothing."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if Target.of(request).study and bytes(response.body) == b"[]":
            raise HTTPException(404, "nothing matches")
        return response


@answer_fault("no-match-is-an-empty-match", breaks=("SEARCH-STATUS-002",), says="the number of matches is 1")
def no_match_is_an_empty_match(request: Request, response: Response) -> Response | None:
    """Returns one match without attributes for a search for the instances of an unknown patient."""
    missed = path(request) == "/instances" and "PatientID" in request.query_params and response.body == b"[]"
    return with_body(response, b"[{}]") if missed else None


@answer_fault(
    "no-match-is-a-page-everywhere",
    breaks=("SEARCH-STATUS-002",),
    says="text/html",
    seen=("ImagingDataCommons/slim#51",),
)
def no_match_is_a_page_everywhere(request: Request, response: Response) -> Response | None:
    """Returns 200 with a web page for a search for series that matches nothing."""
    if path(request) != "/series" or response.body != b"[]":
        return None
    return Response("<!doctype html><title>Archive</title>", media_type="text/html")


@fault("matches-have-empty-values", breaks=("SEARCH-RESP-001",), says="Value")
class MatchesHaveEmptyValues(Origin):
    """Returns an empty Value list for an attribute without a value in a list of studies."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if response.headers.get("content-type") != DICOM_JSON or level != "study":
            return response
        matches = json.loads(bytes(response.body))
        for match in matches:
            for attribute in match.values():
                if set(attribute) == {"vr"}:
                    attribute["Value"] = []
        return with_body(response, json.dumps(matches, ensure_ascii=False).encode())


@fault(
    "urls-are-of-the-first-study",
    breaks=("SEARCH-ATTR-SERIES-00081190", "SEARCH-ATTR-INSTANCE-00081190"),
    says="as the match has",
    seen=("dcm4che/dcm4chee-arc-light#4062",),
)
class UrlsAreOfTheFirstStudy(Origin):
    """Returns RetrieveURLs with the study of the first match for the series and instances of several studies."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if level == "study" or not bytes(response.body).startswith(b"[{"):
            return response
        matches = json.loads(bytes(response.body))
        first = matches[0].get(tag("StudyInstanceUID"), {}).get("Value")
        for match in matches:
            url, own = match.get(tag("RetrieveURL")), match.get(tag("StudyInstanceUID"), {}).get("Value")
            if first and own and url:
                url["Value"] = [url["Value"][0].replace(f"/studies/{own[0]}/", f"/studies/{first[0]}/")]
        return with_body(response, json.dumps(matches).encode())
