"""Variants of DICOM JSON."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..capabilities import Handler
from ..dicom_json import BINARY, BULK_DATA, Json
from ..multipart import Part
from ..negotiation import Representation
from ..target import Target
from .registry import variant

# Characters of JSON beyond which values count as large, and the VRs that F.2.2 lets be elsewhere then.
LARGE = 40
NUMBERS = {"DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"}
SIGNATURE = "a/b="
SIZE = ("00280010", "00280011")
INLINE = 64 * 1024
BULK_DATA_ALLOWED = {"DS", "FD", "FL", "IS", "LT", "SL", "SS", "ST", "SV", "UC", "UL", "US", "UT", "UV"}


@variant("numbers-as-strings", "fo-dicom/fo-dicom#1161", "dcm4che/dcm4chee-arc-light#2922")
class NumbersAsStrings(Origin):
    """Returns DS, IS, SV and UV as JSON strings."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for attribute in _attributes(copy):
            if attribute["vr"] in ("DS", "IS", "SV", "UV") and "Value" in attribute:
                attribute["Value"] = [value if value is None else str(value) for value in attribute["Value"]]
        return super().json(copy)


@variant("json-in-ascii", "RFC 8259 7")
class JsonInAscii(Origin):
    """Returns indented JSON, with every character outside ASCII as an escape."""

    def json(self, document: Json | list[Json]) -> bytes:
        return json.dumps(document, indent=1).encode()


@variant("character-set-of-the-json", "lamyj/odil#31", "orthanc-mirrors/orthanc-tests Plugins/DicomWeb/Run.py")
class CharacterSetOfTheJson(Origin):
    """Names the character set of the JSON in SpecificCharacterSet, whatever that of the stored instance was."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for data_set in copy if isinstance(copy, list) else [copy]:
            if "00080005" in data_set:
                data_set["00080005"]["Value"] = ["ISO_IR 192"]
        return super().json(copy)


@variant("names-with-all-carets", "standard F.2.2")
class NamesWithAllCarets(Origin):
    """Returns each group of a name with its trailing carets."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for attribute in _attributes(copy):
            if attribute["vr"] == "PN":
                for name in filter(None, attribute.get("Value", [])):
                    name.update({group: text + "^" for group, text in name.items() if text.count("^") < 4})
        return super().json(copy)


@variant("large-values-as-bulk-data", "fo-dicom/fo-dicom#796")
class LargeValuesAsBulkData(Origin):
    """Returns a BulkDataURI in metadata for every large value whose VR allows one: DS, IS, UT and others."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return _with_large_as_bulk(
            super().data_set(instance, target, base), f"{base}{instance.target.path}/{BULK_DATA}"
        )


@variant("relative-bulk-data", "dcmjs-org/dicomweb-client!54", "dcmjs-org/dicomweb-client#47")
class RelativeBulkData(Origin):
    """Returns BulkDataURI as a relative reference: a path without scheme and host."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return super().data_set(instance, target, urlsplit(base).path)


def _with_large_as_bulk(data_set: Json, path: str) -> Json:
    return {tag: _bulk_if_large(attribute, f"{path}{tag}") for tag, attribute in data_set.items()}


def _bulk_if_large(attribute: dict[str, Any], path: str) -> dict[str, Any]:
    values = attribute.get("Value", [])
    if attribute["vr"] == "SQ" and values:
        items = [_with_large_as_bulk(item, f"{path}.{number}.") for number, item in enumerate(values, 1)]
        return {"vr": "SQ", "Value": items}
    large = attribute["vr"] in BULK_DATA_ALLOWED and len(json.dumps(values)) > LARGE
    return {"vr": attribute["vr"], "BulkDataURI": path} if large else attribute


@variant("numbers-as-bulk-data", "standard F.2.2, 10.4.3.3.2")
class NumbersAsBulkData(Origin):
    """Returns a BulkDataURI in metadata for every number whose VR allows one, except Rows and Columns."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        path = f"{base}{instance.target.path}/{BULK_DATA}"
        by_reference = {
            tag: {"vr": attribute["vr"], "BulkDataURI": path + tag}
            for tag, attribute in found.items()
            if attribute["vr"] in ("DS", "FD", "UL", "US") and "Value" in attribute and tag not in SIZE
        }
        return found | by_reference


@variant("everything-is-inline", "standard F.2.7, 10.4.3.3.2")
class EverythingIsInline(Origin):
    """Returns native pixel data and other binary values in metadata as InlineBinary, up to 64 kB."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        by_reference = [tag for tag in found if "BulkDataURI" in found[tag] and found[tag]["vr"] in BINARY]
        for tag, value in ((tag, self.value(instance, tag)) for tag in by_reference):
            if value.compressed is None and (content := value.contents[0]).length <= INLINE:
                text = base64.b64encode(content.read()).decode("ascii")
                found[tag] = {"vr": found[tag]["vr"], "InlineBinary": text}
        return found


