"""Frames and bulk data: the bytes of them in an instance's file (PS3.18 10.4.1.1.6, 8.7.3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRLittleEndian

from . import codecs
from .archive import Instance
from .dicom_json import PIXEL_DATA
from .ingest import DEFERRED
from .multipart import Content
from .negotiation import TRANSFER_SYNTAXES, Representation

UNDEFINED_LENGTH = 0xFFFFFFFF
BULK_PATH = re.compile(r"[0-9A-F]{8}(\.[1-9][0-9]{0,9}\.[0-9A-F]{8})*")
OCTETS = "application/octet-stream"
# MPEG-4 AVC (PS3.5 A.4.6 to A.4.8), whose fragments are one file.
VIDEOS = {f"1.2.840.10008.1.2.4.{number}" for number in range(102, 107)}


class Missing(Exception):
    """The instance has no such bytes; the message says what is missing."""


@dataclass(frozen=True)
class Pixels:
    """Frames, or the value of an element. `contents` are as kept: one for each frame if compressed.

    `image` is the data set that describes them; `compressed` is the transfer syntax of compressed frames, None for
    native ones and other values.
    """

    image: Dataset
    contents: list[Content]
    compressed: str | None = None

    def forms(self, number: int, decoded: int | None = None) -> list[Representation]:
        """The forms of a number of the contents: as they are kept or, if compressed, decoded.

        `decoded` is the number of parts that they decode to, if it differs.
        """
        found = []
        for media_type in (name for name, syntaxes in TRANSFER_SYNTAXES.items() if self.compressed in syntaxes):
            found += forms(media_type, self.compressed, number)
        if self.compressed is None or codecs.decodable(self.compressed, self.image.get("BitsAllocated", 0)):
            found += forms(OCTETS, str(ExplicitVRLittleEndian), decoded or number)
        return found

    def decoded(self, content: Content) -> Content:
        """One of the contents as native samples, little-endian. Raises codecs.Undecodable."""
        if self.compressed is None:
            return content
        return Content(codecs.decode(content.read(), self.compressed, self.image))


def forms(media_type: str, transfer_syntax: str | None, number: int) -> list[Representation]:
    """A number of representations as the parts of multipart/related, and a single one as a message too."""
    return [Representation(media_type, form, transfer_syntax) for form in ((True, False) if number == 1 else (True,))]


def frames(instance: Instance) -> Pixels:
    """All frames of an instance. Raises Missing if it has no pixel data."""
    ds = dcmread(instance.path, defer_size=DEFERRED)
    tag = next((tag for tag in sorted(PIXEL_DATA) if tag in ds), None)
    raw = ds.get_item(tag, keep_deferred=True) if tag else None
    if not isinstance(raw, RawDataElement):
        raise Missing("the instance has no pixel data")
    return _frames(ds, raw, instance)


def bulk(instance: Instance, path: str) -> Pixels:
    """The value at a path as dicom_json writes it; compressed, each frame is a content.

    Raises Missing if the path is invalid, or does not name an element with a value.
    """
    if not BULK_PATH.fullmatch(path):
        raise Missing(f"{path!r} is not the path of an element")
    ds: Dataset = dcmread(instance.path, defer_size=DEFERRED)
    *parents, last = path.split(".")
    try:
        for tag, item in zip(parents[::2], parents[1::2], strict=True):
            ds = ds[int(tag, 16)].value[int(item) - 1]
        raw = ds.get_item(int(last, 16), keep_deferred=True)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise Missing(f"the instance has no item for {path}") from error
    if not isinstance(raw, RawDataElement) or not raw.length:
        raise Missing(f"the instance has no value at {path}")
    if raw.length == UNDEFINED_LENGTH:
        return _frames(ds, raw, instance)
    if parents:
        return Pixels(ds, [Content(raw.value or b"")])
    return Pixels(ds, [Content(instance.path, raw.value_tell, raw.length)])


def video(instance: Instance) -> Content:
    """The stream of an instance that is an MPEG-4 video. Raises Missing if it has none."""
    try:
        (stream,) = generate_frames(dcmread(instance.path).PixelData, number_of_frames=1)
    except (AttributeError, ValueError) as error:
        raise Missing(f"the instance has no stream: {error}") from error
    return Content(stream)


def compressed_frames(ds: Dataset) -> list[bytes]:
    """The frames of compressed Pixel Data, the fragments of each joined. Raises ValueError and AttributeError."""
    offsets = (ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths) if "ExtendedOffsetTable" in ds else None
    number = int(ds.get("NumberOfFrames") or 1)
    return list(generate_frames(ds.PixelData, number_of_frames=number, extended_offsets=offsets))


def _frames(ds: Dataset, raw: RawDataElement, instance: Instance) -> Pixels:
    try:
        if raw.length == UNDEFINED_LENGTH:
            return Pixels(ds, [Content(frame) for frame in compressed_frames(ds)], instance.transfer_syntax)
        return Pixels(ds, _native(ds, raw, instance.path))
    except (AttributeError, TypeError, ValueError) as error:
        raise Missing(f"the frames cannot be told apart: {error}") from error


def _native(ds: Dataset, raw: RawDataElement, path: Path) -> list[Content]:
    number = int(ds.get("NumberOfFrames") or 1)
    samples = 2 if ds.PhotometricInterpretation == "YBR_FULL_422" else ds.SamplesPerPixel
    bits = ds.Rows * ds.Columns * samples * ds.BitsAllocated
    if not 0 < number * bits <= raw.length * 8:
        raise Missing(f"{raw.length} bytes of pixel data are not {number} frames of {bits} bits")
    if bits % 8 == 0:
        return [Content(path, raw.value_tell + index * bits // 8, bits // 8) for index in range(number)]
    # Frames of single bits follow each other without padding: each is moved to the start of a byte.
    value = int.from_bytes(ds[raw.tag].value, "little")
    mask = (1 << bits) - 1
    return [Content((value >> index * bits & mask).to_bytes((bits + 7) // 8, "little")) for index in range(number)]
