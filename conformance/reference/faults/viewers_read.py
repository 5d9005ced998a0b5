"""Faults that only viewers meet, in frames, messages in parts, JSON and metadata."""

from __future__ import annotations

import json
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..dicom_json import Json
from ..pixels import Pixels
from .altered import accept, answer_fault, path, refused, replaced, request_fault, set_accept, with_body
from .editing import data_set_fault
from .registry import fault

JSON = "application/dicom+json"
HEADER = re.compile(rb"--[0-9a-f]{32}\r\n(?:[A-Za-z-]+: [^\r]*\r\n)+\r\n")
REFUSED = "status is 406, should be 200"


def is_frame(request: Request) -> bool:
    """True for a request for frames."""
    return "/frames/" in path(request)


def is_in_parts(response: Response) -> bool:
    """True for a message in parts."""
    return response.headers.get("content-type", "").startswith("multipart/related")


# Frames


@request_fault("viewer-quoted-asterisk-is-refused", breaks=("VIEWER-FRAME-QUOTED",), says=REFUSED)
def quoted_asterisk_is_refused(request: Request) -> Response | None:
    """Returns 406 for frames if the asterisk of transfer-syntax is in quotation marks."""
    return refused(406) if is_frame(request) and 'transfer-syntax="*"' in accept(request) else None


@request_fault("viewer-bare-type-is-refused", breaks=("VIEWER-FRAME-BARE",), says=REFUSED)
def bare_type_is_refused(request: Request) -> Response | None:
    """Returns 406 for frames if type is without quotation marks."""
    return refused(406) if is_frame(request) and "type=application/" in accept(request) else None


@request_fault("viewer-bare-asterisk-is-refused", breaks=("VIEWER-FRAME-STORED",), says=REFUSED)
def bare_asterisk_is_refused(request: Request) -> Response | None:
    """Returns 406 for frames if type is in quotation marks and the asterisk of transfer-syntax is not."""
    return refused(406) if is_frame(request) and accept(request).endswith('stream"; transfer-syntax=*') else None


@request_fault("viewer-default-is-as-stored", breaks=("VIEWER-FRAME-DECODED",), says="the length of the frame is")
def default_is_as_stored(request: Request) -> None:
    """Returns frames as they are stored if no transfer syntax is named."""
    if is_frame(request) and "transfer-syntax" not in accept(request):
        set_accept(request, 'multipart/related; type="image/jp2"; transfer-syntax=*, */*;q=0.5')


@request_fault("viewer-long-list-is-refused", breaks=("VIEWER-FRAME-LIST",), says=REFUSED)
def long_list_is_refused(request: Request) -> Response | None:
    """Returns 406 for frames if more than three types are accepted."""
    return refused(406) if is_frame(request) and accept(request).count("multipart") > 3 else None


@request_fault("viewer-parts-of-any-type-are-refused", breaks=("VIEWER-FRAME-ANY",), says=REFUSED)
def parts_of_any_type_are_refused(request: Request) -> Response | None:
    """Returns 406 for frames if parts of any type are accepted."""
    return refused(406) if is_frame(request) and 'type="*/*"' in accept(request) else None


@request_fault("viewer-anything-is-refused", breaks=("VIEWER-FRAME-ANYTHING",), says=REFUSED)
def anything_is_refused(request: Request) -> Response | None:
    """Returns 406 for frames if anything is accepted."""
    return refused(406) if is_frame(request) and accept(request) == "*/*" else None


@fault("viewer-single-frame-has-no-frames", breaks=("VIEWER-FRAME-SINGLE",), says="status is 404, should be 200")
class SingleFrameHasNoFrames(Origin):
    """Returns 404 for frame 1 of a single-frame image."""

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        if len(source.contents) == 1:
            raise HTTPException(404, "the image has no frames")
        super().check_numbers(numbers, source)


