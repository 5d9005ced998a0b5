"""Write a data set in the Native DICOM Model (PS3.19 A.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from pydicom.datadict import keyword_for_tag

from .dicom_json import Json

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
# XML 1.0 cannot represent these; DICOM text may contain some of them.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(data_set: Json) -> bytes:
    """The document of a data set in the DICOM JSON Model, in UTF-8."""
    root = Element("NativeDicomModel", {"xmlns": NAMESPACE, "xml:space": "preserve"})
    root.extend(_attributes(data_set))
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    # A parser turns CR LF into a line feed, unless the CR is a character reference.
    return text.replace(b"\r", b"&#13;")


def _attributes(data_set: Json) -> Iterator[Element]:
    for tag, attribute in sorted(data_set.items()):
        yield _attribute(tag, attribute, _private_creator(tag, data_set))


def _private_creator(tag: str, data_set: Json) -> str:
    """The creator of the block that a private element is in; empty for public elements and for creators."""
    block = int(tag[4:6], 16)
    if not int(tag[3], 16) % 2 or block < 0x10:
        return ""
    values = data_set.get(f"{tag[:4]}00{tag[4:6]}", {}).get("Value", [""])
    return str(values[0] or "")


def _attribute(tag: str, attribute: Json, creator: str) -> Element:
    keyword = keyword_for_tag(int(tag, 16))
    element = Element("DicomAttribute", {"tag": f"{tag[:4]}00{tag[6:]}" if creator else tag, "vr": attribute["vr"]})
    if keyword:
        element.set("keyword", keyword)
    if creator:
        element.set("privateCreator", NOT_XML.sub("\ufffd", creator))
    if "BulkDataURI" in attribute:
        SubElement(element, "BulkData", uri=attribute["BulkDataURI"])
    if "InlineBinary" in attribute:
        SubElement(element, "InlineBinary").text = attribute["InlineBinary"]
    for number, value in enumerate(attribute.get("Value", []), 1):
        element.append(_value(attribute["vr"], value, str(number)))
    return element


def _value(vr: str, value: Any, number: str) -> Element:
    if vr == "SQ":
        item = Element("Item", number=number)
        item.extend(_attributes(value))
        return item
    if vr == "PN":
        return _person_name(value or {}, number)
    element = Element("Value", number=number)
    element.text = "" if value is None else NOT_XML.sub("\ufffd", str(value))
    return element


def _person_name(groups: dict[str, str], number: str) -> Element:
    element = Element("PersonName", number=number)
    for name, text in groups.items():
        group = SubElement(element, name)
        for component, part in zip(COMPONENTS, text.split("^"), strict=False):
            if part:
                SubElement(group, component).text = NOT_XML.sub("\ufffd", part)
    return element
