"""The DICOM service of Azure Health Data Services, as far as its conformance statement (version 2) tells of it.

Where it differs from PS3.18 it does so here too: what the profile of that name documents, and judges.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from . import ingest, negotiation
from .answers import DICOM_XML
from .app import FRAMES, INSTANCE, SERIES, STUDY, Origin
from .archive import Instance
from .attributes import LEVELS, tag
from .capabilities import Handler
from .dicom_json import BINARY, Json
from .ingest import Refused
from .matching import Matcher
from .multipart import Content, Part
from .negotiation import Representation
from .pixels import OCTETS
from .query import Path, Query
from .rendered import IMAGES
from .store import DICOM
from .target import Target

ALREADY_EXISTS = 45070
MOST, USUAL = 200, 100  # results of a search
VERSIONS = "1, 2"
# Parameters of a search that name no attribute.
OTHERS = {"limit", "offset", "includefield", "fuzzymatching"}

_SEARCHABLE = {
    "study": (
        *("StudyInstanceUID", "PatientName", "PatientID", "AccessionNumber", "StudyDescription", "PatientBirthDate"),
        *("StudyDate", "ReferringPhysicianName", "ModalitiesInStudy"),
    ),
    "series": ("SeriesInstanceUID", "Modality", "ManufacturerModelName", "PerformedProcedureStepStartDate"),
    "instance": ("SOPInstanceUID",),
}
_RETURNED = {
    "study": (
        *("StudyDate", "AccessionNumber", "StudyDescription", "ReferringPhysicianName", "PatientName", "PatientID"),
        *("PatientBirthDate", "StudyInstanceUID"),
    ),
    "series": ("Modality", "ManufacturerModelName", "SeriesInstanceUID", "PerformedProcedureStepStartDate"),
    "instance": ("SOPInstanceUID",),
}
# With includefield=all.
_MORE = {
    "study": (
        *("SpecificCharacterSet", "StudyTime", "InstanceAvailability", "TimezoneOffsetFromUTC"),
        *("PatientSex", "StudyID"),
        *("AnatomicRegionsInStudyCodeSequence", "ProcedureCodeSequence", "NameOfPhysiciansReadingStudy"),
        *("AdmittingDiagnosesDescription", "ReferencedStudySequence", "PatientAge", "PatientSize", "PatientWeight"),
        *("Occupation", "AdditionalPatientHistory"),
    ),
    "series": (
        *("SpecificCharacterSet", "TimezoneOffsetFromUTC", "SeriesDescription", "SeriesNumber", "Laterality"),
        *("SeriesDate", "SeriesTime", "PerformedProcedureStepStartTime", "RequestAttributesSequence"),
    ),
    "instance": (
        *("SpecificCharacterSet", "SOPClassUID", "InstanceAvailability", "TimezoneOffsetFromUTC", "InstanceNumber"),
        *("Rows", "Columns", "BitsAllocated", "NumberOfFrames"),
    ),
}
SEARCHABLE = {level: tuple(map(tag, keywords)) for level, keywords in _SEARCHABLE.items()}
RETURNED = {level: tuple(map(tag, keywords)) for level, keywords in _RETURNED.items()}
MORE = {level: tuple(map(tag, keywords)) for level, keywords in _MORE.items()}
NAMES = {tag("PatientName"), tag("ReferringPhysicianName")}
DATES = {tag("PatientBirthDate"), tag("StudyDate"), tag("PerformedProcedureStepStartDate")}


class Azure(Origin):
    """A service with DELETE and store of a single part, that refuses duplicates, and answers in JSON only."""

    payloads = (DICOM,)

    # Store

    def keep(self, instance: Instance) -> None:
        if self.archive.find(instance.target):
            raise Refused(ALREADY_EXISTS, instance.sop_class, instance.instance)
        super().keep(instance)

    def nothing_received(self) -> None:
        raise HTTPException(204)

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        """RetrieveURL where the path names the study; a part that cannot be read is an item without UIDs."""
        module = super().module(base, target, stored, refused)
        if target.study is None or not stored:
            del module["00081190"]
        if others := module.pop("0008119A", {}).get("Value", []):
            reason = {"vr": "US", "Value": [ingest.DATA_SET_MISMATCH]}
            failed = module.setdefault("00081198", {"vr": "SQ", "Value": []})
            failed["Value"] += [item | {"00081197": reason} for item in others]
        for item in module.get("00081199", {}).get("Value", []):
            item["00741048"] = {"vr": "SQ"}
        return module

    # Retrieve

    def retrieve(self, request: Request) -> Response:
        """Several instances come only as they are stored."""
        entries = negotiation.accepted(request.headers.get("accept", ""))
        stored = any(entry.name == "*/*" or entry.parameters.get("transfer-syntax") == "*" for entry in entries)
        if not stored and len(self.retrieved(Target.of(request))) > 1:
            raise HTTPException(406, "several instances are sent as they are stored: accept transfer-syntax=*")
        return super().retrieve(request)

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        return [form for form in super().file_forms(instance, target) if form.media_type != OCTETS]

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        """Metadata have no binary values, and no URIs of them."""
        return _without_binary(super().data_set(instance, target, base))

    def etag(self, *sources: object) -> str:
        """A token without quotation marks."""
        return super().etag(*sources).removeprefix('W/"').removesuffix('"')

    def unchanged(self, request: Request, tag: str) -> bool:
        return request.headers.get("if-none-match") == tag

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        """Only metadata have an entity tag, and no part says where it is from."""
        return super().send(request, [replace(part, location="") for part in parts], form)

    def multipart_type(self, form: Representation, boundary: str) -> str:
        return f'multipart/related; boundary="{boundary}"'

    def range(self, request: Request, content: Content) -> tuple[Content, int, dict[str, str]]:
        """Ranges are not served."""
        return content, 200, {}

    # Search

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        return Response(status_code=204) if bytes(response.body) == b"[]" else response

    def query(self, request: Request, target: Target, level: str) -> Query:
        return Indexed(request.query_params.multi_items(), target, level)

    def warn(self, response: Response, base: str, sentences: Any) -> None:
        """What was left undone is not told."""

    # What is common

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        """JSON, no XML; of images JPEG or PNG, of which one is named, or none for JPEG."""
        if not any(form.media_type in IMAGES and form.transfer_syntax is None for form in forms):
            return super().choose(request, [form for form in forms if form.media_type != DICOM_XML])
        parameter = request.query_params.get("accept", "")
        wanted = parameter if parameter in IMAGES else request.headers.get("accept", IMAGES[0]).strip().lower()
        chosen = [form for form in forms if form.media_type == wanted and wanted in IMAGES[:2] and not form.multipart]
        if not chosen:
            raise HTTPException(406, f"renderings are {IMAGES[0]} or {IMAGES[1]}")
        return chosen[0]

    def options(self, request: Request) -> Response:
        raise HTTPException(405, headers={"Allow": ", ".join(self.methods(request))})

    def resources(self) -> dict[str, dict[str, Handler]]:
        """Those of the standard without renderings of more than a frame, thumbnails and bulk data."""
        left_out = {
            *(path + suffix for path in (STUDY, SERIES) for suffix in ("/rendered", "/thumbnail")),
            *(path + "/thumbnail" for path in (INSTANCE, FRAMES)),
            INSTANCE + "/bulkdata/{path}",
        }
        return {path: methods for path, methods in super().resources().items() if path not in left_out}

    def explain(self, request: Request, error: HTTPException) -> Response:
        return Response(status_code=204) if error.status_code == 204 else super().explain(request, error)

    def finish(self, request: Request, response: Response) -> Response:
        response.headers["api-supported-versions"] = VERSIONS
        if response.status_code == 304:
            del response.headers["ETag"]
        return super().finish(request, response)

    def cross_origin(self, request: Request, response: Response) -> None:
        """Pages of other origins are not let in."""


class Indexed(Query):
    """A search by the attributes that are indexed. Raises 400 for every other parameter."""

    def __init__(self, parameters: list[tuple[str, str]], target: Target, level: str) -> None:
        self._fuzzy = ("fuzzymatching", "true") in parameters
        super().__init__(parameters, target, level)
        known = sum(uid is not None for uid in target)
        levels = LEVELS[known : LEVELS.index(level) + 1]
        searchable = [name for one in levels for name in SEARCHABLE[one]]
        keys = [self._indexed(name, text, searchable, level) for name, text in parameters if name not in OTHERS]
        fields = [field for name, text in parameters if name == "includefield" for field in text.split(",")]
        self._returned = {*keys, *(path[0] for field in fields if (path := self._attribute(field)))}
        self._returned |= {tag(keyword) for keyword in ("StudyInstanceUID", "SeriesInstanceUID")[:known]}
        self._returned |= {name for one in levels for name in RETURNED[one] + (MORE[one] if "all" in fields else ())}
        self.limit = USUAL if self.limit is None else self.limit
        if not 1 <= self.limit <= MOST:
            raise HTTPException(400, f"limit is {self.limit}, should be from 1 to {MOST}")

    def project(self, attributes: Json) -> Json:
        """What is returned by default, what was asked for, and nothing without a value."""
        found = {name: value for name, value in attributes.items() if name in self._returned and "Value" in value}
        return dict(sorted(found.items()))

    def matcher(self, path: Path, text: str) -> Matcher | None:
        """The whole value, without regard to case and accents: no lists of UIDs, no wildcards. Dates may be ranges."""
        if path[0] in DATES:
            return super().matcher(path, text)
        wanted = _folded(text)
        if path[0] not in NAMES:
            return lambda value: _folded(value) == wanted
        agrees = _begins if self._fuzzy else str.__eq__
        return lambda groups: any(
            agrees(_folded(name), wanted) for name in (*groups.values(), "=".join(groups.values()))
        )

    def _indexed(self, name: str, text: str, searchable: list[str], level: str) -> str:
        """The tag of the attribute that a parameter names."""
        path = self._attribute(name)
        if path is None or path[0] not in searchable:
            raise HTTPException(400, f"{name} is not a queryable attribute of the level {level}")
        if not text:
            raise HTTPException(400, f"{name} has no value")
        return path[0]


def _folded(text: str) -> str:
    """A text without what does not count: case, accents, and white space around it."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _begins(name: str, wanted: str) -> bool:
    """Whether each word of what is wanted begins a word of a name."""
    words, beginnings = (re.split(r"[\s^=]+", text) for text in (name, wanted))
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)


def _without_binary(attributes: Json) -> Json:
    kept = {}
    for name, attribute in attributes.items():
        if attribute["vr"] == "SQ" and "Value" in attribute:
            attribute = attribute | {"Value": [_without_binary(item) for item in attribute["Value"]]}
        if attribute["vr"] not in BINARY and "BulkDataURI" not in attribute:
            kept[name] = attribute
    return kept
