"""Faults in the negotiation of media types and character sets (PS3.18 8.7 and 8.8)."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..negotiation import Representation
from .altered import (
    Altered,
    accept,
    answer_fault,
    names,
    path,
    query,
    refused,
    request_fault,
    set_accept,
    set_query,
    with_body,
)
from .registry import fault

LATIN = "iso-8859-1"


@request_fault("no-accept-is-500", breaks=("COMMON-ACCEPT-001",), says="status is 500")
def no_accept_is_500(request: Request) -> Response | None:
    """Returns 500 for a GET without an Accept field."""
    return refused(500) if request.method == "GET" and not accept(request) else None


@request_fault(
    "any-type-is-refused",
    breaks=("COMMON-ACCEPT-002", "COMMON-MP-013"),
    says="status is 406",
    seen=("cornerstonejs/cornerstoneWADOImageLoader#359",),
)
def any_type_is_refused(request: Request) -> Response | None:
    """Refuses metadata to a client that accepts anything."""
    return refused(406) if accept(request) == "*/*" and path(request).endswith("/metadata") else None


@request_fault(
    "any-parts-of-a-search-are-refused",
    breaks=("COMMON-ACCEPT-003",),
    says="status is 406",
    seen=("dcm4che/dcm4chee-arc-light#2779",),
)
def any_parts_of_a_search_are_refused(request: Request) -> Response | None:
    """Refuses a search to a client that accepts multipart/*."""
    return refused(406) if accept(request) == "multipart/*" and path(request) == "/studies" else None


@request_fault(
    "ranges-are-refused",
    breaks=("COMMON-ACCEPT-003",),
    says="status is 406",
    seen=("dcm4che/dcm4chee-arc-light#2779",),
)
def ranges_are_refused(request: Request) -> Response | None:
    """Treats a media range such as image/* as an unknown media type."""
    return refused(406) if re.fullmatch(r"\w+/\*", accept(request)) else None


@request_fault(
    "weights-are-ignored",
    breaks=("COMMON-ACCEPT-004", "COMMON-ACCEPT-009"),
    says="the media type is",
)
def weights_are_ignored(request: Request) -> None:
    """Ignores weights in Accept."""
    if accept(request):
        set_accept(request, re.sub(r";q=[0-9.]+", "", accept(request)))


@request_fault("widest-range-weighs", breaks=("COMMON-ACCEPT-005",), says="the media type is image/jpeg")
def widest_range_weighs(request: Request) -> None:
    """Weighs a type by the widest range that matches it."""
    if "image/*" in accept(request):
        set_accept(request, re.sub(r", *image/[a-z]+[^,]*", "", accept(request)))


@request_fault(
    "accept-list-is-refused",
    breaks=("COMMON-ACCEPT-006", "COMMON-ACCEPT-014"),
    says="status is 400",
    seen=("OHIF/Viewers#3990", "orthanc-bz#216"),
)
def accept_list_is_refused(request: Request) -> Response | None:
    """Refuses metadata to a client that accepts several media types."""
    return refused(400) if "," in accept(request) and path(request).endswith("/metadata") else None


@request_fault(
    "accept-of-viewer-is-refused",
    breaks=("COMMON-ACCEPT-006",),
    says="status is 406",
    seen=("microsoft/dicom-server#3287",),
)
def accept_of_viewer_is_refused(request: Request) -> Response | None:
    """Refuses a search of a study's series to a client that accepts several media types."""
    return refused(406) if "," in accept(request) and path(request).endswith("/series") else None


@answer_fault(
    "unacceptable-is-400",
    breaks=("COMMON-ACCEPT-007",),
    says="status is 400",
    seen=("cornerstonejs/cornerstoneWADOImageLoader#356",),
)
def unacceptable_is_400(request: Request, response: Response) -> None:
    """Returns 400 for an Accept field that cannot be met."""
    if response.status_code == 406:
        response.status_code = 400


@request_fault("categories-are-mixed", breaks=("COMMON-ACCEPT-008", "COMMON-ACCEPTQ-005"), says="status is 200")
def categories_are_mixed(request: Request) -> None:
    """Selects the DICOM media types if DICOM and rendered ones are mixed."""
    set_query(request, query(request).replace(",text/html", ""))
    if "text/html" in accept(request):
        set_accept(request, accept(request).replace(", text/html", ""))


@request_fault("type-names-have-case", breaks=("COMMON-ACCEPT-010",), says="status is 406")
def type_names_have_case(request: Request) -> Response | None:
    """Does not know a media type with a capital letter."""
    return refused(406) if re.search(r"[A-Z]\w+/", accept(request)) else None


@request_fault(
    "quotes-are-demanded",
    breaks=("COMMON-ACCEPT-011",),
    says="status is 406",
    seen=("microsoft/dicom-server#1396",),
)
def quotes_are_demanded(request: Request) -> Response | None:
    """Ignores a type parameter without quotes."""
    return refused(406) if re.search(r"type=[^\"]", accept(request)) else None


@fault(
    "multipart-is-unwrapped",
    breaks=("COMMON-ACCEPT-011",),
    says="should be multipart/related",
    seen=(
        "ImagingDataCommons/dicomweb-client#41",
        "dcmjs-org/dicomweb-server#59",
        "microsoft/dicom-server!1364",
    ),
)
class MultipartIsUnwrapped(Origin):
    """Returns an instance requested as multipart/related as a single part, unless any transfer syntax is accepted."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        form = super().choose(request, forms)
        bare = form.media_type == "application/dicom" and "transfer-syntax" not in accept(request)
        return Representation(form.media_type, False, form.transfer_syntax) if bare and len(forms) > 2 else form


@request_fault("space-before-semicolon", breaks=("COMMON-ACCEPT-012",), says="status is 406")
def space_before_semicolon(request: Request) -> Response | None:
    """Does not know a media type that is followed by a space."""
    return refused(406) if " ;" in accept(request) else None


@request_fault("first-accept-line-only", breaks=("COMMON-ACCEPT-014",), says="status is 406")
def first_accept_line_only(request: Request) -> None:
    """Reads only the first of several Accept lines."""
    lines = request.headers.getlist("accept")
    if len(lines) > 1:
        set_accept(request, lines[0])


@request_fault("boundary-in-accept", breaks=("COMMON-ACCEPT-015",), says="status is 406")
def boundary_in_accept(request: Request) -> Response | None:
    """Does not know an accepted media type with a boundary."""
    return refused(406) if "boundary" in accept(request) else None


@request_fault("accept-parameter-is-ignored", breaks=("COMMON-ACCEPTQ-001",), says="the media type is")
def accept_parameter_is_ignored(request: Request) -> None:
    """Ignores the accept parameter."""
    set_query(request, re.sub("accept=[^&]*", "", query(request)))


@request_fault("accept-field-comes-first", breaks=("COMMON-ACCEPTQ-002",), says="the media type is")
def accept_field_comes_first(request: Request) -> None:
    """Ignores the accept parameter if the Accept field names a media type."""
    if accept(request) != "*/*":
        accept_parameter_is_ignored(request)


