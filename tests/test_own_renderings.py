"""Renderings of own objects: the right picture passes, another one is named, and what is open is not judged."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from pydicom import Dataset

from conformance.dicomweb.messages import Request, Response
from conformance.kit.kinds import KINDS, Label, frames, having
from conformance.kit.verdicts import Deviates, NotSupported
from conformance.retrieve import own_shades, shades
from tests.test_own_objects import own_name
from tests.tools.own_objects import Folder

LABEL = Label("a run", "DWC-")
NOT_DECODED = ("htj2k-odd", "jpeg-ls-odd", "jpeg-lossless-odd")
SHOWN = [name for name in having("shown") if name not in NOT_DECODED]
COVERED = ("overlay",)  # what differs is not judged


def rendering(samples, ds, form="PNG"):
    """A response with a picture of some samples, which has the size of an image."""
    mode = "L" if len(samples) == ds.Rows * ds.Columns else "RGB"
    file = BytesIO()
    Image.frombytes(mode, (ds.Columns, ds.Rows), bytes(samples)).save(file, form)
    fields = (("Content-Type", f"image/{form.lower()}"),)
    return Response(200, "OK", fields, file.getvalue(), Request("GET", "http://server/rendered", "/rendered", ()))


def right(instance, number):
    """The samples of the right picture of a frame."""
    frame = shades.frame_of(instance, number)
    if found := shades.candidates(frame):
        return list(found[0].samples)
    low, high = min(frame.values), max(frame.values)
    greys = [round(255 * (value - low) / max(1, high - low)) for value in frame.values]
    return [255 - grey for grey in greys] if shades.is_inverse(frame.ds) else greys


def negative(samples):
    return [255 - sample for sample in samples]


def judged(instance, samples, number=1, form="PNG"):
    """Judge a picture as that of an own object."""
    numbers = range(1, len(frames(instance)) + 1)
    stored = own_shades.frames(instance.dataset, numbers)
    own_shades.judge("object-1", rendering(samples, instance.dataset, form), stored[number - 1], stored)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("kind", SHOWN)
def test_right_picture_passes_and_its_negative_does_not(kind, form):
    instance = KINDS[kind].make(LABEL)[0]
    number = len(frames(instance))

    judged(instance, right(instance, number), number, form)
    with pytest.raises(Deviates, match=rf"frame {number} of object-1 is the stored image, inverted, should be the sto"):
        judged(instance, negative(right(instance, number)), number, form)


@pytest.mark.parametrize("kind", ["enhanced-ct", "rgb-multiframe-odd"])
def test_another_frame_is_named(kind):
    instance = KINDS[kind].make(LABEL)[0]

    with pytest.raises(Deviates, match="the rendering of frame 2 of object-1 is frame 1, should be the stored image"):
        judged(instance, right(instance, 1), 2)


@pytest.mark.parametrize("kind", ["window-8", "dx", "rescale"])
def test_another_window_is_named(kind):
    instance = KINDS[kind].make(LABEL)[0]

    with pytest.raises(Deviates, match="is the stored image with other contrast, should be the .* by its table or win"):
        judged(instance, [sample * 4 // 5 for sample in right(instance, 1)])


def test_another_picture_of_an_image_without_window_is_wrong():
    instance = KINDS["window-8"].make(LABEL)[0].edited(WindowCenter=None, WindowWidth=None)
    picture = right(instance, 1)

    judged(instance, [sample // 2 for sample in picture])
    with pytest.raises(Deviates, match="is a different picture, should be the stored image"):
        judged(instance, [*picture[len(picture) // 2 :], *picture[: len(picture) // 2]][::-1][::2] * 2)
    with pytest.raises(NotSupported, match="not judged here: its rendering is of one grey"):
        judged(instance, [7] * len(picture))


def test_only_some_pixels_of_a_large_image_are_compared(monkeypatch):
    instance = KINDS["window-8"].make(LABEL)[0]
    monkeypatch.setattr(own_shades, "MOST", 50)
    (stored,) = own_shades.frames(instance.dataset, [1])

    assert 25 < len(stored.places) <= 50
    assert len({at % instance.dataset.Columns for at in stored.places}) > 20
    judged(instance, right(instance, 1))
    with pytest.raises(Deviates, match="inverted"):
        judged(instance, negative(right(instance, 1)))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"ICCProfile": b"profile."}, "its ICC profile may change its colours"),
        ({"RedPaletteColorLookupTableDescriptor": [256, 0, 16]}, "its supplemental palette may colour it"),
        ({"WindowWidth": [1, 2, 3]}, r"its tables or windows cannot be read \(ValueError\)"),
        ({"PhotometricInterpretation": "HSV"}, "its Photometric Interpretation is unusual"),
        ({"BitsStored": None}, "it has no BitsStored"),
        ({"BitsAllocated": 24}, "its samples have an unusual number of bits"),
        ({"Rows": 500}, "its frames are shorter than its size says"),
        ({"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 255}, "frame 1 is only padding"),
        ({"WindowCenter": 5000}, "by its table or window it is nearly black, and servers may brighten it"),
    ],
)
def test_what_is_open_is_not_judged(values, why):
    instance = KINDS["window-8"].make(LABEL)[0]
    ds, wrong = instance.dataset, rendering([sample // 2 for sample in right(instance, 1)], instance.dataset)
    ds.update(values)
    for keyword in [keyword for keyword, value in values.items() if value is None]:
        del ds[keyword]

    with pytest.raises(NotSupported, match=f"not judged here: {why}"):
        own_shades.judge("object-1", wrong, *own_shades.frames(ds, [1]))


def test_what_an_overlay_covers_is_not_judged():
    instance = KINDS["overlay"].make(LABEL)[0]

    with pytest.raises(NotSupported, match="not judged here: an overlay may cover parts of it"):
        judged(instance, [sample // 2 for sample in right(instance, 1)])


def test_pixels_that_are_not_decoded_here_are_not_judged():
    for kind in NOT_DECODED:
        with pytest.raises(NotSupported, match="not judged here: no decoder of .* is installed"):
            own_shades.frames(KINDS[kind].make(LABEL)[0].dataset, [1])
    floats = Dataset()
    floats.FloatPixelData = b""
    with pytest.raises(NotSupported, match="floating-point"):
        own_shades.frames(floats, [1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "name", "check", "verdict", "says"),
    [
        ("inverted-twice", "dx.dcm", "retrieve-rend-016", "warn", "frame 1 of {} is the stored image, inverted"),
        ("window-of-instance-ignored", "ct.dcm", "retrieve-rend-016", "warn", "{} is the stored image with other cont"),
        ("rendered-frame-is-the-first", "us.dcm", "retrieve-rend-002", "fail", "frame 2 of {} is frame 1, should be"),
    ],
)
def test_faulty_rendering_of_an_own_object_is_named(command, reference, tmp_path, fault, name, check, verdict, says):
    folder = Folder(tmp_path / "own")
    for kind, file in (("dx", "dx.dcm"), ("rescale", "ct.dcm"), ("rgb-multiframe-odd", "us.dcm")):
        folder.add(file, KINDS[kind].make(LABEL)[0].dataset)
    own = own_name(tmp_path / "own" / name)
    words = ("--removal", "dicomweb", "--objects", tmp_path / "own", "-k", "own_object and (rendering or shows)")

    run = command("run", reference.fault_url(fault), *words)

    assert f"{check}.own.{own}" in run.verdicts(verdict)
    assert says.format(own) in run.check(f"{check}.own.{own}").summary
    assert {id.partition(".")[0] for id in run.verdicts("fail") + run.verdicts("warn")} == {check}
