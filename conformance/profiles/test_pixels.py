"""Frames and renderings."""

from __future__ import annotations

import pytest

from conformance.dicomweb import images
from conformance.kit import check, expect
from conformance.kit.accept import PIXELS_AS_STORED
from conformance.kit.kinds import frames
from conformance.kit.verdicts import Observed
from conformance.profiles import reading

MULTI = "rgb-multiframe-odd"
OCTETS = "application/octet-stream"
LISTS = {"zero": "0", "negative": "-1", "second-negative": "1,-1", "first-zero": "0,1", "text": "a"}


def is_frame(response, where, content, instance, number):
    """Whether the content is a frame of an instance, with or without the byte that makes its length even."""
    same = [content in (frame, frame + b"\0" * (len(frame) % 2)) for frame in frames(instance)]
    found = f"frame {same.index(True) + 1}" if any(same) else f"{len(content):,} bytes of no frame of the instance"
    expect.that(same[number - 1], where, found, f"frame {number}", response)


def rendered(endpoint, path, **more):
    """A rendering; without Accept unless told otherwise."""
    return endpoint.get(f"{path}/rendered", **({"accept": None} | more))


def shown(response, media_type):
    """The picture in a response that is an image of this media type."""
    expect.status(response, 200)
    reading.of_type(response, media_type)
    try:
        return images.read(response.content)
    except images.MalformedImage as error:
        expect.readable(error, response)


@check("MS-FRAM-02")
@pytest.mark.parametrize("comma", [",", "%2C"], ids=["comma", "percent"])
def test_two_frames(endpoint, stored, comma):
    """frames/1,2 is frame 1, then frame 2, even if the comma is percent-encoded."""
    (instance,) = stored(MULTI)

    response = endpoint.get(f"{instance.path}/frames/1{comma}2", accept=PIXELS_AS_STORED)

    parts = expect.parts(response)
    expect.equal("the number of parts", len(parts), 2, response)
    for number, part in enumerate(parts, 1):
        is_frame(response, f"part {number}", bytes(part.content), instance, number)


@check("MS-FRAM-03", "one")
def test_frame_alone(endpoint, stored):
    """One frame requested as application/octet-stream is returned without multipart."""
    (instance,) = stored(MULTI)

    response = endpoint.get(f"{instance.path}/frames/2", accept=f"{OCTETS}; transfer-syntax=*")

    expect.status(response, 200)
    reading.of_type(response, OCTETS)
    is_frame(response, "the body", response.content, instance, 2)


@check("MS-FRAM-03", "several")
def test_frames_alone(endpoint, stored):
    """Several frames requested as application/octet-stream return 400."""
    (instance,) = stored(MULTI)

    response = endpoint.get(f"{instance.path}/frames/1,2", accept=f"{OCTETS}; transfer-syntax=*")

    expect.outcome(response, (400,), (406,), "400 is in the source code of the service, but not in its documentation")


@check("MS-FRAM-04")
@pytest.mark.parametrize("numbers", LISTS.values(), ids=LISTS)
def test_no_frame_number(endpoint, absent_uid, numbers):
    """A list with something that is not a frame number returns 400, even for an instance that does not exist."""
    target = f"studies/{absent_uid}/series/{absent_uid}/instances/{absent_uid}/frames/{numbers}"

    response = endpoint.get(target, accept=PIXELS_AS_STORED)

    expect.status(response, 400)


@check("MS-FRAM-05")
def test_frame_beyond_the_last(endpoint, stored):
    """Frame 4 of three returns 404."""
    (instance,) = stored(MULTI)

    response = endpoint.get(f"{instance.path}/frames/4", accept=PIXELS_AS_STORED)

    expect.status(response, 404)


@check("MS-REND-01")
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"], ids=["jpeg", "png"])
def test_rendering(endpoint, stored, media_type):
    """A rendering has the requested media type, and the size of the instance."""
    (instance,) = stored("quadrants")
    wanted = f"{instance.dataset.Columns} x {instance.dataset.Rows}"

    response = rendered(endpoint, instance.path, accept=media_type)

    width, height = shown(response, media_type).size
    expect.equal("the size of the image", f"{width} x {height}", wanted, response)


@check("MS-REND-02")
@pytest.mark.parametrize("frame", ["", "/frames/2"], ids=["instance", "frame"])
def test_rendering_by_default(endpoint, stored, frame):
    """A rendering requested without Accept is image/jpeg."""
    (instance,) = stored(MULTI) if frame else stored("quadrants")

    response = rendered(endpoint, instance.path + frame)

    shown(response, "image/jpeg")


@check("MS-REND-03", "within")
@pytest.mark.parametrize("quality", ["1", "100"])
def test_quality_within_the_bounds(endpoint, stored, quality):
    """Renderings of quality 1 and of quality 100 are image/jpeg."""
    response = rendered(endpoint, stored("quadrants")[0].path, params={"quality": quality})

    shown(response, "image/jpeg")


@check("MS-REND-03", "beyond")
@pytest.mark.parametrize("quality", ["0", "101"])
def test_quality_beyond_the_bounds(endpoint, stored, quality):
    """A quality of 0 and one of 101 return 400."""
    response = rendered(endpoint, stored("quadrants")[0].path, params={"quality": quality})

    expect.status(response, 400)


@check("MS-REND-04")
def test_rendered_frame_beyond_the_last(endpoint, stored):
    """The rendering of frame 5 of three returns 404."""
    (instance,) = stored(MULTI)

    response = rendered(endpoint, f"{instance.path}/frames/5")

    expect.status(response, 404)


@check("MS-REND-05")
@pytest.mark.parametrize(
    "accept",
    ["*/*", "image/jpeg, image/png", "image/gif", "application/jpeg"],
    ids=["anything", "several", "gif", "application-jpeg"],
)
def test_other_media_types(endpoint, stored, accept):
    """The status of a rendering with another form of Accept is recorded."""
    response = rendered(endpoint, stored("quadrants")[0].path, accept=accept)

    raise Observed(f"status is {response.status} ({response.request})")
