"""The frames that a judge compares with are the ones that the files hold, by the word of independent decoders."""

from __future__ import annotations

import runpy
import shutil

import imagecodecs
import numpy
import pytest
from PIL import Image
from pydicom.encaps import generate_fragments, generate_frames, parse_basic_offsets
from pydicom.filebase import DicomBytesIO
from pydicom.pixels import pixel_array

from conformance.kit.instances import read_samples
from conformance.kit.kinds import (
    KINDS,
    Encapsulated,
    Label,
    encoded_frames,
    factors,
    frames,
    is_lossy,
    pixel_objects,
)
from conformance.kit.kinds.encapsulated import CODESTREAMS, FOLDER
from conformance.kit.kinds.pictures import BLUE, GREEN, RED, WHITE, colours
from tests.conftest import CHECKOUT

MADE = {name: kind.make(Label("a run", "DWC1234-")) for name, kind in KINDS.items()}
COMPRESSED = {name: made[0] for name, made in MADE.items() if isinstance(made[0], Encapsulated)}
NATIVE = {name: made[0] for name, made in MADE.items() if frames(made[0]) and name not in COMPRESSED}
TOLERANCES = {"jpeg-baseline.jpg": 6, "colour-odd.jpg": 2, "jpeg-extended.jpg": 2, "jpeg2000-lossy.j2k": 12}
DECODERS = {
    ".jpg": imagecodecs.jpeg_decode,
    ".jls": imagecodecs.jpegls_decode,
    ".j2k": imagecodecs.jpeg2k_decode,
    ".j2c": imagecodecs.htj2k_decode,
}
encode = runpy.run_path(str(CHECKOUT / "fixtures" / "encode.py"))


def as_bytes(array, number):
    """An array as frames of little endian values; single bits are packed."""
    little = array.reshape(number, -1).astype(array.dtype.newbyteorder("<"))
    return [(numpy.packbits(frame, bitorder="little") if frame.max() == 1 else frame).tobytes() for frame in little]


@pytest.mark.parametrize("name", NATIVE)
def test_native_frames_are_those_that_pydicom_decodes(name):
    expected = frames(NATIVE[name])

    decoded = pixel_array(NATIVE[name].dataset, raw=True)
    if name == "signed-12":  # whose upper bits pydicom fills with the sign
        decoded = decoded & 0x0FFF
    if name in ("overlay-in-pixels", "unused-bits"):  # whose upper bits pydicom clears
        expected = [(numpy.frombuffer(frame, "<u2") & 0x0FFF).tobytes() for frame in expected]
    if NATIVE[name].dataset.get("PlanarConfiguration"):
        decoded = decoded.transpose(2, 0, 1)

    assert as_bytes(decoded, len(expected)) == expected
    assert encoded_frames(NATIVE[name]) == []


def test_frames_of_a_sample_are_without_the_pad_byte():
    red = read_samples(CHECKOUT / "fixtures").red

    assert frames(red) == [red.frame]


@pytest.mark.parametrize("name", ["sr", "pdf", "waveform"])
def test_instance_without_pixels_has_no_frames(name):
    assert frames(MADE[name][0]) == encoded_frames(MADE[name][0]) == []


@pytest.mark.parametrize("name", ["rgb-multiframe-odd", "segmentation-1bit", "float-pixels", "multiframe-jpeg2000"])
def test_frames_differ(name):
    assert len(set(frames(MADE[name][0]))) == 3


def test_frames_of_the_odd_kind_begin_at_odd_offsets():
    (instance,) = MADE["rgb-multiframe-odd"]

    assert [len(frame) for frame in frames(instance)] == [765, 765, 765]
    assert instance.dataset.PixelData == b"".join(frames(instance)) + b"\0"


def test_planes_are_in_the_file_one_after_the_other():
    (frame,) = frames(MADE["rgb-planar"][0])

    assert frame[: 16 * 24 * 2] == colours(16, 24).frames[0][0::3] + colours(16, 24).frames[0][1::3]


def test_quadrants_have_their_colours():
    (frame,) = frames(MADE["quadrants"][0])

    corners = [(row * 256 + column) * 3 for row, column in ((0, 0), (63, 255), (64, 0), (127, 255))]
    assert [tuple(frame[at : at + 3]) for at in corners] == [RED, GREEN, BLUE, WHITE]


