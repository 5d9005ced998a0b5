"""PS3.18 8.4: header fields of answers."""

from __future__ import annotations

import re
import zlib

import pytest

from conformance.common import reading
from conformance.kit import check, expect, given
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.verdicts import NotSupported

FIRST = 16
OCTETS = "application/octet-stream"
RANGE = re.compile(r"bytes 0-15/(\d+|\*)")


@check("COMMON-HDR-004")
@pytest.mark.parametrize("accepted", ["gzip", "identity, *;q=0"], ids=["gzip", "identity"])
def test_content_encoding_says_what_was_done(endpoint, stored, accepted):
    """A body in gzip is labelled as such, and one that is not is not labelled."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    plain = endpoint.fetch(instance.path + "/metadata")
    response = endpoint.get(instance.path + "/metadata", headers=(("Accept-Encoding", accepted),))
    expect.status(response, 200)

    label = (response.header("Content-Encoding") or "identity").lower().removeprefix("x-")
    if label not in ("gzip", "identity"):
        raise NotSupported(f"Content-Encoding is {label}, which is not read here ({response.request})")
    looks = "gzip" if response.content[:2] == b"\x1f\x8b" else "identity"
    assert label == looks, f"Content-Encoding is {label}, should be {looks} as the body is ({response.request})"
    content = unzipped(response, len(plain.content)) if label == "gzip" else response.content
    assert len(content) == len(plain.content), f"the body is {len(content)} bytes, should be {len(plain.content)}"


def unzipped(response, length):
    """A body of gzip, unpacked as far as it should reach: a small one may be of terabytes."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        content = unzip.decompress(response.content, length + 1)
    except zlib.error as error:
        raise AssertionError(f"the gzip body is broken: {error}, should be whole ({response.request})") from None
    assert unzip.eof or len(content) > length, f"the gzip body is cut off, should be whole ({response.request})"
    assert len(content) <= length, f"the unpacked body is longer than {length} bytes ({response.request})"
    return content


@check("COMMON-HDR-005")
@pytest.mark.parametrize("resource", ["metadata", "instance"])
def test_content_location_names_the_resource(endpoint, stored, resource):
    """An answer that represents a resource says which, in Content-Location of the message or of the part."""
    if resource == "metadata":
        given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    target = instance.path + ("/metadata" if resource == "metadata" else "")
    response = endpoint.fetch(target, accept=DICOM_JSON if resource == "metadata" else AS_STORED)
    expect.status(response, 200)

    locations = [
        response.header("Content-Location"),
        *(part.header("Content-Location") for part in reading.parts(response)),
    ]
    named = [location for location in locations if location]
    assert named, f"Content-Location is absent, should be there ({response.request})"
    assert named[0].split("?")[0].endswith(target), f"Content-Location is {named[0]}, should be /{target}"


@check("COMMON-HDR-009")
@pytest.mark.parametrize("accept", [reading.DICOM, AS_STORED], ids=["default", "any"])
@pytest.mark.parametrize("kind", ["sample", "rle", "deflated"])
def test_transfer_syntax_parameter_is_true(endpoint, stored, kind, accept):
    """The transfer-syntax parameter of a part, where there is one, is the TransferSyntaxUID of its file."""
    (instance, *_) = stored(kind)
    response = endpoint.fetch(instance.path, accept=accept)
    given.present(response)

    for media_type, content in reading.files(response):
        named = media_type.get("transfer-syntax") if media_type else None
        uid = reading.syntax(content, response)
        assert named in (None, uid), f"transfer-syntax is {named}, should be {uid} as in the file ({response.request})"


@check("COMMON-HDR-010")
def test_401_carries_a_challenge(endpoint, absent_uid):
    """A request without credentials that is answered 401 is told how to authenticate, in WWW-Authenticate."""
    response = endpoint.anonymous(f"studies?StudyInstanceUID={absent_uid}")

    if response.status != 401:
        raise NotSupported(f"without credentials the status is {response.status}: there is no 401 to look at")
    assert response.header("WWW-Authenticate"), "WWW-Authenticate is absent, should be there with a 401"


@check("COMMON-HDR-012", "if-none-match")
def test_condition_that_is_false(endpoint, stored):
    """Metadata that have not changed are answered 304 without a body, or 200, when their ETag is sent along."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    first = endpoint.fetch(instance.path + "/metadata")
    tag = first.header("ETag")
    if not tag:
        raise NotSupported(f"there is no ETag ({first.request})")

    response = endpoint.get(instance.path + "/metadata", headers=(("If-None-Match", tag),))

    expect.status(response, 200, 304)
    if response.status == 200:
        expect.metadata(response, [instance])


def bulk_data(endpoint, instance, accept, headers=()):
    """Pixel Data as bulk data. NotSupported where it is not to be had as a media type at all."""
    whole = reading.pixel_data(endpoint, instance, accept)
    if whole.status != 200:
        raise NotSupported(f"status is {whole.status} without Range ({whole.request})")
    return whole, reading.pixel_data(endpoint, instance, accept, headers)


@check("COMMON-HDR-013")
@pytest.mark.parametrize("accept", [OCTETS, ANYTHING], ids=["octets", "any"])
def test_range_says_what_it_is(endpoint, stored, accept):
    """The first 16 bytes of bulk data come with status 206 and Content-Range, or the whole comes with 200."""
    (instance, *_) = stored("sample")
    whole, response = bulk_data(endpoint, instance, accept, (("Range", f"bytes=0-{FIRST - 1}"),))

    expect.status(response, 200, 206)
    if response.status == 206:
        _first_bytes(response, whole)
    else:
        same = len(response.content) == len(whole.content)
        assert same, f"the body is {len(response.content)} bytes, should be {len(whole.content)} ({response.request})"


@check("COMMON-HDR-014")
@pytest.mark.parametrize("accept", [OCTETS, ANYTHING], ids=["octets", "any"])
def test_range_past_the_end(endpoint, stored, accept):
    """A range past the end of bulk data is answered 416 with the size in Content-Range, or the whole comes with 200."""
    (instance, *_) = stored("sample")
    _, response = bulk_data(endpoint, instance, accept, (("Range", "bytes=999999999999-"),))

    expect.status(response, 200, 416)
    found = response.header("Content-Range")
    named = response.status == 200 or re.fullmatch(r"bytes \*/\d+", found or "")
    assert named, f"Content-Range is {found or 'absent'}, should be bytes */<size> ({response.request})"


def _first_bytes(response, whole):
    """Content-Range and the bytes fit; of a multipart message, whose boundary differs, only their number is known."""
    content_range = response.header("Content-Range")
    fits = RANGE.fullmatch(content_range or "")
    assert fits, f"Content-Range is {content_range or 'absent'}, should be bytes 0-15/<size> ({response.request})"
    assert len(response.content) == FIRST, f"the body is {len(response.content)} bytes, should be {FIRST}"
    if reading.media_type(whole).essence != "multipart/related":
        assert response.content == whole.content[:FIRST], "the 16 bytes are others, should be the first of the value"
