"""The frames of an image whose pixels nobody has but its file: read, or decoded here, one by one (PS3.5 8, A.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import get_expected_length
from pydicom.uid import UID, ExplicitVRBigEndian

from conformance.dicomweb.buffers import Buffer
from conformance.kit.kinds.pixels import swapped
from conformance.kit.verdicts import NotSupported

MOST = 100  # frames of an image that are judged: the first, the last, and some between
KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# Transfer syntaxes whose decoded pixels every decoder gives alike: RLE, lossless JPEG, JPEG-LS, JPEG 2000 and HTJ2K.
LOSSLESS = frozenset(
    ("1.2.840.10008.1.2.5", *(f"1.2.840.10008.1.2.4.{end}" for end in (57, 70, 80, 90, 92, 201, 202, 110)))
)


def count(ds: Dataset) -> int:
    """The number of frames; 0 without pixels."""
    return int(ds.get("NumberOfFrames") or 1) if any(keyword in ds for keyword in KEYWORDS) else 0


def judged(ds: Dataset) -> Sequence[int]:
    """The numbers of the frames that are judged: all, or MOST of them."""
    number = count(ds)
    if number <= MOST:
        return range(1, number + 1)
    return sorted({1 + round(step * (number - 1) / (MOST - 1)) for step in range(MOST)})


def is_compressed(ds: Dataset) -> bool:
    """True if the pixels are encapsulated."""
    return bool("PixelData" in ds and ds["PixelData"].is_undefined_length)


def native(ds: Dataset, numbers: Sequence[int] | None = None) -> Iterator[tuple[int, bytes]]:
    """Each judged frame with its number, or each of some, of native pixels, in little endian. Frames of single bits
    start at a byte."""
    keyword = next(keyword for keyword in KEYWORDS if keyword in ds)
    data: Buffer = ds[keyword].value
    bits = ds.Rows * ds.Columns * ds.get("SamplesPerPixel", 1) * ds.BitsAllocated
    if bits % 8 == 0:  # chrominance may be subsampled
        bits = 8 * (get_expected_length(ds) // count(ds)) if keyword == "PixelData" else bits
    for number in numbers or judged(ds):
        start, end = bits * (number - 1), bits * number
        content = data[start // 8 : (end + 7) // 8]
        if bits % 8:
            whole = int.from_bytes(content, "little") >> start % 8
            content = (whole & ((1 << bits) - 1)).to_bytes((bits + 7) // 8, "little")
        is_swapped = ds.file_meta.TransferSyntaxUID == ExplicitVRBigEndian and ds[keyword].VR == "OW"
        yield number, swapped(content) if is_swapped else content


def compressed(ds: Dataset) -> Iterator[tuple[int, bytes]]:
    """Each judged frame with its number, as it is compressed. Raises NotSupported if the file does not say where they
    are."""
    offsets = None
    if "ExtendedOffsetTable" in ds and "ExtendedOffsetTableLengths" in ds:
        offsets = ds.ExtendedOffsetTable[:], ds.ExtendedOffsetTableLengths[:]
    for number in judged(ds):
        try:
            frame = get_frame(ds.PixelData, number - 1, extended_offsets=offsets, number_of_frames=count(ds))
        except Exception:  # whatever pydicom raises about fragments
            raise NotSupported(f"not judged here: the file does not say where frame {number} begins") from None
        yield number, frame


def decoded(ds: Dataset) -> Iterator[tuple[int, bytes]]:
    """Each judged frame with its number, decompressed here. Raises NotSupported if that cannot be done here, or if
    another decoder may give other values."""
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    if syntax not in LOSSLESS:
        raise NotSupported(f"not judged here: {syntax.name} is lossy, and decoders differ")
    yield from ((number, frame) for number, frame, _ in decompressed(ds, judged(ds)))


def decompressed(ds: Dataset, numbers: Sequence[int]) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """Some frames, each with its number, as a decoder of this machine gives it, and the attributes that describe it
    then, by names such as "planar_configuration". Raises NotSupported if that cannot be done here."""
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    try:
        decoder = get_decoder(syntax)
        available = decoder.is_available
    except NotImplementedError:
        available = False
    if not available:
        raise NotSupported(f"not judged here: no decoder of {syntax.name} is installed")
    for number in numbers:
        try:
            frame, described = decoder.as_buffer(ds, index=number - 1)
        except Exception as error:  # whatever a decoder raises
            raise NotSupported(f"not judged here: frame {number} is not decoded ({type(error).__name__})") from None
        yield number, bytes(frame), dict(described)


def arrangements(frame: bytes, ds: Dataset) -> tuple[bytes, ...]:
    """A frame as it is and, of three samples a pixel, as it is with these by plane instead of by pixel, or the other
    way."""
    form: Any = {8: "B", 16: "H", 32: "I"}.get(ds.BitsAllocated)
    if ds.get("SamplesPerPixel", 1) != 3 or form is None or len(frame) % (3 * ds.BitsAllocated // 8):
        return (frame,)
    samples, by_pixel = memoryview(frame).cast(form), bytearray(len(frame))
    size, pixels = len(samples) // 3, memoryview(by_pixel).cast(form)
    for plane in range(3):
        pixels[plane::3] = samples[plane * size : (plane + 1) * size]
    return frame, b"".join(samples[plane::3].tobytes() for plane in range(3)), bytes(by_pixel)
