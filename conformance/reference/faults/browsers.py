"""Faults that only a browser, a cache or a client in pieces meets: CORS, HEAD, ranges, entity tags, thumbnails."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive
from ..multipart import Content
from .altered import Altered, accept, answer_fault, path, query, refused, request_fault
from .registry import fault


@request_fault("preflight-below-a-series-is-405", breaks=("CAP-CORS-001",), says="status is 405")
def preflight_below_a_series_is_405(request: Request) -> Response | None:
    """Refuses preflights of frames with 405."""
    return refused(405) if request.method == "OPTIONS" and "/frames/" in path(request) else None


@answer_fault("refusals-without-cors", breaks=("CAP-CORS-001",), says="of a 406 is absent")
def refusals_without_cors(request: Request, response: Response) -> None:
    """Returns a 406 that only pages of the same origin can read."""
    if response.status_code == 406:
        del response.headers["access-control-allow-origin"]


@request_fault("stranger-gets-a-page", breaks=("COMMON-STATUS-014",), says="a 200 with text/html")
def stranger_gets_a_page(request: Request) -> Response | None:
    """Returns 200 with a login page for a search of one study with limit and without credentials."""
    asked = query(request).startswith("StudyInstanceUID=") and query(request).endswith("&limit=1")
    return Response("<html><title>Log in</title></html>", media_type="text/html") if asked else None


@answer_fault("head-has-a-length-of-zero", breaks=("COMMON-HDR-017",), says="Content-Length is 0")
def head_has_a_length_of_zero(request: Request, response: Response) -> None:
    """Returns Content-Length 0 for HEAD of a frame."""
    if request.method == "HEAD" and "/frames/" in path(request) and "content-length" in response.headers:
        response.headers["content-length"] = "0"


@answer_fault("head-has-no-etag-of-its-own", breaks=("COMMON-HDR-017",), says="ETag is")
def head_has_another_etag(request: Request, response: Response) -> None:
    """Returns another ETag for HEAD of metadata than for GET."""
    if request.method == "HEAD" and path(request).endswith("/metadata") and "etag" in response.headers:
        response.headers["etag"] = 'W/"head"'


@answer_fault("content-range-is-off-by-one", breaks=("COMMON-HDR-013",), says="Content-Range is bytes")
def content_range_is_off_by_one(request: Request, response: Response) -> None:
    """Gives the end of a range from the middle one byte too high in Content-Range."""
    value = response.headers.get("content-range", "")
    if value.startswith("bytes 100-199/"):
        response.headers["content-range"] = value.replace("-199/", "-200/")


@answer_fault("last-bytes-are-the-first", breaks=("COMMON-HDR-013",), says="as in the whole")
def last_bytes_are_the_first(request: Request, response: Response) -> None:
    """Returns the last 16 bytes one byte too early, without the last one."""
    body = bytes(response.body)
    if request.headers.get("range") == "bytes=-16" and response.status_code == 206:
        response.body = b"\0" + body[:-1]


@fault("entity-tag-of-the-first-instance", breaks=("COMMON-HDR-018",), says="status is 304")
class EntityTagOfTheFirstInstance(Origin):
    """Derives the ETag of a series' metadata only from its first instance."""

    def etag(self, *sources: object) -> str:
        first = [source[:1] if _of_instances(source) else source for source in sources]  # type: ignore[index]
        return super().etag(*first)


def _of_instances(source: object) -> bool:
    return isinstance(source, list | tuple) and len(source) > 0


@answer_fault("thumbnail-of-nothing-is-empty", breaks=("RETRIEVE-THUMB-008",), says="cannot be decoded")
def thumbnail_of_nothing_is_empty(request: Request, response: Response) -> Response | None:
    """Returns an empty body labelled image/jpeg as the thumbnail of a study without pixels."""
    if path(request).endswith("/thumbnail") and "/series/" not in path(request) and response.status_code >= 400:
        return Response(b"", 200, media_type="image/jpeg")
    return None


@request_fault(
    "preflight-of-bulk-data-is-404", breaks=("CAP-CORS-001",), says="status is 404", seen=("Slicer/Slicer#7998",)
)
def preflight_of_bulk_data_is_404(request: Request) -> Response | None:
    """Returns 404 for preflights of bulk data."""
    return refused(404) if request.method == "OPTIONS" and "/bulkdata/" in path(request) else None


