"""PS3.18 10.4.1.1.1, 8.7.3.1: one instance, as a DICOM file."""

from __future__ import annotations

import pytest
from pydicom.encaps import generate_frames

from conformance.dicomweb.codestreams import MEDIA_TYPES
from conformance.kit import check, expect, given, media
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.kinds import EACH, encoded_frames, frames
from conformance.kit.verdicts import Blocked, Deviates, NotSupported, Observed
from conformance.retrieve import colours, reading
from conformance.retrieve.reading import DICOM, LOSSLESS, LOSSY, NATIVE

EXPLICIT = "1.2.840.10008.1.2.1"
# The check that judges whether an instance is returned decompressed.
DECOMPRESSED = "retrieve-inst-007.decompressed"


@check("RETRIEVE-INST-001")
@pytest.mark.parametrize("kind", EACH)
def test_instance_is_the_one_stored(endpoint, stored, kind):
    """Each retrieved instance has the stored data set."""
    for instance in stored(kind):
        response = endpoint.fetch(instance.path, accept=AS_STORED)

        expect.whole(response, instance)


@check("RETRIEVE-INST-001", "together")
def test_instances_asked_for_together(endpoint, stored):
    """Twelve simultaneous requests each return the instance that they request."""
    wanted = stored("sample") * 4

    responses = endpoint.together([instance.path for instance in wanted], accept=AS_STORED)

    for response, instance in zip(responses, wanted, strict=True):
        expect.whole(response, instance)


@check("RETRIEVE-INST-001", "decompressed")
@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_decompressed_instance_is_the_one_stored(endpoint, stored, kind):
    """A decompressed instance has the stored data set, but for what describes its pixels: it is still marked as lossy,
    and has no offsets of fragments (PS3.3 C.7.6.1.1.5, C.7.6.3.1.8)."""
    instance = stored(kind)[0]
    response = endpoint.fetch(instance.path, accept=DICOM)
    if kind in LOSSY and response.status != 200:
        raise NotSupported(f"the instance is not sent decompressed: status is {response.status}")
    given.present(reading.offered(response, "the instance is not sent decompressed"), f"{DECOMPRESSED}.{kind}")
    ds = _file(response, judged=False)
    if ds.file_meta.TransferSyntaxUID != EXPLICIT:
        raise NotSupported(f"the instance is returned in {ds.file_meta.TransferSyntaxUID.name}")

    expect.whole(response, instance)
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        expect.that(keyword not in ds, keyword, "there", "absent, because the pixels are native", response)


@check("RETRIEVE-INST-002")
def test_instance_in_one_part(endpoint, stored):
    """An instance is returned as multipart/related with one part of application/dicom."""
    response = endpoint.fetch(stored("sample")[0].path, accept=DICOM)

    expect.one_part(response)
    reading.one_of("application/dicom", response)


@check("RETRIEVE-INST-003")
def test_instance_without_multipart(endpoint, stored):
    """An instance may be returned as application/dicom without multipart; then the body is a DICOM file."""
    response = endpoint.get(stored("sample")[0].path, accept="application/dicom")

    reading.optional(response, "an instance as single-part application/dicom is not returned")
    what = "a DICOM file" if response.content[128:132] == b"DICM" else "a body that is not a DICOM file"
    labelled = media.essence(response.header("Content-Type"))
    raise Observed(f"an instance as single-part application/dicom returns 200, {labelled}, with {what}")


@check("RETRIEVE-INST-004")
@pytest.mark.parametrize("kind", EACH)
def test_instance_is_a_dicom_file(endpoint, stored, kind):
    """The part is a complete DICOM file: preamble, DICM, File Meta Information and data set."""
    for instance in stored(kind):
        _file(endpoint.fetch(instance.path, accept=AS_STORED), judged=True)


@check("RETRIEVE-INST-004", "decompressed")
@pytest.mark.parametrize("kind", LOSSLESS)
def test_decompressed_instance_is_a_dicom_file(endpoint, stored, kind):
    """A decompressed instance is a complete DICOM file too, with native Pixel Data of even length."""
    for instance in stored(kind):
        response = endpoint.fetch(instance.path, accept=DICOM)
        given.present(reading.offered(response, "the instance is not sent decompressed"), f"{DECOMPRESSED}.{kind}")
        _file(response, judged=True)


@check("RETRIEVE-INST-005")
@pytest.mark.parametrize("kind", EACH)
def test_file_meta_information_agrees(endpoint, stored, kind):
    """The File Meta Information names the SOP Class, SOP Instance and transfer syntax of the data set."""
    for instance in stored(kind):
        response = endpoint.fetch(instance.path, accept=AS_STORED)
        ds = _file(response, judged=False)

        for keyword in ("SOPClassUID", "SOPInstanceUID"):
            named = f"MediaStorage{keyword}"
            found, wanted = ds.file_meta.get(named, "absent"), ds.get(keyword)
            expect.that(found == wanted, named, found, f"{wanted} as {keyword}", response)


