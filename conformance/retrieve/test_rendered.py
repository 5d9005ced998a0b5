"""PS3.18 10.4.1.1.3, 8.7.4: renderings of instances, frames, series and studies."""

from __future__ import annotations

import pytest

from conformance.dicomweb import images
from conformance.dicomweb.codestreams import process
from conformance.dicomweb.wording import count
from conformance.kit import check, editions, expect, given, media
from conformance.kit.accept import ANYTHING
from conformance.kit.kinds import KINDS, frames
from conformance.kit.verdicts import NotSupported, Observed
from conformance.retrieve import pictures, reading
from conformance.retrieve.reading import JPEGS

OF_VIDEOS = ("rendered", "frames/1", "frames/1/rendered", "thumbnail")
OPTIONAL = ("image/jp2", "image/jph", "image/jxl")


@check("RETRIEVE-REND-001")
def test_rendered_instance(endpoint, stored):
    """The rendering of a single-frame image is a JPEG image that can be decoded."""
    response = pictures.rendered(endpoint, stored("quadrants")[0])

    expect.equal("the format of the image", pictures.one(response).format, "JPEG", response)


@check("RETRIEVE-REND-002")
def test_rendered_frame(endpoint, stored):
    """The rendering of frame 2 of three shows frame 2."""
    (instance,) = stored("rgb-multiframe-odd")
    size = instance.dataset.Columns, instance.dataset.Rows
    known = [images.native(frame, *size, 3) for frame in frames(instance)]

    response = endpoint.fetch(f"{instance.path}/frames/2/rendered", accept="image/jpeg")

    picture = pictures.one(response)
    distances = [picture.distance(frame) for frame in known]
    nearest = distances.index(min(distances)) + 1
    expect.equal("the frame nearest to the rendering", nearest, 2, response)


@check("RETRIEVE-REND-002", "list")
def test_rendered_list_of_frames(endpoint, stored):
    """The renderings of frames 1 and 3 are two pictures, unless a list is refused."""
    response, nearest = rendered_list(endpoint, stored, "1,3")

    expect.equal("the frames nearest to the renderings", nearest, "1, 3", response)


@check("RETRIEVE-REND-002", "order")
def test_rendered_list_in_another_order(endpoint, stored):
    """The renderings of frames 3 and 1 are two pictures in this order, unless such a list is refused."""
    response, nearest = rendered_list(endpoint, stored, "3,1")

    if nearest == "1, 3":
        why = "since 2019b a list is ascending, and nothing says what another order returns"
        expect.doubt("the frames nearest to the renderings", nearest, "3, 1", response, why)
    expect.equal("the frames nearest to the renderings", nearest, "3, 1", response)


def rendered_list(endpoint, stored, numbers):
    """The response to the renderings of a list of frames, and the numbers of the frames that its pictures show. Raises
    NotSupported if it is refused."""
    (instance,) = stored("rgb-multiframe-odd")
    size = instance.dataset.Columns, instance.dataset.Rows
    known = [images.native(frame, *size, 3) for frame in frames(instance)]
    response = endpoint.fetch(f"{instance.path}/frames/{numbers}/rendered", accept=JPEGS)
    found = [*pictures.each(reading.offered(response, "a list of frames is not rendered"))]
    nearest = (min(range(3), key=lambda at: picture.distance(known[at])) + 1 for picture in found)
    return response, ", ".join(map(str, nearest))


@check("RETRIEVE-REND-003")
def test_rendered_series(endpoint, stored):
    """The rendering of a series of four images has four parts."""
    instance = stored("ct-16")[0]

    _renderings(endpoint, f"{instance.series_path}/rendered", 4)


@check("RETRIEVE-REND-004")
@pytest.mark.parametrize(("kind", "number"), [("ct-16", 4), ("mixed", 2)], ids=["images", "with-a-report"])
def test_rendered_study(endpoint, stored, kind, number):
    """The rendering of a study has a part for each image; other instances are left out."""
    instance = stored(kind)[0]

    _renderings(endpoint, f"{instance.study_path}/rendered", number)