@request_fault("accept-parameter-has-wildcards", breaks=("COMMON-ACCEPTQ-003",), says="the media type is image/jpeg")
def accept_parameter_has_wildcards(request: Request) -> None:
    """Replaces the Accept field with a wildcard in the accept parameter."""
    if request.query_params.get("accept") == "*/*":
        set_accept(request, "*/*")


@request_fault("accept-parameter-is-enough", breaks=("COMMON-ACCEPTQ-006",), says="status is 200")
def accept_parameter_is_enough(request: Request) -> None:
    """Accepts the accept parameter in place of a missing Accept field."""
    if "accept" in names(request) and not accept(request):
        set_accept(request, "*/*")


@request_fault("unknown-accept-parameter-is-400", breaks=("COMMON-ACCEPTQ-007",), says="status is 400")
def unknown_accept_parameter_is_400(request: Request) -> Response | None:
    """Returns 400 for an accept parameter with an unknown media type."""
    return refused(400) if "x-foo" in request.query_params.get("accept", "") else None


@request_fault("accept-parameter-has-no-case", breaks=("COMMON-ACCEPTQ-008",), says="the media type is image/png")
def accept_parameter_has_no_case(request: Request) -> None:
    """Reads the parameter Accept as accept."""
    set_query(request, query(request).replace("Accept=", "accept="))


@request_fault("charset-is-refused", breaks=("COMMON-CHARSET-001", "COMMON-CHARSET-002"), says="status is 406")
def charset_is_refused(request: Request) -> Response | None:
    """Refuses a request with a charset parameter."""
    return refused(406) if "charset" in names(request) else None


@request_fault("accept-charset-is-refused", breaks=("COMMON-CHARSET-003",), says="status is 400")
def accept_charset_is_refused(request: Request) -> Response | None:
    """Refuses a request with Accept-Charset."""
    return refused(400) if "accept-charset" in request.headers else None


