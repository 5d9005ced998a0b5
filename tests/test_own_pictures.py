"""Pictures of own objects on the screen: the right one passes, another is named, and what is open is not judged."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageOps

from conformance.kit.kinds import KINDS, frames
from conformance.kit.verdicts import NotSupported
from conformance.kit.views import Look
from conformance.ohif import own_pictures
from conformance.ohif.test_ohif import LIMITS
from tests.test_own_renderings import LABEL, NOT_DECODED, SHOWN, right

OTHERWISE = (*LIMITS, "overlay", "pet", "mammogram", "unused-bits")  # what differs is not judged
JUDGED = [name for name in SHOWN if name not in OTHERWISE]
SCREEN = (900, 700)


def look(instance, number=1, change=lambda image: image):
    """A picture on a screen, as large as fits, its columns and rows cut off at the edges."""
    ds, samples = instance.dataset, right(instance, number)
    mode = "L" if len(samples) == ds.Rows * ds.Columns else "RGB"
    image = change(Image.frombytes(mode, (ds.Columns, ds.Rows), bytes(samples))).convert("RGB")
    scale = min(SCREEN[0] / ds.Columns, SCREEN[1] / ds.Rows)
    # Each point of the screen shows the value between the four pixels around it.
    canvas = image.transform(
        SCREEN, Image.Transform.AFFINE, (1 / scale, 0, 0, 0, 1 / scale, 0), Image.Resampling.BILINEAR
    )
    file = BytesIO()
    canvas.save(file, "PNG")
    half = scale / 2
    return Look(instance, number, file.getvalue(), (half, half), (half + scale, half), (half, half + scale))


def made(kind, **values):
    instance = KINDS[kind].make(LABEL)[0]
    return instance.edited(**values) if values else instance


def difference(instance, number=1, change=lambda image: image):
    return own_pictures.difference(look(instance, number, change), [*range(1, len(frames(instance)) + 1)])


@pytest.mark.parametrize("kind", JUDGED)
def test_right_picture_passes_and_its_negative_does_not(kind):
    instance = made(kind)
    number = len(frames(instance))

    assert difference(instance, number) == ""
    assert difference(instance, number, ImageOps.invert) == "the stored image, inverted"


def test_another_frame_is_named():
    instance = made("rgb-multiframe-odd")
    second = look(instance, 2)

    assert own_pictures.difference(replace(second, frame=1), [1, 2]) == "frame 2"


def test_another_picture_is_named():
    instance = made("rescale")

    assert difference(instance, 1, lambda image: image.point(lambda grey: grey * 4 // 5)).endswith("other contrast")
    assert difference(instance, 1, lambda image: ImageChops.offset(image, 3, 0)) == "a different picture"
    assert difference(instance, 1, lambda image: image.transpose(Image.Transpose.ROTATE_90)) == "a different picture"


def test_image_larger_than_the_screen_is_compared():
    pixels = bytes(at // 1800 // 25 * 37 % 256 ^ at % 1800 // 25 * 11 % 256 for at in range(1800 * 1800))
    large = made("window-8", Rows=1800, Columns=1800, PixelData=pixels)

    assert difference(large) == ""
    assert difference(large, 1, lambda image: ImageChops.offset(image, 60, 0)) == "a different picture"


def test_image_without_window_may_have_any_contrast():
    instance = made("window-8", WindowCenter=None, WindowWidth=None)

    assert difference(instance, 1, lambda image: image.point(lambda grey: grey // 2)) == ""
    assert difference(instance, 1, ImageOps.invert) == "the stored image, inverted"
    with pytest.raises(NotSupported, match="not judged here: it is of one grey on the screen"):
        difference(instance, 1, lambda image: image.point(lambda grey: 7))


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("voi-lut", {}, "OHIF does not apply its VOI LUT"),
        ("modality-lut", {}, "OHIF does not apply its Modality LUT"),
        ("rgb-16", {}, "OHIF does not show colours of 16 bits"),
        ("overlay", {}, "an overlay may cover parts of it"),
        ("rescale", {"Modality": "PT"}, "OHIF chooses the contrast of PT itself"),
        ("rescale", {"PresentationLUTShape": "INVERSE"}, "viewers differ in whether they apply Presentation LUT Shape"),
    ],
)
def test_what_the_viewer_may_show_otherwise_is_not_judged(kind, values, why):
    with pytest.raises(NotSupported, match=f"not judged here: {why}"):
        difference(made(kind, **values), 1, lambda image: ImageChops.offset(image, 3, 0))


def test_what_is_not_decoded_here_or_not_on_the_screen_is_not_judged():
    for kind in NOT_DECODED:
        with pytest.raises(NotSupported, match="not judged here: no decoder of .* is installed"):
            difference(made(kind))
    beside = replace(look(made("dx")), origin=(-900, 5), right=(-890, 5), below=(-900, 15))
    with pytest.raises(NotSupported, match="not judged here: a part of it is beside the screen"):
        own_pictures.difference(beside, [1])
