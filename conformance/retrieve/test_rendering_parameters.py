"""PS3.18 8.3.5.1: the query parameters of rendered resources.

Table 10.4.1-5 requires them, rule 2 of 8.3.5.1 does not: if one has no effect, RETRIEVE-RPAR-001 warns, and its other
requirements are not judged.
"""

from __future__ import annotations

import pytest
from PIL import Image
from PIL.Image import Resampling

from conformance.dicomweb import warning_field
from conformance.dicomweb.images import Picture
from conformance.kit import check, expect, given
from conformance.kit.verdicts import NotSupported, Observed
from conformance.retrieve import pictures, reading

# A value of each parameter that has an effect, on which kind, and what it is compared with; None is "without it".
EFFECTS = {
    "annotation": ("grey-ramp", "patient,technique", None),
    "quality": ("grey-ramp", "5", "95"),
    "viewport": ("quadrants", "64,64", None),
    "window": ("grey-ramp", "1000,400,linear", None),
}
WAYS = (Resampling.NEAREST, Resampling.BOX, Resampling.BILINEAR, Resampling.BICUBIC)  # to make a picture smaller
ABOVE_BELOW = {"red": (0, 0), "green": (128, 0), "blue": (0, 64), "white": (128, 64)}


def effective(endpoint, stored, name):
    """An instance on whose rendering a parameter has an effect."""
    kind, value, other = EFFECTS[name]
    instance = stored(kind)[0]
    pictures.supported(endpoint, instance, name, value, other)
    return instance


def partly(response):
    """A server may support some values of a parameter, and refuse others (8.3.5.1, rule 2). Raises Warn."""
    expect.outcome(response, (200,), expect.REFUSALS, pictures.RULE_2)


@check("RETRIEVE-RPAR-001")
@pytest.mark.parametrize("name", EFFECTS)
def test_parameter_has_an_effect(endpoint, stored, name):
    """annotation, quality, viewport and window change the rendering."""
    kind, value, other = EFFECTS[name]
    instance = stored(kind)[0]
    pictures.given_one(pictures.rendered(endpoint, instance))

    if not pictures.has_effect(endpoint, instance, name, value, other):
        response = pictures.rendered(endpoint, instance, **{name: value})
        expect.doubt(f"{name}={value}", "without effect", "applied (Table 10.4.1-5)", response, pictures.RULE_2)


@check("RETRIEVE-REND-001", "parameter")
@pytest.mark.parametrize(
    ("kind", "of", "accept", "parameter"),
    [
        ("quadrants", "", pictures.JPEG, "window=100,50,linear"),
        ("quadrants", "", "image/png", "quality=50"),
        ("rgb-multiframe-odd", "/frames/2", pictures.JPEG, "viewport=8,8"),
        ("overlay", "", pictures.JPEG, "viewport=32,32"),
        ("palette", "", pictures.JPEG, "viewport=16,16"),
        ("palette-8", "", "image/png", "viewport=12,12"),
    ],
    ids=[
        "window-of-colour",
        "quality-of-png",
        "viewport-of-a-frame",
        "viewport-of-overlay",
        "viewport-of-palette",
        "viewport-of-bands",
    ],
)
def test_parameter_of_another_image(endpoint, stored, kind, of, accept, parameter):
    """A rendering with a parameter that may mean nothing for it is decoded or refused: it causes no server error. In a
    viewport it shows the same as without one."""
    instance = stored(kind)[0]

    response = endpoint.fetch(f"{instance.path}{of}/rendered?{parameter}", accept=accept)

    shown = pictures.one(reading.offered(response, f"{parameter} is refused"))
    if parameter.startswith("viewport") and kind != "overlay":  # which may be drawn after the image was made smaller
        plain = pictures.given_one(endpoint.fetch(f"{instance.path}{of}/rendered", accept=accept))
        _smaller(shown, plain, response)