@answer_fault(
    "viewer-label-without-syntax",
    breaks=("VIEWER-FRAME-SYNTAX",),
    says="the transfer syntax by the label is 1.2.840.10008.1.2.4.50",
)
def label_without_syntax(request: Request, response: Response) -> Response | None:
    """Leaves transfer-syntax out of the Content-Type of frames."""
    return replaced(response, r"(Content-Type: image/[a-z0-9-]+); transfer-syntax=[0-9.]+", r"\1")


@answer_fault("viewer-range-without-size", breaks=("VIEWER-FRAME-RANGE",), says="the size in Content-Range is *")
def range_without_size(request: Request, response: Response) -> Response | None:
    """Returns a range of a frame without the size of the whole."""
    wanted = re.fullmatch("bytes=([0-9]+)-([0-9]*)", request.headers.get("range", ""))
    if not (wanted and is_frame(request) and response.status_code == 200):
        return None
    first, last = int(wanted[1]), int(wanted[2] or len(response.body) - 1)
    response.status_code = 206
    response.headers["content-range"] = f"bytes {first}-{last}/*"
    return with_body(response, bytes(response.body)[first : last + 1])


# Messages in parts


@answer_fault("viewer-type-in-capitals", breaks=("VIEWER-PART-TYPE",), says="the media type is Multipart/Related")
def type_in_capitals(request: Request, response: Response) -> None:
    """Writes Multipart/Related in Content-Type."""
    if is_in_parts(response):
        kind = response.headers["content-type"]
        response.headers["content-type"] = kind.replace("multipart/related", "Multipart/Related")


@answer_fault("viewer-blanks-in-content-type", breaks=("VIEWER-PART-BOUNDARY",), says="the boundary is absent")
def blanks_in_content_type(request: Request, response: Response) -> None:
    """Writes blanks around the equals sign of boundary in Content-Type."""
    if is_in_parts(response):
        response.headers["content-type"] = response.headers["content-type"].replace("boundary=", "boundary = ")


@answer_fault("viewer-line-feeds", breaks=("VIEWER-PART-LINES",), says="the end of a header is without CRLF CRLF")
def line_feeds(request: Request, response: Response) -> Response | None:
    """Ends the lines of the header of a part with LF."""
    if not is_in_parts(response):
        return None
    return with_body(response, re.sub(HEADER, lambda found: found[0].replace(b"\r", b""), bytes(response.body)))


@answer_fault("viewer-preamble", breaks=("VIEWER-PART-FIRST",), says="the first line of the body is This is")
def preamble(request: Request, response: Response) -> Response | None:
    """Begins messages in parts with a sentence for people."""
    text = b"This is a message in parts.\r\n\r\n"
    return with_body(response, text + bytes(response.body)) if is_in_parts(response) else None


@answer_fault("viewer-blanks-after-boundary", breaks=("VIEWER-PART-DELIMITERS",), says="what follows a boundary is")
def blanks_after_boundary(request: Request, response: Response) -> Response | None:
    """Writes two blanks after a boundary."""
    return replaced(response, "(--[0-9a-f]{32})\r\n", "\\1  \r\n") if is_in_parts(response) else None


@answer_fault(
    "viewer-small-letters-in-parts", breaks=("VIEWER-PART-CONTENT-TYPE",), says="is content-type, should be Content"
)
def small_letters_in_parts(request: Request, response: Response) -> Response | None:
    """Writes the names of fields in the header of a part in small letters."""
    return replaced(response, "\r\nContent-Type: ", "\r\ncontent-type: ") if is_in_parts(response) else None


# JSON


@answer_fault("viewer-nothing-is-empty", breaks=("VIEWER-JSON-EMPTY",), says="the body of a 200 is empty")
def nothing_is_empty(request: Request, response: Response) -> Response | None:
    """Returns 200 with a body of zero length for a search that matches nothing."""
    return with_body(response, b"") if bytes(response.body) == b"[]" else None


