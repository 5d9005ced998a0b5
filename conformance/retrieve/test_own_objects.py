"""PS3.18 10.4: own objects, which the operator gave the run to store, retrieved in every form.

A check may look at many bytes, but keeps only a frame of them in memory.
"""

from __future__ import annotations

from itertools import islice

from conformance.dicomweb import completeness, dicom_json, images, part10
from conformance.dicomweb.buffers import LargeValue, first_difference
from conformance.dicomweb.codestreams import MEDIA_TYPES
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect, given, media, own_frames
from conformance.kit.accept import ANYTHING, AS_STORED
from conformance.kit.verdicts import NotSupported
from conformance.retrieve import own_shades, pictures, reading
from conformance.retrieve.reading import DICOM, OCTETS
from conformance.retrieve.test_metadata import comparable
from conformance.retrieve.test_shown import rendering

MOST = 100  # addresses of a data set that are followed
RENDERED = 10  # frames of an image whose rendering is judged
NOT_ALL_IMAGES = "10.4.1.1.3 does not say which images have to be rendered"


def image(stored, own):
    """The instance of an own object that has pixels, and its data set."""
    (instance,) = stored(own)
    if not own_frames.count(instance.dataset):
        raise NotSupported("the object has no pixels")
    return instance, instance.dataset


def metadata(endpoint, instance):
    """The metadata of an instance, and the response."""
    response = endpoint.fetch(f"{instance.path}/metadata")
    return given.metadata(response, [instance])[instance.sop_instance_uid], response


@check("RETRIEVE-INST-001", "own")
def test_own_object_is_the_one_stored(endpoint, stored, own):
    """An own object is retrieved with the stored data set."""
    (instance,) = stored(own)

    response = endpoint.get(instance.path, accept=AS_STORED)

    expect.whole(response, instance)


@check("RETRIEVE-INST-005", "own")
def test_file_meta_information_of_own_object_agrees(endpoint, stored, own):
    """The File Meta Information of an own object names the SOP Class and SOP Instance of its data set."""
    (instance,) = stored(own)
    response = endpoint.get(instance.path, accept=AS_STORED)
    given.kept(response, by=f"retrieve-inst-001.own.{own}")

    ds = given.instances(response, [instance])[instance.sop_instance_uid]

    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        named, found = f"MediaStorage{keyword}", ds.file_meta.get(f"MediaStorage{keyword}", "absent")
        expect.that(found == ds[keyword].value, named, found, f"{ds[keyword].value} as {keyword}", response)


@check("RETRIEVE-INST-007", "own")
def test_own_object_in_explicit_little_endian(endpoint, stored, own):
    """An own object is returned in Explicit VR Little Endian, with its pixel values if no compression was lossy."""
    (instance,) = stored(own)
    ds = instance.dataset
    response = endpoint.get(instance.path, accept=DICOM)
    expect.status(reading.offered(response, "the object is not sent in Explicit VR Little Endian"), 200)

    found = expect.instances(response, [instance])[instance.sop_instance_uid]

    if not own_frames.is_compressed(ds):  # decompression may have to change more than pixels
        expect.same(part10.differences(ds, found), response)
    elif not own_frames.is_compressed(found):
        for (number, wanted), (_, frame) in zip(own_frames.decoded(ds), own_frames.native(found), strict=True):
            _same_pixels(f"frame {number}", frame, wanted, ds, response)


@check("RETRIEVE-META-004", "own")
def test_metadata_of_own_object_are_complete(endpoint, stored, own):
    """Metadata of an own object have all its attributes, at every depth."""
    (instance,) = stored(own)

    found, response = metadata(endpoint, instance)

    missing = completeness.missing(instance.dataset, found)
    expect.same([difference(where, None, "there") for where in missing], response)


@check("RETRIEVE-META-005", "own")
def test_bulk_values_of_own_object_are_there(endpoint, stored, own):
    """Pixel data and other bulk values of an own object are given by BulkDataURI or inline, at every depth."""
    (instance,) = stored(own)

    found, response = metadata(endpoint, instance)

    expect.same(completeness.valueless(instance.dataset, found), response)


@check("RETRIEVE-META-009", "own")
def test_values_of_own_object_are_those_stored(endpoint, stored, own):
    """Metadata of an own object have the stored values."""
    (instance,) = stored(own)

    found, response = metadata(endpoint, instance)

    expect.same(dicom_json.differences(comparable(instance.dataset, found), found), response)


@check("RETRIEVE-BULK-002", "own")
def test_bulk_data_of_own_object(endpoint, stored, own):
    """Each binary value of an own object that its metadata give by reference is the stored one, or decompressed."""
    (instance,) = stored(own)
    ds = instance.dataset
    described, within = metadata(endpoint, instance)
    found = dict(reading.bulk(described))
    if not found:
        raise NotSupported(f"metadata have no BulkDataURI ({within.request})")

    for path, address in islice(found.items(), MOST):
        element = reading.element(ds, path)
        if element is None or not isinstance(element.value, bytes | LargeValue):
            continue
        compressed = element.is_undefined_length
        response = endpoint.follow(address, within, accept=ANYTHING if compressed else OCTETS)
        expect.status(response, 200)
        little = ds.file_meta.TransferSyntaxUID.is_little_endian or element.VR in ("OB", "UN")
        if not compressed and little:
            _same_value(reading.place(path), expect.one_part(response).content, element.value, response)


@check("RETRIEVE-FRAMES-009", "own")
def test_frames_of_own_object(endpoint, stored, own):
    """Each native frame of an own object has the stored pixel bytes."""
    instance, ds = image(stored, own)
    if own_frames.is_compressed(ds):
        raise NotSupported("the pixels are compressed, which RETRIEVE-FRAMES-010 and -011 judge")
    given.framed(endpoint, instance, stored("sample")[0])

    for number, frame in own_frames.native(ds):
        response = endpoint.get(f"{instance.path}/frames/{number}", accept=OCTETS)
        reading.frames(response, [frame], [frame])


