"""The media types of responses, each judged in one place (PS3.18 8.7)."""

from __future__ import annotations

import codecs

from conformance.dicomweb import media_types
from conformance.dicomweb.codestreams import SYNTAXES
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.accept import ANYTHING, DICOM_JSON

DICOM = "application/dicom"
# Tables 8.7.3-4 and 8.7.3-5, and the names that two of them had before (8.7.3.3.2, notes).
BULK = frozenset(
    [
        *("application/octet-stream", *SYNTAXES, "image/x-dicom-rle", "image/x-jls"),
        *("video/mpeg", "video/mp4", "video/h265"),
    ]
)
ALIAS = "application/json"
NO_CHARSETS = {"idna", "punycode"}  # of Python, which take quadratic time
# The reason why a 406 for native pixels of a losslessly compressed instance is only a warning.
DECOMPRESSION = "8.7.3.4 requires every server to decompress, but 8.7.8.1 allows 406 if the result is too long"


def essence(value: str | None) -> str:
    """type/subtype of a Content-Type in lower case; "absent" or "malformed" if it cannot be read."""
    if value is None:
        return "absent"
    try:
        return media_types.parse(value).essence
    except media_types.MalformedMediaType:
        return "malformed"


def text(response: Response) -> str:
    """The text of a body, in the character set of its media type, or else UTF-8 (PS3.18 8.8.5); U+FFFD for bytes that
    it does not have."""
    try:
        charset = media_types.parse(response.header("Content-Type") or "").get("charset") or "utf-8"
        known = codecs.lookup(charset).name
        return response.content.decode("utf-8" if known in NO_CHARSETS else known, "replace")
    except (media_types.MalformedMediaType, LookupError, ValueError):
        return response.content.decode("utf-8", "replace")


def content_type(response: Response) -> str:
    """The media type of the content: that of its parts if the body is multipart/related (PS3.18 8.7.1)."""
    message = essence(response.header("Content-Type"))
    return essence(expect.parts(response)[0].header("Content-Type")) if message == "multipart/related" else message


def dicom_json(response: Response) -> None:
    """Deviate unless the body is labelled application/dicom+json, the type of 8.7.3.2 and 10.5.4 for JSON.

    Raises Warn for application/json if the request accepts anything, or that type: such a client has to take it.
    """
    found = content_type(response)
    accept = next((value for name, value in response.request.headers if name.lower() == "accept"), "")
    if found == ALIAS and (ALIAS in accept or ANYTHING in accept or "application/*" in accept):
        why = "RFC 9110 12.5.1 lets a server send anything that is accepted"
        expect.doubt("the media type", found, f"{DICOM_JSON}, the default (8.7.3.2)", response, why)
    expect.equal("the media type", found, DICOM_JSON, response)


def of_bulk_data(response: Response) -> str:
    """The media type of a body of bulk data, one that 8.7.3.3 has for them; the server chooses among several that are
    accepted with the same weight (8.7.8.1)."""
    found = content_type(response)
    expect.that(found in BULK, "the media type", found, "one of bulk data (8.7.3.3)", response)
    return found