def _smaller(shown, plain, response):
    """A picture in a viewport shows the same as without one. One with another shape, such as with a margin, is not
    judged here. Raises Warn."""
    scale = shown.size[0] / plain.size[0]
    if scale >= 1 or not -1 < shown.size[1] - scale * plain.size[1] <= 0.5:
        return
    scaled = (Picture(plain.pixels.resize(shown.size, way), "", 8, 1, b"") for way in WAYS)
    if (distance := min(map(shown.distance, scaled))) > pictures.BLUR:
        why = "how a picture is made smaller is the server's matter"
        expect.doubt("the rendering", pictures.different(distance), "that without viewport, smaller", response, why)


@check("RETRIEVE-RPAR-002")
@pytest.mark.parametrize("value", ["0", "101", "abc", ""], ids=["zero", "over-100", "text", "empty"])
def test_bad_quality(endpoint, stored, value):
    """A quality that is not an integer from 1 to 100 is refused."""
    instance = effective(endpoint, stored, "quality")

    expect.bad_request(pictures.rendered(endpoint, instance, quality=value))


@check("RETRIEVE-RPAR-003")
def test_lower_quality_is_smaller(endpoint, stored):
    """A lower quality may give a smaller image."""
    instance = stored("grey-ramp")[0]

    low, high = (pictures.rendered(endpoint, instance, quality=value) for value in ("10", "95"))

    raise Observed(f"quality=10 returns {len(low.content):,} bytes, quality=95 {len(high.content):,} bytes")


@check("RETRIEVE-RPAR-001", "quality-order")
def test_higher_quality_is_nearer_to_the_image(endpoint, stored):
    """quality=5 is not nearer to the image than quality=95, as 100 is the best."""
    instance = effective(endpoint, stored, "quality")
    exact = pictures.rendered(endpoint, instance, accept="image/png")
    given.present(reading.offered(exact, "image/png is not sent"))
    original = pictures.one(exact)

    poor, good = (pictures.rendered(endpoint, instance, quality=value) for value in ("5", "95"))

    near, far = (pictures.one(response).distance(original) for response in (good, poor))
    if near > far:
        found, why = f"{near:.1f} (of 255), with quality=5 {far:.1f}", "what a number means is the server's matter"
        expect.doubt("the mean difference from the image with quality=95", found, "the smaller one", good, why)


@check("RETRIEVE-RPAR-004", "fit")
def test_viewport_keeps_the_shape(endpoint, stored):
    """An image of 256 x 128 pixels in viewport=64,64 is 64 x 32 pixels, and complete."""
    instance = effective(endpoint, stored, "viewport")

    response = pictures.rendered(endpoint, instance, viewport="64,64")

    whole = Picture(pictures.truth(instance).pixels.resize((64, 32)), "", 8, 1, b"")
    pictures.alike(pictures.one(response), whole, "the whole image", response)


@check("RETRIEVE-RPAR-004", "enlarge")
def test_viewport_that_is_larger_than_the_image(endpoint, stored):
    """An image of 256 x 128 pixels in viewport=512,512 is 512 x 256 pixels, or refused."""
    instance = effective(endpoint, stored, "viewport")

    response = pictures.rendered(endpoint, instance, viewport="512,512")

    why = "8.3.5.1.3 requires scaling to fit, but enlarging may be left to the client"
    expect.outcome(response, (200, 400), expect.REFUSALS, why)
    if response.status == 200 and (size := pictures.one(response).size) != (512, 256):
        expect.doubt("the size of the rendering", pictures.pixels(size), pictures.pixels((512, 256)), response, why)


@check("RETRIEVE-RPAR-005")
@pytest.mark.parametrize("quadrant", ABOVE_BELOW)
def test_region(endpoint, stored, quadrant):
    """The viewport shows the requested region of the image."""
    instance = effective(endpoint, stored, "viewport")
    left, top = ABOVE_BELOW[quadrant]

    response = pictures.rendered(endpoint, instance, viewport=f"64,32,{left},{top},128,64")

    partly(response)
    region = pictures.truth(instance).pixels.crop((left, top, left + 128, top + 64)).resize((64, 32))
    pictures.alike(pictures.one(response), Picture(region, "", 8, 1, b""), f"the {quadrant} quadrant", response)


