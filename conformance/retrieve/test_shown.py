"""PS3.18 10.4.1.1.3, PS3.3 C.11: renderings of every kind show its stored values correctly, pixel by pixel."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect
from conformance.kit.accept import ANYTHING
from conformance.kit.kinds import KINDS, having
from conformance.retrieve import pictures, reading, shades
from conformance.retrieve.reading import LOSSLESS, LOSSY, NATIVE
from conformance.retrieve.shades import Window

PNG = "image/png"
# Rare images, which a viewer need not show: a palette as long as can be, precisions between bytes, luminance and
# chrominances that a codec keeps, and frames of colour in 16 bits.
RARE = ("palette-whole", "jpeg-lossless-10-bits", "jpeg2000-15-bits", "jpeg-lossless-ybr", "jpeg2000-ybr")
RARE_FRAMES = ("slide-16-bits",)
ALONE = [*(kind for kind in having("shown") if "frames" not in KINDS[kind].traits), *RARE]
FRAMES = [*(kind for kind in having("shown") if "frames" in KINDS[kind].traits), *RARE_FRAMES]
OTHERS = [kind for kind in (*NATIVE, *LOSSLESS, *LOSSY) if kind not in (*ALONE, *FRAMES)]
WINDOWED = ("window-8", "grey-30", "modality-lut", "rescale", "signed-12")
# By function: a window as a request has it, of which the function may be refused.
WINDOWS = {
    "linear": ("128,256,linear", Window(128, 256)),
    "narrow": ("100,21,linear", Window(100, 21)),
    "narrowest": ("128.3,1,linear", Window(128.3, 1)),
    "below-zero": ("-20.5,100,linear", Window(-20.5, 100)),
    "linear-exact": ("128,40,linear-exact", Window(128, 40, "LINEAR_EXACT")),
    "sigmoid": ("128,64,sigmoid", Window(128, 64, "SIGMOID")),
}

# Images whose window something else may replace, or undo: the frame, and a window in its unit.
REPLACED = {
    "dx": (1, Window(2048, 1024)),  # MONOCHROME1: the least value is white after the window too (C.7.6.3.1.2)
    "voi-lut": (1, Window(128, 64)),
    "enhanced-ct": (2, Window(40, 400)),
}


def rendering(endpoint, path, **parameters):
    """A rendering as PNG, or in the type that the server has where that is refused: its absence is judged elsewhere."""
    response = endpoint.fetch(path, accept=PNG, params=parameters or None)
    return response if response.status != 406 else endpoint.fetch(path, accept=ANYTHING, params=parameters or None)


@check("RETRIEVE-REND-001", "every-kind")
@pytest.mark.parametrize("kind", ALONE)
def test_rendering_of_every_kind(endpoint, stored, kind):
    """The rendering of an image can be decoded, whatever the image; it may be refused, but causes no server error."""
    for instance in stored(kind):
        response = rendering(endpoint, f"{instance.path}/rendered")

        pictures.one(reading.offered(response, "the image is not rendered"))


@check("RETRIEVE-REND-001", "each-image")
@pytest.mark.parametrize("kind", OTHERS)
def test_rendering_of_each_image(endpoint, stored, kind):
    """The rendering of an image whose look is not judged can be decoded; it may be refused: no server error."""
    for instance in stored(kind):
        frame = "/frames/1" if int(instance.dataset.get("NumberOfFrames") or 1) > 1 else ""
        response = rendering(endpoint, f"{instance.path}{frame}/rendered")

        pictures.one(reading.offered(response, "the image is not rendered"))


@check("RETRIEVE-REND-016", "every-pixel")
@pytest.mark.parametrize("kind", ALONE)
def test_shows_what_was_stored(endpoint, stored, kind):
    """A rendering shows each pixel as the lookup tables, rescale and window of the image define it."""
    for instance in stored(kind):
        response = rendering(endpoint, f"{instance.path}/rendered")

        shades.judge(response, instance)


@check("RETRIEVE-REND-002", "every-frame")
@pytest.mark.parametrize("kind", FRAMES)
def test_each_frame_shows_itself(endpoint, stored, kind):
    """The rendering of each frame shows that frame, with its own rescale and window."""
    instance = stored(kind)[0]

    for number in range(1, int(instance.dataset.NumberOfFrames) + 1):
        response = rendering(endpoint, f"{instance.path}/frames/{number}/rendered")
        if "native" not in KINDS[kind].traits or kind in RARE_FRAMES:
            why = "10.4.1.1.3 does not say which images have to be rendered"
            expect.outcome(response, (200,), expect.REFUSALS, why)
        shades.judge(response, instance, number)


@check("RETRIEVE-REND-018", "every-pixel")
def test_state_shows_its_image(endpoint, stored):
    """The rendering of a presentation state shows its image with the window of the state, not with its own table."""
    image, state = stored("state-over-a-table")

    response = rendering(endpoint, f"{state.path}/rendered")

    reading.optional(response, "a presentation state is not rendered")
    shades.judge(response, image, window=Window(100, 120))


@check("RETRIEVE-REND-018", "each-image")
def test_state_shows_each_image_by_its_window(endpoint, stored):
    """The renderings of a presentation state show each of its two images with the window that is for that image."""
    first, second, state = stored("state-of-two-images")

    response = rendering(endpoint, f"{state.path}/rendered")

    reading.optional(response, "a presentation state is not rendered")
    found = [*pictures.each(response)]
    expect.equal("the number of renderings", len(found), 2, response)
    brightness = [sum(picture.pixels.convert("L").tobytes()) for picture in found]
    ordered = sorted(range(2), key=brightness.__getitem__, reverse=True)
    for at, (image, window) in zip(ordered, ((first, Window(60, 100)), (second, Window(180, 100))), strict=True):
        shades.judge_picture(found[at], response, image, window=window)


@check("RETRIEVE-RPAR-010", "every-pixel")
@pytest.mark.parametrize("form", WINDOWS)
@pytest.mark.parametrize("kind", WINDOWED)
def test_window_by_its_function(endpoint, stored, kind, form):
    """A requested window gives each pixel the grey level that its function defines (PS3.3 C.11.2.1)."""
    instance, (value, window) = stored(kind)[0], WINDOWS[form]
    pictures.supported(endpoint, instance, "window", "10,20,linear")

    response = rendering(endpoint, f"{instance.path}/rendered", window=value)

    if form not in ("linear", "narrow"):
        expect.outcome(response, (200,), expect.REFUSALS, pictures.RULE_2)
        plain = rendering(endpoint, f"{instance.path}/rendered")
        if plain.status == 200 and reading.payloads(response) == reading.payloads(plain):
            expect.doubt(f"window={value}", "without effect", "applied", response, pictures.RULE_2)
    shades.judge(response, instance, window=window)


@check("RETRIEVE-RPAR-010", "replaced")
@pytest.mark.parametrize("kind", REPLACED)
def test_window_takes_the_place_of_another(endpoint, stored, kind):
    """A requested window is applied in place of the window or table of an image or a frame, and leaves MONOCHROME1 as
    it is."""
    instance, (number, window) = stored(kind)[0], REPLACED[kind]
    frame = f"/frames/{number}" if "NumberOfFrames" in instance.dataset else ""
    pictures.supported(endpoint, stored("window-8")[0], "window", "10,20,linear")

    response = rendering(endpoint, f"{instance.path}{frame}/rendered", window=f"{window.center},{window.width},linear")

    shades.judge(response, instance, number, window=window)
