"""The Native DICOM Model in XML: PS3.19 A.1, as far as a reader needs it to continue."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from conformance.dicomweb import limits
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Malformed

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_NUMBERS = frozenset(("DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))


class MalformedXml(Malformed):
    """Bytes that are not XML, or XML that cannot be read safely."""


class _NoDoctype(TreeBuilder):
    """A builder that reads no document type, which could define entities: none is needed here."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        raise MalformedXml("a document type declaration", "there", "absent")


def load(content: bytes) -> Element:
    """The root of a document. Raises MalformedXml, also if it is too large or too deeply nested to be read."""
    if excess := limits.xml_excess(content):
        raise MalformedXml(*excess)
    parser = XMLParser(target=_NoDoctype())
    try:
        parser.feed(content)
        root: Element = parser.close()
    except ParseError as error:
        raise MalformedXml(f"line {error.position[0]} of the document", f"not XML ({error})", "well-formed") from None
    except (LookupError, ValueError) as error:  # a declared encoding that does not exist, or cannot be used
        raise (
            error
            if isinstance(error, MalformedXml)
            else MalformedXml("the encoding of the document", f"unreadable ({error})", "one that XML has")
        ) from None
    if limits.is_deeper(root, list, limits.XML_LEVELS):
        raise MalformedXml("the nesting of the document", "too deep to read", "a few levels")
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *names: str) -> list[Element]:
    """The children of an element that have one of these names, in whatever namespace."""
    return [child for child in element if local(child) in names]


def attributes(data_set: Element) -> dict[str, Element]:
    """The DicomAttribute elements of a document or an Item by their tag, of private ones as "0011xx01 CREATOR"."""
    return {_key(item): item for item in children(data_set, "DicomAttribute")}


def _key(attribute: Element) -> str:
    tag, creator = attribute.get("tag", ""), attribute.get("privateCreator")
    return f"{tag[:4]}xx{tag[6:]} {creator}" if creator is not None else tag


def values(attribute: Element | None) -> list[str]:
    """The values of an attribute in their order, a PN as DICOM writes it; none for an absent one."""
    if attribute is None:
        return []
    found = children(attribute, "Value", "PersonName")
    return [_person_name(item) if local(item) == "PersonName" else "".join(item.itertext()) for item in found]


def _person_name(name: Element) -> str:
    """The groups and components of a PersonName, as in "Family^Given=ideographic=phonetic" (PS3.5 6.2.1)."""
    groups = {local(group): group for group in name}
    written = []
    for label in GROUPS:
        parts = {local(part): "".join(part.itertext()) for part in groups.get(label, ())}
        written.append("^".join(parts.get(component, "") for component in COMPONENTS).rstrip("^"))
    return "=".join(written).rstrip("=")


def data_set(element: Element) -> DataSet:
    """The attributes of a document or an Item in the DICOM JSON Model, for readers that accept either form.

    Text that is not a number stays text, a private attribute keeps the tag that it has in the XML.
    """
    return {item.get("tag", ""): attribute(item) for item in children(element, "DicomAttribute")}


def attribute(element: Element) -> dict[str, object]:
    """A DicomAttribute element in the DICOM JSON Model."""
    vr = element.get("vr", "")
    contents: list[object] = [_value(child, vr) for child in children(element, "Value", "PersonName", "Item")]
    found: dict[str, object] = {"vr": vr}
    return found | {"Value": contents} if contents else found


def _value(element: Element, vr: str) -> object:
    """One value, an item, or the groups of a name."""
    if local(element) == "Item":
        return data_set(element)
    if local(element) == "PersonName":
        return dict(zip(GROUPS, _person_name(element).split("="), strict=False))
    text = "".join(element.itertext())
    try:
        return (float(text) if "." in text or "e" in text.lower() else int(text)) if vr in _NUMBERS else text
    except ValueError:
        return text