@answer_fault("origin-is-named-without-vary", breaks=("CAP-CORS-001",), says="Vary of a 200 is")
def origin_is_named_without_vary(request: Request, response: Response) -> None:
    """Allows only the origin of the request, in responses that a cache may return to other pages."""
    if origin := request.headers.get("origin"):
        response.headers["access-control-allow-origin"] = origin


@answer_fault(
    "entity-tags-without-quotation-marks",
    breaks=("COMMON-HDR-019",),
    says="in quotation marks",
    seen=("microsoft/dicom-server#205",),
)
def entity_tags_without_quotation_marks(request: Request, response: Response) -> None:
    """Returns entity tags without quotation marks."""
    if tag := response.headers.get("etag"):
        response.headers["etag"] = tag.removeprefix("W/").strip('"')


@answer_fault("allow-lists-the-refused-method", breaks=("COMMON-STATUS-003",), says="a list without")
def allow_lists_the_refused_method(request: Request, response: Response) -> None:
    """Lists every method in Allow of a 405, the refused one too."""
    if response.status_code == 405:
        response.headers["allow"] = "GET, HEAD, POST, PUT, DELETE, OPTIONS"


class Ranged(Origin):
    """Reads a Range in its own way."""

    def range(self, request: Request, content: Content) -> tuple[Content, int, dict[str, str]]:
        self.look(request, content)
        return super().range(request, content)

    def look(self, request: Request, content: Content) -> None:
        """Look at a request for a range."""
        raise NotImplementedError


@fault("range-that-ends-too-late-is-416", breaks=("COMMON-HDR-013",), says="status is 416")
class RangeThatEndsTooLateIs416(Ranged):
    """Returns 416 for a range that begins within the content and ends past it."""

    def look(self, request: Request, content: Content) -> None:
        _, _, last = request.headers.get("range", "").partition("-")
        if last.isdigit() and int(last) >= content.length:
            raise HTTPException(416, "the range ends too late", {"Content-Range": f"bytes */{content.length}"})


@fault("several-ranges-are-500", breaks=("COMMON-HDR-013",), says="status is 500")
class SeveralRangesAre500(Ranged):
    """Returns 500 for several ranges."""

    def look(self, request: Request, content: Content) -> None:
        if "," in request.headers.get("range", ""):
            raise HTTPException(500, "the range cannot be read")


@fault(
    "several-ranges-are-what-is-between",
    breaks=("COMMON-HDR-013",),
    says="should be that of a range with requested bytes",
)
class SeveralRangesAreWhatIsBetween(Origin):
    """Returns the range between the first two of several."""

    def range(self, request: Request, content: Content) -> tuple[Content, int, dict[str, str]]:
        if several := re.fullmatch(r"bytes=\d+-(\d+),(\d+)-\d+", request.headers.get("range", "")):
            between = f"bytes={int(several[1]) + 1}-{int(several[2]) - 1}".encode()
            fields = [(name, between if name == b"range" else value) for name, value in request.scope["headers"]]
            request = Request({**request.scope, "headers": fields})
        return super().range(request, content)


@fault("if-range-is-ignored", breaks=("COMMON-HDR-013",), says="status is 206, should be 200")
class IfRangeIsIgnored(Origin):
    """Returns a range of the current version, whichever version If-Range names."""

    def range(self, request: Request, content: Content) -> tuple[Content, int, dict[str, str]]:
        others = [(name, value) for name, value in request.scope["headers"] if name != b"if-range"]
        return super().range(Request({**request.scope, "headers": others}), content)


@request_fault("any-list-of-tags-is-304", breaks=("COMMON-HDR-012",), says="status is 304, should be 200")
def any_list_of_tags_is_304(request: Request) -> Response | None:
    """Returns 304 for an If-None-Match that lists several entity tags, whichever they are."""
    is_list = request.headers.get("if-none-match", "").count('"') > 2
    return Response(status_code=304) if is_list and request.method == "GET" else None


@request_fault("every-date-is-304", breaks=("COMMON-HDR-012",), says="status is 304, should be 200")
def every_date_is_304(request: Request) -> Response | None:
    """Returns 304 for every If-Modified-Since."""
    return Response(status_code=304) if "if-modified-since" in request.headers else None


