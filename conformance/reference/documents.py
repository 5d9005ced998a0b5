"""Structured reports as text, encapsulated documents unchanged (PS3.18 8.7.4: the Text category; PS3.3 C.17.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from .archive import Instance
from .attributes import tag
from .dicom_json import Json
from .native_xml import NOT_XML

TEXTS = ("text/html", "text/plain", "text/xml")
XHTML = "http://www.w3.org/1999/xhtml"
# PS3.3 Table C.17.3-5: the attribute with the value of a content item, by value type.
PLACES = {
    "TEXT": ("TextValue",),
    "CODE": ("ConceptCodeSequence", "CodeMeaning"),
    "NUM": ("MeasuredValueSequence", "NumericValue"),
    "PNAME": ("PersonName",),
    "DATE": ("Date",),
    "TIME": ("Time",),
    "DATETIME": ("DateTime",),
    "UIDREF": ("UID",),
    "IMAGE": ("ReferencedSOPSequence", "ReferencedSOPInstanceUID"),
    "COMPOSITE": ("ReferencedSOPSequence", "ReferencedSOPInstanceUID"),
    "WAVEFORM": ("ReferencedSOPSequence", "ReferencedSOPInstanceUID"),
    "SCOORD": ("GraphicType",),
    "TCOORD": ("TemporalRangeType",),
}
UNITS = ("MeasuredValueSequence", "MeasurementUnitsCodeSequence", "CodeValue")


def is_report(instance: Instance) -> bool:
    """True if an instance is a structured report: a tree of content items below a container."""
    return text(instance.attributes, "ValueType") == "CONTAINER"


def report(instance: Instance, media_type: str, charset: str) -> bytes:
    """A structured report as text/html, text/plain or text/xml, which is the page as XHTML, in a character set.

    Raises UnicodeEncodeError.
    """
    if media_type == "text/plain":
        lines = [f"{'  ' * depth}{line}" for depth, line in _lines(instance.attributes)]
        return "\n".join([_patient(instance.attributes), *lines, ""]).encode(charset)
    method: Literal["html", "xml"] = "xml" if media_type == "text/xml" else "html"
    page = tostring(_page(instance.attributes, charset), "unicode", method)
    declaration = f"<?xml version='1.0' encoding='{charset}'?>\n" if method == "xml" else "<!DOCTYPE html>\n"
    return (declaration + page).encode(charset)


def _page(attributes: Json, charset: str) -> Element:
    (_, title), *lines = _lines(attributes)
    page = Element("html", {"xmlns": XHTML, "lang": "en"})
    head, body = SubElement(page, "head"), SubElement(page, "body")
    SubElement(head, "meta", {"charset": charset})
    SubElement(head, "title").text = title
    SubElement(body, "h1").text = title
    SubElement(body, "p").text = _patient(attributes)
    lists = [SubElement(body, "ul")]
    for depth, line in lines:
        del lists[depth:]
        if len(lists) < depth:
            lists.append(SubElement(lists[-1][-1], "ul"))
        SubElement(lists[-1], "li").text = line
    return page


def _patient(attributes: Json) -> str:
    return " ".join(filter(None, (text(attributes, name) for name in ("PatientName", "PatientID", "StudyDate"))))


def _lines(item: Json, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Each content item, with its depth in the tree, as "name: value"."""
    name = text(item, "ConceptNameCodeSequence", "CodeMeaning")
    value = " ".join(filter(None, (text(item, *PLACES.get(text(item, "ValueType"), ())), text(item, *UNITS))))
    yield depth, ": ".join(filter(None, (name, value))) or "Report"
    for child in item.get(tag("ContentSequence"), {}).get("Value", []):
        yield from _lines(child, depth + 1)


def text(item: Json, *path: str) -> str:
    """The first value at a path of keywords as text; empty if there is none."""
    value: Any = item
    for keyword in path:
        value = value.get(tag(keyword), {}).get("Value", [None])[0] if isinstance(value, dict) else None
    if isinstance(value, dict):
        value = value.get("Alphabetic") if path else None
    return "" if value is None else NOT_XML.sub("\ufffd", str(value))
