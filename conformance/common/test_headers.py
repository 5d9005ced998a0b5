"""PS3.18 8.4: header fields of responses."""

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
    """A body in gzip is labelled as gzip, and whole, and one that is not in gzip is not."""
    given.claimed(endpoint, "metadata")
    instances = stored("many")  # their metadata are longer than 64 KiB
    target = f"{instances[0].series_path}/metadata"
    plain = endpoint.fetch(target)
    given.not_too_large(plain, len(instances))
    response = endpoint.get(target, headers=(("Accept-Encoding", accepted),))
    expect.status(response, 200)

    label = (response.header("Content-Encoding") or "identity").lower().removeprefix("x-")
    if label not in ("gzip", "identity"):
        raise NotSupported(f"Content-Encoding is {label}, which the suite does not decode ({response.request})")
    looks = "gzip" if response.content[:2] == b"\x1f\x8b" else "identity"
    expect.that(label == looks, "Content-Encoding", label, f"{looks}, as the body is", response)
    content = unzipped(response, len(plain.content)) if label == "gzip" else response.content
    same_length(response, len(content), len(plain.content))


@check("COMMON-HDR-016", "refused")
def test_refused_content_coding(endpoint, stored):
    """Metadata have no content coding if the request names gzip to refuse it."""
    given.claimed(endpoint, "metadata")
    response = endpoint.get(stored("sample")[0].path + "/metadata", headers=(("Accept-Encoding", "gzip;q=0"),))
    expect.status(response, 200)

    label = response.header("Content-Encoding") or "identity"
    expect.that(label == "identity", "Content-Encoding", label, "absent, as Accept-Encoding is gzip;q=0", response)


def unzipped(response, length):
    """A body of gzip, decompressed up to its expected length: a small one may expand to terabytes."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        content = unzip.decompress(response.content, length + 1)
    except zlib.error as error:
        expect.deviates("the gzip body", f"broken ({error})", "whole", response)
    expect.that(unzip.eof or len(content) > length, "the gzip body", "cut off", "whole", response)
    found, wanted = f"more than {length:,} bytes", f"{length:,} bytes"
    expect.that(len(content) <= length, "the length of the decompressed body", found, wanted, response)
    return content


def same_length(response, found, wanted):
    """The body has this number of bytes."""
    expect.equal("the length of the body", f"{found:,} bytes", f"{wanted:,} bytes", response)


@check("COMMON-HDR-005")
@pytest.mark.parametrize("resource", ["metadata", "instance"])
def test_content_location_names_the_resource(endpoint, stored, resource):
    """A response that represents a resource names it in Content-Location of the message or of the part."""
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
    location = expect.present("Content-Location", next(filter(None, locations), None), response)
    expect.that(location.split("?")[0].endswith(target), "Content-Location", location, f"/{target}", response)


@check("COMMON-HDR-009")
@pytest.mark.parametrize("accept", [reading.DICOM, AS_STORED], ids=["default", "any"])
@pytest.mark.parametrize("kind", ["sample", "rle", "deflated"])
def test_transfer_syntax_parameter_is_true(endpoint, stored, kind, accept):
    """The transfer-syntax parameter of a part, if present, is the TransferSyntaxUID of its file."""
    (instance, *_) = stored(kind)
    response = endpoint.fetch(instance.path, accept=accept)
    given.present(response)

    for media_type, content in reading.files(response):
        named = media_type.get("transfer-syntax") if media_type else None
        uid = reading.syntax(content, response)
        expect.that(named in (None, uid), "transfer-syntax", named, f"{uid}, as in the file", response)


@check("COMMON-HDR-010")
def test_401_carries_a_challenge(endpoint, absent_uid):
    """A 401 to a request without credentials says in WWW-Authenticate how to authenticate."""
    response = endpoint.anonymous(f"studies?StudyInstanceUID={absent_uid}")

    if response.status != 401:
        raise NotSupported(f"without credentials the status is {response.status}, so no 401 can be judged")
    expect.present("WWW-Authenticate of a 401", response.header("WWW-Authenticate"), response)


@check("COMMON-HDR-012", "if-none-match")
def test_condition_that_is_false(endpoint, stored):
    """A request with the ETag of unchanged metadata returns 304 or 204 without a body, or 200."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    first = endpoint.fetch(instance.path + "/metadata")
    tag = first.header("ETag")
    if not tag:
        raise NotSupported(f"the response does not have an ETag ({first.request})")

    response = endpoint.get(instance.path + "/metadata", headers=(("If-None-Match", tag),))

    expect.status(response, 200, 204, 304)
    if response.status == 200:
        expect.metadata(response, [instance])


