"""PS3.18 8.7.3: transfer syntaxes of DICOM media types."""

from __future__ import annotations

import pytest

from conformance.common import reading
from conformance.common.reading import DICOM, EXPLICIT_LE, IMPLICIT_LE, JPEG_2000_LOSSLESS
from conformance.kit import check, expect, given, media
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import Blocked, NotSupported, Observed

BIG_ENDIAN = "1.2.840.10008.1.2.2"
MADE_UP, DEFLATED = "1.2.3.4", "1.2.840.10008.1.2.1.99"
COMPRESSED = ("1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", JPEG_2000_LOSSLESS, "1.2.840.10008.1.2.5")
TRANSCODED = ("jpeg-lossless-sv1", "rle", "jpeg2000-lossless", "deflated", "implicit-vr")
WISHES = {"default": DICOM, "any": AS_STORED}


def in_syntax(uid):
    """The Accept value that asks for a transfer syntax."""
    return f"{DICOM}; transfer-syntax={uid}"


@check("COMMON-TS-001")
@pytest.mark.parametrize("kind", TRANSCODED)
def test_default_is_explicit_vr_little_endian(endpoint, stored, kind):
    """An instance stored in another transfer syntax is returned in Explicit VR Little Endian by default."""
    (instance, *_) = stored(kind)
    response = endpoint.fetch(instance.path, accept=DICOM)

    expect.outcome(response, (200,), (406,), media.DECOMPRESSION)
    reading.in_syntax(response, EXPLICIT_LE)


@check("COMMON-TS-002")
def test_transfer_syntax_parameter_is_supported(endpoint, stored):
    """An instance requested in Explicit VR Little Endian by its UID is returned in it."""
    (instance, *_) = stored("sample")
    response = endpoint.fetch(instance.path, accept=in_syntax(EXPLICIT_LE))

    reading.in_syntax(response, EXPLICIT_LE)


@check("COMMON-TS-003")
@pytest.mark.parametrize("kind", ["sample", "rle"])
def test_any_transfer_syntax(endpoint, stored, kind):
    """A study requested with transfer-syntax=* is returned, in any transfer syntax."""
    instances = stored(kind)
    response = endpoint.fetch(instances[0].study_path, accept=AS_STORED)

    expect.instances(response, instances)


@check("COMMON-TS-004")
def test_two_transfer_syntax_parameters(endpoint, stored):
    """An Accept value with two transfer-syntax parameters returns 400, or 406 because it is ignored."""
    (instance, *_) = stored("sample")
    twice = f"application/dicom;transfer-syntax={EXPLICIT_LE};transfer-syntax={JPEG_2000_LOSSLESS}"
    response = endpoint.get(instance.path, accept=twice)

    expect.bad_request(response, 406)


@check("COMMON-TS-005")
def test_lossy_instance(endpoint, stored):
    """The transfer syntax of the response for an instance with lossy pixel data is recorded."""
    (instance, *_) = stored("jpeg-baseline")
    response = endpoint.fetch(instance.path, accept=DICOM)

    found = ", ".join(sorted(reading.syntaxes(response))) if response.status == 200 else "nothing"
    raise Observed(
        f"a JPEG Baseline instance returns {response.status} without a transfer-syntax parameter, with {found}"
    )


@check("COMMON-TS-006")
def test_unknown_transfer_syntax(endpoint, stored):
    """A request that accepts only an unknown transfer syntax returns 406."""
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path, accept=in_syntax(MADE_UP))

    if response.status == 200:
        reading.in_syntax(response, EXPLICIT_LE)
        why = "8.7.7 may mean that only the parameter is ignored, not the media type with it"
        expect.doubt("status", 200, 406, response, why)
    expect.unacceptable(response)


@check("COMMON-TS-006", "known")
@pytest.mark.parametrize("syntax", [*COMPRESSED, DEFLATED])
@pytest.mark.parametrize("kind", ["ct-16", "rle"])
def test_only_accepted_transfer_syntax(endpoint, stored, kind, syntax):
    """An instance requested in one compressed or deflated transfer syntax is returned in it, or refused."""
    response = endpoint.get(stored(kind)[0].path, accept=in_syntax(syntax))

    if response.status not in expect.REFUSALS:
        reading.in_syntax(response, syntax)


