"""Readings of a response: its media type, its matches, its transfer syntaxes, its links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from conformance.dicomweb import dicom_json, media_types, multipart, part10
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.media_types import MalformedMediaType, MediaType
from conformance.dicomweb.messages import Fields, Response
from conformance.dicomweb.multipart import Part
from conformance.kit import expect, given, media
from conformance.kit.instances import Instance
from conformance.kit.verdicts import NotSupported

# Accept values. Without a transfer syntax, DICOM means Explicit VR Little Endian (PS3.18 8.7.3.4).
DICOM = 'multipart/related; type="application/dicom"'
XML = 'multipart/related; type="application/dicom+xml"'
UNKNOWN = "application/x-foo"

EXPLICIT_LE = "1.2.840.10008.1.2.1"
IMPLICIT_LE = "1.2.840.10008.1.2"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"


class Endpoint(given.Claims, Protocol):
    """The requests of an endpoint that are used here."""

    def fetch(self, target: str) -> Response: ...

    def follow(self, uri: str, within: Response, *, accept: str | None, headers: Fields = ()) -> Response: ...


def media_type(response: Response) -> MediaType:
    """The media type in Content-Type. Raises Deviates if there is none that can be read."""
    value = response.header("Content-Type")
    try:
        return media_types.parse(value or "")
    except MalformedMediaType:
        expect.deviates("Content-Type", value, "a media type", response)


def content_type(response: Response) -> str:
    """The media type of the content: that of the parts if it is multipart/related (PS3.18 8.7.1)."""
    media_type(response)
    return media.content_type(response)


def holds(response: Response, *more: str, names: tuple[str, ...] = ()) -> str:
    """The one of these media types that a response has, alone or in parts. Deviates unless it is 200 and has one."""
    expect.status(response, 200)
    found, names = content_type(response), (*more, *names)
    expect.that(found in names, "the media type", found, names, response)
    return found


def given_type(response: Response, media_type: str) -> None:
    """The precondition that a response of the usual form has a media type. Raises NotSupported."""
    if response.status != 200 or (found := content_type(response)) != media_type:
        got = f"status is {response.status}" if response.status != 200 else f"the media type is {found}"
        raise NotSupported(f"{got} instead of {media_type}, which COMMON-ACCEPT-004 judges ({response.request})")


def found(response: Response, keyword: str = "StudyInstanceUID") -> list[str]:
    """The UIDs of the matches of a search, sorted; none after 204 (PS3.18 8.3.4.4, 10.6.3)."""
    expect.status(response, 200, 204)
    return sorted(dicom_json.text(match, keyword) or "" for match in expect.matches(response))


def files(response: Response) -> list[tuple[MediaType | None, bytes]]:
    """Each PS3.10 file of a 200 response with the media type of its part; of the message if it is single part."""
    expect.status(response, 200)
    if media_type(response).essence == "application/dicom":
        return [(media_type(response), response.content)]
    return [(part.media_type, bytes(part.content)) for part in expect.parts(response)]


def syntax(content: bytes, response: Response) -> str:
    """The TransferSyntaxUID in the File Meta Information of a file that can be read whole."""
    try:
        return str(part10.read(content).file_meta.TransferSyntaxUID)
    except part10.MalformedFile as error:
        expect.readable(error, response, "the file")


def syntaxes(response: Response) -> set[str]:
    """The transfer syntaxes of the files of a response."""
    return {syntax(content, response) for _, content in files(response)}


def in_syntax(response: Response, *uids: str) -> None:
    """Deviate unless every file of the response is in one of these transfer syntaxes (PS3.18 8.7.3)."""
    for uid in syntaxes(response):
        expect.that(uid in uids, "TransferSyntaxUID", uid, uids, response)


def links(data_sets: list[DataSet]) -> Iterator[tuple[str, str]]:
    """Every RetrieveURL and BulkDataURI of DICOM JSON data sets, at every depth, with its name."""
    pending: list[object] = list(data_sets)
    while pending:
        data_set = pending.pop()
        for tag, attribute in data_set.items() if isinstance(data_set, dict) else ():
            if not isinstance(attribute, dict):
                continue
            values = attribute.get("Value")
            members = values if isinstance(values, list) else []
            pending += members
            yield from (("RetrieveURL", str(value)) for value in members if tag == "00081190")
            if "BulkDataURI" in attribute:
                yield "BulkDataURI", str(attribute["BulkDataURI"])


def parts(response: Response) -> tuple[Part, ...]:
    """The parts of a multipart response, whatever is wrong with its framing; none of a single part response."""
    boundary = multipart.boundary_of(response.header("Content-Type") or "")
    return multipart.parse(boundary, response.content).parts if boundary else ()


def pixel_data(endpoint: Endpoint, instance: Instance, accept: str, headers: Fields = ()) -> Response:
    """The response to the BulkDataURI of the Pixel Data in the metadata. Raises NotSupported if there is none."""
    given.claimed(endpoint, "metadata")
    metadata = endpoint.fetch(instance.path + "/metadata")
    expect.status(metadata, 200)
    attribute = next(iter(given.datasets(metadata)), {}).get("7FE00010")
    uri = attribute.get("BulkDataURI") if isinstance(attribute, dict) else None
    if not uri:
        raise NotSupported(f"the metadata do not have a BulkDataURI for Pixel Data ({metadata.request})")
    return endpoint.follow(str(uri), metadata, accept=accept, headers=headers)
