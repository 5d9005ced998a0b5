"""Pictures, video and documents that viewers show as they are."""

from __future__ import annotations

import pytest
from pydicom.encaps import generate_frames

from conformance.kit import check, expect
from conformance.kit.accept import ANYTHING
from conformance.kit.verdicts import NotSupported
from conformance.viewers import reading

SIDE = 256
VIEWPORT = f"?viewport={SIDE}%2C{SIDE}"
JPEG, PNG = "image/jpeg", "image/png"
VIDEO = "video/mp4"


def fits(response, media_type):
    """The response is one image that is not larger than the viewport."""
    picture = reading.picture(response, media_type)
    wide, high = picture.size
    expect.that(max(wide, high) <= SIDE, "the size of the image", f"{wide} x {high}", f"{SIDE} x {SIDE}", response)


@check("VIEWER-RENDERED-JPEG")
@pytest.mark.parametrize("kind", ["sample", "ct-16", "jpeg2000-lossless"])
def test_rendering_in_a_viewport(endpoint, stored, kind):
    """A rendering as image/jpeg is one image without parts that fits into the viewport, whose comma is %2C."""
    fits(endpoint.get(f"{stored(kind)[0].path}/rendered{VIEWPORT}", accept=JPEG), JPEG)


@check("VIEWER-RENDERED-PNG")
@pytest.mark.parametrize("query", ["", VIEWPORT], ids=["whole", "viewport"])
def test_rendering_as_png(endpoint, stored, query):
    """A rendering is returned as image/png, with a viewport and without."""
    response = endpoint.get(f"{stored('sample')[0].path}/rendered{query}", accept=PNG)

    reading.picture(response, PNG)


@check("VIEWER-RENDERED-ANY")
def test_rendering_in_any_type(endpoint, stored):
    """A rendering is one image without parts if any type is accepted."""
    response = endpoint.get(f"{stored('sample')[0].path}/rendered", accept=ANYTHING)

    expect.status(response, 200)
    kind = (response.header("Content-Type") or "absent").partition(";")[0].strip().lower()
    expect.that(kind.startswith("image/"), "Content-Type", kind, "an image", response)
    reading.picture(response, kind)


@check("VIEWER-RENDERED-VIDEO")
@pytest.mark.parametrize("range", ["", "bytes=0-"], ids=["whole", "range"])
def test_video(endpoint, stored, range):
    """A video is rendered as video/mp4, without parts: the stored stream, also if a range from byte 0 is requested."""
    instance = stored("mpeg4")[0]
    headers = (("Range", range),) if range else ()

    response = endpoint.get(f"{instance.path}/rendered", accept=ANYTHING, headers=headers)

    expect.that(response.status in (200, 206), "status", response.status, "200 or 206", response)
    kind = (response.header("Content-Type") or "absent").partition(";")[0].strip().lower()
    expect.equal("Content-Type", kind, VIDEO, response)
    stream = next(generate_frames(instance.dataset.PixelData, number_of_frames=1))
    same = response.content.startswith(stream.rstrip(b"\0"))
    found = f"different, {len(response.content):,} bytes"
    expect.that(same, "the video", found, f"the stored stream, {len(stream):,} bytes", response)


@check("VIEWER-THUMBNAIL")
@pytest.mark.parametrize("kind", ["sample", "us-multiframe"])
def test_picture_of_a_series(endpoint, stored, kind):
    """A series has a picture: its /thumbnail, else that of an instance, else the rendering of an instance."""
    instance = stored(kind)[0]
    targets = (f"{instance.series_path}/thumbnail", f"{instance.path}/thumbnail", f"{instance.path}/rendered")

    for target in targets:
        response = endpoint.get(f"{target}{VIEWPORT}", accept=JPEG)
        if response.status == 200:
            fits(response, JPEG)
            return
    if kind != "sample":
        raise NotSupported(f"there is no picture of a multi-frame image ({response.request})")
    expect.status(response, 200)


@check("VIEWER-RENDERED-CACHED")
def test_cache_keeps_types_apart(endpoint, stored):
    """A rendering that a browser may use again without asking is kept apart by media type: Vary has Accept."""
    target = f"{stored('sample')[0].path}/rendered"
    first, second = (endpoint.get(target, accept=kind) for kind in (JPEG, PNG))

    expect.status(first, 200)
    if second.status != 200 or first.header("Content-Type") == second.header("Content-Type"):
        raise NotSupported(f"there is one type of a rendering ({second.request})")
    control = (first.header("Cache-Control") or "").lower()
    fresh = "max-age" in control or "immutable" in control or first.header("Expires") or first.header("Last-Modified")
    fields = [name.strip().lower() for name in (first.header("Vary") or "").split(",")]
    apart = not fresh or "no-store" in control or "no-cache" in control or {"accept", "*"} & set(fields)
    expect.that(apart, "Vary", first.header("Vary"), "Accept, since the response may be cached", first)