@check("COMMON-HDR-012", "other-tags")
def test_condition_of_other_tags(endpoint, stored):
    """Metadata are returned to a client that names two entity tags which they do not have."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")

    response = endpoint.get(instance.path + "/metadata", headers=(("If-None-Match", '"of-before", W/"before-that"'),))

    expect.status(response, 200)
    expect.metadata(response, [instance])


@check("COMMON-HDR-020")
@pytest.mark.parametrize(
    "fields", [(("Content-Type", "application/json"),), (("Content-Length", "0"),)], ids=["type", "length"]
)
@pytest.mark.parametrize("resource", ["search", "metadata"])
def test_get_with_fields_about_a_payload(endpoint, stored, resource, fields):
    """A GET whose header fields describe a payload that it does not have returns the same as without them."""
    (instance, *_) = stored("sample")
    if resource == "metadata":
        given.claimed(endpoint, "metadata")
    target = f"{instance.path}/metadata" if resource == "metadata" else f"studies?StudyInstanceUID={instance.study_uid}"
    plain = endpoint.fetch(target)
    given.present(plain)

    response = endpoint.get(target, headers=fields)

    expect.status(response, plain.status)


def bulk_data(endpoint, instance, accept, headers=()):
    """Pixel Data as bulk data, whole and with more header fields. NotSupported if it cannot be had in a media type."""
    whole = reading.pixel_data(endpoint, instance, accept)
    if whole.status != 200:
        raise NotSupported(f"status is {whole.status} without Range ({whole.request})")
    return whole, reading.pixel_data(endpoint, instance, accept, headers)


@check("COMMON-HDR-013")
@pytest.mark.parametrize("accept", [OCTETS, ANYTHING], ids=["octets", "any"])
def test_range_says_what_it_is(endpoint, stored, accept):
    """The first 16 bytes of bulk data are returned with 206 and Content-Range, or the whole with 200."""
    (instance, *_) = stored("sample")
    whole, response = bulk_data(endpoint, instance, accept, (("Range", f"bytes=0-{FIRST - 1}"),))

    expect.status(response, 200, 206)
    if response.status == 206:
        _first_bytes(response, whole)
    else:
        same_length(response, len(response.content), len(whole.content))


@check("COMMON-HDR-014")
@pytest.mark.parametrize("accept", [OCTETS, ANYTHING], ids=["octets", "any"])
def test_range_past_the_end(endpoint, stored, accept):
    """A range past the end of bulk data returns 416 with the size in Content-Range, or the whole with 200."""
    (instance, *_) = stored("sample")
    _, response = bulk_data(endpoint, instance, accept, (("Range", "bytes=999999999999-"),))

    expect.status(response, 200, 416)
    found = response.header("Content-Range")
    named = response.status == 200 or re.fullmatch(r"bytes \*/\d+", found or "")
    expect.that(named, "Content-Range", found, "bytes */<size>", response)


def _first_bytes(response, whole):
    """Content-Range and the bytes fit; of a multipart message, whose boundary differs, only their number is known."""
    found = response.header("Content-Range")
    expect.that(RANGE.fullmatch(found or ""), "Content-Range", found, "bytes 0-15/<size>", response)
    same_length(response, len(response.content), FIRST)
    if reading.media_type(whole).essence != "multipart/related":
        came, wanted = response.content.hex(), whole.content[:FIRST].hex()
        expect.equal(f"the range of {FIRST} bytes", came, wanted, response)
