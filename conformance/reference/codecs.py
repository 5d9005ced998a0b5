"""Decode compressed frames to native samples (PS3.5 8.2, Annex A.4).

RLE is read by pydicom, JPEG baseline and JPEG 2000 of 8 bits by Pillow, everything else by the optional package
imagecodecs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from PIL import Image
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder

UNCOMPRESSED = "1.2.840.10008.1.2.1.98"  # Encapsulated Uncompressed Explicit VR Little Endian
JPEG = {uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit}
JPEG2000 = {uid.JPEG2000Lossless, uid.JPEG2000}
# The function of imagecodecs that reads a transfer syntax.
FUNCTIONS: dict[str, str] = {
    uid.JPEGExtended12Bit: "jpeg_decode",
    uid.JPEGLossless: "jpeg_decode",
    uid.JPEGLosslessSV1: "jpeg_decode",
    uid.JPEGLSLossless: "jpegls_decode",
    uid.JPEGLSNearLossless: "jpegls_decode",
    uid.JPEG2000Lossless: "jpeg2k_decode",
    uid.JPEG2000: "jpeg2k_decode",
    uid.HTJ2KLossless: "htj2k_decode",
    uid.HTJ2KLosslessRPCL: "htj2k_decode",
    uid.HTJ2K: "htj2k_decode",
}
Decoder = Callable[[bytes, Dataset], bytes]


class Undecodable(Exception):
    """The frames cannot be decoded here; one sentence."""


def decodable(transfer_syntax: str, bits_allocated: int) -> bool:
    """True if frames of a transfer syntax can be decoded with the installed packages."""
    return _decoder(transfer_syntax, bits_allocated) is not None


def decode(frame: bytes, transfer_syntax: str, image: Dataset) -> bytes:
    """The samples of a compressed frame of an image as a native frame, little-endian, without a pad byte.

    Colours and planes are as changes() says. Raises Undecodable.
    """
    decoder = _decoder(transfer_syntax, image.get("BitsAllocated", 0))
    if decoder is None:
        raise Undecodable(f"there is no decoder for transfer syntax {transfer_syntax}")
    try:
        samples = decoder(frame, image)
        size = image.Rows * image.Columns * image.SamplesPerPixel * image.BitsAllocated // 8
    except Exception as error:  # errors of the codecs about damaged streams have no common base
        raise Undecodable(f"a frame cannot be decoded: {error}") from error
    if len(samples) < size:
        raise Undecodable(f"a frame decodes to {len(samples)} bytes, should be {size}")
    return samples[:size]


def changes(transfer_syntax: str, interpretation: str, samples: int) -> dict[str, Any]:
    """The attributes of the image pixel module that differ between compressed and decoded frames, by keyword."""
    found: dict[str, Any] = {}
    to_rgb = transfer_syntax in JPEG and interpretation.startswith("YBR")
    if to_rgb or interpretation in ("YBR_RCT", "YBR_ICT"):
        found["PhotometricInterpretation"] = "RGB"
    if samples > 1 and transfer_syntax in {uid.JPEGBaseline8Bit, *FUNCTIONS}:
        found["PlanarConfiguration"] = 0
    return found


def _decoder(transfer_syntax: str, bits_allocated: int) -> Decoder | None:
    if transfer_syntax == UNCOMPRESSED:
        return lambda frame, image: frame
    if transfer_syntax == uid.RLELossless:
        return _rle
    if transfer_syntax == uid.JPEGBaseline8Bit:
        return _jpeg
    if transfer_syntax in JPEG2000 and bits_allocated == 8:
        return _jpeg2000
    if transfer_syntax in FUNCTIONS and find_spec("imagecodecs"):
        return _by_imagecodecs(FUNCTIONS[transfer_syntax], transfer_syntax)
    return None


def _rle(frame: bytes, image: Dataset) -> bytes:
    samples, _ = get_decoder(uid.RLELossless).as_buffer(
        encapsulate([frame]),
        index=0,
        rows=image.Rows,
        columns=image.Columns,
        samples_per_pixel=image.SamplesPerPixel,
        photometric_interpretation=image.PhotometricInterpretation,
        bits_allocated=image.BitsAllocated,
        bits_stored=image.BitsStored,
        pixel_representation=image.PixelRepresentation,
        planar_configuration=image.get("PlanarConfiguration", 0),
        number_of_frames=1,
        pixel_keyword="PixelData",
    )
    planes = bytes(samples)
    if image.SamplesPerPixel == 1 or image.get("PlanarConfiguration", 0) == 1:
        return planes
    return interleaved(planes, image.SamplesPerPixel, image.BitsAllocated // 8)


def interleaved(planes: bytes, number: int, width: int) -> bytes:
    """The samples of planes one after the other, pixel by pixel; `width` is the bytes of a sample."""
    size = len(planes) // number
    pixels = bytearray(len(planes))
    for plane in range(number):
        for byte in range(width):
            source = planes[plane * size + byte : (plane + 1) * size : width]
            pixels[plane * width + byte :: number * width] = source
    return bytes(pixels)


def _jpeg(frame: bytes, image: Dataset) -> bytes:
    with Image.open(BytesIO(frame), formats=("JPEG",)) as picture:
        if image.SamplesPerPixel == 1:
            return picture.tobytes()
        if "adobe_transform" not in picture.info:
            # Pillow would take every stream without a mark of its colours for YCbCr: the data set has the right
            # information.
            picture.draft("YCbCr", picture.size)
        if picture.mode == "YCbCr" and image.PhotometricInterpretation == "RGB":
            return picture.tobytes()
        return picture.convert("RGB").tobytes()


def _jpeg2000(frame: bytes, image: Dataset) -> bytes:
    with Image.open(BytesIO(frame), formats=("JPEG2000",)) as picture:
        return picture.tobytes()


def _by_imagecodecs(function: str, transfer_syntax: str) -> Decoder:
    def decode(frame: bytes, image: Dataset) -> bytes:
        options: dict[str, Any] = {}
        if transfer_syntax in JPEG and image.SamplesPerPixel == 3:
            stored = "RGB" if image.PhotometricInterpretation == "RGB" else "YCbCr"
            options = {"colorspace": stored, "outcolorspace": "RGB"}
        if function == "htj2k_decode":
            options = {"planar": False}
        array = getattr(importlib.import_module("imagecodecs"), function)(frame, **options)
        kind = "i" if array.dtype.kind == "i" else "u"
        samples: bytes = array.astype(f"<{kind}{image.BitsAllocated // 8}").tobytes()
        return samples

    return decode