def _attributes(document: Any) -> Iterator[dict[str, Any]]:
    """Every attribute of a document, at every depth."""
    for data_set in document if isinstance(document, list) else [document]:
        for attribute in data_set.values():
            yield attribute
            if attribute["vr"] == "SQ":
                yield from _attributes(attribute.get("Value", []))


@variant("members-in-any-order", "RFC 8259 2, 4, 6, 7")
class MembersInAnyOrder(Origin):
    """Returns JSON with vr as the last member, white space, solidi as escapes, and numbers with zeros."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for attribute in _attributes(copy):
            attribute["vr"] = attribute.pop("vr")
            if attribute["vr"] in NUMBERS and "Value" in attribute:
                attribute["Value"] = [float(value) if isinstance(value, int) else value for value in attribute["Value"]]
        return json.dumps(copy, ensure_ascii=False, indent="\t").replace("/", "\\/").encode()


@variant("xml-with-a-prefix", "XML 2.5, 2.7, 3.1; Namespaces in XML 3")
class XmlWithAPrefix(Origin):
    """Returns XML with a namespace prefix, comments, CDATA sections and other quotation marks."""

    def xml(self, data_set: Json) -> bytes:
        text = super().xml(data_set).decode()
        text = re.sub(r"<(/?)([A-Z])", r"<\1d:\2", text).replace('xmlns="', 'xmlns:d="', 1)
        text = re.sub(r'(<d:Value number=)"(\d+)">([^<&]+)<', r"\1'\2'><![CDATA[\3]]><", text)
        return text.replace("</d:DicomAttribute>", "</d:DicomAttribute><!-- next -->\n").encode()


@variant("signed-bulk-data", "standard 10.4.1.1.5; RFC 3986 3.4")
class SignedBulkData(Origin):
    """Returns BulkDataURIs at a path that names no study, with a signature in their query."""

    def json(self, document: Json | list[Json]) -> bytes:
        return _signed(super().json(document).decode(), "&").encode()

    def xml(self, data_set: Json) -> bytes:
        return _signed(super().xml(data_set).decode(), "&amp;").encode()

    def resources(self) -> dict[str, dict[str, Handler]]:
        return super().resources() | {"/instances/{path}": {"GET": self.blob}}

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        return super().send(request, [replace(part, location=_signed(part.location, "&")) for part in parts], form, tag)

    def blob(self, request: Request) -> Response:
        """A value, if the signature is right."""
        names = ("study", "series", "instance", "path")
        found = dict(zip(names, request.path_params["path"].split("_"), strict=False))
        if len(found) < len(names):
            raise HTTPException(404, "the path does not name a value")
        if request.query_params.get("signature") != SIGNATURE or request.query_params.get("expires") != "1":
            raise HTTPException(403, "the signature is wrong")
        request.scope["path_params"] = found
        return self.bulkdata(request)


def _signed(text: str, separator: str) -> str:
    query = f"signature={quote(SIGNATURE, '')}{separator}expires=1"
    path = r"/studies/([0-9.]+)/series/([0-9.]+)/instances/([0-9.]+)/bulkdata/([0-9A-F.]+)"
    return re.sub(path, rf"/instances/\1_\2_\3_\4?{query}", text)


@variant("fewest-digits", "standard F.2.3; RFC 8259 6")
class FewestDigits(Origin):
    """Returns FL with the digits that single precision needs, and zero without a sign."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for attribute in _attributes(copy):
            if attribute["vr"] in ("FD", "FL") and "Value" in attribute:
                shortest = _of_single_precision if attribute["vr"] == "FL" else float
                attribute["Value"] = [shortest(value) or 0 for value in attribute["Value"]]
        return super().json(copy)


def _of_single_precision(value: float | str) -> float:
    """The number with the fewest digits that is the same in single precision."""
    exact = struct.pack("<f", float(value))
    numbers = (float(f"{float(value):.{digits}g}") for digits in range(1, 10))
    return next((number for number in numbers if struct.pack("<f", number) == exact), float(value))
