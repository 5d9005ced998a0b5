"""What a server may do wrong with one kind of instances only is seen by the judges of every kind."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from conformance.dicomweb.completeness import valueless
from conformance.dicomweb.messages import Request, Response
from conformance.kit.kinds import EACH, KINDS, Label, factors, frames, having, pixel_objects
from conformance.retrieve import shades
from conformance.retrieve.shades import Window

LABEL = Label("a run", "DWC-")
# pydicom cannot write an empty value among those of a DS in JSON.
UNWRITTEN = ("every-vr",)
PRECISE = [name for name in having("shown") if "frames" not in KINDS[name].traits]


def the_instance(name):
    return KINDS[name].make(LABEL)[0]


def rendering(instance, samples, media_type="image/png"):
    """An answer with a picture of these samples."""
    size = instance.dataset.Columns, instance.dataset.Rows
    mode = "L" if len(samples) == size[0] * size[1] else "RGB"
    file = BytesIO()
    Image.frombytes(mode, size, bytes(samples)).save(file, media_type.removeprefix("image/").upper())
    request = Request("GET", "http://server/rendered", "/rendered", ())
    return Response(200, "OK", (("Content-Type", media_type),), file.getvalue(), request)


def right(instance, number=1, window=None):
    """The samples of the first lawful picture."""
    return list(shades.candidates(shades.frame_of(instance, number), window)[0].samples)


@pytest.mark.parametrize("name", having("shown"))
def test_right_picture_is_right(name):
    instance = the_instance(name)
    for number in range(1, len(frames(instance)) + 1):
        shades.judge(rendering(instance, right(instance, number)), instance, number)


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("off", [5, -5])
def test_one_pixel_that_is_off_is_wrong(name, off):
    instance = the_instance(name)
    samples = right(instance)
    at = len(samples) * 2 // 3 + 1
    samples[at] += off if 5 <= samples[at] <= 250 else (5 if samples[at] < 5 else -5)

    with pytest.raises(AssertionError, match=r"row .* is \d+ \(of 0 to 255\), should be"):
        shades.judge(rendering(instance, samples), instance)


def test_rounding_is_no_fault():
    instance = the_instance("window-8")

    shades.judge(rendering(instance, [min(255, sample + 3) for sample in right(instance)]), instance)


def test_any_of_several_windows_is_right():
    instance = the_instance("several-windows")
    found = shades.candidates(shades.frame_of(instance, 1))

    assert len(found) == 3
    for each in found:
        shades.judge(rendering(instance, each.samples), instance)


def test_linear_window_of_the_whole_range_changes_nothing():
    instance = the_instance("window-8")

    assert right(instance, window=Window(128, 256)) == shades.stored_values(instance, 1)


def test_what_a_graphic_or_padding_covers_is_open():
    for name in ("overlay", "padding"):
        instance = the_instance(name)
        samples = right(instance)
        samples[0] = 255 - samples[0]

        shades.judge(rendering(instance, samples), instance)


def json(ds):
    return ds.to_json_dict()


@pytest.mark.parametrize("name", [name for name in EACH if name not in (*having("bulkless"), *UNWRITTEN)])
def test_values_in_metadata_are_there(name):
    instance = the_instance(name)
    found = json(instance.dataset)

    assert valueless(instance.dataset, found) == []


@pytest.mark.parametrize("name", ["bytes-in-items", "long-bytes-in-items", "long-waveform", "voi-lut", "annotations"])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda attribute: attribute.pop("InlineBinary"), "is without value, should be there with a BulkDataURI"),
        (lambda attribute: attribute.update(InlineBinary="AAAA"), "should be"),
    ],
    ids=["lost", "changed"],
)
def test_value_lost_in_an_item_is_missed(name, spoil, says):
    instance = the_instance(name)
    found = json(instance.dataset)
    spoil(deepest(found))

    assert [each for each in valueless(instance.dataset, found) if says in str(each)]


def deepest(ds, depth=0):
    """The last binary attribute at the greatest depth."""
    within = [item for each in ds.values() if each["vr"] == "SQ" for item in each.get("Value", [])]
    candidates = [found for item in within if (found := deepest(item, depth + 1))]
    own = [attribute for attribute in ds.values() if "InlineBinary" in attribute]
    return candidates[-1] if candidates else own[-1] if own and depth else None


@pytest.mark.parametrize("name", factors.rows())
def test_right_picture_of_a_row_is_right_and_its_negative_is_wrong(name):
    row = factors.rows()[name]
    instance = pixel_objects.instance(LABEL, "factors-1", 1, row)
    number = row.number
    known = shades.candidates(shades.frame_of(instance, number))
    values = shades.stored_values(instance, number)
    greys = [round(255 * (value - min(values)) / max(1, max(values) - min(values))) for value in values]
    samples = list(known[0].samples) if known else greys
    if not known and row.photometric == "MONOCHROME1":
        samples = [255 - sample for sample in samples]

    shades.judge(rendering(instance, samples), instance, number)
    with pytest.raises(AssertionError, match="should be"):
        shades.judge(rendering(instance, [255 - sample for sample in samples]), instance, number)
