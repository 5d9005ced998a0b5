"""The look-up tables and windows of an instance (PS3.3 C.7.6.3.1.5, C.7.6.16.2.9, C.11.1, C.11.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable

from pydicom import Dataset
from pydicom.multival import MultiValue

Level = Callable[[float], float]
FUNCTIONS = {"LINEAR": "linear", "LINEAR_EXACT": "linear-exact", "SIGMOID": "sigmoid"}


def modality(ds: Dataset, number: int) -> Level:
    """From a stored value of frame `number` to the unit of the modality: by a table, or slope and intercept."""
    if ds.get("ModalityLUTSequence"):
        entry, _ = _table(ds.ModalityLUTSequence[0], "LUTDescriptor", "LUTData")
        return entry
    source = _of_frame(ds, number, "PixelValueTransformationSequence", "RescaleSlope")
    slope, intercept = _number(source, "RescaleSlope"), _number(source, "RescaleIntercept")
    return lambda value: value * (1.0 if slope is None else slope) + (intercept or 0.0)


def voi(ds: Dataset, number: int) -> Level | tuple[float, float, str] | None:
    """The VOI transformation of frame `number`: a table to brightness from 0 to 1, the centre, width and function of
    its first window, or nothing."""
    if ds.get("VOILUTSequence"):
        entry, bits = _table(ds.VOILUTSequence[0], "LUTDescriptor", "LUTData")
        return lambda value: min(1.0, entry(value) / ((1 << bits) - 1))
    source = _of_frame(ds, number, "FrameVOILUTSequence", "WindowCenter")
    center, width = _number(source, "WindowCenter"), _number(source, "WindowWidth")
    if center is None or not width:
        return None
    return center, width, FUNCTIONS.get(source.get("VOILUTFunction", "LINEAR"), "linear")


def palette(ds: Dataset, colour: str) -> Level:
    """From a stored value to the share of a colour, from 0 to 1. Raises AttributeError for an image without table."""
    prefix = f"{colour}PaletteColorLookupTable"
    entry, bits = _table(ds, f"{prefix}Descriptor", f"{prefix}Data")
    return lambda value: entry(value) / ((1 << bits) - 1)


def _table(ds: Dataset, descriptor: str, data: str) -> tuple[Level, int]:
    """The entry for a value, which is that of the nearest end outside the table, and the bits of an entry."""
    number, first, bits = (int(value) for value in getattr(ds, descriptor))
    number = number or 0x10000
    if first > 0x7FFF and ds.get("PixelRepresentation", 0):
        first -= 0x10000
    entries = getattr(ds, data)
    if isinstance(entries, bytes):
        # Entries of 8 bits may be packed into words of 16, or have a word each.
        packed = bits == 8 and len(entries) < number * 2
        entries = struct.unpack_from(f"<{number}{'B' if packed else 'H'}", entries)
    elif not isinstance(entries, MultiValue | list):
        entries = [entries]
    last = number - 1
    return lambda value: float(entries[min(last, max(0, round(value) - first))]), bits


def _of_frame(ds: Dataset, number: int, macro: str, keyword: str) -> Dataset:
    """The item of a functional group with an attribute, of the frame itself or shared, else the data set."""
    if keyword in ds:
        return ds
    per_frame = ds.get("PerFrameFunctionalGroupsSequence") or []
    groups = [*per_frame[number - 1 : number], *(ds.get("SharedFunctionalGroupsSequence") or [])]
    return next((group[macro].value[0] for group in groups if group.get(macro)), ds)


def _number(ds: Dataset, keyword: str) -> float | None:
    value = ds.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if value else None
    return None if value is None or value == "" else float(value)