@check("RETRIEVE-REND-005")
@pytest.mark.parametrize("accept", ["image/jpeg", ANYTHING], ids=["asked-for", "by-default"])
@pytest.mark.parametrize("resource", ["rendered", "frames-1-rendered"])
def test_rendered_media_type(endpoint, stored, resource, accept):
    """A rendering is an image of the requested type."""
    instance = stored("quadrants" if resource == "rendered" else "rgb-multiframe-odd")[0]

    response = endpoint.fetch(f"{instance.path}/{resource.replace('-', '/')}", accept=accept)

    given.present(response, by="retrieve-rend-006" if accept == ANYTHING else "retrieve-rend-001")
    for found in reading.types(response):
        expect.that(found.startswith("image/"), "the media type", found, "that of an image", response)
        expect.that(accept in (ANYTHING, found), "the media type", found, accept, response)


@check("RETRIEVE-REND-006")
def test_default_is_jpeg(endpoint, stored):
    """The rendering of a single-frame image is image/jpeg if anything is accepted."""
    response = pictures.rendered(endpoint, stored("quadrants")[0], accept=ANYTHING)

    _is_of_type(response, "image/jpeg")


@check("RETRIEVE-REND-007")
def test_png(endpoint, stored):
    """The rendering of a single-frame image is returned as image/png."""
    _is_of_type(pictures.rendered(endpoint, stored("quadrants")[0], accept="image/png"), "image/png")


@check("RETRIEVE-REND-008")
def test_gif(endpoint, stored):
    """The rendering of a single-frame image is returned as image/gif."""
    _is_of_type(pictures.rendered(endpoint, stored("quadrants")[0], accept="image/gif"), "image/gif")


@check("RETRIEVE-REND-009")
@pytest.mark.parametrize("media_type", OPTIONAL, ids=lambda name: name[6:])
def test_optional_media_type(endpoint, stored, media_type):
    """The rendering of a single-frame image may be returned in other types."""
    response = pictures.rendered(endpoint, stored("quadrants")[0], accept=media_type)

    raise Observed(f"a rendering as {media_type} returns {response.status}")


@check("RETRIEVE-REND-009", "multi-frame")
@pytest.mark.parametrize("media_type", ["image/gif", "image/jxl", "video/mp4", "video/mpeg"], ids=lambda name: name[6:])
def test_multi_frame_media_type(endpoint, stored, media_type):
    """The rendering of a multi-frame image may be returned as an animation or a video."""
    response = pictures.rendered(endpoint, stored("rgb-multiframe-odd")[0], accept=media_type)

    raise Observed(f"a rendered multi-frame image as {media_type} returns {response.status}")


@check("RETRIEVE-REND-001", "animation")
def test_animation_has_every_frame(endpoint, stored):
    """The rendering of an image of three frames as image/gif is one of them, or an animation of all."""
    (instance,) = stored("rgb-multiframe-odd")

    response = pictures.rendered(endpoint, instance, accept="image/gif")

    if response.status != 200:
        raise NotSupported(f"a rendered multi-frame image as image/gif returns {response.status}")
    number, all_of_them = pictures.one(response).frames, int(instance.dataset.NumberOfFrames)
    if number not in (1, all_of_them):
        why = "Table 8.7.4-1 does not say what such a rendering shows"
        expect.doubt("the number of frames of the animation", number, all_of_them, response, why)


@check("RETRIEVE-REND-010")
@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "text/xml"], ids=lambda name: name[5:])
def test_rendered_report(endpoint, stored, media_type):
    """The rendering of a report is returned as text/html, text/plain and text/xml."""
    (instance,) = stored("sr")
    if pictures.rendered(endpoint, instance, accept=ANYTHING).status in (400, 404, 406, 501):
        raise NotSupported("the server does not render a report in any type")

    response = pictures.rendered(endpoint, instance, accept=media_type)

    reading.one_of(media_type, response)


