"""From the stored samples of a frame to a picture (PS3.3 C.7.6.3, C.11.1, C.11.2; PS3.4 N.2)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PIL import Image
from pydicom import Dataset

from . import codecs, luts
from .pixels import Pixels

FORMATS = {8: "B", 16: "H", 32: "I", 64: "Q"}
FLOATS = {"FloatPixelData": "f", "DoubleFloatPixelData": "d"}
COLOURS = {"RGB", "YBR_FULL", "YBR_FULL_422"}
GREYS = {"MONOCHROME1", "MONOCHROME2"}


class Unrenderable(Exception):
    """The image cannot be rendered; one sentence."""


@dataclass(frozen=True)
class Window:
    """Centre and width of the range of values that differ in brightness, and the function: linear, linear-exact or
    sigmoid (C.11.2.1)."""

    center: float
    width: float
    function: str = "linear"

    def level(self, value: float) -> float:
        """The brightness of a value, from 0 to 1."""
        if self.function == "sigmoid":
            return 1 / (1 + math.exp(min(700.0, -4 * (value - self.center) / self.width)))
        offset, width = (0.5, self.width - 1) if self.function == "linear" else (0.0, self.width)
        distance = value - (self.center - offset)
        if abs(distance) * 2 >= width:
            return float(distance > 0)
        return distance / width + 0.5


def picture(pixels: Pixels, number: int, window: Window | None = None) -> Image.Image:
    """Frame `number`, from 1, in 8-bit grey (L) or colour (RGB), of the size of the pixel matrix.

    `window` replaces the window of the instance. Raises Unrenderable.
    """
    try:
        return _picture(pixels, number, window)
    except codecs.Undecodable as error:
        raise Unrenderable(str(error)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        raise Unrenderable(f"the attributes of the image do not describe it: {error}") from error


def _picture(pixels: Pixels, number: int, window: Window | None) -> Image.Image:
    ds = pixels.image
    frame = pixels.decoded(pixels.contents[number - 1]).read()
    interpretation = ds.get("PhotometricInterpretation", "MONOCHROME2")
    if pixels.compressed:
        changed = codecs.changes(pixels.compressed, interpretation, ds.SamplesPerPixel)
        interpretation = changed.get("PhotometricInterpretation", interpretation)
        planes = changed.get("PlanarConfiguration", ds.get("PlanarConfiguration", 0))
    else:
        planes = ds.get("PlanarConfiguration", 0)
    if interpretation == "PALETTE COLOR":
        return _palette(ds, frame)
    if interpretation in COLOURS:
        return _colour(ds, frame, interpretation, planes)
    if interpretation in GREYS:
        return _grey(pixels, frame, number, window)
    raise Unrenderable(f"images of Photometric Interpretation {interpretation} cannot be rendered")


def samples(ds: Dataset, frame: bytes) -> tuple[float, ...]:
    """The stored samples of a native frame, without sign."""
    number = ds.Rows * ds.Columns * ds.get("SamplesPerPixel", 1)
    if ds.BitsAllocated == 1:
        return tuple(frame[index // 8] >> index % 8 & 1 for index in range(number))
    code = next((code for keyword, code in FLOATS.items() if keyword in ds), None) or FORMATS[ds.BitsAllocated]
    return struct.unpack_from(f"<{number}{code}", frame)


def stored_value(ds: Dataset) -> Callable[[float], float]:
    """From a sample to the value in its stored bits, with its sign. Float pixel data are already values."""
    if any(keyword in ds for keyword in FLOATS):
        return lambda sample: sample
    stored, shift = ds.BitsStored, ds.get("HighBit", ds.BitsStored - 1) - ds.BitsStored + 1
    mask, sign = (1 << stored) - 1, (1 << stored - 1) if ds.get("PixelRepresentation", 0) else 0
    return lambda sample: ((int(sample) >> shift & mask) ^ sign) - sign


def _grey(pixels: Pixels, frame: bytes, number: int, window: Window | None) -> Image.Image:
    ds = pixels.image
    values = samples(ds, frame)
    value, modality = stored_value(ds), luts.modality(ds, number)
    level = window.level if window else _default_level(pixels, number, modality)
    inverse = ds.get("PhotometricInterpretation") == "MONOCHROME1" or ds.get("PresentationLUTShape") == "INVERSE"
    shades = {}
    for sample in set(values):
        shade = 0.0 if math.isnan(sample) else level(modality(value(sample)))
        shades[sample] = round(255 * (1 - shade if inverse else shade))
    return Image.frombytes("L", (ds.Columns, ds.Rows), bytes(map(shades.__getitem__, values)))


def _default_level(pixels: Pixels, number: int, modality: Callable[[float], float]) -> Callable[[float], float]:
    voi = luts.voi(pixels.image, number)
    if callable(voi):
        return voi
    return Window(*voi).level if voi else _whole_range(pixels, modality).level


def _whole_range(pixels: Pixels, modality: Callable[[float], float]) -> Window:
    """The whole range of up to 8 bits; for deeper images, the range of all frames together."""
    ds = pixels.image
    is_float = any(keyword in ds for keyword in FLOATS)
    if not is_float and ds.BitsStored <= 8:
        found: Iterable[float] = range(1 << ds.BitsStored)
    else:
        contents = (pixels.decoded(content).read() for content in pixels.contents)
        found = {sample for frame in contents for sample in samples(ds, frame) if math.isfinite(sample)} or {0.0}
    values = [modality(stored_value(ds)(sample)) for sample in (*found,)]
    low, high = min(values), max(values)
    return Window((low + high) / 2, high - low or 1, "linear-exact")


def _palette(ds: Dataset, frame: bytes) -> Image.Image:
    values, value = samples(ds, frame), stored_value(ds)
    planes = []
    for colour in ("Red", "Green", "Blue"):
        level = luts.palette(ds, colour)
        shades = {sample: round(255 * level(value(sample))) for sample in set(values)}
        planes.append(Image.frombytes("L", (ds.Columns, ds.Rows), bytes(map(shades.__getitem__, values))))
    return Image.merge("RGB", planes)


def _colour(ds: Dataset, frame: bytes, interpretation: str, planes: int) -> Image.Image:
    size = (ds.Columns, ds.Rows)
    if ds.BitsAllocated > 8:
        shift = ds.BitsStored - 8
        frame = bytes(int(sample) >> shift for sample in samples(ds, frame))
    if interpretation == "YBR_FULL_422":
        frame = _upsampled(frame[: ds.Rows * ds.Columns * 2])
    frame = frame[: ds.Rows * ds.Columns * 3]
    if planes and interpretation != "YBR_FULL_422":
        frame = codecs.interleaved(frame, 3, 1)
    mode = "RGB" if interpretation == "RGB" else "YCbCr"
    return Image.frombytes(mode, size, frame).convert("RGB")


def _upsampled(frame: bytes) -> bytes:
    """Y Y Cb Cr for each two pixels, converted to Y Cb Cr for each pixel (PS3.3 C.7.6.3.1.2)."""
    pixels = bytearray(len(frame) // 2 * 3)
    pixels[0::6], pixels[3::6] = frame[0::4], frame[1::4]
    pixels[1::6] = pixels[4::6] = frame[2::4]
    pixels[2::6] = pixels[5::6] = frame[3::4]
    return bytes(pixels)
