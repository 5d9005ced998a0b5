"""PS3.18 10.4.1.1.4, 10.4.3.3.4, 8.3.5.2: thumbnails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.dicomweb import images
from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING
from conformance.kit.kinds import frames, having
from conformance.kit.verdicts import NotSupported, Observed
from conformance.retrieve import pictures, reading

LEVELS = ("study", "series", "instance", "frame")


def thumbnail(endpoint, instance, level, accept="image/jpeg", **parameters):
    """The response with a thumbnail; a redirect to a rendered resource, which is allowed, is followed."""
    target = {
        "study": instance.study_path,
        "series": instance.series_path,
        "instance": instance.path,
        "frame": f"{instance.path}/frames/1",
        "frame 2": f"{instance.path}/frames/2",
    }[level]
    response = endpoint.fetch(f"{target}/thumbnail", accept=accept, params=parameters or None)
    if response.status == 302:
        return endpoint.follow(response.header("Location") or "", response, accept=accept)
    return response


def image(response):
    """The only picture of a response that is labelled as an image."""
    found = media.essence(response.header("Content-Type"))
    expect.that(found.startswith("image/"), "the media type", found, "that of an image", response)
    return pictures.one(response)


def imaged(stored, level, kind="quadrants"):
    """An image of a kind; for frames a multi-frame one, of which alone Table 10.1-1 has them."""
    return stored("rgb-multiframe-odd" if level == "frame" else kind)[0]


@check("RETRIEVE-THUMB-001")
def test_thumbnail_of_a_study(endpoint, stored):
    """A study may have a thumbnail."""
    response = thumbnail(endpoint, stored("quadrants")[0], "study")

    raise Observed(f"the thumbnail of a study returns {response.status}")


@check("RETRIEVE-THUMB-002")
@pytest.mark.parametrize("level", LEVELS)
def test_thumbnail_of_each_level(endpoint, stored, level):
    """Study, series, instance and frames all have thumbnails if one of them has."""
    response = thumbnail(endpoint, imaged(stored, level), level)

    expect.status(response, 200)


@check("RETRIEVE-THUMB-002", "another-frame")
def test_thumbnail_of_another_frame(endpoint, stored):
    """The thumbnail of frame 2 of three is of that frame."""
    (instance,) = stored("rgb-multiframe-odd")
    size = instance.dataset.Columns, instance.dataset.Rows
    known = [images.native(frame, *size, 3) for frame in frames(instance)]

    response = thumbnail(endpoint, instance, "frame 2")

    expect.status(response, 200)
    found = replace(image(response), pixels=image(response).pixels.convert("RGB").resize(size))
    distances = [picture.distance(found) for picture in known]
    nearest = distances.index(min(distances)) + 1
    expect.equal("the frame nearest to the thumbnail", nearest, 2, response)


@check("RETRIEVE-THUMB-002", "with-a-report")
def test_thumbnail_of_a_study_with_a_report(endpoint, stored):
    """A study that contains a report beside images has a thumbnail."""
    response = thumbnail(endpoint, stored("mixed")[0], "study")

    expect.status(response, 200)


@check("RETRIEVE-THUMB-003")
@pytest.mark.parametrize("level", LEVELS)
def test_thumbnail_is_one_image(endpoint, stored, level):
    """A thumbnail is one image, neither several parts nor an animation."""
    response = thumbnail(endpoint, imaged(stored, level, "ct-16"), level)
    given.present(response)

    expect.equal("the number of frames of the image", image(response).frames, 1, response)


@check("RETRIEVE-THUMB-003", "every-kind")
@pytest.mark.parametrize("kind", having("shown"))
def test_thumbnail_of_every_kind(endpoint, stored, kind):
    """The thumbnail of an image can be decoded, whatever the image."""
    instance = stored(kind)[0]
    given.present(thumbnail(endpoint, stored("quadrants")[0], "instance"))

    pictures.one(thumbnail(endpoint, instance, "instance"))


@check("RETRIEVE-THUMB-004")
def test_thumbnail_names_nobody(endpoint, stored):
    """A thumbnail does not identify the patient in its comments and metadata."""
    (instance,) = stored("quadrants")
    response = thumbnail(endpoint, instance, "instance")
    given.present(response)

    said = pictures.given_one(response).text
    for keyword in ("PatientName", "PatientID"):
        absent = str(instance.dataset[keyword].value).encode() not in said
        expect.that(absent, keyword, "in the comments of the image", "absent", response)


@check("RETRIEVE-THUMB-005")
def test_redirect(endpoint, stored):
    """A thumbnail may be a redirect to a rendered resource."""
    response = endpoint.fetch(f"{stored('quadrants')[0].path}/thumbnail", accept="image/jpeg")

    where = f" after a redirect to {response.request.url}" if response.redirected else ""
    raise Observed(f"the thumbnail of an instance returns {response.status}{where}")


@check("RETRIEVE-THUMB-006")
def test_default_thumbnail(endpoint, stored):
    """A thumbnail is image/jpeg if anything is accepted."""
    response = thumbnail(endpoint, stored("quadrants")[0], "instance", accept=ANYTHING)

    reading.one_of("image/jpeg", response)


@check("RETRIEVE-THUMB-006", "unacceptable")
def test_unacceptable_thumbnail(endpoint, stored):
    """A thumbnail in an unsupported type returns 406."""
    response = thumbnail(endpoint, stored("quadrants")[0], "instance", accept="image/x-nobody-has-this")

    expect.unacceptable(response)


@check("RETRIEVE-THUMB-007")
@pytest.mark.parametrize("level", LEVELS)
def test_viewport_of_a_thumbnail(endpoint, stored, level):
    """viewport=64,64, if it has an effect, returns a thumbnail of at most 64 x 64 pixels."""
    plain = thumbnail(endpoint, imaged(stored, level), level)
    response = thumbnail(endpoint, imaged(stored, level), level, viewport="64,64")
    given.present(response)

    size = pictures.given_one(response).size
    if max(size) > 64 and reading.payloads(response) == reading.payloads(plain):
        raise NotSupported(f"viewport has no effect on a thumbnail ({response.request})")
    expect.that(max(size) <= 64, "the size of the thumbnail", pictures.pixels(size), "64 x 64 at most", response)


@check("RETRIEVE-THUMB-007", "shape")
def test_thumbnail_keeps_the_shape(endpoint, stored):
    """A thumbnail of an image of 256 x 128 pixels is not stretched: its quadrants do not fill a square."""
    (instance,) = stored("quadrants")
    response = thumbnail(endpoint, instance, "instance")
    given.present(response)

    picture, truth = pictures.given_one(response), pictures.truth(instance)
    corners = [(x, y) for x in (0.05, 0.95) for y in (0.05, 0.95)]
    alike = all(_near(picture.colour(*corner), truth.colour(*corner)) for corner in corners)
    if alike and picture.size[0] == picture.size[1]:
        size, why = pictures.pixels(picture.size), "the server chooses the size, and 8.3.5.1.3 is about a viewport"
        expect.doubt("the shape of the thumbnail", f"{size}, filled by the image", "that of the image", response, why)


def _near(colour, other):
    return all(abs(one - two) < 64 for one, two in zip(colour, other, strict=True))


@check("RETRIEVE-RPAR-009")
def test_region_of_a_thumbnail(endpoint, stored):
    """A thumbnail viewport with more than a width and a height is refused."""
    (instance,) = stored("quadrants")
    plain = thumbnail(endpoint, instance, "instance")
    bounded = thumbnail(endpoint, instance, "instance", viewport="16,16")
    if reading.payloads(plain) == reading.payloads(bounded):
        raise NotSupported("viewport has no effect on a thumbnail")

    response = thumbnail(endpoint, instance, "instance", viewport="64,64,0,0,8,8")

    expect.bad_request(response)


@check("RETRIEVE-THUMB-008")
@pytest.mark.parametrize("level", ["study", "instance"])
@pytest.mark.parametrize("kind", having("pixelless"))
def test_thumbnail_of_what_has_no_pixels(endpoint, stored, kind, level):
    """An instance without pixels has no thumbnail, or one that can be decoded."""
    response = thumbnail(endpoint, stored(kind)[0], level)

    if response.status == 200:
        image(response)
    else:
        refusals = (*expect.REFUSALS, 501)
        expect.outcome(
            response, refusals, range(500, 600), "the standard does not say with which status a thumbnail is refused"
        )