@request_fault("unknown-charset-is-500", breaks=("COMMON-CHARSET-002", "COMMON-CHARSET-004"), says="status is 500")
def unknown_charset_is_500(request: Request) -> Response | None:
    """Returns 500 for an unknown character set."""
    wishes = f"{request.headers.get('accept-charset', '')} {query(request)}"
    return refused(500) if "x-klingon" in wishes else None


@answer_fault("rendered-text-loses-characters", breaks=("COMMON-CHARSET-006",), says="is missing from the text")
def rendered_text_loses_characters(request: Request, response: Response) -> Response | None:
    """Replaces characters that are not ASCII with question marks in rendered reports."""
    if not response.headers.get("content-type", "").startswith("text/html"):
        return None
    return with_body(response, bytes(response.body).decode().encode("ascii", "replace"))


def _in_latin(response: Response) -> Response:
    response.headers["content-type"] = f"text/html; charset={LATIN}"
    return with_body(response, bytes(response.body).decode().encode(LATIN, "replace"))


@answer_fault("accept-charset-comes-first", breaks=("COMMON-CHARSET-009",), says="the charset is iso-8859-1")
def accept_charset_comes_first(request: Request, response: Response) -> Response | None:
    """Returns rendered reports in the character set of Accept-Charset, whatever the charset parameter says."""
    text = response.headers.get("content-type", "").startswith("text/html")
    return _in_latin(response) if text and LATIN in request.headers.get("accept-charset", "") else None


@request_fault("accept-charset-is-ignored", breaks=("COMMON-CHARSET-009",), says="should be iso-8859-1")
def accept_charset_is_ignored(request: Request) -> Response | None:
    """Ignores Accept-Charset."""
    request.scope["headers"] = [item for item in request.scope["headers"] if item[0] != b"accept-charset"]
    return None


@request_fault("charset-of-the-type-is-ignored", breaks=("COMMON-CHARSET-009",), says="should be iso-8859-1")
def charset_of_the_type_is_ignored(request: Request) -> Response | None:
    """Ignores the charset of an accepted media type."""
    if LATIN in accept(request):
        set_accept(request, accept(request).replace(f";charset={LATIN}", ""))
    return None


@fault("rendered-text-is-lossy", breaks=("COMMON-CHARSET-010",), says="lacks some of the characters")
class RenderedTextIsLossy(Altered):
    """Returns a rendered report in the requested character set even if that lacks its characters."""

    def asked(self, request: Request) -> None:
        if request.query_params.get("charset") == LATIN:
            request.scope["in_latin"] = True
            set_query(request, "")
            request.scope["headers"] = [item for item in request.scope["headers"] if item[0] != b"accept-charset"]

    def answered(self, request: Request, response: Response) -> Response | None:
        text = response.headers.get("content-type", "").startswith("text/html")
        return _in_latin(response) if text and "in_latin" in request.scope else None


@answer_fault("json-says-latin-1", breaks=("COMMON-CHARSET-007",), says="the charset is iso-8859-1")
def json_says_latin_1(request: Request, response: Response) -> None:
    """Labels metadata with another character set than UTF-8."""
    if response.headers.get("content-type") == "application/dicom+json" and path(request).endswith("/metadata"):
        response.headers["content-type"] = f"application/dicom+json; charset={LATIN}"


@request_fault("charset-of-type-is-refused", breaks=("COMMON-CHARSET-008",), says="status is 406")
def charset_of_type_is_refused(request: Request) -> Response | None:
    """Does not know an accepted media type with a charset parameter."""
    return refused(406) if "charset" in accept(request) else None


@answer_fault(
    "metadata-say-json",
    breaks=("COMMON-ACCEPT-006", "COMMON-ACCEPT-010", "COMMON-CHARSET-008"),
    says="the media type is application/json",
    seen=("dcm4che/dcm4chee-arc-light#633",),
)
def metadata_say_json(request: Request, response: Response) -> None:
    """Labels metadata requested as application/dicom+json as application/json."""
    _say_json(response, path(request).endswith("/metadata"))


@answer_fault(
    "search-says-json",
    breaks=("COMMON-ACCEPT-002", "COMMON-ACCEPT-006"),
    says="the media type is application/json",
    seen=("dcm4che/dcm4chee-arc-light#634",),
)
def search_says_json(request: Request, response: Response) -> None:
    """Labels matches requested as application/dicom+json as application/json."""
    _say_json(response, path(request).endswith(("/studies", "/series", "/instances")))


def _say_json(response: Response, wanted: bool) -> None:
    if wanted and response.headers.get("content-type") == "application/dicom+json":
        response.headers["content-type"] = "application/json"
