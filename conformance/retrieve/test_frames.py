"""PS3.18 10.4.1.1.6, 8.7.3.3: frames, native and decompressed, in the order of their list."""

from __future__ import annotations

import pytest

from conformance.kit import check, editions, expect, given, media
from conformance.kit.accept import ANYTHING
from conformance.kit.kinds import frames
from conformance.kit.verdicts import Observed
from conformance.retrieve import colours, reading
from conformance.retrieve.reading import LOSSLESS, NATIVE, OCTETS

MULTI = "rgb-multiframe-odd"  # three frames
PICTURES = ("rendered", "thumbnail")


def picture(endpoint, instance, number, form):
    """The response with a picture of a frame that is not there, where the first frame has one."""
    given.claimed(endpoint, f"{form}s" if form == "thumbnail" else form)
    given.present(endpoint.fetch(f"{instance.path}/frames/1/{form}", accept="image/jpeg"))
    return endpoint.get(f"{instance.path}/frames/{number}/{form}", accept="image/jpeg")


@check("RETRIEVE-FRAMES-001")
@pytest.mark.parametrize("number", [1, 2, 3], ids=str)
def test_frame_of_that_number(endpoint, stored, number):
    """frames/n is frame n of three, counted from 1."""
    (instance,) = stored(MULTI)
    known = frames(instance)

    response = endpoint.fetch(f"{instance.path}/frames/{number}", accept=OCTETS)

    reading.frames(response, [known[number - 1]], known)


@check("RETRIEVE-FRAMES-002", "native")
def test_part_for_each_native_frame(endpoint, stored):
    """frames/1,3 is returned as two parts of one frame each."""
    (instance,) = stored(MULTI)
    known = frames(instance)

    response = endpoint.fetch(f"{instance.path}/frames/1,3", accept=OCTETS)

    contents = reading.payloads(response)
    if len(contents) == 1 and reading.same(contents[0], known[0] + known[2]):
        why = "since 2023b 8.7.3.3 may be read as having all uncompressed frames in one octet-stream"
        expect.doubt("the number of parts", 1, "2, one per frame", response, why)
    expect.equal("the number of parts", len(contents), 2, response)
    for number, content in enumerate(contents, 1):
        reading.length(f"part {number}", len(content), len(known[0]), response)


@check("RETRIEVE-FRAMES-002", "compressed")
def test_part_for_each_compressed_frame(endpoint, stored):
    """frames/1,3 in the stored compression is returned as two parts."""
    (instance,) = stored("multiframe-jpeg2000")
    accept = reading.as_compressed(instance.dataset.file_meta.TransferSyntaxUID)

    response = endpoint.fetch(f"{instance.path}/frames/1,3", accept=accept)

    parts = expect.parts(reading.offered(response, "compressed frames are not sent"))
    expect.that(len(parts) == 2, "the number of parts", len(parts), "2, one per frame", response)


@check("RETRIEVE-FRAMES-003")
def test_order_of_the_list(endpoint, stored):
    """frames/2,3 is frame 2, then frame 3."""
    (instance,) = stored(MULTI)
    known = frames(instance)

    response = endpoint.fetch(f"{instance.path}/frames/2,3", accept=OCTETS)

    contents = reading.payloads(response)
    if len(contents) != 1 or not reading.same(contents[0], known[1] + known[2]):
        reading.frames(response, known[1:3], known)


@check("RETRIEVE-FRAMES-003", "long")
def test_long_list_with_a_gap(endpoint, stored):
    """Eleven of twelve native frames in one list are those of their numbers."""
    (instance,) = stored("us-multiframe")
    known = frames(instance)
    numbers = [number for number in range(1, 13) if number != 5]

    response = endpoint.fetch(f"{instance.path}/frames/{','.join(map(str, numbers))}", accept=OCTETS)

    contents, wanted = reading.payloads(response), [known[number - 1] for number in numbers]
    if len(contents) != 1 or not reading.same(contents[0], b"".join(wanted)):
        reading.frames(response, wanted, known)


@check("RETRIEVE-FRAMES-004")
def test_descending_list(endpoint, stored):
    """frames/3,1 returns 400, or the frames in the requested order."""
    (instance,) = stored(MULTI)
    known = frames(instance)

    response = endpoint.get(f"{instance.path}/frames/3,1", accept=OCTETS)

    if response.status != 200:
        expect.bad_request(response)
    else:
        reading.frames(response, [known[2], known[0]], known)