@answer_fault("viewer-single-object", breaks=("VIEWER-JSON-ARRAY",), says="should be an array")
def single_object(request: Request, response: Response) -> Response | None:
    """Returns the metadata of one instance as an object, not in an array."""
    if not (path(request).endswith("/metadata") and response.status_code == 200):
        return None
    data_sets = json.loads(bytes(response.body))
    return with_body(response, json.dumps(data_sets[0]).encode()) if len(data_sets) == 1 else None


@answer_fault("viewer-json-in-latin-1", breaks=("VIEWER-JSON-UTF8",), says="the encoding of the JSON is not UTF-8")
def json_in_latin_1(request: Request, response: Response) -> Response | None:
    """Writes JSON in Latin-1."""
    if response.headers.get("content-type") != JSON:
        return None
    return with_body(response, bytes(response.body).decode().encode("latin-1", "replace"))


@answer_fault("viewer-byte-order-mark", breaks=("VIEWER-JSON-MARK",), says="is a byte order mark")
def byte_order_mark(request: Request, response: Response) -> Response | None:
    """Begins JSON with a byte order mark."""
    marked = response.headers.get("content-type") == JSON
    return with_body(response, b"\xef\xbb\xbf" + bytes(response.body)) if marked else None


@request_fault("viewer-two-names-are-refused", breaks=("VIEWER-JSON-ACCEPT",), says="status is 406")
def two_names_are_refused(request: Request) -> Response | None:
    """Returns 406 if JSON is accepted under two names."""
    return refused(406) if "json," in accept(request) else None


# Metadata


def without(name: str, data_set: Json) -> Json:
    """A data set without an attribute."""
    return {tag: attribute for tag, attribute in data_set.items() if tag != name}


@data_set_fault("viewer-bits-are-missing", breaks=("VIEWER-META-PIXELS",), says="BitsStored is absent")
def bits_are_missing(data_set: Json) -> Json:
    """Omits BitsStored in the metadata of a series."""
    return without("00280101", data_set)


@data_set_fault("viewer-size-is-missing", breaks=("VIEWER-META-PIXELS",), says="Rows is absent")
def size_is_missing(data_set: Json) -> Json:
    """Omits Rows in the metadata of a series."""
    return without("00280010", data_set)


@data_set_fault("viewer-position-is-missing", breaks=("VIEWER-META-PLACE",), says="ImagePositionPatient is absent")
def position_is_missing(data_set: Json) -> Json:
    """Omits ImagePositionPatient in the metadata of a series."""
    return without("00200032", data_set)


@data_set_fault("viewer-intercept-is-missing", breaks=("VIEWER-META-GREYS",), says="RescaleIntercept is absent")
def intercept_is_missing(data_set: Json) -> Json:
    """Omits RescaleIntercept in the metadata of a series."""
    return without("00281052", data_set)


@data_set_fault("viewer-one-frame-is-described", breaks=("VIEWER-META-FRAMES",), says="PerFrameFunctionalGroups")
def one_frame_is_described(data_set: Json) -> Json:
    """Describes only the first frame in the metadata of a series."""
    groups = data_set.get("52009230")
    return data_set | {"52009230": groups | {"Value": groups["Value"][:1]}} if groups else data_set


@data_set_fault("viewer-matrix-is-missing", breaks=("VIEWER-META-SLIDE",), says="TotalPixelMatrixColumns is absent")
def matrix_is_missing(data_set: Json) -> Json:
    """Omits TotalPixelMatrixColumns in the metadata of a series."""
    return without("00480006", data_set)


@data_set_fault("viewer-syntax-is-missing", breaks=("VIEWER-META-SYNTAX",), says="AvailableTransferSyntaxUID is absent")
def syntax_is_missing(data_set: Json) -> Json:
    """Omits AvailableTransferSyntaxUID in the metadata of a series."""
    return without("00083002", data_set)
