"""Write a data set in the Native DICOM Model: PS3.19 A.1, as a client sends it."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from pydicom.datadict import keyword_for_tag

from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.dicom_xml import COMPONENTS, GROUPS, NAMESPACE


def document(ds: DataSet) -> bytes:
    """The document of a data set in the DICOM JSON Model, in UTF-8.

    A private attribute names its creator, and has 00 in place of the number of its block.
    """
    root = Element("NativeDicomModel", {"xmlns": NAMESPACE, "xml:space": "preserve"})
    _add(root, ds)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    # A parser turns CR LF into a line feed, unless the CR is a character reference (XML 1.0 2.11).
    return text.replace(b"\r", b"&#13;")


def _add(parent: Element, ds: DataSet) -> None:
    for tag, attribute in ds.items():
        vr, creator, keyword = str(attribute["vr"]), _creator(ds, tag), keyword_for_tag(int(tag, 16))
        element = SubElement(parent, "DicomAttribute", {"tag": f"{tag[:4]}00{tag[6:]}" if creator else tag, "vr": vr})
        named = {"keyword": keyword, "privateCreator": creator}
        for name in filter(named.get, named):
            element.set(name, named[name])
        if "BulkDataURI" in attribute:
            SubElement(element, "BulkData", uri=str(attribute["BulkDataURI"]))
        if "InlineBinary" in attribute:
            SubElement(element, "InlineBinary").text = str(attribute["InlineBinary"])
        values = attribute.get("Value")
        for number, value in enumerate(values if isinstance(values, list) else [], 1):
            _add_value(element, vr, value, str(number))


def _creator(ds: DataSet, tag: str) -> str:
    """The creator of the block that a private attribute is in; empty for creators and public attributes."""
    found = ds.get(f"{tag[:4]}00{tag[4:6]}", {}) if int(tag[:4], 16) % 2 and tag[4:6] != "00" else {}
    values = found.get("Value")
    return str(values[0]) if isinstance(values, list) and values else ""


def _add_value(element: Element, vr: str, value: object, number: str) -> None:
    if vr == "SQ" and isinstance(value, dict):
        _add(SubElement(element, "Item", number=number), value)
    elif vr == "PN":
        _add_name(SubElement(element, "PersonName", number=number), value if isinstance(value, dict) else {})
    else:
        SubElement(element, "Value", number=number).text = "" if value is None else str(value)


def _add_name(person: Element, groups: dict[str, str]) -> None:
    for group in GROUPS:
        if group in groups:
            named = SubElement(person, group)
            for component, text in zip(COMPONENTS, groups[group].split("^"), strict=False):
                if text:
                    SubElement(named, component).text = text