@check("RETRIEVE-REND-010", "complete")
def test_rendered_report_is_complete(endpoint, stored):
    """The rendering of a report as text/plain has the text of every content item, however deep."""
    (instance,) = stored("sr")
    response = pictures.rendered(endpoint, instance, accept="text/plain")
    given.present(reading.offered(response, "a report is not rendered as text"), by="retrieve-rend-010.plain")

    text = media.text(response)
    for element in instance.dataset.iterall():
        if element.keyword == "TextValue":
            for word in filter(str.isascii, element.value.split()):
                expect.that(word in text, f"{word!r} of a content item", "missing from the text", "there", response)


@check("RETRIEVE-REND-011")
@pytest.mark.parametrize(("kind", "media_type"), [("pdf", "application/pdf"), ("sr", "text/rtf")], ids=["pdf", "rtf"])
def test_rendered_document(endpoint, stored, kind, media_type):
    """The rendering of a document may be returned as application/pdf, of a report as text/rtf."""
    response = pictures.rendered(endpoint, stored(kind)[0], accept=media_type)

    raise Observed(f"a rendered {kind} as {media_type} returns {response.status}")


@check("RETRIEVE-REND-012")
def test_bits_of_a_channel(endpoint, stored):
    """A rendering of 16-bit data has at most 8 bits per channel in editions up to 2024b."""
    response = pictures.rendered(endpoint, stored("grey-ramp")[0], accept="image/png")
    given.present(reading.offered(response, "image/png is not sent"))

    bits = pictures.given_one(response).bits

    if endpoint.config.edition >= editions.ANY_DEPTH:
        since = editions.ANY_DEPTH
        raise Observed(f"a PNG of 16-bit data has {bits} bits per channel; since {since} there is no limit")
    expect.that(bits <= 8, "the number of bits per channel", bits, "8 at most", response)


@check("RETRIEVE-REND-013")
def test_jpeg_process(endpoint, stored):
    """A JPEG rendering uses the baseline process."""
    response = pictures.rendered(endpoint, stored("quadrants")[0])
    pictures.given_one(response)

    found = process(reading.payloads(response)[0])
    expect.equal("the JPEG process", found or "unknown", "baseline", response)


@check("RETRIEVE-REND-014")
@pytest.mark.parametrize("kind", ["quadrants", "grey-ramp", "monochrome1"])
def test_size_of_the_source(endpoint, stored, kind):
    """Without a viewport the rendering has the columns and rows of the image."""
    instance = stored(kind)[0]

    response = pictures.rendered(endpoint, instance)

    size = instance.dataset.Columns, instance.dataset.Rows
    pictures.sized(pictures.given_one(response), size, response)


@check("RETRIEVE-REND-015")
@pytest.mark.parametrize("kind", ["quadrants", "rgb-planar", "ybr-full", "jpeg-baseline", "rle", "jpeg2000-lossless"])
def test_colours(endpoint, stored, kind):
    """A colour image is rendered in its colours, whatever its photometric interpretation."""
    instance = stored(kind)[0]

    response = pictures.rendered(endpoint, instance)

    pictures.alike(pictures.one(response), pictures.truth(instance), "the picture that was stored", response)


@check("RETRIEVE-REND-015", "grey")
@pytest.mark.parametrize("kind", ["grey-ramp", "monochrome1"])
def test_black_and_white(endpoint, stored, kind):
    """A MONOCHROME2 image brightens with its values, a MONOCHROME1 image darkens."""
    instance = stored(kind)[0]

    response = pictures.rendered(endpoint, instance)

    picture = pictures.one(response)
    least, most = picture.grey(0.02, 0.02), picture.grey(0.98, 0.98)
    dark, light = (most, least) if kind == "monochrome1" else (least, most)
    order = "darker" if kind == "monochrome1" else "brighter"
    wanted = f"{order} than the least, in {instance.dataset.PhotometricInterpretation}"
    found = f"{most} (of 0 to 255), that of the least value {least}"
    expect.that(dark < light, "the grey level of the greatest value", found, wanted, response)


@check("RETRIEVE-REND-015", "palette")
def test_palette(endpoint, stored):
    """A PALETTE COLOR image is rendered in the colours of its tables: red grows with the index, green falls."""
    (instance,) = stored("palette")

    response = pictures.rendered(endpoint, instance)

    picture = pictures.one(response)
    (red, green, _), (more_red, less_green, _) = picture.colour(0.05, 0.05), picture.colour(0.95, 0.95)
    found = f"red {red}, green {green}, and red {more_red}, green {less_green}"
    right = red < green and more_red > less_green
    expect.that(right, "the colour of the first and of the last index", found, "green first and red last", response)