@request_fault("condition-without-a-date-is-500", breaks=("COMMON-HDR-012",), says="status is 500, should be 200")
def condition_without_a_date_is_500(request: Request) -> Response | None:
    """Returns 500 for an If-Modified-Since that is not a date."""
    value = request.headers.get("if-modified-since", "GMT")
    return None if value.endswith("GMT") else refused(500)


@request_fault("get-with-a-type-is-415", breaks=("COMMON-HDR-020",), says="status is 415")
def get_with_a_type_is_415(request: Request) -> Response | None:
    """Returns 415 for a GET with a Content-Type that it does not know."""
    return refused(415) if request.method == "GET" and "content-type" in request.headers else None


@answer_fault("head-of-nothing-is-200", breaks=("COMMON-HDR-017",), says="status is 200, should be 404 or 410")
def head_of_nothing_is_200(request: Request, response: Response) -> None:
    """Returns 200 for HEAD of what is not there."""
    if request.method == "HEAD" and response.status_code == 404:
        response.status_code = 200


@answer_fault("empty-lists-are-of-this-origin", breaks=("CAP-CORS-001",), says="of a 200 is absent")
def empty_lists_are_of_this_origin(request: Request, response: Response) -> None:
    """Lets pages of other origins read lists of matches, but not empty ones."""
    if bytes(response.body) == b"[]":
        del response.headers["access-control-allow-origin"]


@fault("head-leaves-an-empty-body", breaks=("COMMON-HDR-017",), says="the body of GET after HEAD is empty")
class HeadLeavesAnEmptyBody(Altered):
    """Keeps the empty body of HEAD in a cache, and returns it to the next GET."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._kept: dict[tuple[str, str], str] = {}

    def asked(self, request: Request) -> Response | None:
        if request.method != "GET" or "range" in request.headers:
            return None
        kind = self._kept.pop((str(request.url), accept(request)), None)
        return Response(b"", media_type=kind) if kind else None

    def answered(self, request: Request, response: Response) -> None:
        if request.method == "HEAD" and response.status_code == 200 and "/frames/" in path(request):
            self._kept[str(request.url), accept(request)] = response.headers["content-type"]


@fault("range-is-kept-as-the-whole", breaks=("COMMON-HDR-013",), says="as a range of it says")
class RangeIsKeptAsTheWhole(Altered):
    """Keeps a range in a cache, and returns it to who asks for the whole."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._kept: dict[tuple[str, str], Response] = {}

    def asked(self, request: Request) -> Response | None:
        kept = self._kept.get((str(request.url), accept(request)))
        if kept is None or request.method != "GET" or "range" in request.headers:
            return None
        return Response(kept.body, headers={"content-type": kept.headers["content-type"]})

    def answered(self, request: Request, response: Response) -> None:
        if request.method == "GET" and response.status_code == 206:
            self._kept[str(request.url), accept(request)] = response


@answer_fault("metadata-of-tomorrow", breaks=("COMMON-HDR-021",), says="Last-Modified is later than Date")
def metadata_of_tomorrow(request: Request, response: Response) -> None:
    """Returns metadata with a Last-Modified in the time zone of the server, named GMT."""
    if path(request).endswith("/metadata"):
        there = datetime.now(UTC) + timedelta(hours=8)
        response.headers["last-modified"] = format_datetime(there, usegmt=True)


@fault("entity-tag-counts-instances", breaks=("STOW-BEH-006",), says="status is 304, should be 200")
class EntityTagCountsInstances(Origin):
    """Derives an ETag from the number of instances, not from their content."""

    def etag(self, *sources: object) -> str:
        return super().etag(*(len(source) if isinstance(source, list) else source for source in sources))


@fault("range-of-a-file-is-its-beginning", breaks=("COMMON-HDR-013",), says="byte 0 of the body is")
class RangeOfAFileIsItsBeginning(Origin):
    """Returns the first bytes of an instance's file for every range of it."""

    def range(self, request: Request, content: Content) -> tuple[Content, int, dict[str, str]]:
        found, status, headers = super().range(request, content)
        is_file = re.search(r"/instances/[0-9.]+$", request.url.path)
        return content.slice(0, found.length) if is_file else found, status, headers