def test_ramp_rises_by_equal_steps_in_each_row():
    (frame,) = frames(MADE["grey-ramp"][0])

    assert list(memoryview(frame).cast("H")) == list(range(0, 4096, 16)) * 64


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressed_frames_are_in_the_file(name):
    instance = COMPRESSED[name]
    found = list(generate_frames(instance.dataset.PixelData, number_of_frames=len(frames(instance))))

    assert [frame.removesuffix(b"\0") for frame in found] == [
        stream.removesuffix(b"\0") for stream in encoded_frames(instance)
    ]
    assert is_lossy(instance) == ("lossy" in KINDS[name].traits)


@pytest.mark.parametrize(("name", "offsets"), [("two-fragments", [0]), ("two-fragments-no-offsets", [])])
def test_one_frame_is_in_two_fragments(name, offsets):
    file = DicomBytesIO(COMPRESSED[name].dataset.PixelData)
    file.is_little_endian = True

    assert parse_basic_offsets(file) == offsets
    assert len(list(generate_fragments(file))) == 2


@pytest.mark.parametrize(
    ("name", "offsets", "fragments"),
    [("two-fragments-a-frame", 3, 6), ("uneven-fragments", 3, 6), ("frames-without-offsets", 0, 3)],
)
def test_three_frames_are_in_several_fragments(name, offsets, fragments):
    file = DicomBytesIO(COMPRESSED[name].dataset.PixelData)
    file.is_little_endian = True

    assert len(parse_basic_offsets(file)) == offsets
    assert len(list(generate_fragments(file))) == fragments


def test_extended_offsets_point_at_the_frames():
    ds = COMPRESSED["extended-offset-table"].dataset
    extended = ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths

    found = list(generate_frames(ds.PixelData, number_of_frames=3, extended_offsets=extended))

    assert [frame.removesuffix(b"\0") for frame in found] == [
        stream.removesuffix(b"\0") for stream in encoded_frames(COMPRESSED["extended-offset-table"])
    ]


@pytest.mark.parametrize("name", ["rle", "rle-16", "rle-30", "rle-odd"])
def test_run_lengths_decode_to_the_frame(name):
    (expected,) = frames(COMPRESSED[name])

    assert as_bytes(COMPRESSED[name].dataset.pixel_array, 1) == [expected]


@pytest.mark.parametrize("name", CODESTREAMS)
def test_committed_frame_shows_its_picture(name):
    picture, frame = CODESTREAMS[name]
    expected = encode["pixels"](picture, frame).astype(int)

    decoded = DECODERS[name[-4:]]((FOLDER / name).read_bytes()).astype(int)

    assert decoded.shape == expected.shape
    assert abs(decoded - expected).max() <= TOLERANCES.get(name, 0)


def test_folder_holds_what_the_script_makes(tmp_path):
    encode["encode"](tmp_path)
    shutil.copy(FOLDER / "factors.zip", tmp_path)

    encode["encode_rows"](tmp_path / "factors.zip")  # adds what is missing

    assert (tmp_path / "factors.zip").read_bytes() == (FOLDER / "factors.zip").read_bytes()
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(path.name for path in tmp_path.iterdir())


ENCODED = {
    pixel_objects.key(row, frame): (row, frame)
    for row in factors.rows().values()
    for frame in range(0 if row.syntax in (*factors.NATIVE, "RLE Lossless") else row.number)
}
OF_SYNTAX = {"JPEG-LS": ".jls", "JPEG 2000 Lossless": ".j2k", "JPEG 2000": ".j2k", "HTJ2K": ".j2c"}


@pytest.mark.parametrize("name", ENCODED)
def test_committed_frame_of_a_row_shows_its_picture(name):
    row, frame = ENCODED[name]
    picture = pixel_objects.shown(row)
    kind = "i" if picture.signed else "u"
    expected = numpy.frombuffer(picture.frames[frame], f"<{kind}{picture.bits_allocated // 8}").astype(int)

    options = {"planar": False} if row.syntax == "HTJ2K" else {}
    decoded = DECODERS[OF_SYNTAX.get(row.syntax, ".jpg")](pixel_objects.codestream(row, frame), **options).astype(int)

    loss = (1 << picture.bits) // 16 if row.syntax in factors.LOSSY else 0
    mask = (1 << picture.bits) - 1  # codecs without a sign
    assert decoded.size == expected.size
    assert abs((decoded.ravel() & mask) - (expected & mask)).max() <= loss or picture.signed and loss


def test_ybr_is_the_picture_in_other_coordinates():
    (frame,) = frames(MADE["ybr-full"][0])
    picture = colours(16, 24)

    shown = Image.frombytes("YCbCr", (24, 16), frame).convert("RGB").tobytes()

    assert frame != picture.frames[0]
    assert max(abs(a - b) for a, b in zip(shown, picture.frames[0], strict=True)) <= 3
