"""Requests in the spelling of viewers, and responses as their readers take them apart."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pydicom import Dataset

from conformance.dicomweb import codestreams, dicom_json, images, multipart
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.kinds import frames

OCTETS = "application/octet-stream"
IN_PARTS = f'multipart/related; type="{OCTETS}"'
QUOTED = f'{IN_PARTS}; transfer-syntax="*"'
BARE = f"multipart/related; type={OCTETS}; transfer-syntax=*"
STORED = f"{IN_PARTS}; transfer-syntax=*"
FILES = 'multipart/related; type="application/dicom"'
# Multi-frame, since whether single-frame images have frames is a need of its own.
FRAMES = "us-multiframe"
SECOND = 2
UNESCAPED = "!~*'()"  # by encodeURIComponent, beside what quote leaves


def query(parameters: Mapping[str, object]) -> str:
    """The query of a URL as scripts in browsers write it: encodeURIComponent of each value, so that a comma is %2C and
    an asterisk stays."""
    return "?" + "&".join(f"{name}={quote(str(value), safe=UNESCAPED)}" for name, value in parameters.items())


def payload(response: Response) -> bytes:
    """The content of the only part, or of a message without parts: readers take either."""
    expect.status(response, 200)
    return bytes(expect.one_part(response).content) if in_parts(response) else response.content


def label(response: Response) -> str:
    """The Content-Type of the only part, or of a message without parts; empty if absent."""
    return (expect.one_part(response) if in_parts(response) else response).header("Content-Type") or ""


def in_parts(response: Response) -> bool:
    """True if a message is multipart."""
    return multipart.boundary_of(response.header("Content-Type") or "") is not None


def frame(response: Response, instance: Instance, number: int = 1) -> None:
    """Deviate unless the payload is this frame of an instance, native or as a codestream."""
    content = payload(response)
    if not codestreams.syntaxes(content):
        # Of a study that was there before only one native frame is known.
        native(content, frames(instance)[number - 1] if instance.fresh else instance.frame, response)


def native(content: bytes, known: bytes, response: Response) -> None:
    """Deviate unless bytes are those of a native frame, with or without the pad byte (PS3.5 8.2)."""
    if len(content) not in (len(known), len(known) + len(known) % 2):
        expect.deviates("the length of the frame", f"{len(content):,} bytes", f"{len(known):,} bytes", response)
    at = next((at for at, (a, b) in enumerate(zip(content, known, strict=False)) if a != b), None)
    if at is not None:
        expect.deviates(f"byte {at} of the frame", content[at], known[at], response)


def array(response: Response) -> list[DataSet]:
    """The data sets of a body that is a JSON array. Deviates for anything else, such as a body of zero length."""
    expect.status(response, 200)
    expect.that(response.content, "the body of a 200", "empty", "a JSON array", response)
    return expect.datasets(response)


def matches(response: Response) -> list[DataSet]:
    """The matches of a search; 204 has none."""
    expect.status(response, 200, 204)
    return array(response) if response.status == 200 else []


def match(response: Response, keyword: str, uid: str) -> DataSet:
    """The only match of a search, which has this UID."""
    listed = matches(response)
    expect.equal("the number of matches", len(listed), 1, response)
    expect.equal(f"{keyword} of the match", dicom_json.text(listed[0], keyword), uid, response)
    return listed[0]


def shown(found: DataSet, stored: Dataset, keywords: tuple[str, ...], response: Response) -> None:
    """Deviate unless a data set has the stored values of these attributes, as far as they have one."""
    wanted = Dataset()
    for keyword in keywords:
        if stored.get(keyword) not in (None, ""):
            wanted[keyword] = stored[keyword]
    expect.same(dicom_json.differences(wanted, found), response)


def picture(response: Response, media_type: str) -> images.Picture:
    """The image in a body of this media type, without parts."""
    expect.status(response, 200)
    found = (response.header("Content-Type") or "absent").partition(";")[0].strip().lower()
    expect.equal("Content-Type", found, media_type, response)
    try:
        return images.read(response.content)
    except images.MalformedImage as error:
        expect.readable(error, response)
