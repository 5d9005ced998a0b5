"""Frames and bulk data: which bytes of an instance's file they are (PS3.18 10.4.1.1.1, 8.7.3.3)."""

from __future__ import annotations

import re
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRLittleEndian

from .archive import Instance
from .dicom_json import PIXEL_DATA
from .ingest import DEFERRED
from .multipart import Content
from .negotiation import TRANSFER_SYNTAXES, Representation

UNDEFINED_LENGTH = 0xFFFFFFFF
BULK_PATH = re.compile(r"[0-9A-F]{8}(\.[1-9][0-9]{0,9}\.[0-9A-F]{8})*")


class Missing(Exception):
    """The instance has no such bytes; the message says what is missing."""


def forms(instance: Instance, number: int, native: bool) -> list[Representation]:
    """What a number of frames or values can be sent as: as they are kept; nothing is decoded or compressed."""
    encodings = [("application/octet-stream", str(ExplicitVRLittleEndian))]
    if not native:
        kept = instance.transfer_syntax
        encodings = [(name, kept) for name, syntaxes in TRANSFER_SYNTAXES.items() if kept in syntaxes]
    multipart_or_not = (True, False) if number == 1 else (True,)
    return [Representation(name, form, syntax) for name, syntax in encodings for form in multipart_or_not]


def frames(instance: Instance) -> tuple[list[Content], bool]:
    """All frames of an instance, and whether they are native. Raises Missing when it has no pixel data."""
    ds = dcmread(instance.path, defer_size=DEFERRED)
    tag = next((tag for tag in sorted(PIXEL_DATA) if tag in ds), None)
    raw = ds.get_item(tag, keep_deferred=True) if tag else None
    if not isinstance(raw, RawDataElement):
        raise Missing("the instance has no pixel data")
    return _frames(ds, raw, instance.path)


def bulk(instance: Instance, path: str) -> tuple[list[Content], bool]:
    """The value at a path as dicom_json writes it, and whether it is native; compressed, each frame is a content.

    Raises Missing when the path is none, or names no element with a value.
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
        return _frames(ds, raw, instance.path)
    if parents:
        return [Content(raw.value or b"")], True
    return [Content(instance.path, raw.value_tell, raw.length)], True


def _frames(ds: Dataset, raw: RawDataElement, path: Path) -> tuple[list[Content], bool]:
    try:
        number = int(ds.get("NumberOfFrames") or 1)
        if raw.length == UNDEFINED_LENGTH:
            return _compressed(ds, raw, number), False
        return _native(ds, raw, number, path), True
    except (AttributeError, TypeError, ValueError) as error:
        raise Missing(f"the frames cannot be told apart: {error}") from error


def _compressed(ds: Dataset, raw: RawDataElement, number: int) -> list[Content]:
    """Each frame, its fragments joined."""
    offsets = (ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths) if "ExtendedOffsetTable" in ds else None
    found = generate_frames(ds[raw.tag].value, number_of_frames=number, extended_offsets=offsets)
    return [Content(frame) for frame in found]


def _native(ds: Dataset, raw: RawDataElement, number: int, path: Path) -> list[Content]:
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
