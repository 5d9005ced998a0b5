"""Whether metadata have every attribute of an instance: PS3.18 10.4.1.1.2, 10.4.3.3.2."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset

from conformance.dicomweb import comparison, dicom_json
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.wording import name

PIXEL_DATA = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))


def missing(stored: Dataset, returned: DataSet) -> list[str]:
    """The attributes of an instance that its metadata do not name, at any depth, such as "Seq[0].PatientID".

    Not counted: Pixel Data, group 0002, group lengths, Data Set Trailing Padding, SpecificCharacterSet, and what
    OriginalAttributesSequence of the metadata records as coerced. Values are not looked at.
    """
    records = dicom_json.items(returned, "OriginalAttributesSequence")
    changed = [item for record in records for item in dicom_json.items(record, "ModifiedAttributesSequence")]
    return list(_missing(stored, returned, "", {key for item in changed for key in item}))


def _missing(stored: Dataset, returned: DataSet, path: str, exempt: set[str]) -> Iterator[str]:
    for element in comparison.elements(stored):
        key, where = f"{element.tag:08X}", path + name(element.tag)
        if element.tag in PIXEL_DATA or key in exempt:
            continue
        if key not in returned:
            yield where
        elif element.VR == "SQ":
            others = dicom_json.items(returned, key)
            for index, item in enumerate(element.value):
                yield from _missing(item, others[index] if index < len(others) else {}, f"{where}[{index}].", set())
