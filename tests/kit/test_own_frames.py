"""The frames of own objects: as pydicom reads them, one by one, wherever the pixels are."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames

from conformance.dicomweb import part10
from conformance.dicomweb.buffers import OnDisk
from conformance.kit import own_frames
from conformance.kit.kinds import KINDS, Label, encoded_frames, frames, having
from conformance.kit.verdicts import NotSupported

LABEL = Label("own frames", "OWN-")
COMPRESSED = [*having("lossless"), *having("lossy")]
DECODED_HERE = {"1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"}


def opened(path):
    return part10.read(OnDisk(Path(path), Path(path).stat().st_size))


def on_disk(content, tmp_path):
    path = tmp_path / "file.dcm"
    path.write_bytes(content)
    return opened(path)


@pytest.mark.parametrize("kind", [*having("native"), "float-pixels", "segmentation-1bit"])
def test_native_frames_are_those_of_the_kind(kind, tmp_path):
    instance = KINDS[kind].make(LABEL)[0]

    found = dict(own_frames.native(on_disk(instance.content, tmp_path)))

    assert list(found) == list(range(1, len(frames(instance)) + 1))
    assert list(found.values()) == frames(instance)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_compressed_frames_are_the_codestreams_of_the_kind(kind, tmp_path):
    instance = KINDS[kind].make(LABEL)[0]

    try:
        found = [frame for _, frame in own_frames.compressed(on_disk(instance.content, tmp_path))]
    except NotSupported as error:
        assert "does not say where" in str(error)
        return

    assert [frame.rstrip(b"\0") for frame in found] == [each.rstrip(b"\0") for each in encoded_frames(instance)]


@pytest.mark.parametrize("kind", having("lossless"))
def test_decoded_frames_are_those_of_the_kind_or_not_judged_here(kind, tmp_path):
    instance = KINDS[kind].make(LABEL)[0]
    ds = on_disk(instance.content, tmp_path)

    try:
        found = [frame for _, frame in own_frames.decoded(ds)]
    except NotSupported as error:
        assert str(error).startswith("not judged here: ")
        assert ds.file_meta.TransferSyntaxUID not in DECODED_HERE or "is not decoded" in str(error)
        return

    for frame, known in zip(found, frames(instance), strict=True):
        assert known in own_frames.arrangements(frame, ds)


@pytest.mark.parametrize(("bits", "number"), [(8, 1), (16, 2), (32, 4)])
def test_arrangements_of_colour(bits, number):
    ds = pydicom.Dataset()
    ds.SamplesPerPixel, ds.BitsAllocated = 3, bits
    red, green, blue = ([name * number for name in pixels] for pixels in ((b"a", b"b"), (b"c", b"d"), (b"e", b"f")))
    by_pixel, by_plane = (red[0] + green[0] + blue[0] + red[1] + green[1] + blue[1], b"".join(red + green + blue))

    assert own_frames.arrangements(by_pixel, ds)[:2] == (by_pixel, by_plane)
    assert own_frames.arrangements(by_plane, ds)[2] == by_pixel
    ds.SamplesPerPixel = 1
    assert own_frames.arrangements(by_pixel, ds) == (by_pixel,)


def test_lossy_frames_are_not_judged_here(tmp_path):
    ds = opened(get_testdata_file("examples_ybr_color.dcm"))

    with pytest.raises(NotSupported, match="not judged here: JPEG Baseline .* is lossy"):
        list(own_frames.decoded(ds))
    assert [frame for _, frame in own_frames.compressed(ds)] == list(
        generate_frames(pydicom.dcmread(get_testdata_file("examples_ybr_color.dcm")).PixelData, number_of_frames=30)
    )


@pytest.mark.parametrize(("number", "judged"), [(1, 1), (100, 100), (101, 100), (4096, 100)])
def test_of_many_frames_some_are_judged(number, judged):
    ds = pydicom.Dataset()
    ds.NumberOfFrames, ds.PixelData = number, b""

    found = own_frames.judged(ds)

    assert len(found) == judged and found[0] == 1 and found[-1] == number and list(found) == sorted(set(found))


def test_without_pixels_there_are_no_frames():
    assert own_frames.count(pydicom.Dataset()) == 0 and list(own_frames.judged(pydicom.Dataset())) == []
