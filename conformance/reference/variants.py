"""Correct servers that only look faulty: what people took for faults, and the standard allows or leaves open.

Each is one small class under /v/<id>; the suite has to say of all of them that they conform.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from .app import Origin
from .archive import Instance
from .dicom_json import Json
from .ingest import Refused
from .multipart import Part
from .negotiation import Representation
from .target import Target

PROCESSING_FAILURE = 0x0110
VARIANTS: dict[str, Variant] = {}


@dataclass(frozen=True)
class Variant:
    """One variant. `seen` is where it was taken for a fault; `sentence` is what the server does."""

    id: str
    seen: tuple[str, ...]
    sentence: str
    origin: type[Origin]


def variant(id: str, *seen: str) -> Callable[[type[Origin]], type[Origin]]:
    """Register a class as a variant; its docstring is the sentence."""

    def register(origin: type[Origin]) -> type[Origin]:
        VARIANTS[id] = Variant(id, seen, origin.__doc__ or "", origin)
        return origin

    return register


@variant("numbers-as-strings", "fo-dicom/fo-dicom#1161", "dcm4che/dcm4chee-arc-light#2922")
class NumbersAsStrings(Origin):
    """DS, IS, SV and UV are JSON strings."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for attribute in _attributes(copy):
            if attribute["vr"] in ("DS", "IS", "SV", "UV") and "Value" in attribute:
                attribute["Value"] = [value if value is None else str(value) for value in attribute["Value"]]
        return super().json(copy)


@variant("json-in-ascii", "RFC 8259 7")
class JsonInAscii(Origin):
    """JSON is indented, and has every character outside ASCII as an escape."""

    def json(self, document: Json | list[Json]) -> bytes:
        return json.dumps(document, indent=1).encode()


@variant("character-set-of-the-json", "lamyj/odil#31", "orthanc-mirrors/orthanc-tests Plugins/DicomWeb/Run.py")
class CharacterSetOfTheJson(Origin):
    """SpecificCharacterSet names the character set of the JSON, whatever that of the stored instance was."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for data_set in copy if isinstance(copy, list) else [copy]:
            if "00080005" in data_set:
                data_set["00080005"]["Value"] = ["ISO_IR 192"]
        return super().json(copy)


@variant("names-with-all-carets", "standard F.2.2")
class NamesWithAllCarets(Origin):
    """Each group of a name has its trailing carets."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        for attribute in _attributes(copy):
            if attribute["vr"] == "PN":
                for name in filter(None, attribute.get("Value", [])):
                    name.update({group: text + "^" for group, text in name.items() if text.count("^") < 4})
        return super().json(copy)


@variant("no-match-is-204", "dcm4che/dcm4chee-arc-light#477")
class NoMatchIs204(Origin):
    """A search without matches is answered 204, as editions up to 2025 have it."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        return Response(status_code=204) if bytes(response.body) == b"[]" else response


@variant("quoted-boundary", "dcm4che/dcm4che#415", "dcm4che/dcm4che#539")
class QuotedBoundary(Origin):
    """The boundary is in quotation marks and has characters that need them; a start parameter names no part."""

    def multipart_type(self, form: Representation, boundary: str) -> str:
        return f'multipart/related; boundary="{boundary}"; type="{form.media_type}"'

    def boundary(self) -> str:
        return f"(a b)=?/{super().boundary()}"


@variant("parts-with-own-fields", "dcmjs-org/dicomweb-client#17")
class PartsWithOwnFields(Origin):
    """Every part carries further header fields of its own."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        return super().send(request, [_Labelled(**vars(part)) for part in parts], form, tag)


class _Labelled(Part):
    @property
    def headers(self) -> dict[str, str]:
        return {"Content-ID": f"<{self.content.length}@part>", "MIME-Version": "1.0"} | super().headers


@variant("relative-bulk-data", "dcmjs-org/dicomweb-client!54", "dcmjs-org/dicomweb-client#47")
class RelativeBulkData(Origin):
    """BulkDataURI is a relative reference: a path without scheme and host."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return super().data_set(instance, target, urlsplit(base).path)


@variant("single-part-by-default", "standard 10.4.4")
class SinglePartByDefault(Origin):
    """One instance is sent alone, as application/dicom, where the client takes anything."""

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        return sorted(super().file_forms(instance, target), key=lambda form: form.multipart)


@variant("stored-with-warnings", "standard 10.5.3.1")
class StoredWithWarnings(Origin):
    """Every store is answered 202, with a WarningReason for each instance."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        if response.status_code == 200 and "json" in response.headers["content-type"]:
            module = json.loads(bytes(response.body))
            for item in module["00081199"]["Value"]:
                item["00081196"] = {"vr": "US", "Value": [0xB000]}
            return Response(super().json(module), 202, media_type=response.headers["content-type"])
        return response


@variant("duplicates-refused", "standard 10.5.2 (says nothing about an instance that is there already)")
class DuplicatesRefused(Origin):
    """An instance that is there already is refused with 409; its first content stays."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if self.archive.find(instance.target):
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)


@variant("duplicates-ignored", "standard 10.5.2 (says nothing about an instance that is there already)")
class DuplicatesIgnored(Origin):
    """The store of an instance that is there already is answered 200; its first content stays."""

    def keep(self, instance: Instance) -> None:
        if not self.archive.find(instance.target):
            super().keep(instance)


def _attributes(document: Any) -> Iterator[dict[str, Any]]:
    """Every attribute of a document, at every depth."""
    for data_set in document if isinstance(document, list) else [document]:
        for attribute in data_set.values():
            yield attribute
            if attribute["vr"] == "SQ":
                yield from _attributes(attribute.get("Value", []))
