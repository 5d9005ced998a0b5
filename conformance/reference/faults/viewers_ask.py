"""Faults that only viewers meet, in searches, bulk data, pictures, files, stores, and for pages on other hosts."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..target import Target
from .altered import (
    accept,
    answer_fault,
    names,
    path,
    query,
    refused,
    replaced,
    request_fault,
    set_accept,
    set_query,
    with_body,
)
from .editing import Attribute, attribute_fault
from .registry import fault

JSON = "application/dicom+json"


def matches(response: Response, edit: Callable[[Json], Json]) -> Response:
    """A response to a search with each of its matches edited."""
    if response.status_code != 200:
        return response
    return with_body(response, json.dumps([edit(match) for match in json.loads(bytes(response.body))]).encode())


def nothing() -> Response:
    """The response to a search that matches nothing."""
    return Response(b"[]", media_type=JSON)


# Searches


@request_fault("viewer-fuzzy-is-refused", breaks=("VIEWER-SEARCH-LIST",), says="status is 400")
def fuzzy_is_refused(request: Request) -> Response | None:
    """Returns 400 for a search with fuzzymatching=true."""
    return refused(400) if "fuzzymatching=true" in query(request) else None


@request_fault("viewer-part-of-a-number", breaks=("VIEWER-SEARCH-WILDCARDS",), says="the number of matches is 0")
def part_of_a_number(request: Request) -> Response | None:
    """Finds an Accession Number only as a whole."""
    return nothing() if "AccessionNumber=*" in query(request) else None


@request_fault("viewer-description-is-no-key", breaks=("VIEWER-SEARCH-DESCRIPTION",), says="status is 400")
def description_is_no_key(request: Request) -> Response | None:
    """Returns 400 for a search by StudyDescription."""
    return refused(400) if "StudyDescription" in names(request) else None


@request_fault("viewer-dates-with-filters", breaks=("VIEWER-SEARCH-DATES",), says="the number of matches is 0")
def dates_with_filters(request: Request) -> Response | None:
    """Finds nothing by a date together with a Patient ID."""
    return nothing() if {"StudyDate", "00100020"} <= names(request) else None


@request_fault("viewer-modality-is-no-key", breaks=("VIEWER-SEARCH-MODALITY",), says="status is 400")
def modality_is_no_key(request: Request) -> Response | None:
    """Returns 400 for a search by ModalitiesInStudy."""
    return refused(400) if "ModalitiesInStudy" in names(request) else None


@answer_fault("viewer-study-is-not-counted", breaks=("VIEWER-SEARCH-STUDY",), says="RelatedInstances is absent")
def study_is_not_counted(request: Request, response: Response) -> Response | None:
    """Leaves NumberOfStudyRelatedInstances out of the matches of studies."""
    if path(request) != "/studies" or request.method != "GET":
        return None
    return matches(response, lambda match: {tag: value for tag, value in match.items() if tag != "00201208"})


@answer_fault("viewer-series-has-no-date", breaks=("VIEWER-SEARCH-SERIES",), says="SeriesDate is absent")
def series_has_no_date(request: Request, response: Response) -> Response | None:
    """Leaves SeriesDate out of the matches of series."""
    if not path(request).endswith("/series"):
        return None
    return matches(response, lambda match: {tag: value for tag, value in match.items() if tag != "00080021"})


@request_fault("viewer-plain-commas", breaks=("VIEWER-SEARCH-TAGS",), says="status is 400")
def plain_commas(request: Request) -> Response | None:
    """Returns 400 for a query with a plain comma."""
    return refused(400) if "," in query(request) else None


@answer_fault("viewer-url-without-host", breaks=("VIEWER-SEARCH-URL",), says="RetrieveURL of the series is /")
def url_without_host(request: Request, response: Response) -> Response | None:
    """Writes RetrieveURL of a series without scheme and host."""
    if not path(request).endswith("/series"):
        return None
    return replaced(response, r'("00081190":\{"vr":"UR","Value":\[")http://[^/"]+', r"\1")


@answer_fault("viewer-series-of-one", breaks=("VIEWER-SEARCH-COUNT",), says="RelatedInstances is 1, should be 101")
def series_of_one(request: Request, response: Response) -> Response | None:
    """Returns 1 as NumberOfSeriesRelatedInstances of a series that is searched by its UID."""
    if "0020000E" not in names(request):
        return None
    return matches(response, lambda match: match | {"00201209": {"vr": "IS", "Value": [1]}})


@request_fault("viewer-pages-begin-again", breaks=("VIEWER-SEARCH-PAGES",), says="the page after the last is")
def pages_begin_again(request: Request) -> None:
    """Returns the first page again after the last."""
    parameters = dict(parse_qsl(query(request)))
    if path(request).endswith("/instances") and int(parameters.get("offset", "0")) >= 25:
        set_query(request, "&".join(f"{name}={text}" for name, text in (parameters | {"offset": "0"}).items()))


@request_fault("viewer-limit-of-one", breaks=("VIEWER-SEARCH-FIRST",), says="the number of matches is 101")
def limit_of_one(request: Request) -> None:
    """Ignores limit=1 in a search of instances."""
    if path(request).endswith("/instances"):
        set_query(request, query(request).replace("limit=1&", ""))


@request_fault("viewer-no-series-across", breaks=("VIEWER-SEARCH-ACROSS",), says="status is 404")
def no_series_across(request: Request) -> Response | None:
    """Has no search of all series."""
    return refused(404) if path(request) == "/series" else None


@answer_fault("viewer-matches-are-cached", breaks=("VIEWER-SEARCH-FRESH",), says="Cache-Control is private, max-age")
def matches_are_cached(request: Request, response: Response) -> None:
    """Lets caches use the response to a search for an hour."""
    if path(request).endswith(("/studies", "/series", "/instances")):
        response.headers["cache-control"] = "private, max-age=3600"


# Bulk data


@attribute_fault("viewer-address-of-its-own", breaks=("VIEWER-BULK-ADDRESS",), says="status is 404, should be 200")
def address_of_its_own(tag: str, attribute: Attribute) -> Attribute:
    """Writes a BulkDataURI that is relative neither to the study nor to the series."""
    return attribute | {"BulkDataURI": f"values/{tag}"} if "BulkDataURI" in attribute else attribute


@attribute_fault("viewer-address-without-host", breaks=("VIEWER-BULK-ABSOLUTE",), says="BulkDataURI is /")
def address_without_host(tag: str, attribute: Attribute) -> Attribute:
    """Writes a BulkDataURI without scheme and host."""
    uri = attribute.get("BulkDataURI")
    return attribute | {"BulkDataURI": urlsplit(uri).path} if uri else attribute


@request_fault("viewer-bulk-data-only-in-parts", breaks=("VIEWER-BULK-FORM",), says="status is 406, should be 200")
def bulk_data_only_in_parts(request: Request) -> Response | None:
    """Returns 406 for bulk data if anything is accepted."""
    return refused(406) if "/bulkdata/" in path(request) and accept(request) == "*/*" else None


@request_fault("viewer-bulk-data-not-in-parts", breaks=("VIEWER-BULK-FORM",), says="status is 406, should be 200")
def bulk_data_not_in_parts(request: Request) -> Response | None:
    """Returns 406 for bulk data if parts of application/octet-stream are accepted."""
    in_parts = accept(request) == 'multipart/related; type="application/octet-stream"'
    return refused(406) if "/bulkdata/" in path(request) and in_parts else None


@attribute_fault("viewer-bytes-of-no-vr", breaks=("VIEWER-BULK-VR",), says="is UN, should be that of its bytes")
def bytes_of_no_vr(tag: str, attribute: Attribute) -> Attribute:
    """Gives every attribute with a BulkDataURI the VR UN."""
    return attribute | {"vr": "UN"} if "BulkDataURI" in attribute else attribute


@request_fault("viewer-document-in-a-list", breaks=("VIEWER-BULK-DOCUMENT",), says="status is 400, should be 200")
def document_in_a_list(request: Request) -> Response | None:
    """Returns 400 for bulk data if application/pdf is accepted."""
    return refused(400) if "/bulkdata/" in path(request) and "application/pdf" in accept(request) else None


@request_fault("viewer-bytes-in-items-are-gone", breaks=("VIEWER-BULK-PROFILE",), says="status is 404, should be 200")
def bytes_in_items_are_gone(request: Request) -> Response | None:
    """Returns 404 for bulk data of an attribute that is in an item of a sequence."""
    return refused(404) if "." in path(request).partition("/bulkdata/")[2] else None


# Pictures


def is_rendered(request: Request) -> bool:
    """True for a request for a rendering."""
    return path(request).endswith("/rendered") and request.method == "GET"


@request_fault("viewer-encoded-comma", breaks=("VIEWER-RENDERED-JPEG",), says="status is 400, should be 200")
def encoded_comma(request: Request) -> Response | None:
    """Returns 400 for a viewport whose comma is percent-encoded."""
    return refused(400) if is_rendered(request) and "%2C" in query(request) else None


@request_fault("viewer-no-png", breaks=("VIEWER-RENDERED-PNG",), says="status is 406, should be 200")
def no_png(request: Request) -> Response | None:
    """Returns 406 for a rendering as image/png."""
    return refused(406) if accept(request) == "image/png" else None


@request_fault("viewer-rendering-in-parts", breaks=("VIEWER-RENDERED-ANY",), says="is multipart/related, should be an")
def rendering_in_parts(request: Request) -> None:
    """Returns a rendering in parts if anything is accepted."""
    if is_rendered(request) and accept(request) == "*/*":
        set_accept(request, 'multipart/related; type="image/jpeg"')


@fault("viewer-video-is-not-rendered", breaks=("VIEWER-RENDERED-VIDEO",), says="status is 406")
class VideoIsNotRendered(Origin):
    """Returns 406 for the rendering of a video."""

    def rendered_video(self, request: Request, instance: Instance) -> Response:
        raise HTTPException(406, "videos are not rendered")


@answer_fault("viewer-cache-mixes-types", breaks=("VIEWER-RENDERED-CACHED",), says="Vary is absent")
def cache_mixes_types(request: Request, response: Response) -> None:
    """Lets caches use a rendering for ten minutes, whatever the media type that is accepted."""
    if is_rendered(request):
        response.headers["cache-control"] = "max-age=600"


@answer_fault("viewer-empty-thumbnail", breaks=("VIEWER-THUMBNAIL",), says="the image is")
def empty_thumbnail(request: Request, response: Response) -> Response | None:
    """Returns 200 with an empty body for the thumbnail of a series."""
    return with_body(response, b"") if path(request).endswith("/thumbnail") else None


# Files, and stores


@fault("viewer-series-lacks-one", breaks=("VIEWER-FILE-SERIES",), says="not in the body")
class SeriesLacksOne(Origin):
    """Omits the last instance of a series of several."""

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        return found[:-1] if target.level == "series" and len(found) > 1 else found


@fault("viewer-only-images-are-files", breaks=("VIEWER-FILE-OBJECT",), says="status is 406, should be 200")
class OnlyImagesAreFiles(Origin):
    """Returns 406 for the file of an object that is not an image, unless its transfer syntax is named."""

    def retrieve(self, request: Request) -> Response:
        target = Target.of(request)
        image = any("00280010" in instance.attributes for instance in self.archive.find(target))
        if target.level == "instance" and not image and "transfer-syntax" not in accept(request):
            raise HTTPException(406)
        return super().retrieve(request)


@request_fault("viewer-store-needs-a-length", breaks=("VIEWER-STORE-FORM",), says="status is 411")
def store_needs_a_length(request: Request) -> Response | None:
    """Returns 411 for a store in chunks."""
    return refused(411) if request.method == "POST" and "transfer-encoding" in request.headers else None


@answer_fault("viewer-response-with-charset", breaks=("VIEWER-STORE-ANSWER",), says="json; charset=utf-8, should be")
def response_with_charset(request: Request, response: Response) -> None:
    """Adds charset to the Content-Type of the response to a store."""
    if request.method == "POST":
        response.headers["content-type"] += "; charset=utf-8"


# Pages on other hosts


def forbidding(request: Request, response: Response, word: str) -> None:
    """Take a word out of the header fields that a preflight allows."""
    allowed = response.headers.get("access-control-allow-headers", "")
    if request.method == "OPTIONS" and allowed:
        kept = [name for name in allowed.split(", ") if name != word]
        response.headers["access-control-allow-headers"] = ", ".join(kept)


@answer_fault("viewer-page-may-not-range", breaks=("VIEWER-CORS-REQUEST",), says="a list with range")
def page_may_not_range(request: Request, response: Response) -> None:
    """Does not allow a page to send Range."""
    forbidding(request, response, "range")


@answer_fault("viewer-page-may-not-store", breaks=("VIEWER-CORS-STORE",), says="a list with content-type")
def page_may_not_store(request: Request, response: Response) -> None:
    """Does not allow a page to send Content-Type."""
    forbidding(request, response, "content-type")


@answer_fault("viewer-fields-are-not-exposed", breaks=("VIEWER-CORS-EXPOSED",), says="a list with content-range")
def fields_are_not_exposed(request: Request, response: Response) -> None:
    """Exposes no header field to pages."""
    del response.headers["access-control-expose-headers"]


@answer_fault("viewer-frames-of-this-host", breaks=("VIEWER-CORS-RESPONSE",), says="Access-Control-Allow-Origin is")
def frames_of_this_host(request: Request, response: Response) -> None:
    """Lets only pages of its own host read frames."""
    if "/frames/" in path(request) and request.method == "GET":
        del response.headers["access-control-allow-origin"]
