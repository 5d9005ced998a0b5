"""Write a data set in the DICOM JSON model (PS3.18 Annex F)."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
PIXEL_DATA = {0x7FE00008, 0x7FE00009, 0x7FE00010}  # Float, Double Float, Pixel Data
ENCAPSULATED_DOCUMENT = 0x00420011
INLINE = 256  # bytes; a longer binary value is sent as a bulk data URI
BULK_DATA = "bulkdata/"
EXACT = 2**53  # beyond it a JSON reader that uses doubles loses digits

Json = dict[str, Any]


def data_set(ds: Dataset, path: str = "") -> Json:
    """The attributes of a data set that was read from Explicit VR Little Endian, by tag, in ascending order.

    Group lengths and groups 0000 and 0002 are not part of it (F.2.2). Bulk data URIs are relative to the instance:
    "bulkdata/" and a path of tags, between them the item number from 1, such as 00880200.1.7FE00010.
    """
    tags = [tag for tag in sorted(ds.keys()) if tag.group > 2 and tag.element]
    return {f"{tag:08X}": _attribute(ds, tag, f"{path}{tag:08X}") for tag in tags}


def with_base(attributes: Json, url: str) -> Json:
    """The attributes with bulk data URIs made absolute below the URL of their instance."""
    return {tag: _with_base(attribute, url) for tag, attribute in attributes.items()}


def bulk_paths(attributes: Json) -> Iterator[str]:
    """The paths of tags in the bulk data URIs of attributes, at every depth."""
    for attribute in attributes.values():
        if "BulkDataURI" in attribute:
            yield attribute["BulkDataURI"].removeprefix(BULK_DATA)
        for item in attribute.get("Value", []) if attribute["vr"] == "SQ" else []:
            yield from bulk_paths(item)


def _with_base(attribute: Json, url: str) -> Json:
    if "BulkDataURI" in attribute:
        return attribute | {"BulkDataURI": f"{url}/{attribute['BulkDataURI']}"}
    if attribute["vr"] == "SQ" and "Value" in attribute:
        return attribute | {"Value": [with_base(item, url) for item in attribute["Value"]]}
    return attribute


def _attribute(ds: Dataset, tag: BaseTag, path: str) -> Json:
    bulk = f"{BULK_DATA}{path}"
    raw = ds.get_item(tag, keep_deferred=True)
    if isinstance(raw, RawDataElement) and raw.VR in BINARY and raw.length:
        if raw.length > INLINE or tag in PIXEL_DATA or tag == ENCAPSULATED_DOCUMENT:
            return {"vr": raw.VR, "BulkDataURI": bulk}
        if raw.VR != "UN":
            return {"vr": raw.VR, "InlineBinary": _base64(raw.value)}
    element = ds[tag]
    if element.VR == "SQ":
        items = [data_set(item, f"{path}.{number}.") for number, item in enumerate(element.value, 1)]
        return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
    if element.is_empty:
        return {"vr": element.VR}
    if element.VR in BINARY:
        return {"vr": element.VR, "InlineBinary": _base64(element.value)}
    values = _texts(raw) if element.VR in ("DS", "IS") and isinstance(raw, RawDataElement) else _values(element)
    if any(isinstance(value, float) and not math.isfinite(value) for value in values):
        # JSON has no number for NaN and infinities; the bytes keep them.
        return {"vr": element.VR, "BulkDataURI": bulk}
    return {"vr": element.VR, "Value": [_value(element.VR, value) for value in values]}


def _base64(value: bytes | None) -> str:
    return base64.b64encode(value or b"").decode("ascii")


def _values(element: DataElement) -> list[Any]:
    return list(element.value) if element.VM > 1 else [element.value]


def _texts(raw: RawDataElement) -> list[str]:
    """The values of a DS or IS element as they are written: pydicom's numbers have lost digits."""
    return [text.strip(" \0") for text in (raw.value or b"").decode("ascii").split("\\")]


def _value(vr: str, value: Any) -> Any:
    if vr == "PN":
        groups = (
            ("Alphabetic", value.alphabetic),
            ("Ideographic", value.ideographic),
            ("Phonetic", value.phonetic),
        )
        return {name: text for name, text in groups if text} or None
    if vr == "AT":
        return f"{value:08X}"
    if vr in ("DS", "IS"):
        return _number(value) if value else None
    if vr in ("SV", "UV") and abs(value) > EXACT:
        return str(value)
    if isinstance(value, int | float):
        return value
    return str(value) or None


def _number(text: str) -> int | float | str:
    """A JSON number if reading it gives the same decimal value, else the text (F.2.3 allows both)."""
    try:
        if text.lstrip("+-").isdigit():
            return int(text) if abs(int(text)) <= EXACT else text
        number = float(text)
        return number if Decimal(repr(number)) == Decimal(text) and math.isfinite(number) else text
    except (ValueError, InvalidOperation):
        return text
