"""The elements of a data set as they stand in its file, whose values nobody has converted yet."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.dataelem import RawDataElement


def elements(ds: Dataset) -> Iterator[tuple[Dataset, RawDataElement]]:
    """The elements of a data set and of its items that are not sequences, each with the data set that holds it."""
    for tag in list(ds.keys()):
        raw = ds.get_item(tag, keep_deferred=True)
        if raw.VR == "SQ":
            for item in ds[tag].value:
                yield from elements(item)
        elif isinstance(raw, RawDataElement):
            yield ds, raw
