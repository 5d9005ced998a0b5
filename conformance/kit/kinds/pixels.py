"""Pictures put into data sets, native or encapsulated, and the frames of an instance: PS3.3 C.7.6.3, PS3.5 8.1, A.4."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study
from conformance.kit.kinds.pictures import Picture


@dataclass(frozen=True)
class Encapsulated(Instance):
    """An instance with encapsulated pixel data.

    `decoded` are its frames as they were before compression, colour as RGB by pixel: a decoder returns exactly these
    unless Lossy Image Compression is "01". `codestreams` are its frames as the encoder gave them.
    """

    decoded: tuple[bytes, ...] = ()
    codestreams: tuple[bytes, ...] = ()


def frames(instance: Instance) -> list[bytes]:
    """The frames as PS3.18 8.7.3.3.1 has them uncompressed: little endian, without padding.

    Colour is by pixel or by plane as Planar Configuration says; frames of single bits each start at a byte. Empty when
    the instance has no pixel data.
    """
    if isinstance(instance, Encapsulated):
        return list(instance.decoded)
    ds = instance.dataset
    if ds.file_meta.TransferSyntaxUID.is_encapsulated:
        return []  # a video, which is not taken apart
    keyword = next((name for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if name in ds), None)
    if keyword is None:
        return []
    data = ds[keyword].value
    if ds.file_meta.TransferSyntaxUID == ExplicitVRBigEndian and ds[keyword].VR == "OW":
        data = swapped(data)
    # Two pixels of YBR_FULL_422 share their chrominances (PS3.3 C.7.6.3.1.2).
    samples = 2 if ds.PhotometricInterpretation == "YBR_FULL_422" else ds.SamplesPerPixel
    bits = ds.Rows * ds.Columns * samples * ds.BitsAllocated
    number = int(ds.get("NumberOfFrames", 1))
    if bits % 8 == 0:
        return [data[index * bits // 8 : (index + 1) * bits // 8] for index in range(number)]
    whole, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [(whole >> index * bits & mask).to_bytes((bits + 7) // 8, "little") for index in range(number)]


def encoded_frames(instance: Instance) -> list[bytes]:
    """The frames as they are compressed, fragments joined, without padding; empty for native pixel data."""
    return list(instance.codestreams) if isinstance(instance, Encapsulated) else []


def describe(ds: Dataset, picture: Picture, photometric: str) -> None:
    """Set the attributes of the Image Pixel module (PS3.3 C.7.6.3), without the pixel data."""
    ds.SamplesPerPixel = picture.samples
    ds.PhotometricInterpretation = photometric
    if picture.samples > 1:
        ds.PlanarConfiguration = 0
    if len(picture.frames) > 1:
        ds.NumberOfFrames = len(picture.frames)
    ds.Rows, ds.Columns = picture.rows, picture.columns
    ds.BitsAllocated = picture.bits_allocated
    ds.BitsStored, ds.HighBit = picture.bits, picture.bits - 1
    ds.PixelRepresentation = int(picture.signed)


def set_native(ds: Dataset, picture: Picture, photometric: str = "") -> None:
    """Put a picture into a data set as native pixel data, little endian; MONOCHROME2 or RGB unless told."""
    describe(ds, picture, photometric or ("RGB" if picture.samples == 3 else "MONOCHROME2"))
    data = b"".join(picture.frames)
    ds.add_new("PixelData", "OB" if picture.bits_allocated == 8 else "OW", data + b"\0" * (len(data) % 2))


def encapsulated_image(
    study: Study,
    ds: Dataset,
    picture: Picture,
    photometric: str,
    codestreams: Sequence[bytes],
    fragments: int = 1,
    offsets: bool = True,
) -> Encapsulated:
    """An instance that shows a picture compressed: each frame in a number of fragments, with or without offsets.

    `offsets` fills the Basic Offset Table (PS3.5 A.4); without, it is an empty item.
    """
    describe(ds, picture, photometric)
    ds.add_new("PixelData", "OB", encapsulate(list(codestreams), fragments_per_frame=fragments, has_bot=offsets))
    ds["PixelData"].is_undefined_length = True
    return Encapsulated(study.file(ds), True, picture.frames, tuple(codestreams))


def encapsulated_frames(
    study: Study, ds: Dataset, picture: Picture, codestreams: Sequence[bytes], fragments: Sequence[int], offsets: bool
) -> Encapsulated:
    """Several grey frames, each in a number of fragments of its own, with or without offsets (PS3.5 A.4)."""
    describe(ds, picture, "MONOCHROME2")
    encapsulate_frames(ds, codestreams, fragments, offsets)
    return Encapsulated(study.file(ds), True, picture.frames, tuple(codestreams))


def encapsulate_frames(ds: Dataset, codestreams: Sequence[bytes], fragments: Sequence[int], offsets: bool) -> None:
    """Put frames into the Pixel Data, each in a number of fragments of its own, with or without offsets (PS3.5 A.4)."""
    items = [_fragments(stream, number) for stream, number in zip(codestreams, fragments, strict=True)]
    starts = [0, *accumulate(sum(len(item) for item in frame) for frame in items)][:-1] if offsets else []
    value = b"".join((_item(struct.pack(f"<{len(starts)}L", *starts)), *(item for frame in items for item in frame)))
    ds.add_new("PixelData", "OB", value)
    ds["PixelData"].is_undefined_length = True


def extended_offsets(ds: Dataset, codestreams: Sequence[bytes]) -> None:
    """Set the Extended Offset Table of frames in one fragment each (PS3.3 C.7.6.3.1.8)."""
    lengths = [len(stream) + len(stream) % 2 for stream in codestreams]
    starts = [0, *accumulate(8 + length for length in lengths)][:-1]
    ds.ExtendedOffsetTable = struct.pack(f"<{len(starts)}Q", *starts)
    ds.ExtendedOffsetTableLengths = struct.pack(f"<{len(lengths)}Q", *lengths)


def _fragments(stream: bytes, number: int) -> list[bytes]:
    """A codestream as so many items of even length."""
    size = (len(stream) // number + 1) // 2 * 2
    ends = [*range(size, size * number, size), len(stream)]
    return [_item(stream[start:end]) for start, end in pairwise((0, *ends))]


def _item(content: bytes) -> bytes:
    padded = content + b"\0" * (len(content) % 2)
    return b"\xfe\xff\x00\xe0" + struct.pack("<L", len(padded)) + padded


def mark_lossy(ds: Dataset, picture: Picture, codestream: bytes, method: str) -> None:
    """Say that an image went through lossy compression (PS3.3 C.7.6.1.1.5)."""
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionRatio = round(len(picture.frames[0]) / len(codestream), 2)
    ds.LossyImageCompressionMethod = method


def swapped(data: bytes) -> bytes:
    """16 bit words in the other byte order."""
    words = bytearray(data)
    words[::2], words[1::2] = words[1::2], words[::2]
    return bytes(words)


def is_lossy(instance: Instance) -> bool:
    """True if decoded frames only approximate `frames`."""
    return bool(instance.dataset.get("LossyImageCompression") == "01")
