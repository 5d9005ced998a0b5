"""Completeness of metadata, which have every attribute and every binary value of an instance: PS3.18 10.4.1.1.2,
10.4.3.3.2, F.2.2."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

from pydicom import DataElement, Dataset

from conformance.dicomweb import comparison, dicom_json
from conformance.dicomweb.buffers import Buffer
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Difference
from conformance.dicomweb.wording import name

PIXEL_DATA = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
BULK = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


def missing(stored: Dataset, returned: DataSet) -> list[str]:
    """The attributes of an instance that its metadata do not name, at any depth, such as "Seq[0].PatientID".

    Not counted: Pixel Data and its Extended Offset Table, group 0002, group lengths, Data Set Trailing Padding,
    SpecificCharacterSet, and what OriginalAttributesSequence of the metadata records as coerced. Values are not
    compared.
    """
    records = dicom_json.items(returned, "OriginalAttributesSequence")
    changed = [item for record in records for item in dicom_json.items(record, "ModifiedAttributesSequence")]
    return list(_missing(stored, returned, "", {key for item in changed for key in item}))


def _missing(stored: Dataset, returned: DataSet, path: str, exempt: set[str]) -> Iterator[str]:
    for element in comparison.elements(stored):
        key, where = f"{element.tag:08X}", path + name(element.tag)
        if element.tag in PIXEL_DATA | comparison.OFFSET_TABLES or key in exempt:
            continue
        if key not in returned:
            yield where
        elif element.VR == "SQ":
            others = dicom_json.items(returned, key)
            for index, item in enumerate(element.value):
                yield from _missing(item, others[index] if index < len(others) else {}, f"{where}[{index}].", set())


def named(stored: Dataset, returned: DataSet) -> Dataset:
    """The attributes of an instance that its metadata name, at any depth: all but the `missing` ones."""
    kept = Dataset()
    for element in stored:
        attribute = returned.get(key := f"{element.tag:08X}")
        if element.VR == "SQ" and attribute and not isinstance(attribute, dicom_json.Unreadable):
            others = dicom_json.items(returned, key)
            items = [named(*pair) for pair in zip(element.value, others, strict=False)]
            element = DataElement(element.tag, "SQ", [*items, *element.value[len(items) :]])
        if attribute is not None:
            kept.add(element)
    return kept


def valueless(stored: Dataset, returned: DataSet) -> list[Difference]:
    """The binary values of an instance, at any depth, that metadata change, or have neither by reference nor inline.

    A server that knows the attribute of a UN may give another VR, and Value. Inline values are compared if they are
    native and little endian.
    """
    return list(_valueless(stored, returned, "", stored.file_meta.TransferSyntaxUID.is_little_endian))


def _valueless(stored: Dataset, returned: DataSet, path: str, comparable: bool) -> Iterator[Difference]:
    for element in comparison.elements(stored):
        attribute, where = returned.get(f"{element.tag:08X}"), path + name(element.tag)
        if element.VR == "SQ":
            others = dicom_json.items(returned, f"{element.tag:08X}")
            for index, item in enumerate(element.value):
                other = others[index] if index < len(others) else {}
                yield from _valueless(item, other, f"{where}[{index}].", comparable)
        elif element.value and element.VR in BULK and (attribute or element.tag not in comparison.OFFSET_TABLES):
            contents = {"BulkDataURI", "InlineBinary", *(["Value"] if element.VR == "UN" else [])}
            if not contents & set(attribute or {}):
                found = "absent" if attribute is None else "without value"
                yield Difference(where, found, "there with a BulkDataURI or InlineBinary")
            elif attribute and comparable and not element.is_undefined_length:
                yield from _inline(where, element.value, attribute.get("InlineBinary"))


def _inline(where: str, value: Buffer, inline: object) -> Iterator[Difference]:
    """The difference of an inline value. A value that is not inline, or cannot be read, is judged elsewhere."""
    if not isinstance(inline, str):
        return
    try:
        content, stored = b64decode(inline, validate=True), value[:]
    except ValueError:
        return
    if content not in (stored, stored + b"\0") and stored != content + b"\0":
        yield comparison.values_difference(where, [stored], [content])