@check("RETRIEVE-FRAMES-005")
def test_frame_listed_twice(endpoint, stored):
    """frames/1,1 returns 400, or frame 1, once or twice."""
    (instance,) = stored(MULTI)
    known = frames(instance)

    response = endpoint.get(f"{instance.path}/frames/1,1", accept=OCTETS)

    if response.status != 200:
        expect.bad_request(response)
    else:
        reading.frames(response, [known[0]] * min(len(reading.payloads(response)), 2), known)


@check("RETRIEVE-FRAMES-006")
@pytest.mark.parametrize("kind", ["sample", MULTI])
def test_frame_beyond_the_last(endpoint, stored, kind):
    """A frame after the last one returns 404 (or 400)."""
    instance = stored(kind)[0]

    number = int(instance.dataset.get("NumberOfFrames") or 1)
    response = endpoint.get(f"{instance.path}/frames/{number + 1}", accept=OCTETS)

    expect.absent(response, 400)


@check("RETRIEVE-FRAMES-006", "picture")
@pytest.mark.parametrize("form", PICTURES)
def test_picture_of_a_frame_beyond_the_last(endpoint, stored, form):
    """A picture of a frame after the last one returns 404 (or 400)."""
    response = picture(endpoint, stored(MULTI)[0], 4, form)

    expect.absent(response, 400)


@check("RETRIEVE-FRAMES-007")
def test_list_with_a_missing_frame(endpoint, stored):
    """frames/1,4 of three frames returns 404, 400, or in editions up to 2024e 206 with frame 1."""
    (instance,) = stored(MULTI)

    response = endpoint.get(f"{instance.path}/frames/1,4", accept=OCTETS)

    also = (400, 206) if endpoint.config.edition < editions.NO_PARTIAL_CONTENT else (400,)
    expect.absent(response, *also)


@check("RETRIEVE-FRAMES-008")
@pytest.mark.parametrize("frame", ["0", "-1", "a"], ids=["zero", "negative", "text"])
def test_no_frame_number(endpoint, stored, frame):
    """Text that is not a frame number returns 400 or 404."""
    (instance,) = stored(MULTI)

    response = endpoint.get(f"{instance.path}/frames/{frame}", accept=OCTETS)

    expect.bad_request(response, 404)


@check("RETRIEVE-FRAMES-008", "picture")
@pytest.mark.parametrize("form", PICTURES)
def test_picture_of_no_frame(endpoint, stored, form):
    """A picture of frame 0 returns 400 or 404."""
    response = picture(endpoint, stored(MULTI)[0], 0, form)

    expect.bad_request(response, 404)


@check("RETRIEVE-FRAMES-008", "hole")
def test_hole_in_the_list(endpoint, stored):
    """frames/1,,2 returns 400 or 404, or frames 1 and 2."""
    (instance,) = stored(MULTI)
    known = frames(instance)

    response = endpoint.get(f"{instance.path}/frames/1,,2", accept=OCTETS)

    if response.status != 200:
        expect.bad_request(response, 404)
    else:
        reading.frames(response, known[:2], known)


@check("RETRIEVE-FRAMES-009")
@pytest.mark.parametrize("kind", NATIVE)
def test_native_frame(endpoint, stored, kind):
    """Frame 1 has the stored pixel bytes in little endian."""
    for instance in stored(kind):
        given.framed(endpoint, instance, stored("sample")[0])
        known = frames(instance)

        response = endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS)

        reading.frames(response, known[:1], known)


@check("RETRIEVE-FRAMES-009", "default")
def test_default_media_type_of_frames(endpoint, stored):
    """A native frame is returned in a media type of bulk data if anything is accepted."""
    (instance,) = stored(MULTI)

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=ANYTHING)

    expect.status(response, 200)
    media.of_bulk_data(response)


@check("RETRIEVE-FRAMES-010")
@pytest.mark.parametrize("kind", [*LOSSLESS, "uncompressed-fragments"])
def test_decompressed_frame(endpoint, stored, kind):
    """Frame 1 of a losslessly compressed image is returned decompressed, with its original pixel values."""
    for instance in stored(kind):
        given.framed(endpoint, instance, stored("sample")[0])
        known = frames(instance)

        response = endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS)

        expect.outcome(response, (200,), (406,), f"8.7.3.3 requires application/octet-stream; {media.DECOMPRESSION}")
        if reading.payloads(response) != [colours.by_plane(known[0])]:  # planes are judged by RETRIEVE-FRAMES-020
            reading.frames(response, known[:1], known)


