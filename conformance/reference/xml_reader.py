"""Read a data set from the Native DICOM Model (PS3.19 A.1), as clients send it, into the DICOM JSON model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from .dicom_json import Json
from .json_reader import FLOATS, GROUPS, INTEGERS, TAG, Unreadable
from .native_xml import COMPONENTS, NAMESPACE


class _NoDoctype(TreeBuilder):
    """A builder that reads no document type, which could define entities that grow without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        raise Unreadable("the document has a document type declaration")


def data_set(document: bytes) -> Json:
    """The attributes of a document. Raises Unreadable."""
    parser = XMLParser(target=_NoDoctype())
    try:
        parser.feed(document)
        root: Element = parser.close()
    except (ParseError, LookupError) as error:
        raise Unreadable(f"the document is not XML: {error}") from error
    if root.tag != _name("NativeDicomModel"):
        raise Unreadable(f"the document is a {root.tag}")
    return _attributes(root)


def _attributes(data_set: Element) -> Json:
    """The attributes by tag; private ones get the block of their creator, or the first free one."""
    elements = data_set.findall(_name("DicomAttribute"))
    found = {
        element.get("tag", ""): _attribute(element) for element in elements if element.get("privateCreator") is None
    }
    for element in elements:
        creator, tag = element.get("privateCreator"), element.get("tag", "")
        if creator is not None and TAG.fullmatch(tag):
            found[f"{tag[:4]}{_block(found, tag[:4], creator):02X}{tag[6:]}"] = _attribute(element)
    return dict(sorted(found.items()))


def _block(found: Json, group: str, creator: str) -> int:
    for block in range(0x10, 0x100):
        key = f"{group}00{block:02X}"
        if found.setdefault(key, {"vr": "LO", "Value": [creator]}).get("Value") == [creator]:
            return block
    raise Unreadable(f"there is no block left for {creator!r} in group {group}")


def _attribute(element: Element) -> Json:
    vr, attribute = element.get("vr", ""), dict[str, Any](vr=element.get("vr"))
    bulk, inline = element.find(_name("BulkData")), element.find(_name("InlineBinary"))
    if bulk is not None:
        return attribute | {"BulkDataURI": bulk.get("uri", "")}
    if inline is not None:
        return attribute | {"InlineBinary": "".join((inline.text or "").split())}
    values = [*_values(vr, element)]
    return attribute | ({"Value": values} if values else {})


def _values(vr: str, element: Element) -> Iterator[Any]:
    if vr == "SQ":
        yield from map(_attributes, _numbered(element, "Item"))
    elif vr == "PN":
        yield from map(_person_name, _numbered(element, "PersonName"))
    else:
        for value in _numbered(element, "Value"):
            yield _typed(vr, value.text or "")


def _numbered(element: Element, name: str) -> Iterable[Element]:
    """The elements of a name in the order of their numbers."""
    return sorted(element.findall(_name(name)), key=lambda item: int(item.get("number", "0")))


def _typed(vr: str, text: str) -> Any:
    try:
        return int(text) if vr in INTEGERS else float(text) if vr in FLOATS else text or None
    except ValueError as error:
        raise Unreadable(f"a value of vr {vr} is {text!r}") from error


def _person_name(element: Element) -> dict[str, str]:
    groups = {}
    for name in GROUPS:
        group = element.find(_name(name))
        if group is not None:
            components = [group.findtext(_name(component), "") for component in COMPONENTS]
            groups[name] = "^".join(components).rstrip("^")
    return groups


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
