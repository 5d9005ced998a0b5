"""Read a data set from the DICOM JSON model (PS3.18 Annex F), as clients send it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.tag import Tag
from pydicom.valuerep import VR, format_number_as_ds

from .dicom_json import BINARY, Json

TAG = re.compile(r"[0-9A-F]{8}")
VRS = {str(vr) for vr in VR if len(vr) == 2}
FORMS = {"Value", "BulkDataURI", "InlineBinary"}
INTEGERS = {"SL", "SS", "SV", "UL", "US", "UV"}
FLOATS = {"FD", "FL"}
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")

# The bytes of an attribute, by its tag and its BulkDataURI.
Bulk = Callable[[str, str], bytes]


class Unreadable(ValueError):
    """Content that cannot become a data set; one sentence."""


def data_set(attributes: Json, bulk: Bulk) -> Dataset:
    """The data set of attributes, without group lengths and groups 0000 and 0002. Raises Unreadable."""
    ds = Dataset()
    for tag, attribute in attributes.items():
        if not TAG.fullmatch(tag):
            raise Unreadable(f"{tag!r} is not a tag")
        if int(tag[:4], 16) > 2 and int(tag[4:], 16):
            try:
                ds.add(_element(tag, attribute, bulk))
            except Unreadable:
                raise
            except Exception as error:  # pydicom's errors about values have no common base
                raise Unreadable(f"the value of {tag} cannot be read: {error}") from error
    return ds


def _element(tag: str, attribute: Any, bulk: Bulk) -> DataElement:
    vr = attribute.get("vr") if isinstance(attribute, dict) else None
    if vr not in VRS or len(FORMS & attribute.keys()) > 1:
        raise Unreadable(f"{tag} has no vr, or more than one value field")
    if "BulkDataURI" in attribute:
        return _of_bytes(tag, vr, bulk(tag, attribute["BulkDataURI"]))
    if "InlineBinary" in attribute:
        return _of_bytes(tag, vr, base64.b64decode(attribute["InlineBinary"], validate=True))
    values = attribute.get("Value", [])
    if not isinstance(values, list) or (values and vr in BINARY):
        raise Unreadable(f"the Value of {tag} is not a list, or its vr has none")
    if vr == "SQ":
        return DataElement(Tag(tag), vr, [data_set(item, bulk) for item in values])
    read = [_value(vr, value) for value in values]
    return DataElement(Tag(tag), vr, read[0] if len(read) == 1 else read or None, validation_mode=IGNORE)


def _of_bytes(tag: str, vr: str, content: bytes) -> DataElement:
    """An element of little-endian bytes; text in UTF-8, like everything in JSON."""
    content += b"\0" * (len(content) % 2)
    raw = RawDataElement(Tag(tag), vr, len(content), content, 0, False, True)
    return convert_raw_data_element(raw, encoding=["utf8"])


def _value(vr: str, value: Any) -> Any:
    if vr == "PN":
        return "=".join((value or {}).get(group, "") for group in GROUPS).rstrip("=")
    if vr in INTEGERS:
        return int(value)
    if vr in FLOATS:
        return float(value)
    if value is None:
        return ""
    if vr == "AT":
        return int(value, 16)
    if vr == "DS" and isinstance(value, float):
        return format_number_as_ds(value)
    if vr in ("DS", "IS") and isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise Unreadable(f"a value of vr {vr} is {value!r}, which is not text")
    return value