@check("RETRIEVE-FRAMES-015")
def test_frame_of_a_single_frame_instance(endpoint, stored):
    """frames/1 of a CT slice can be retrieved."""
    instance = stored("ct-16")[0]

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS)

    expect.status(response, 200)


@check("RETRIEVE-FRAMES-016")
def test_float_frame(endpoint, stored):
    """Frame 1 of a Parametric Map is its Float Pixel Data."""
    expect_values(endpoint, stored, "float-pixels")


@check("RETRIEVE-FRAMES-016", "double")
def test_double_float_frame(endpoint, stored):
    """Frame 1 of a Parametric Map of 64 bits is its Double Float Pixel Data."""
    expect_values(endpoint, stored, "double-float-pixels")


def expect_values(endpoint, stored, kind):
    """Frame 1 of a kind is all of its values."""
    (instance,) = stored(kind)
    given.framed(endpoint, instance, stored("sample")[0])
    known = frames(instance)

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS)

    reading.frames(response, known[:1], known)


@check("RETRIEVE-FRAMES-017")
@pytest.mark.parametrize("kind", ["sr", "pdf"])
def test_frame_of_what_has_no_pixels(endpoint, stored, kind):
    """A frame of an object without pixel data returns 404."""
    (instance,) = stored(kind)

    response = endpoint.get(f"{instance.path}/frames/1", accept=OCTETS)

    expect.absent(response)


@check("RETRIEVE-FRAMES-018")
def test_single_part_frame(endpoint, stored):
    """One frame may be requested without multipart."""
    instance = stored("sample")[0]

    response = endpoint.get(f"{instance.path}/frames/1", accept="application/octet-stream")

    reading.optional(response, "frames/1 as application/octet-stream without multipart is not returned")
    found = media.essence(response.header("Content-Type"))
    raise Observed(f"frames/1 as application/octet-stream returns 200 with {found}")


@check("RETRIEVE-FRAMES-020", "native")
@pytest.mark.parametrize("kind", ["rgb-multiframe-odd", "rgb-planar", "ybr-full"])
def test_organisation_of_colour(endpoint, stored, kind):
    """A native colour frame keeps its planar configuration, and metadata name it."""
    instance = stored(kind)[0]
    given.framed(endpoint, instance, stored("sample")[0])
    given.claimed(endpoint, "metadata")
    described = given.metadata(endpoint.fetch(f"{instance.path}/metadata"), [instance])[instance.sop_instance_uid]

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS)

    colours.as_described(response, described, instance)


@check("RETRIEVE-FRAMES-020", "decompressed")
@pytest.mark.parametrize("kind", ["rle", "jpeg2000-lossless", "jpeg-baseline"])
def test_decompressed_colour_is_as_described(endpoint, stored, kind):
    """A decompressed colour frame, read with the photometric interpretation of metadata, has its original colours."""
    instance = stored(kind)[0]
    given.framed(endpoint, instance, stored("sample")[0])
    given.claimed(endpoint, "metadata")
    described = given.metadata(endpoint.fetch(f"{instance.path}/metadata"), [instance])[instance.sop_instance_uid]
    response = endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS)
    given.present(response, by=f"retrieve-frames-010.{kind}")

    colours.as_described(response, described, instance)


@check("RETRIEVE-FRAMES-021")
@pytest.mark.parametrize("numbers", ["1", "2", "1,2"], ids=["first", "second", "both"])
def test_frames_of_single_bits(endpoint, stored, numbers):
    """1-bit frames whose size is not a multiple of 8 bits are packed without padding before or between them."""
    (instance,) = stored("segmentation-1bit")
    known = frames(instance)
    wanted = [known[int(number) - 1] for number in numbers.split(",")]

    response = endpoint.fetch(f"{instance.path}/frames/{numbers}", accept=OCTETS)

    contents = reading.payloads(response)
    if len(wanted) == 2 and len(contents) == 1:
        wanted = [colours.packed(instance, wanted)]
    reading.frames(response, wanted, known)