@check("RETRIEVE-RPAR-006")
def test_left_out_values(endpoint, stored):
    """An omitted sx or sy is 0, an omitted sw or sh reaches the edge of the image."""
    instance = effective(endpoint, stored, "viewport")

    response = pictures.rendered(endpoint, instance, viewport="64,64,,,200,100")
    other = pictures.rendered(endpoint, instance, viewport="64,64,0,0,200,100")
    partly(response)

    pictures.alike(pictures.one(response), pictures.given_one(other), "the same as with 0,0", response)


@check("RETRIEVE-RPAR-007")
@pytest.mark.parametrize("direction", ["horizontal", "vertical"])
def test_negative_size_mirrors(endpoint, stored, direction):
    """A negative sw flips the image horizontally, a negative sh vertically."""
    instance = effective(endpoint, stored, "viewport")
    size, flip = {
        "horizontal": ("-256,128", Image.Transpose.FLIP_LEFT_RIGHT),
        "vertical": ("256,-128", Image.Transpose.FLIP_TOP_BOTTOM),
    }[direction]

    response = pictures.rendered(endpoint, instance, viewport=f"256,128,0,0,{size}")
    partly(response)

    flipped = Picture(pictures.truth(instance).pixels.transpose(flip), "", 8, 1, b"")
    pictures.alike(pictures.one(response), flipped, "the mirrored image", response)


@check("RETRIEVE-RPAR-008")
@pytest.mark.parametrize("value", ["0,0", "a,b", "64"], ids=["zero", "text", "one-value"])
def test_bad_viewport(endpoint, stored, value):
    """A malformed viewport is refused."""
    instance = effective(endpoint, stored, "viewport")

    expect.bad_request(pictures.rendered(endpoint, instance, viewport=value))


@check("RETRIEVE-RPAR-010")
@pytest.mark.parametrize("function", ["linear", "linear-exact", "sigmoid"])
def test_window(endpoint, stored, function):
    """A window makes values below it black, values above it white, and keeps the order of those inside."""
    instance = effective(endpoint, stored, "window")

    response = pictures.rendered(endpoint, instance, window=f"1000,400,{function}")
    if function != "linear":
        partly(response)
        if reading.payloads(response) == reading.payloads(pictures.rendered(endpoint, instance)):
            expect.doubt(f"window=1000,400,{function}", "without effect", "applied", response, pictures.RULE_2)

    pictures.windowed(response, (200, 900, 1000, 1100, 1800))


@check("RETRIEVE-RPAR-010", "contrast")
def test_narrower_window(endpoint, stored):
    """A narrower window gives more contrast."""
    instance = effective(endpoint, stored, "window")

    wide, narrow = (pictures.rendered(endpoint, instance, window=f"1000,{width},linear") for width in (2000, 500))

    rise = []
    for response in (wide, narrow):
        picture = pictures.one(response)
        rise.append(picture.grey((1100 + 1024) / 4096, 0.5) - picture.grey((900 + 1024) / 4096, 0.5))
    wanted = f"more than {rise[0]}, that with width 2000"
    expect.that(
        rise[0] < rise[1],
        "the difference of the grey levels of 900 and 1100 HU with width 500",
        f"{rise[1]} (of 255)",
        wanted,
        narrow,
    )


@check("RETRIEVE-RPAR-011")
@pytest.mark.parametrize("value", ["40,400", "40,400,foo", "a,b,linear"], ids=["two-values", "function", "text"])
def test_bad_window(endpoint, stored, value):
    """A window with a missing or invalid value is refused."""
    instance = effective(endpoint, stored, "window")

    expect.bad_request(pictures.rendered(endpoint, instance, window=value))


@check("RETRIEVE-RPAR-012")
def test_window_of_a_presentation_state(endpoint, stored):
    """A window for a presentation state, which has its own, is refused."""
    instance = next(item for item in stored("presentation-state") if "ReferencedSeriesSequence" in item.dataset)
    if (plain := pictures.rendered(endpoint, instance, accept=reading.JPEGS)).status != 200:
        raise NotSupported(f"the rendering of a presentation state returns {plain.status}")

    response = pictures.rendered(endpoint, instance, accept=reading.JPEGS, window="40,400,linear")

    expect.bad_request(response)


