"""Frames judged by their own label: the media type and transfer syntax that a part declares."""

from __future__ import annotations

from typing import NoReturn

from conformance.dicomweb import codestreams
from conformance.dicomweb.codestreams import MEDIA_TYPES, SYNTAXES
from conformance.dicomweb.media_types import MalformedMediaType, MediaType, parse
from conformance.dicomweb.messages import Response
from conformance.kit import expect, media
from conformance.kit.instances import Instance
from conformance.kit.kinds import frames, is_lossy
from conformance.retrieve import colours, reading

OCTETS = "application/octet-stream"


def as_labelled(response: Response, instance: Instance) -> None:
    """Deviate unless a 200 has the first frame of an instance, in the encoding of its label (PS3.18 8.7.3.3, 8.7.9).

    application/octet-stream alone means uncompressed: then it has the stored pixel values, unless these were compressed
    with loss. Raises Deviates, and Warn if a label names no pair of Table 8.7.3-5.
    """
    expect.status(response, 200)
    media.of_bulk_data(response)
    (content,) = reading.payloads(response)[:1]
    label = _label(response)
    syntax = label.get("transfer-syntax") or ""
    if label.essence == OCTETS and syntax not in MEDIA_TYPES:
        _uncompressed(content, instance, response)
    elif syntax and (wanted := MEDIA_TYPES.get(syntax)):
        if syntax not in codestreams.syntaxes(content):
            begins(content, f"that of {syntax}, as its Content-Type says", response)
        if label.essence == OCTETS:
            why = "the Content-Type names the transfer syntax, so a client can decode the frame"
            expect.doubt(f"the media type of {syntax}", OCTETS, wanted, response, why)
    elif not set(codestreams.syntaxes(content)) & set(SYNTAXES.get(label.essence, codestreams.syntaxes(content))):
        begins(content, f"that of {label.essence}", response)


def begins(content: bytes, wanted: str, response: Response) -> NoReturn:
    """Say that a frame begins with wrong bytes."""
    expect.deviates("the start of the frame", content[:4].hex(), wanted, response)


def _uncompressed(content: bytes, instance: Instance, response: Response) -> None:
    """Deviate unless the content is the first frame before its compression."""
    if stream := codestreams.syntaxes(content):
        expect.deviates("the frame", f"a codestream of {stream[0]}", f"uncompressed, as {OCTETS} means", response)
    known = frames(instance)[0]
    if is_lossy(instance):
        reading.length("the frame", len(content), len(known), response)
    elif content != colours.by_plane(known):
        reading.frames(response, [known], frames(instance))


def _label(response: Response) -> MediaType:
    """The media type of the only part, or of a single-part message; a malformed one is judged elsewhere."""
    message = response.header("Content-Type") or ""
    if media.essence(message) == "multipart/related":
        message = expect.parts(response)[0].header("Content-Type") or ""
    try:
        return parse(message)
    except MalformedMediaType:
        return parse(OCTETS)
