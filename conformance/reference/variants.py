"""Correct servers that only look faulty: what people took for faults, and the standard allows or leaves open.

Each is one small class under /v/<id>; the suite has to say of all of them that they conform.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from .app import Origin
from .archive import Instance
from .attributes import RETURNED, tag
from .capabilities import Handler
from .coercion import Coercing
from .dicom_json import BULK_DATA, Json
from .ingest import DATA_SET_MISMATCH, Refused
from .multipart import Part
from .negotiation import CHARSETS, MediaType, Representation, accepted
from .query import Query
from .target import Target

MOST = 6  # fewer than one patient has studies, more than most searches find
SOP_CLASS_NOT_SUPPORTED, DUPLICATE = 0x0122, 0x0111  # Failure Reasons, PS3.18 I.2.2 and PS3.7 C.5.8
# Characters of JSON beyond which values count as large, and the VRs that F.2.2 lets be elsewhere then.
LARGE = 40
BULK_DATA_ALLOWED = {"DS", "FD", "FL", "IS", "LT", "SL", "SS", "ST", "SV", "UC", "UL", "US", "UT", "UV"}

VARIANTS: dict[str, Variant] = {}


@dataclass(frozen=True)
class Variant:
    """One variant. `seen` is where it was taken for a fault; `sentence` is what the server does.

    `lacks` are the features that it does not have, and so does not claim.
    """

    id: str
    seen: tuple[str, ...]
    sentence: str
    origin: type[Origin]
    lacks: tuple[str, ...] = ()


def variant(id: str, *seen: str, lacks: tuple[str, ...] = ()) -> Callable[[type[Origin]], type[Origin]]:
    """Register a class as a variant; its docstring is the sentence."""

    def register(origin: type[Origin]) -> type[Origin]:
        VARIANTS[id] = Variant(id, seen, origin.__doc__ or "", origin, lacks)
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


@variant("results-with-the-least", "standard 8.3.4.3, 10.6.3.3")
class ResultsWithTheLeast(Origin):
    """Results have what they must have, and no more where a client asks for more; what has no value is left out."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        fields = {keyword for keywords in RETURNED.values() for keyword in keywords}
        parameters = request.query_params.multi_items()
        return Query([each for each in parameters if each[0] != "includefield" or each[1] in fields], target, level)

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        optional = (tag("InstanceAvailability"), tag("AvailableTransferSyntaxUID"))
        return {name: value for name, value in result.items() if len(value) > 1 and name not in optional}


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


@variant("parts-without-length", "Enet4/dicom-rs!174")
class PartsWithoutLength(Origin):
    """No part has Content-Length: a reader finds its end by the boundary, as MIME has it."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        return super().send(request, [_Unmeasured(**vars(part)) for part in parts], form, tag)


class _Unmeasured(Part):
    @property
    def headers(self) -> dict[str, str]:
        return {name: value for name, value in super().headers.items() if name != "Content-Length"}


@variant("large-values-as-bulk-data", "fo-dicom/fo-dicom#796")
class LargeValuesAsBulkData(Origin):
    """Metadata have a BulkDataURI for every large value whose VR allows one: DS, IS, UT and others."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return _with_large_as_bulk(
            super().data_set(instance, target, base), f"{base}{instance.target.path}/{BULK_DATA}"
        )


def _with_large_as_bulk(data_set: Json, path: str) -> Json:
    return {tag: _bulk_if_large(attribute, f"{path}{tag}") for tag, attribute in data_set.items()}


def _bulk_if_large(attribute: dict[str, Any], path: str) -> dict[str, Any]:
    values = attribute.get("Value", [])
    if attribute["vr"] == "SQ" and values:
        items = [_with_large_as_bulk(item, f"{path}.{number}.") for number, item in enumerate(values, 1)]
        return {"vr": "SQ", "Value": items}
    large = attribute["vr"] in BULK_DATA_ALLOWED and len(json.dumps(values)) > LARGE
    return {"vr": attribute["vr"], "BulkDataURI": path} if large else attribute


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