@check("RETRIEVE-RPAR-013")
@pytest.mark.parametrize("annotation", ["patient", "technique"])
def test_annotation(endpoint, stored, annotation):
    """annotation=patient and annotation=technique burn text into the image."""
    instance = effective(endpoint, stored, "annotation")
    plain = pictures.given_one(pictures.rendered(endpoint, instance))

    response = pictures.rendered(endpoint, instance, annotation=annotation)

    changed = pictures.one(response).distance(plain) > 0
    expect.that(changed, "the rendering", "the same as without annotation", "one with burnt-in text", response)


@check("RETRIEVE-RPAR-013", "text")
def test_annotations_differ(endpoint, stored):
    """annotation=patient and annotation=technique do not burn the same text into the image."""
    instance = effective(endpoint, stored, "annotation")

    patient, technique = (pictures.rendered(endpoint, instance, annotation=word) for word in ("patient", "technique"))

    distance = pictures.given_one(patient).distance(pictures.given_one(technique))
    expect.that(distance > 0, "the rendering", "the same as with patient", "one with another text", technique)


@check("RETRIEVE-RPAR-014")
def test_no_annotation_unasked(endpoint, stored):
    """Without the parameter nothing is burned in: the corners show only the image."""
    (instance,) = stored("quadrants")

    response = pictures.rendered(endpoint, instance)

    picture, truth = pictures.given_one(response), pictures.truth(instance)
    pictures.sized(picture, truth.size, response)
    for corner in ((0, 0, 64, 24), (192, 0, 256, 24), (0, 104, 64, 128), (192, 104, 256, 128)):
        found, known = (Picture(image.pixels.crop(corner), "", 8, 1, b"") for image in (picture, truth))
        pictures.alike(found, known, "the image without text in its corners", response)


@check("RETRIEVE-RPAR-015")
@pytest.mark.parametrize("value", ["", " x!"], ids=["empty", "no-keyword"])
def test_bad_annotation(endpoint, stored, value):
    """An annotation with no value, or one that is not a keyword, is refused."""
    instance = effective(endpoint, stored, "annotation")

    expect.bad_request(pictures.rendered(endpoint, instance, annotation=value))


@check("RETRIEVE-RPAR-016")
def test_unknown_annotation(endpoint, stored):
    """An unsupported annotation keyword is ignored, and a Warning field with code 299 names it."""
    instance = effective(endpoint, stored, "annotation")

    response = pictures.rendered(endpoint, instance, annotation="patient,foo")

    expect.status(response, 200)
    warning = response.header("Warning")
    expect.that(warning_field.says(warning, "foo"), "Warning", warning, "299 with foo", response)


@check("RETRIEVE-RPAR-017")
@pytest.mark.parametrize("value", ["no", "yes", "srgb"])
def test_icc_profile(endpoint, stored, value):
    """iccprofile=no returns an image without an ICC profile, yes and srgb one with a profile, if supported."""
    instance = stored("quadrants")[0]
    asked = {name: pictures.rendered(endpoint, instance, iccprofile=name) for name in ("yes", "srgb")}
    if not any(response.status == 200 and b"ICC_PROFILE" in response.content for response in asked.values()):
        raise NotSupported("neither iccprofile=yes nor iccprofile=srgb returns an image with an ICC profile")

    response = pictures.rendered(endpoint, instance, iccprofile=value)

    partly(response)
    inside, should = ("with" if found else "without" for found in (b"ICC_PROFILE" in response.content, value != "no"))
    expect.that(inside == should, "the image", f"{inside} an ICC profile", f"{should} one", response)


@check("RETRIEVE-RPAR-018")
def test_icc_profile_of_a_type_without(endpoint, stored):
    """A profile for a media type that cannot hold one is refused."""
    instance = stored("quadrants")[0]
    plain = pictures.rendered(endpoint, instance, iccprofile="srgb")
    if plain.status != 200 or b"ICC_PROFILE" not in plain.content:
        raise NotSupported("iccprofile=srgb does not return an image with an ICC profile")

    response = pictures.rendered(endpoint, instance, accept="image/gif", iccprofile="srgb")

    expect.bad_request(response)