@check("RETRIEVE-INST-006")
def test_application_entities(endpoint, stored):
    """The File Meta Information may name application entities."""
    response = endpoint.fetch(stored("sample")[0].path, accept=AS_STORED)
    meta = _file(response, judged=False).file_meta

    named = [element.keyword for element in meta if "ApplicationEntityTitle" in element.keyword]
    raise Observed(f"the File Meta Information names {', '.join(named) or 'no application entity'}")


@check("RETRIEVE-INST-007", "native")
@pytest.mark.parametrize("kind", [*NATIVE, "float-pixels", "segmentation-1bit"])
def test_native_pixels_are_those_stored(endpoint, stored, kind):
    """Native pixel data are returned bit for bit."""
    for instance in stored(kind):
        response = endpoint.fetch(instance.path, accept=DICOM)
        given.present(response)
        _file(response, judged=False)

        found, known = _frames(response, instance), frames(instance)
        expect.that(found == known, f"frame {_first(found, known)}", "changed", "as it was stored", response)


@check("RETRIEVE-INST-007", "compressed")
@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_compressed_pixels_are_those_stored(endpoint, stored, kind):
    """Compressed frames are returned as stored if the stored transfer syntax is requested."""
    instance = stored(kind)[0]
    syntax = instance.dataset.file_meta.TransferSyntaxUID
    response = endpoint.fetch(instance.path, accept=f"{DICOM}; transfer-syntax={syntax}")
    given.present(reading.offered(response, "the stored transfer syntax is not sent"))

    ds = _file(response, judged=False)

    if ds.file_meta.TransferSyntaxUID != syntax:
        raise NotSupported(
            f"the instance is returned in {ds.file_meta.TransferSyntaxUID.name}, which another check judges"
        )
    known = encoded_frames(instance)
    try:
        found = list(generate_frames(ds.PixelData, number_of_frames=len(known)))
    except ValueError as error:
        expect.deviates("the Pixel Data", f"unreadable ({error})", "frames in fragments (PS3.5 A.4)", response)
    expect.equal("the number of frames", len(found), len(known), response)
    for at, (content, frame) in enumerate(zip(found, known, strict=True), 1):
        reading.equal(f"compressed frame {at}", content, frame, response)


@check("RETRIEVE-INST-007", "decompressed")
@pytest.mark.parametrize("kind", LOSSLESS)
def test_decompressed_pixels_are_those_stored(endpoint, stored, kind):
    """Losslessly compressed pixel data are returned decompressed with their original values."""
    instance = stored(kind)[0]
    response = endpoint.fetch(instance.path, accept=DICOM)
    expect.status(reading.offered(response, "the instance is not sent decompressed"), 200)

    ds = _file(response, judged=False, by=f"retrieve-inst-004.decompressed.{kind}")

    if ds.file_meta.TransferSyntaxUID != EXPLICIT:
        raise NotSupported(
            f"the instance is returned in {ds.file_meta.TransferSyntaxUID.name}, which COMMON-TS-001 judges"
        )
    found = [colours.rgb(frame, ds) for frame in _frames(response, instance)]
    known = frames(instance)
    wanted = "as it was before compression"
    expect.that(found == known, f"frame {_first(found, known)}", "changed", wanted, response)


@check("RETRIEVE-INST-007", "video")
def test_video_is_sent_or_refused(endpoint, stored):
    """A video requested without a transfer syntax is returned, or refused: it cannot be decompressed (8.7.8.1)."""
    (instance,) = stored("mpeg4")

    response = endpoint.fetch(instance.path, accept=DICOM)

    expect.status(reading.offered(response, "the video is not sent decompressed"), 200)
    expect.kept(response, instance)


@check("RETRIEVE-INST-008")
@pytest.mark.parametrize("syntax", MEDIA_TYPES, ids=lambda syntax: syntax.removeprefix("1.2.840.10008.1.2."))
def test_compressed_transfer_syntax(endpoint, stored, syntax):
    """An instance may be requested in a compressed transfer syntax."""
    response = endpoint.get(stored("ct-16")[0].path, accept=f"{DICOM}; transfer-syntax={syntax}")

    raise Observed(f"a native CT image in transfer syntax {syntax} returns {response.status}")


def _frames(response, stored):
    """The frames of the only part of a message, which is an image of the size of the stored one."""
    found = Instance(bytes(expect.one_part(response).content))
    for keyword in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "NumberOfFrames"):
        is_, should = (str(instance.dataset.get(keyword) or 1) for instance in (found, stored))
        expect.equal(keyword, is_, should, response)
    return frames(found)


def _file(response, *, judged, by="retrieve-inst-004"):
    """The data set of the only part; what is not a DICOM file fails the check where that is judged, else blocks it."""
    part = (expect if judged else given).one_part(response)
    try:
        return reading.file(part, response)
    except Deviates as error:
        if judged:
            raise
        raise Blocked.of(error.deviation, by) from None


def _first(found, known):
    """The number of the first frame that differs."""
    return next(
        (at for at, (a, b) in enumerate(zip(found, known, strict=False), 1) if a != b), min(len(found), len(known)) + 1
    )