@variant("six-results-at-most", "dcm4che/dcm4chee-arc-light#2367")
class SixResultsAtMost(Origin):
    """A search returns six matches at most, whatever limit says, and a Warning says how many more there are."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        query = super().query(request, target, level)
        query.limit = min(query.limit if query.limit is not None else MOST, MOST)
        return query


@variant("warns-about-everything", "dcm4che/dcm4chee-arc-light#1652")
class WarnsAboutEverything(Origin):
    """Every search has a Warning about something else, and what it says of remaining matches is not quoted."""

    def warn(self, response: Response, base: str, sentences: Iterable[str]) -> None:
        response.headers.append("Warning", f'299 {base}: "Of additional parameters some were ignored."')
        for sentence in sentences:
            response.headers.append("Warning", f"299 {base}: {sentence}")


@variant("no-delete", "ImagingDataCommons/slim#303", lacks=("delete",))
class NoDelete(Origin):
    """There is no DELETE."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        return {
            path: {method: handler for method, handler in methods.items() if method != "DELETE"}
            for path, methods in super().resources().items()
        }


@variant("json-by-one-name", "dcm4che/dcm4chee-arc-light#633")
class JsonByOneName(Origin):
    """application/json is no other name of application/dicom+json: it is answered 406."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        return super().choose(request, [form for form in forms if form.media_type != "application/json"])


@variant("coercion-with-a-record", "standard 10.5.2")
class CoercionWithARecord(Coercing):
    """What instances say of their study is made the same, is kept as original attributes, and is warned of."""


@variant("duplicates-are-refused", "microsoft/dicom-server docs", "tiny-pacs 0.4.1")
class DuplicatesAreRefused(Origin):
    """An instance that is there already is refused with 409."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if self.archive.find(instance.target):
            raise Refused(DUPLICATE, instance.sop_class, instance.instance)


@variant("first-content-stays", "orthanc OverwriteInstances")
class FirstContentStays(Origin):
    """A store of an instance that is there already is answered as any other, and changes nothing."""

    def keep(self, instance: Instance) -> None:
        if not self.archive.find(instance.target):
            super().keep(instance)


@variant("nothing-stored-is-400", "microsoft/dicom-server#456")
class NothingStoredIs400(Origin):
    """Where no part is an instance that can be kept, the answer is 400 with a sentence."""

    def conclude(self, request: Request, target: Target, *arguments: Any) -> Response:
        response = super().conclude(request, target, *arguments)
        if response.status_code == 409 and target.study is None:
            return PlainTextResponse("no part is an instance that can be kept", 400)
        return response


@variant("strict-archive", "standard I.2.2")
class StrictArchive(Origin):
    """SOP Classes that are not known, and images without Modality, are refused with their reasons."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise Refused(SOP_CLASS_NOT_SUPPORTED, instance.sop_class, instance.instance)
        if "00080060" not in instance.attributes:
            raise Refused(DATA_SET_MISMATCH, instance.sop_class, instance.instance)


def _attributes(document: Any) -> Iterator[dict[str, Any]]:
    """Every attribute of a document, at every depth."""
    for data_set in document if isinstance(document, list) else [document]:
        for attribute in data_set.values():
            yield attribute
            if attribute["vr"] == "SQ":
                yield from _attributes(attribute.get("Value", []))


@variant("other-readings", "standard 8.5, 8.7.3, 8.8.1, 10.4.1.1.6, 10.5.3.3")
class OtherReadings(NoMatchIs204):
    """Where the text contradicts itself, the server follows the other place (contradictions.toml)."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        asked = [*accepted(request.headers.get("accept", "")), *accepted(request.query_params.get("accept", ""))]
        _known_charset(request, asked)
        try:
            return super().choose(request, forms)
        except HTTPException as error:
            if error.status_code != 406 or not forms:
                raise
        return forms[0]

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        return PlainTextResponse("nothing was stored", 409) if response.status_code == 409 else response

    def resources(self) -> dict[str, dict[str, Handler]]:
        return super().resources() | {"/series/{series}/instances": {"GET": self.search_instances}}


def _known_charset(request: Request, asked: list[MediaType]) -> None:
    """Raises 400 for a character set that the server does not have, as editions up to 2020c have it."""
    wanted = [entry.parameters["charset"] for entry in asked if "charset" in entry.parameters]
    wanted += request.query_params.get("charset", "utf-8").split(",")
    if not {name.strip().lower() for name in wanted} & set(CHARSETS):
        raise HTTPException(400, "the character set is not supported")