@check("RETRIEVE-FRAMES-010", "own")
def test_decompressed_frames_of_own_object(endpoint, stored, own):
    """Each losslessly compressed frame of an own object is returned decompressed, with its pixel values."""
    instance, ds = image(stored, own)
    if not own_frames.is_compressed(ds):
        raise NotSupported("the pixels are not compressed")
    given.framed(endpoint, instance, stored("sample")[0])

    for number, wanted in own_frames.decoded(ds):
        response = endpoint.get(f"{instance.path}/frames/{number}", accept=OCTETS)
        expect.outcome(response, (200,), (406,), media.DECOMPRESSION)
        contents = reading.payloads(response)
        expect.equal("the number of parts", len(contents), 1, response)
        _same_pixels(f"frame {number}", contents[0], wanted, ds, response)


@check("RETRIEVE-FRAMES-011", "own")
def test_compressed_frames_of_own_object(endpoint, stored, own):
    """Each compressed frame of an own object is the stored codestream, all its fragments joined."""
    instance, ds = image(stored, own)
    syntax = str(ds.file_meta.TransferSyntaxUID)
    if not own_frames.is_compressed(ds) or syntax not in MEDIA_TYPES:
        raise NotSupported("the pixels are not compressed, or are a video")
    given.framed(endpoint, instance, stored("sample")[0])

    for number, frame in own_frames.compressed(ds):
        response = endpoint.get(f"{instance.path}/frames/{number}", accept=reading.as_compressed(syntax))
        contents = reading.payloads(reading.offered(response, "compressed frames are not sent"))
        expect.equal("the number of parts", len(contents), 1, response)
        if contents[0].rstrip(b"\0") != frame.rstrip(b"\0"):  # it may be padded in the file
            reading.equal(f"compressed frame {number}", contents[0], frame, response)


def rendered(stored, own):
    """The instance of an own object that can be rendered, its data set, and the numbers of the judged frames."""
    instance, ds = image(stored, own)
    if max(ds.Columns, ds.Rows) > images.SIDE:
        raise NotSupported(f"not judged here: images of more than {images.SIDE} rows or columns are not decoded")
    numbers = own_frames.judged(ds)
    return instance, ds, numbers if len(numbers) <= RENDERED else [*numbers[: RENDERED - 1], numbers[-1]]


@check("RETRIEVE-REND-001", "own")
def test_rendering_of_own_object(endpoint, stored, own):
    """The rendering of an own object, of several frames each for itself, is an image of its size."""
    instance, ds, numbers = rendered(stored, own)

    for target in ["rendered"] if own_frames.count(ds) == 1 else [f"frames/{number}/rendered" for number in numbers]:
        response = endpoint.get(f"{instance.path}/{target}", accept=pictures.JPEG)
        expect.outcome(response, (200,), expect.REFUSALS, NOT_ALL_IMAGES)
        pictures.sized(pictures.one(response), (ds.Columns, ds.Rows), response)


@check("RETRIEVE-REND-016", "own")
def test_rendering_shows_own_object(endpoint, stored, own):
    """The rendering of an own object of one frame shows its pixels, by its tables, rescale and window."""
    instance, ds, _ = rendered(stored, own)
    if own_frames.count(ds) > 1:
        raise NotSupported("the object has several frames, which RETRIEVE-REND-002 judges")
    (frame,) = own_shades.frames(ds, [1])

    response = rendering(endpoint, f"{instance.path}/rendered")

    own_shades.judge(own, reading.offered(response, "the image is not rendered"), frame)


@check("RETRIEVE-REND-002", "own")
def test_each_frame_of_own_object_shows_itself(endpoint, stored, own):
    """The rendering of each frame of an own object shows that frame, with its own rescale and window."""
    instance, ds, numbers = rendered(stored, own)
    if own_frames.count(ds) == 1:
        raise NotSupported("the object has one frame, which RETRIEVE-REND-016 judges")
    frames = own_shades.frames(ds, numbers)

    for frame in frames:
        response = rendering(endpoint, f"{instance.path}/frames/{frame.frame.number}/rendered")
        own_shades.judge(own, reading.offered(response, "the image is not rendered"), frame, frames)


@check("RETRIEVE-THUMB-008", "own")
def test_thumbnail_of_own_object(endpoint, stored, own):
    """An own object has a thumbnail that can be decoded, or none."""
    (instance,) = stored(own)
    response = endpoint.fetch(f"{instance.path}/thumbnail", accept=pictures.JPEG)
    if response.status == 302:
        response = endpoint.follow(response.header("Location") or "", response, accept=pictures.JPEG)

    if response.status == 200:
        pictures.one(response)
    else:
        why = "the text does not say how a thumbnail is refused"
        expect.outcome(response, (*expect.REFUSALS, 501), range(500, 600), why)


def _same_value(where, content, wanted, response):
    """The bytes are those of an element, or these and the pad byte."""
    reading.length(f"the value of {where}", len(content), len(wanted), response)
    at = first_difference(content, wanted)
    if at is not None and at < min(len(content), len(wanted)):
        found, should = (each[at : at + 1].hex().upper() for each in (content, wanted))
        expect.deviates(f"byte {at} of the value of {where}", found, should, response)


def _same_pixels(what, content, wanted, ds, response):
    """A frame has the samples of another one, by pixel or by plane: which of them is judged with other images."""
    if not any(reading.same(content, each) for each in own_frames.arrangements(wanted, ds)):
        reading.equal(what, content, wanted, response)
