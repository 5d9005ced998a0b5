"""The Capabilities Description of a service (PS3.18 Annex H), in XML and in JSON (Annex G)."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

WADL, JSON = "application/vnd.sun.wadl+xml", "application/json"
NAMESPACE = "http://wadl.dev.java.net/2009/02"
# Elements that occur once in their parent; the others are lists in JSON.
SINGLE = {"application", "resources", "request"}
MODEL = ["application/dicom+json", 'multipart/related; type="application/dicom+xml"', "application/json"]
OCTETS = 'multipart/related; type="application/octet-stream"'
IMAGES = ["image/jpeg", "image/png", "image/gif"]
MULTIPART_IMAGES = [f'multipart/related; type="{media_type}"' for media_type in IMAGES]
TEXTS = ["text/html", "text/plain", "text/xml", "application/pdf"]
FILES = ['multipart/related; type="application/dicom"', "application/dicom", OCTETS]
METADATA = [f'multipart/related; type="application/dicom+{form}"' for form in ("json", "xml")]
RENDERING = ["annotation", "iccprofile", "quality", "viewport", "window"]
SEARCH = ["includefield", "fuzzymatching", "limit", "offset"]
# By the last segment of a path: the media types of a response to GET, and the query parameters besides accept, charset.
GETS = {
    "studies": (MODEL, SEARCH),
    "series": (MODEL, SEARCH),
    "instances": (MODEL, SEARCH),
    "metadata": (MODEL, []),
    "rendered": ([*IMAGES, *MULTIPART_IMAGES, *TEXTS], RENDERING),
    "thumbnail": (IMAGES[:2], ["viewport"]),
    "{study}": ([FILES[0], OCTETS], []),
    "{series}": ([FILES[0], OCTETS], []),
    "{instance}": (FILES, []),
    "{frames}": ([OCTETS, "application/octet-stream"], []),
    "{path}": ([OCTETS, "application/octet-stream"], []),
}


def application(base: str, resources: dict[str, list[str]]) -> Element:
    """The description of resources, by path and with their methods, below a base URI."""
    root = Element("application", xmlns=NAMESPACE)
    elements = {"": SubElement(root, "resources", base=base)}
    for path, methods in sorted(resources.items()):
        parent = ""
        for segment in path.strip("/").split("/") if methods else []:
            below = f"{parent}/{segment}"
            if below not in elements:
                elements[below] = SubElement(elements[parent], "resource", path=segment)
            parent = below
        for method in methods if segment_of(path) else []:
            _method(elements[parent], method, segment_of(path))
    return root


def segment_of(path: str) -> str:
    """The last segment of a path; empty for a path that ends in a slash."""
    return path.rpartition("/")[2]


def as_xml(application: Element) -> bytes:
    """The description as WADL."""
    text: bytes = tostring(application, encoding="utf-8", xml_declaration=True)
    return text


def as_json(application: Element) -> bytes:
    """The description as JSON: attributes are members with an @, repeated elements are lists."""
    return json.dumps({application.tag: _members(application)}, separators=(",", ":")).encode()


def _members(element: Element) -> dict[str, Any]:
    members: dict[str, Any] = {f"@{name}": value for name, value in element.items()}
    for child in element:
        if child.tag in SINGLE:
            members[child.tag] = _members(child)
        else:
            members.setdefault(child.tag, []).append(_members(child))
    return members


def _method(resource: Element, name: str, segment: str) -> None:
    method = SubElement(resource, "method", name=name)
    request, media_types = SubElement(method, "request"), MODEL
    if name == "GET":
        media_types, parameters = GETS[segment]
        _parameter(request, "Accept", "header", media_types)
        _parameter(request, "accept", "query", media_types)
        _parameter(request, "charset", "query", ["utf-8"])
        for parameter in parameters:
            _parameter(request, parameter, "query")
    if name == "POST":
        for media_type in [*FILES[:2], *METADATA]:
            SubElement(request, "representation", mediaType=media_type)
    response = SubElement(method, "response", status="204" if name == "DELETE" else "200")
    for media_type in media_types if name != "DELETE" else []:
        SubElement(response, "representation", mediaType=media_type)


def _parameter(request: Element, name: str, style: str, options: list[str] | None = None) -> None:
    parameter = SubElement(request, "param", name=name, style=style)
    for option in options or []:
        SubElement(parameter, "option", value=option)