@check("COMMON-TS-007")
def test_weights_of_transfer_syntaxes(endpoint, stored):
    """An instance is returned in one of the two transfer syntaxes that a request accepts with weights."""
    (instance, *_) = stored("sample")
    response = endpoint.get(
        instance.path, accept=f"{in_syntax(JPEG_2000_LOSSLESS)};q=1, {in_syntax(EXPLICIT_LE)};q=0.5"
    )

    reading.in_syntax(response, EXPLICIT_LE, JPEG_2000_LOSSLESS)


@check("COMMON-TS-008")
@pytest.mark.parametrize("wish", [*WISHES, "implicit"])
def test_implicit_vr_is_never_sent(endpoint, stored, wish):
    """An instance stored in Implicit VR Little Endian is never returned in that transfer syntax."""
    (instance, *_) = stored("implicit-vr")
    response = endpoint.fetch(instance.path, accept=WISHES.get(wish, in_syntax(IMPLICIT_LE)))

    _never(response, IMPLICIT_LE, refusal=wish == "implicit")


@check("COMMON-TS-009")
@pytest.mark.parametrize("wish", [*WISHES, "big-endian"])
def test_big_endian_is_never_sent(endpoint, stored, wish):
    """An instance stored in Explicit VR Big Endian is never returned in that transfer syntax."""
    (instance, *_) = stored("big-endian")
    response = endpoint.fetch(instance.path, accept=WISHES.get(wish, in_syntax(BIG_ENDIAN)))

    _never(response, BIG_ENDIAN, refusal=wish == "big-endian")


@check("COMMON-TS-010")
def test_transfer_syntax_query_parameter(endpoint, stored):
    """The query parameter transferSyntax, which is one of WADO-URI, is ignored."""
    (instance, *_) = stored("sample")
    response = endpoint.get(f"{instance.path}?transferSyntax={JPEG_2000_LOSSLESS}", accept=DICOM)

    reading.in_syntax(response, EXPLICIT_LE)


@check("COMMON-TS-011")
def test_rendered_media_type_has_no_transfer_syntax(endpoint, stored):
    """A transfer-syntax parameter of image/jpeg is refused, or ignored and absent from the response."""
    (instance, *_) = stored("sample")
    accept = "image/jpeg;transfer-syntax=1.2.840.10008.1.2.4.50"
    response = endpoint.get(instance.path + "/rendered", accept=accept)

    if response.status != 200:
        expect.bad_request(response, 406)
    else:
        echoed = reading.media_type(response).get("transfer-syntax")
        expect.that(not echoed, "transfer-syntax of Content-Type", echoed, None, response)


@check("COMMON-TS-013")
@pytest.mark.parametrize("kind", ["rle", "jpeg-baseline"])
def test_compressed_part_names_its_transfer_syntax(endpoint, stored, kind):
    """A part whose file is not in Explicit VR Little Endian has a transfer-syntax parameter."""
    (instance, *_) = stored(kind)
    response = endpoint.fetch(instance.path, accept=AS_STORED)
    given.present(response)

    message = reading.media_type(response).get("transfer-syntax")
    for media_type, content in reading.files(response):
        uid = reading.syntax(content, response)
        if uid == EXPLICIT_LE:
            raise NotSupported("the instance is returned in Explicit VR Little Endian")
        if media_type and media_type.essence != media.DICOM:
            raise Blocked(f"a part with a DICOM file is {media_type.essence} ({response.request})", "common-mp-015")
        named = (media_type.get("transfer-syntax") if media_type else None) or message
        expect.equal("transfer-syntax", named, uid, response)


def _never(response, uid, *, refusal):
    """The files are in another transfer syntax; `refusal` is fine too where this one was asked for."""
    if refusal and response.status != 200:
        expect.unacceptable(response)
    expect.status(response, 200, *((406,) if refusal else ()))
    if response.status == 200:
        for found in reading.syntaxes(response):
            expect.that(found != uid, "TransferSyntaxUID", uid, "that of an Explicit VR Little Endian syntax", response)
