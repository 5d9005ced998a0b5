"""Images that are sent as bulk data, converted to the pixel data of an instance (PS3.18 10.5.2, Table 10.5.2-1)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageSequence
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
)

from .json_reader import Unreadable

SHAPE = ("SamplesPerPixel", "Rows", "Columns", "BitsAllocated")
JP2_SIGNATURE = bytes.fromhex("0000000C 6A502020")
SOF = {0xC0: JPEGBaseline8Bit, 0xC1: JPEGExtended12Bit, 0xC3: JPEGLossless}
SOS, ADOBE, SIZ, COD, START_OF_TILE = 0xDA, 0xEE, 0x51, 0x52, 0x90


@dataclass(frozen=True)
class Pixels:
    """Frames in a transfer syntax, and the attributes that describe them, by keyword."""

    transfer_syntax: UID
    frames: list[bytes]
    description: dict[str, Any]

    def put(self, ds: Dataset) -> None:
        """Make them the Pixel Data of a data set.

        Missing attributes are derived, and all of them if the data set describes pixels of another shape.
        """
        fits = all(ds.get(keyword) == self.description[keyword] for keyword in SHAPE)
        for keyword, value in self.description.items():
            if not fits or keyword not in ds:
                setattr(ds, keyword, value)
        if self.transfer_syntax.is_encapsulated:
            ds.add_new("PixelData", "OB", encapsulate(self.frames))
            ds["PixelData"].is_undefined_length = True
        else:
            data = b"".join(self.frames)
            ds.add_new("PixelData", "OB" if ds.BitsAllocated <= 8 else "OW", data + b"\0" * (len(data) % 2))


def read(media_type: str, content: bytes) -> Pixels:
    """The pixels of an image. Raises Unreadable for bytes that are not an image, and for pixels that cannot be kept
    without loss."""
    try:
        return READERS[media_type](content)
    except Unreadable:
        raise
    except Exception as error:  # errors of Pillow and slices about damaged images have no common base
        raise Unreadable(f"the {media_type} part cannot be read: {error}") from error


def _described(rows: int, columns: int, samples: int, bits: int, photometric: str, **more: Any) -> dict[str, Any]:
    """The Image Pixel Description Macro (PS3.3 C.7.6.3), unsigned."""
    description = {
        "SamplesPerPixel": samples,
        "PhotometricInterpretation": photometric,
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 8 if bits <= 8 else 16,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
    }
    return description | ({"PlanarConfiguration": 0} if samples > 1 else {}) | more


def _jpeg(content: bytes) -> Pixels:
    segments = dict(_segments(content, SOS))
    marker = next(marker for marker in segments if marker in SOF)
    bits, rows, columns, samples = struct.unpack_from(">BHHB", segments[marker])
    syntax = SOF[marker]
    if syntax == JPEGLossless and segments[SOS][1 + 2 * segments[SOS][0]] == 1:
        syntax = JPEGLosslessSV1
    description = _described(
        rows, columns, samples, bits, "MONOCHROME2" if samples == 1 else _colours(segments, marker)
    )
    if marker != 0xC3:
        description["LossyImageCompression"] = "01"
    return Pixels(syntax, [content], description)


def _colours(segments: dict[int, bytes], marker: int) -> str:
    """The colours of a JPEG of three components: YCbCr, unless it is lossless or says otherwise."""
    components = segments[marker][6:]
    if marker == 0xC3 or components[::3] == b"RGB" or segments.get(ADOBE, b"")[11:12] == b"\0":
        return "RGB"
    return "YBR_FULL_422" if components[1] >> 4 > components[4] >> 4 else "YBR_FULL"


def _jpeg2000(content: bytes) -> Pixels:
    stream = _codestream(content)
    segments = dict(_segments(stream, START_OF_TILE))
    right, bottom, left, top = struct.unpack_from(">4L", segments[SIZ], 2)
    (samples,) = struct.unpack_from(">H", segments[SIZ], 34)
    depth = segments[SIZ][36]
    reversible, transformed = segments[COD][9] == 1, segments[COD][4] == 1
    colours = "RGB" if not transformed else "YBR_RCT" if reversible else "YBR_ICT"
    photometric = "MONOCHROME2" if samples == 1 else colours
    description = _described(bottom - top, right - left, samples, (depth & 0x7F) + 1, photometric)
    description["PixelRepresentation"] = depth >> 7
    if not reversible:
        description["LossyImageCompression"] = "01"
    return Pixels(JPEG2000Lossless if reversible else JPEG2000, [stream], description)


def _codestream(content: bytes) -> bytes:
    """The contiguous codestream box of a JP2 file (ISO 15444-1 I.5.4): the others have no place in DICOM."""
    if not content.startswith(JP2_SIGNATURE):
        return content
    at = 0
    while at < len(content):
        length, name = struct.unpack_from(">L4s", content, at)
        head = 8
        if length == 1:
            (length,), head = struct.unpack_from(">Q", content, at + 8), 16
        end = at + length if length else len(content)
        if name == b"jp2c":
            return content[at + head : end]
        at = end
    raise Unreadable("the JP2 file has no codestream")


def _segments(content: bytes, last: int) -> Iterator[tuple[int, bytes]]:
    """Marker and content of the marker segments after the first marker, up to one after which there is coded data."""
    at, marker = 2, 0
    while marker != last:
        marker, length = struct.unpack_from(">xBH", content, at)
        yield marker, content[at + 4 : at + 2 + length]
        at += 2 + length


def _decoded(form: str) -> Callable[[bytes], Pixels]:
    def decode(content: bytes) -> Pixels:
        with Image.open(BytesIO(content), formats=(form,)) as picture:
            columns, rows = picture.size
            if "transparency" in picture.info or "A" in picture.mode:
                raise Unreadable("the image has transparent pixels, which pixel data cannot keep")
            if form == "PNG" and content[24] == 16 and not picture.mode.startswith("I"):
                raise Unreadable("colours of 16 bits would be kept as 8")
            frames = [_samples(frame) for frame in ImageSequence.Iterator(picture)]
        samples, bits = max(frame.samples for frame in frames), max(frame.bits for frame in frames)
        description = _described(rows, columns, samples, bits, "RGB" if samples == 3 else "MONOCHROME2")
        if len(frames) > 1:
            description["NumberOfFrames"] = len(frames)
        return Pixels(ExplicitVRLittleEndian, [frame.content for frame in frames], description)

    return decode


@dataclass(frozen=True)
class _Frame:
    samples: int
    bits: int
    content: bytes


def _samples(frame: Image.Image) -> _Frame:
    if frame.mode.startswith("I"):
        return _Frame(1, 16, frame.convert("I;16").tobytes())
    if frame.mode in ("1", "L") and getattr(frame, "n_frames", 1) == 1:
        return _Frame(1, 8, frame.convert("L").tobytes())
    return _Frame(3, 8, frame.convert("RGB").tobytes())


READERS: dict[str, Callable[[bytes], Pixels]] = {
    "image/jpeg": _jpeg,
    "image/jp2": _jpeg2000,
    "image/png": _decoded("PNG"),
    "image/gif": _decoded("GIF"),
}
