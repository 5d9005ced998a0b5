"""Multipart messages as viewers take them apart: less than RFC 2046 allows."""

from __future__ import annotations

import re

import pytest

from conformance.dicomweb import codestreams, multipart
from conformance.dicomweb.codestreams import MEDIA_TYPES
from conformance.kit import check, expect, given
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported
from conformance.viewers import reading
from conformance.viewers.reading import BARE, FRAMES, SECOND

COMPRESSED = "multiframe-jpeg2000"

HEAD = 1000  # bytes in which a reader looks for the end of a header
SHOWN = 40  # bytes of a line that a report shows

MESSAGES = pytest.mark.parametrize("message", ["frame", "instance", "series"])


def sent(endpoint, stored, message):
    """The response with a multipart message, and its boundary."""
    instance = stored(FRAMES if message == "frame" else "sample")[0]
    given.claimed(endpoint, "frames" if message == "frame" else "retrieve")
    target = {"frame": f"{instance.path}/frames/{SECOND}", "instance": instance.path, "series": instance.series_path}
    response = endpoint.fetch(target[message], accept=BARE if message == "frame" else AS_STORED)
    return response, given.boundary(response)


@check("VIEWER-PART-BOUNDARY")
@MESSAGES
def test_boundary_is_read_from_the_content_type(endpoint, stored, message):
    """Content-Type is multipart/related in lower case; the boundary is found by a reader that cuts it at semicolons."""
    response, boundary = sent(endpoint, stored, message)

    essence, *rest = (response.header("Content-Type") or "").split(";")
    parameters = {name.lower(): text for name, _, text in (item.strip().partition("=") for item in rest)}
    expect.equal("the media type", essence.strip(), "multipart/related", response)
    expect.equal("the boundary", parameters.get("boundary", "absent").strip('"'), boundary, response)


@check("VIEWER-PART-FIRST")
@MESSAGES
def test_body_begins_with_the_boundary(endpoint, stored, message):
    """The body begins with the boundary: a text before the first part is taken for a part, or stops the reader."""
    response, boundary = sent(endpoint, stored, message)

    start = response.body[: len(boundary) + SHOWN]
    begins = start.removeprefix(b"\r\n").startswith(b"--" + boundary.encode())
    line = start.lstrip(b"\r\n").split(b"\r\n")[0].decode("latin-1")
    expect.that(begins, "the first line of the body", line, f"--{boundary}", response)


@check("VIEWER-PART-LINES")
@MESSAGES
def test_lines_end_as_readers_look_for_them(endpoint, stored, message):
    """Each boundary is on a line of its own, without blanks; a header ends with an empty line soon after it; and the
    last boundary ends the body. All line ends are CRLF."""
    response, boundary = sent(endpoint, stored, message)
    body, delimiter = bytes(response.body[:]), b"--" + boundary.encode()

    for found in re.finditer(re.escape(delimiter), body):
        after = body[found.end() : found.end() + HEAD]
        expect.that(after[:2] in (b"\r\n", b"--"), "what follows a boundary", repr(after[:2]), "CRLF or --", response)
        header = after.startswith(b"--") or b"\r\n\r\n" in after
        where = f"within {HEAD:,} bytes"
        expect.that(header, "the empty line after a header", f"not {where}", where, response)
    expect.that(delimiter + b"--" in body, "the last boundary", "absent", "there", response)


@check("VIEWER-PART-CONTENT-TYPE")
def test_spelling_of_content_type(endpoint, stored):
    """The header of a part with a compressed frame has Content-Type in this spelling."""
    instance = stored(COMPRESSED)[0]
    syntax = str(instance.dataset.file_meta.TransferSyntaxUID)
    own = f'multipart/related; type="{MEDIA_TYPES[syntax]}"; transfer-syntax={syntax}'
    responses = [endpoint.fetch(f"{instance.path}/frames/{SECOND}", accept=accept) for accept in (BARE, own)]

    there = [each for each in responses if each.status == 200 and reading.in_parts(each)]
    response = next((each for each in there if codestreams.syntaxes(reading.payload(each))), None)
    if response is None:
        raise NotSupported("frames are returned uncompressed only, which is what is assumed of an unknown type")
    for part in multipart.parse(given.boundary(response), response.body).parts:
        name = next((name for name, _ in part.headers if name.lower() == "content-type"), None)
        expect.equal("the name of Content-Type in the header of a part", name, "Content-Type", response)
