"""Kinds whose frames are of sizes and in fragments that trip decoders: PS3.5 8.2, A.4; PS3.3 C.7.6.3.1.8.

Rows and columns that are odd, or not a multiple of 4; frames in several fragments; each kind of offset table.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import (
    UID,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pixels
from conformance.kit.kinds.encapsulated import (
    COLOUR_ODD,
    GREY_30,
    GREY_FRAMES,
    GREY_ODD,
    codestream,
    lossy,
    run_lengths,
)
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import multi_frame_secondary_capture, secondary_capture
from conformance.kit.kinds.pictures import Picture, grey

# Kind, title, transfer syntax, the picture, its photometric interpretation, its codestream; RLE is made here.
SIZES = (
    ("rle-30", "RLE Lossless, grey, 30 x 30", RLELossless, GREY_30, "MONOCHROME2", None),
    ("rle-odd", "RLE Lossless, RGB, 23 x 37", RLELossless, COLOUR_ODD, "RGB", None),
    ("jpeg2000-30", "JPEG 2000 Lossless, grey, 30 x 30", JPEG2000Lossless, GREY_30, "MONOCHROME2", "grey-30.j2k"),
    ("jpeg2000-odd", "JPEG 2000 Lossless, YBR_RCT, 23 x 37", JPEG2000Lossless, COLOUR_ODD, "YBR_RCT", "colour-odd.j2k"),
    ("htj2k-odd", "High-Throughput JPEG 2000, 23 x 37", HTJ2KLossless, COLOUR_ODD, "YBR_RCT", "colour-odd.j2c"),
    ("jpeg-ls-odd", "JPEG-LS Lossless, grey, 37 x 23", JPEGLSLossless, GREY_ODD, "MONOCHROME2", "grey-odd.jls"),
    ("jpeg-lossless-odd", "JPEG Lossless SV1, grey, 37 x 23", JPEGLosslessSV1, GREY_ODD, "MONOCHROME2", "grey-odd.jpg"),
)
# Kind, title, the fragments of each of three frames, with a Basic Offset Table or an empty one.
FRAMES = (
    ("two-fragments-a-frame", "3 frames of two fragments each, with offsets", (2, 2, 2), True),
    ("uneven-fragments", "3 frames of 2, 1 and 3 fragments, with offsets", (2, 1, 3), True),
    ("frames-without-offsets", "3 frames, empty Basic Offset Table", (1, 1, 1), False),
)


def _register(name: str, title: str, syntax: UID, picture: Picture, photometric: str, file: str | None) -> None:
    @kind(name, title, SecondaryCaptureImageStorage, syntax, traits=("lossless", "shown"))
    def sized(study: Study) -> Iterator[Instance]:
        stream = codestream(file) if file else run_lengths(picture)
        ds = secondary_capture(study)
        if picture.samples == 1:
            ds.WindowCenter, ds.WindowWidth = "128", "256"
        yield pixels.encapsulated_image(study, ds, picture, photometric, [stream])


def _register_frames(name: str, title: str, fragments: tuple[int, ...], offsets: bool) -> None:
    @kind(
        name,
        title,
        MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        JPEG2000Lossless,
        traits=("lossless", "frames", "shown"),
    )
    def framed(study: Study) -> Iterator[Instance]:
        yield pixels.encapsulated_frames(study, _multi_frame(study), GREY_FRAMES, _streams(), fragments, offsets)


for _size in SIZES:
    _register(*_size)
for _frames in FRAMES:
    _register_frames(*_frames)


@kind("jpeg-odd", "JPEG Baseline, YBR_FULL_422, 23 x 37", SecondaryCaptureImageStorage, JPEGBaseline8Bit, ("lossy",))
def jpeg_odd(study: Study) -> Iterator[Instance]:
    yield lossy(study, COLOUR_ODD, "YBR_FULL_422", codestream("colour-odd.jpg"), "ISO_10918_1")


@kind(
    "rle-frames-without-offsets",
    "RLE Lossless, 3 frames of odd size, empty Basic Offset Table",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    RLELossless,
    traits=("lossless", "frames", "shown"),
)
def rle_frames_without_offsets(study: Study) -> Iterator[Instance]:
    """Each frame has 35 x 21 bytes: in native form the second begins at an odd one."""
    picture = grey(35, 21, 8, frames=3)
    streams = [run_lengths(picture, number) for number in range(3)]
    yield pixels.encapsulated_frames(study, _multi_frame(study), picture, streams, (1, 1, 1), offsets=False)


@kind(
    "rle-large",
    "RLE Lossless, 2 frames of 90 KB in a fragment each",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    RLELossless,
    traits=("lossless", "frames"),
)
def rle_large(study: Study) -> Iterator[Instance]:
    """Frames that do not get smaller: each byte differs from the one before."""
    frames = tuple(bytes((at * at // 7 + at * 31 + number) % 251 for at in range(300 * 300)) for number in (0, 90))
    picture = Picture(300, 300, 8, frames)
    streams = [run_lengths(picture, number) for number in range(2)]
    yield pixels.encapsulated_frames(study, _multi_frame(study), picture, streams, (1, 1), offsets=True)


@kind(
    "extended-offset-table",
    "3 frames, Extended Offset Table",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless", "frames", "shown"),
)
def extended_offset_table(study: Study) -> Iterator[Instance]:
    """The Basic Offset Table must be empty then, and each frame is one fragment."""
    ds = _multi_frame(study)
    pixels.extended_offsets(ds, _streams())
    yield pixels.encapsulated_frames(study, ds, GREY_FRAMES, _streams(), (1, 1, 1), offsets=False)


def _multi_frame(study: Study) -> Dataset:
    ds = multi_frame_secondary_capture(study, MultiFrameGrayscaleByteSecondaryCaptureImageStorage)
    ds.PresentationLUTShape = "IDENTITY"
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.WindowCenter, ds.WindowWidth = "128", "256"
    return ds


def _streams() -> list[bytes]:
    return [codestream(f"multiframe-jpeg2000-{number}.j2k") for number in (1, 2, 3)]
