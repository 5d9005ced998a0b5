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


@check("VIEWER-PART-TYPE")
@MESSAGES
def test_type_is_in_lower_case(endpoint, stored, message):
    """Content-Type is multipart/related in lower case: in another spelling the message is taken for one image."""
    response, _ = sent(endpoint, stored, message)

    essence = (response.header("Content-Type") or "").partition(";")[0].strip()
    expect.equal("the media type", essence, "multipart/related", response)


@check("VIEWER-PART-BOUNDARY")
@MESSAGES
def test_boundary_is_read_from_the_content_type(endpoint, stored, message):
    """The boundary is found by a reader that cuts Content-Type at semicolons and at the first equals sign."""
    response, boundary = sent(endpoint, stored, message)

    parameters = (item.strip().partition("=") for item in (response.header("Content-Type") or "").split(";"))
    found = {name.lower(): text for name, _, text in parameters}.get("boundary")
    expect.equal("the boundary", found and found.strip('"'), boundary, response)


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
def test_lines_end_with_crlf(endpoint, stored, message):
    """The lines of a header end with CRLF, and so does the empty line after it."""
    response, boundary = sent(endpoint, stored, message)

    for after in afterwards(response, boundary):
        head = after.partition(b"\r\n\r\n")[0]
        there = after.startswith(b"--") or (head != after and b"\n" not in head.replace(b"\r\n", b""))
        expect.that(there, "the end of a header", "without CRLF CRLF", "CRLF CRLF", response)


@check("VIEWER-PART-DELIMITERS")
@MESSAGES
def test_boundary_is_alone_on_its_line(endpoint, stored, message):
    """A boundary is followed by CRLF or by two hyphens, without blanks; the header of a part ends within 1,000 bytes;
    and the last boundary ends the message."""
    response, boundary = sent(endpoint, stored, message)

    found = list(afterwards(response, boundary))
    for after in found:
        expect.that(after[:2] in (b"\r\n", b"--"), "what follows a boundary", repr(after[:2]), "CRLF or --", response)
        near = after.startswith(b"--") or re.search(rb"\r?\n\r?\n", after)
        expect.that(near, "the length of a header", f"over {HEAD:,} bytes", f"{HEAD:,} bytes at most", response)
    expect.that(found[-1].startswith(b"--"), "the last boundary", "absent", "there", response)


def afterwards(response, boundary):
    """The bytes that follow each boundary of a message, as many as a header may have."""
    body = bytes(response.body[:])
    for found in re.finditer(re.escape(b"--" + boundary.encode()), body):
        yield body[found.end() : found.end() + HEAD]


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
