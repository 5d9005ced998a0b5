"""Capabilities descriptions: WADL and its mapping to JSON (PS3.18 8.9.4, Annexes G and H)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from conformance.dicomweb import dicom_xml
from conformance.dicomweb.differences import Difference, Malformed
from conformance.dicomweb.wording import shown

MEDIA_TYPE = "application/vnd.sun.wadl+xml"
JSON = "application/json"
NAMESPACE = "http://wadl.dev.java.net/2009/02"
PATH_LIMIT = 4096  # characters of the path of a resource
RESOURCES_LIMIT = 10_000
NAMED = 10  # members of a JSON object that a message names


class MalformedDescription(Malformed):
    """Bytes that are not a WADL document."""


@dataclass(frozen=True)
class Description:
    """A WADL document.

    `base` is the base attribute of its resources element, `resources` are the methods by path below the base, with the
    parameters of paths as they are written: "studies/{study}".
    """

    root: Element
    base: str | None
    resources: dict[str, frozenset[str]]

    def parameters(self, style: str) -> set[str]:
        """The names of the parameters of a style ("query", "header") of all methods."""
        found = (item for item in self.root.iter(_name("param")) if item.get("style") == style)
        return {item.get("name", "") for item in found}


def read(content: bytes) -> Description:
    """Read a WADL document. Raises MalformedDescription; a document type declaration is malformed too."""
    try:
        root = dicom_xml.load(content)
    except dicom_xml.MalformedXml as error:
        raise MalformedDescription(*error.difference) from None
    if root.tag != _name("application"):
        raise MalformedDescription("the top-level element", shown(root.tag), _name("application"))
    found = root.findall(_name("resources"))
    if len(found) != 1:
        raise MalformedDescription("the number of resources elements", len(found), 1)
    resources: dict[str, set[str]] = {}
    for path, element in _resources(found[0]):
        methods = {method.get("name", "") for method in element.findall(_name("method"))}
        resources.setdefault(path, set()).update(methods)
    return Description(root, found[0].get("base"), {path: frozenset(names) for path, names in resources.items()})


def mapping_fault(document: object) -> Difference | None:
    """The first difference between the JSON form of a description and that of Annex G; None if there is none.

    An element is an object, its attributes members with "@" before the name, its children members by their name.
    """
    application = document.get("application") if isinstance(document, dict) else None
    if not isinstance(application, dict):
        return Difference("the member application of the top level", "not an object", "an object")
    resources = application.get("resources")
    if not isinstance(resources, dict):
        return Difference("the member resources of application", "not an object", "an object")
    if not isinstance(resources.get("@base"), str):
        named = ", ".join(list(resources)[:NAMED]) or "none"
        return Difference("the member @base of resources", f"not one of its members ({named})", "a string")
    return _undescribed("resource", resources, "@path") or _undescribed("method", resources, "@name")


def _undescribed(element: str, resources: Mapping[str, object], attribute: str) -> Difference | None:
    """What is wrong with the elements of a name below resources: one at least, each an object with an attribute."""
    found = list(_below(element, resources))
    if not found:
        return Difference(f"the number of members {element} below resources", "0", "1 or more")
    if any(not isinstance(item, dict) or not isinstance(item.get(attribute), str) for item in found):
        return Difference(f"a member {element}", f"without {attribute}", "an object with it")
    return None


def _below(element: str, resources: Mapping[str, object]) -> Iterator[object]:
    """Every element of a name below resources: a member that is one, or a list of them."""
    pending = [resources]
    for parent in pending:
        for name in dict.fromkeys(("resource", element)):
            member = parent.get(name, [])
            items = member if isinstance(member, list) else [member]
            if name == element:
                yield from items
            if name == "resource":
                pending += [item for item in items if isinstance(item, dict)][: RESOURCES_LIMIT - len(pending)]


def _resources(element: Element) -> Iterator[tuple[str, Element]]:
    """Each resource element below one, with its path. Raises MalformedDescription for too many, or too long a path."""
    pending, number = [("", element)], 0
    while pending:
        above, parent = pending.pop()
        for child in parent.findall(_name("resource")):
            number += 1
            if number > RESOURCES_LIMIT:
                raise MalformedDescription("the number of resources", f"more than {RESOURCES_LIMIT:,}", "fewer")
            path = f"{above}/{child.get('path', '').strip('/')}".strip("/")
            if len(path) > PATH_LIMIT:
                raise MalformedDescription(
                    "the length of the path of a resource", f"{len(path):,} characters", f"{PATH_LIMIT:,} at most"
                )
            yield path, child
            pending.append((path, child))


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
