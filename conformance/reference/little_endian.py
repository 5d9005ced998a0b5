"""Conversion of big-endian data sets to little-endian (PS3.5 7.3)."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.dataelem import RawDataElement

# Bytes of a word of the VRs whose values pydicom keeps as bytes; it converts those of all other VRs itself.
WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def converted(ds: Dataset) -> Dataset:
    """A copy in memory of a data set that was read from Explicit VR Big Endian, with its words in the other order."""
    copy = Dataset()
    for tag, raw in ds.items():
        if isinstance(raw, RawDataElement) and raw.VR in WORDS:
            copy.add_new(tag, raw.VR, swapped(raw.value or b"", WORDS[raw.VR]))
        elif raw.VR == "SQ":
            copy.add_new(tag, "SQ", [converted(item) for item in ds[tag].value])
        else:
            copy.add(ds[tag])
    return copy


def swapped(value: bytes, width: int) -> bytes:
    """The bytes of each word of a number of bytes in reverse order."""
    words = bytearray(value)
    for byte in range(width):
        words[byte::width] = value[width - 1 - byte :: width]
    return bytes(words)
