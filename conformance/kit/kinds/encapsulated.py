"""Kinds with encapsulated pixel data: PS3.5 A.4, and the transfer syntaxes of PS3.5 chapter 10."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.uid import (
    JPEG2000,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pictures
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import multi_frame_secondary_capture, secondary_capture
from conformance.kit.kinds.pictures import Picture
from conformance.kit.kinds.pixels import encapsulated_image, mark_lossy

FOLDER = Path(__file__).with_name("frames")
COLOURS = pictures.colours(48, 64)
GREY_12 = pictures.grey(48, 64, 12)
GREY_16 = pictures.grey(48, 64, 16)
GREY_FRAMES = pictures.grey(48, 64, 8, frames=3)
# Odd, and not a multiple of 4: a picture decoded in rows of whole words is sheared.
GREY_30 = pictures.edge(30, 30)
# Bits that fill neither one byte nor two, nor are 12.
GREY_10, GREY_15 = pictures.grey(24, 32, 10), pictures.grey(24, 32, 15)
GREY_ODD, COLOUR_ODD = pictures.edge(37, 23), pictures.edge(23, 37, colour=True)
COLOUR_16 = pictures.edge(24, 32, colour=True, bits=16)
# As luminance and chrominances.
LUMINANCE = replace(
    COLOUR_ODD, frames=(Image.frombytes("RGB", (37, 23), COLOUR_ODD.frames[0]).convert("YCbCr").tobytes(),)
)
# The picture that each codestream in the folder shows.
CODESTREAMS = {
    "jpeg-baseline.jpg": (COLOURS, 0),
    "jpeg-extended.jpg": (GREY_12, 0),
    "jpeg-lossless-sv1.jpg": (GREY_16, 0),
    "jpeg-ls.jls": (GREY_16, 0),
    "jpeg2000-lossless.j2k": (COLOURS, 0),
    "jpeg2000-lossy.j2k": (COLOURS, 0),
    "htj2k.j2c": (COLOURS, 0),
    "multiframe-jpeg2000-1.j2k": (GREY_FRAMES, 0),
    "multiframe-jpeg2000-2.j2k": (GREY_FRAMES, 1),
    "multiframe-jpeg2000-3.j2k": (GREY_FRAMES, 2),
    "grey-30.j2k": (GREY_30, 0),
    "grey-odd.jls": (GREY_ODD, 0),
    "grey-odd.jpg": (GREY_ODD, 0),
    "colour-odd.j2k": (COLOUR_ODD, 0),
    "colour-odd.j2c": (COLOUR_ODD, 0),
    "colour-odd.jpg": (COLOUR_ODD, 0),
    "luminance.jpg": (LUMINANCE, 0),
    "luminance.j2k": (LUMINANCE, 0),
    "grey-10.jpg": (GREY_10, 0),
    "grey-15.j2k": (GREY_15, 0),
}


def codestream(name: str) -> bytes:
    """A compressed frame from the folder."""
    return (FOLDER / name).read_bytes()


@kind("rle", "RLE Lossless, RGB", SecondaryCaptureImageStorage, RLELossless, traits=("lossless",))
def rle(study: Study) -> Iterator[Instance]:
    yield encapsulated_image(study, secondary_capture(study), COLOURS, "RGB", [run_lengths(COLOURS)])


@kind("rle-16", "RLE Lossless, RGB, 16 bit, 2 images", SecondaryCaptureImageStorage, RLELossless, traits=("lossless",))
def rle_16(study: Study) -> Iterator[Instance]:
    """Six segments a frame, one for each byte of a pixel (PS3.5 G.2). The second image of the series is a negative, and
    lacks an attribute of the first."""
    negative = replace(COLOUR_16, frames=tuple(bytes(255 - byte for byte in frame) for frame in COLOUR_16.frames))
    for number, picture in enumerate((COLOUR_16, negative), 1):
        ds = secondary_capture(study, number=number)
        if number == 1:
            ds.DerivationDescription = "Of the first image only"
        yield encapsulated_image(study, ds, picture, "RGB", [run_lengths(picture)])


@kind("jpeg-baseline", "JPEG Baseline, YBR_FULL_422", SecondaryCaptureImageStorage, JPEGBaseline8Bit, traits=("lossy",))
def jpeg_baseline(study: Study) -> Iterator[Instance]:
    yield lossy(study, COLOURS, "YBR_FULL_422", codestream("jpeg-baseline.jpg"), "ISO_10918_1")


@kind(
    "jpeg-extended", "JPEG Extended, grey, 12 bit", SecondaryCaptureImageStorage, JPEGExtended12Bit, traits=("lossy",)
)
def jpeg_extended(study: Study) -> Iterator[Instance]:
    yield lossy(study, GREY_12, "MONOCHROME2", codestream("jpeg-extended.jpg"), "ISO_10918_1")


@kind(
    "jpeg-lossless-sv1",
    "JPEG Lossless SV1, grey, 16 bit",
    SecondaryCaptureImageStorage,
    JPEGLosslessSV1,
    traits=("lossless",),
)
def jpeg_lossless_sv1(study: Study) -> Iterator[Instance]:
    stream = codestream("jpeg-lossless-sv1.jpg")
    yield encapsulated_image(study, secondary_capture(study), GREY_16, "MONOCHROME2", [stream])


@kind(
    "jpeg-lossless-10-bits",
    "JPEG Lossless SV1, grey, 10 bit",
    SecondaryCaptureImageStorage,
    JPEGLosslessSV1,
    traits=("lossless",),
)
@kind(
    "jpeg2000-15-bits",
    "JPEG 2000 Lossless, grey, 15 bit",
    SecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless",),
)
def other_bits(study: Study) -> Iterator[Instance]:
    """A decoder has to take the precision from the codestream, and not from Bits Allocated."""
    is_10 = study.transfer_syntax == JPEGLosslessSV1
    ds, picture = secondary_capture(study), GREY_10 if is_10 else GREY_15
    ds.WindowCenter, ds.WindowWidth = str(1 << picture.bits - 1), str(1 << picture.bits)
    stream = codestream("grey-10.jpg" if is_10 else "grey-15.j2k")
    yield encapsulated_image(study, ds, picture, "MONOCHROME2", [stream])


@kind(
    "jpeg-lossless-ybr",
    "JPEG Lossless SV1, YBR_FULL",
    SecondaryCaptureImageStorage,
    JPEGLosslessSV1,
)
@kind("jpeg2000-ybr", "JPEG 2000 Lossless, YBR_FULL", SecondaryCaptureImageStorage, JPEG2000Lossless)
def lossless_ybr(study: Study) -> Iterator[Instance]:
    """Decompressed, its samples are still luminance and chrominances (PS3.5 8.2.1, 8.2.4)."""
    name = "luminance.jpg" if study.transfer_syntax == JPEGLosslessSV1 else "luminance.j2k"
    yield encapsulated_image(study, secondary_capture(study), LUMINANCE, "YBR_FULL", [codestream(name)])


@kind("jpeg-ls", "JPEG-LS Lossless, grey, 16 bit", SecondaryCaptureImageStorage, JPEGLSLossless, traits=("lossless",))
def jpeg_ls(study: Study) -> Iterator[Instance]:
    yield encapsulated_image(study, secondary_capture(study), GREY_16, "MONOCHROME2", [codestream("jpeg-ls.jls")])


@kind(
    "jpeg2000-lossless",
    "JPEG 2000 Lossless, YBR_RCT",
    SecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless",),
)
def jpeg2000_lossless(study: Study) -> Iterator[Instance]:
    yield encapsulated_image(study, secondary_capture(study), COLOURS, "YBR_RCT", [codestream("jpeg2000-lossless.j2k")])


@kind("jpeg2000-lossy", "JPEG 2000, YBR_ICT", SecondaryCaptureImageStorage, JPEG2000, traits=("lossy",))
def jpeg2000_lossy(study: Study) -> Iterator[Instance]:
    yield lossy(study, COLOURS, "YBR_ICT", codestream("jpeg2000-lossy.j2k"), "ISO_15444_1")


@kind(
    "htj2k",
    "High-Throughput JPEG 2000 Lossless, YBR_RCT",
    SecondaryCaptureImageStorage,
    HTJ2KLossless,
    traits=("lossless",),
)
def htj2k(study: Study) -> Iterator[Instance]:
    yield encapsulated_image(study, secondary_capture(study), COLOURS, "YBR_RCT", [codestream("htj2k.j2c")])


@kind(
    "two-fragments",
    "One frame in two fragments, with offsets",
    SecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless",),
)
def two_fragments(study: Study) -> Iterator[Instance]:
    stream = codestream("jpeg2000-lossless.j2k")
    yield encapsulated_image(study, secondary_capture(study), COLOURS, "YBR_RCT", [stream], fragments=2)


@kind(
    "two-fragments-no-offsets",
    "Two fragments, no offsets",
    SecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless",),
)
def two_fragments_no_offsets(study: Study) -> Iterator[Instance]:
    """A reader must know from Number of Frames that both fragments are one frame."""
    stream = codestream("jpeg2000-lossless.j2k")
    yield encapsulated_image(study, secondary_capture(study), COLOURS, "YBR_RCT", [stream], fragments=2, offsets=False)


@kind(
    "multiframe-jpeg2000",
    "JPEG 2000 Lossless, 3 frames",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless", "frames"),
)
def multiframe_jpeg2000(study: Study) -> Iterator[Instance]:
    ds = multi_frame_secondary_capture(study, MultiFrameGrayscaleByteSecondaryCaptureImageStorage)
    ds.PresentationLUTShape = "IDENTITY"
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    streams = [codestream(f"multiframe-jpeg2000-{number}.j2k") for number in (1, 2, 3)]
    yield encapsulated_image(study, ds, GREY_FRAMES, "MONOCHROME2", streams)


def lossy(study: Study, picture: Picture, photometric: str, stream: bytes, method: str) -> Instance:
    """An instance that shows a picture compressed with loss."""
    ds = secondary_capture(study)
    mark_lossy(ds, picture, stream, method)
    return encapsulated_image(study, ds, picture, photometric, [stream])


def run_lengths(picture: Picture, frame: int = 0) -> bytes:
    """A frame of a picture as PS3.5 annex G has it."""
    return RLELosslessEncoder.encode(
        picture.frames[frame],
        encoding_plugin="pydicom",
        rows=picture.rows,
        columns=picture.columns,
        samples_per_pixel=picture.samples,
        number_of_frames=1,
        bits_allocated=picture.bits_allocated,
        bits_stored=picture.bits,
        pixel_representation=int(picture.signed),
        photometric_interpretation="RGB" if picture.samples == 3 else "MONOCHROME2",
        planar_configuration=0,
    )