@check("RETRIEVE-REND-016")
def test_window_of_the_instance(endpoint, stored):
    """A CT image is rendered with its own rescale and window: black below, white above, and in order between."""
    (instance,) = stored("grey-ramp")  # -1024 to 3056 HU from left to right, window 40, 400

    response = pictures.rendered(endpoint, instance)

    pictures.windowed(response, (-500, -100, 40, 180, 1000))


@check("RETRIEVE-REND-017")
@pytest.mark.parametrize("kind", ["waveform", "sr", "rt-structures", "key-objects", "stl", "annotations"])
def test_what_cannot_be_rendered(endpoint, stored, kind):
    """An instance that cannot be rendered as an image returns 406 or 404, not something that is not an image."""
    instance = next(item for item in stored(kind) if item.sop_class_uid == KINDS[kind].sop_class)
    response = pictures.rendered(endpoint, instance)

    if response.status == 200:
        pictures.one(response)
    else:
        expect.status(response, 200, *expect.REFUSALS)


@check("RETRIEVE-REND-017", "video")
@pytest.mark.parametrize("resource", OF_VIDEOS, ids=lambda name: name.replace("/", "-"))
def test_video_is_taken_apart_or_refused(endpoint, stored, resource):
    """A rendering, frame or thumbnail of a video is returned, is not empty and is labelled as what it is, or refused: a
    broken video causes no server error."""
    (instance,) = stored("mpeg4")

    response = endpoint.fetch(f"{instance.path}/{resource}", accept=ANYTHING)

    expect.status(response, 200, *expect.REFUSALS)
    if response.status == 200:
        for kind, content in zip(reading.types(response), reading.payloads(response), strict=True):
            expect.that(content, "what is rendered", "empty", "a video or a picture", response)
            if content[4:8] == b"ftyp":  # a file of MPEG-4 (ISO 14496-12)
                expect.that(kind != "video/mpeg", "the media type of an MPEG-4 file", kind, "video/mp4", response)


@check("RETRIEVE-REND-018")
def test_presentation_state(endpoint, stored):
    """The rendering of a presentation state shows the images that it references."""
    instance = next(item for item in stored("presentation-state") if "ReferencedSeriesSequence" in item.dataset)

    response = pictures.rendered(endpoint, instance, accept=JPEGS)

    reading.optional(response, "a presentation state is not rendered")
    number = len(instance.dataset.ReferencedSeriesSequence[0].ReferencedImageSequence)
    expect.equal("the number of renderings", len(reading.payloads(response)), number, response)
    for picture in pictures.each(response):
        levels = picture.pixels.convert("L").tobytes()
        expect.that(min(levels) < max(levels), "a rendering", "uniform", "a CT image", response)


def _renderings(endpoint, target, number):
    """JPEG parts, or what the server chooses where it does not have them: one for each image."""
    response = endpoint.fetch(target, accept=JPEGS)
    if 400 <= response.status < 500:
        response = endpoint.fetch(target, accept=ANYTHING)
    expect.outcome(
        response,
        (200,),
        expect.REFUSALS,
        "10.4.1.1.3 does not say which images have to be rendered; the server refuses even */*",
    )
    found = sum(1 for _ in pictures.each(response))
    expect.that(found, "the number of renderings", 0, "1 or more", response)
    alone = media.essence(response.header("Content-Type")) != "multipart/related"
    if alone or found != number:
        there = "a single part" if alone else count(found, "rendering")
        why = "10.4.1.1.3 is usually read as one rendering for each image, but does not say so"
        expect.doubt("the content", there, f"{number} renderings, one per image", response, why)


def _is_of_type(response, media_type):
    """The only rendering is of a type, by its label and by its bytes."""
    reading.one_of(media_type, response)
    expect.equal("the format of the image", pictures.one(response).format, images.FORMATS[media_type], response)
