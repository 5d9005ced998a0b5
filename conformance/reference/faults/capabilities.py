"""Faults of the Retrieve Capabilities transaction (PS3.18 8.9)."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from .altered import accept, answer_fault, path, refused, replaced, request_fault, with_body

WADL, JSON = "application/vnd.sun.wadl+xml", "application/json"


def _describes(response: Response, media_type: str) -> bool:
    return response.status_code == 200 and response.headers.get("content-type") == media_type


@request_fault("options-is-405", breaks=("CAP-OPTIONS-001",), says="status is 405")
def options_is_405(request: Request) -> Response | None:
    """Returns 405 for OPTIONS."""
    return refused(405) if request.method == "OPTIONS" else None


@answer_fault("description-is-mislabelled", breaks=("CAP-OPTIONS-002",), says="the media type is text/xml")
def description_is_mislabelled(request: Request, response: Response) -> None:
    """Labels a description in WADL as text/xml."""
    if _describes(response, WADL):
        response.headers["content-type"] = "text/xml"


@answer_fault("description-is-xml", breaks=("CAP-OPTIONS-003",), says="the media type is application/xml")
def description_is_xml(request: Request, response: Response) -> None:
    """Labels a description as application/xml to a client that accepts WADL and JSON."""
    if request.method == "OPTIONS" and "," in accept(request) and response.status_code == 200:
        response.headers["content-type"] = "application/xml"


@answer_fault("description-without-content-type", breaks=("CAP-OPTIONS-004",), says="Content-Type is absent")
def description_without_content_type(request: Request, response: Response) -> None:
    """Returns a description without Content-Type."""
    if request.method == "OPTIONS" and response.status_code == 200:
        del response.headers["content-type"]


@request_fault("condition-on-options-is-500", breaks=("CAP-OPTIONS-005",), says="status is 500")
def condition_on_options_is_500(request: Request) -> Response | None:
    """Returns 500 for OPTIONS with a condition."""
    return refused(500) if request.method == "OPTIONS" and "if-none-match" in request.headers else None


@answer_fault("wadl-is-cut", breaks=("CAP-WADL-001",), says="of the document is not XML")
def wadl_is_cut(request: Request, response: Response) -> Response | None:
    """Returns a WADL document that ends in the middle."""
    body = bytes(response.body)
    return with_body(response, body[: len(body) // 2]) if _describes(response, WADL) else None


@answer_fault("wadl-names-another-base", breaks=("CAP-WADL-002",), says="base is http://pacs.internal")
def wadl_names_another_base(request: Request, response: Response) -> Response | None:
    """Names a host in the base of the WADL document that only the server's own network knows."""
    return (
        replaced(response, 'base="http://[^/]+', 'base="http://pacs.internal') if _describes(response, WADL) else None
    )


@answer_fault("wadl-lacks-metadata", breaks=("CAP-WADL-003",), says="is missing from the description")
def wadl_lacks_metadata(request: Request, response: Response) -> Response | None:
    """Omits the metadata resources from the WADL document."""
    return replaced(response, 'path="metadata"', 'path="attributes"') if _describes(response, WADL) else None


@request_fault("wadl-promises-too-much", breaks=("CAP-WADL-003",), says="as the description has GET of")
def wadl_promises_too_much(request: Request) -> Response | None:
    """Describes thumbnails that do not exist."""
    return refused(404) if path(request).endswith("/thumbnail") else None


@answer_fault("wadl-without-charset", breaks=("CAP-WADL-004",), says="charset is missing")
def wadl_without_charset(request: Request, response: Response) -> Response | None:
    """Omits character sets from the WADL document."""
    return replaced(response, r'name="(accept-)?charset"', 'name="encoding"') if _describes(response, WADL) else None


@answer_fault("json-description-without-base", breaks=("CAP-JSON-001",), says="the member @base of resources")
def json_description_without_base(request: Request, response: Response) -> Response | None:
    """Omits the @ from the members that represent XML attributes in the JSON description."""
    return with_body(response, re.sub(b'"@', b'"', bytes(response.body))) if _describes(response, JSON) else None


@answer_fault("json-description-without-methods", breaks=("CAP-JSON-001",), says="a member method is without @name")
def json_description_without_methods(request: Request, response: Response) -> Response | None:
    """Omits the names of methods from the JSON description."""
    return replaced(response, r'"@name":"(GET|POST|DELETE)",?', "") if _describes(response, JSON) else None


@answer_fault(
    "preflight-allows-no-fields",
    breaks=("CAP-CORS-001",),
    says="Access-Control-Allow-Headers is absent",
    seen=("microsoft/dicom-server#2021", "DICOMcloud/DICOMcloud#57"),
)
def preflight_allows_no_fields(request: Request, response: Response) -> None:
    """Does not list the allowed header fields in a preflight response."""
    if "access-control-allow-headers" in response.headers:
        del response.headers["access-control-allow-headers"]


@answer_fault(
    "answer-for-no-other-origin",
    breaks=("CAP-CORS-001",),
    says="Access-Control-Allow-Origin of a 200 is absent",
    seen=("OHIF/Viewers#2095", "ClearCanvas/ClearCanvas#306"),
)
def answer_for_no_other_origin(request: Request, response: Response) -> None:
    """Allows pages of other origins only in preflight responses."""
    if request.method == "GET" and "access-control-allow-origin" in response.headers:
        del response.headers["access-control-allow-origin"]
