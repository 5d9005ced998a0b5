"""PS3.18 Annex F, PS3.19 A.1: documents in DICOM JSON and Native DICOM XML, without knowing what was stored."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from conformance.dicomweb import dicom_json, json_walker, media_types, multipart, xml_walker
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.media_types import MalformedMediaType
from conformance.dicomweb.messages import Answered, header
from conformance.rules.targets import UIDS, target, uids

JSON, XML = "application/dicom+json", "application/dicom+xml"
# Searches, metadata and store responses.
_RESOURCE = re.compile(r"/(studies|series|instances|metadata|studies/[^/?]+)(\?|$)")
_BULK, _INSTANCE = re.compile(r'"BulkDataURI": "([^"]*)"'), re.compile(r"/instances/([0-9.]+)(?=[/?]|$)")
# A store response is one data set, and no list.
_OF_LISTS = "JSON-STRUCT-002"


def of_json(answers: Sequence[Answered]) -> list[Answered]:
    """The DICOM JSON responses that were kept, without those for which another character set was requested."""
    found = [answer for answer in _documents(answers) if _media_type(answer) == JSON]
    return [item for item in found if not re.search("(?i)charset", f"{item.url} {item.request_headers}")]


def of_xml(answers: Sequence[Answered]) -> list[Answered]:
    """The Native DICOM XML responses that were kept."""
    return [answer for answer in _documents(answers) if _media_type(answer) == XML]


def metadata(answers: Sequence[Answered]) -> list[Answered]:
    """The metadata in DICOM JSON that were kept."""
    return [answer for answer in of_json(answers) if target(answer).part == "/metadata"]


def _documents(answers: Sequence[Answered]) -> list[Answered]:
    found = [item for item in answers if item.content and item.status in (*range(200, 206), *range(207, 300), 409)]
    return [item for item in found if not item.header("Content-Encoding") and _RESOURCE.search(item.url)]


def json_rule(requirement: str) -> Callable[[Answered], Difference | None]:
    """A rule of Annex F over a document."""

    def rule(answer: Answered) -> Difference | None:
        of_this = requirement != _OF_LISTS or answer.method not in ("POST", "PUT")
        return _json_findings(answer.content or b"").get(requirement) if of_this else None

    return rule


def xml_rule(requirement: str) -> Callable[[Answered], Difference | None]:
    """A rule of PS3.19 A.1.5 over the documents of a response."""

    def rule(answer: Answered) -> Difference | None:
        for number, content in enumerate(_xml(answer), 1):
            if found := _xml_findings(content).get(requirement):
                return found.of(f"document {number}")
        return None

    return rule


def mistyped(answer: Answered) -> Difference | None:
    """Who accepts application/dicom+json, and nothing else, receives it under that name (F.2)."""
    accept, found = header(answer.request_headers, "Accept") or "", _media_type(answer)
    return difference("Content-Type", found, JSON) if accept == JSON and found != JSON else None


def strange(answer: Answered) -> Difference | None:
    """Each data set of metadata is of the study, series and instance of the path, and there once (10.4.1.1.2)."""
    try:
        named = [uids(ds) for ds in dicom_json.datasets(answer.content or b"", aside=lambda error: error)]
    except dicom_json.MalformedJson:
        return None
    if found := target(answer).strange(named, "a data set"):
        return found
    times = Counter(one.get(UIDS[2]) for one in named)
    twice = next((uid for uid, number in times.items() if uid and number > 1), None)
    return difference(f"the data set of {twice}", f"{times[twice]} times in the list", "once") if twice else None


def borrowing(answer: Answered) -> Difference | None:
    """No BulkDataURI in a data set is below the path of another instance of the list (F.2.6)."""
    try:
        found = list(dicom_json.datasets(answer.content or b"", aside=lambda error: error))
    except dicom_json.MalformedJson:
        return None
    named = [uids(ds).get(UIDS[2]) for ds in found]
    for ds, own in zip(found, named, strict=True) if len(found) > 1 else ():
        for uri in _BULK.findall(json.dumps(ds)):
            inside = _INSTANCE.search(uri)
            if inside and inside[1] != own and inside[1] in named:
                return difference("a BulkDataURI", uri, f"a URI of {own}, as its data set")
    return None


def asked_for_json(answers: Sequence[Answered]) -> list[Answered]:
    """The searches and metadata that were returned."""
    found = [answer for answer in _documents(answers) if answer.method == "GET" and answer.status == 200]
    return [answer for answer in found if target(answer).search or target(answer).part == "/metadata"]


@lru_cache(maxsize=4096)
def _json_findings(content: bytes) -> dict[str, Difference]:
    """The first certain difference of a document for each requirement."""
    return {item.requirement: item.difference for item in reversed(json_walker.walk(content)) if not item.arguable}


@lru_cache(maxsize=4096)
def _xml_findings(content: bytes) -> dict[str, Difference]:
    return {item.requirement: item.difference for item in reversed(xml_walker.walk(content)) if not item.arguable}


def _xml(answer: Answered) -> list[bytes]:
    """The documents of a response: its parts, or the body."""
    content, boundary = answer.content or b"", multipart.boundary_of(answer.header("Content-Type") or "")
    return [bytes(part.content) for part in multipart.parse(boundary, content).parts] if boundary else [content]


def _media_type(answer: Answered) -> str | None:
    """The media type of the content, that of the parts for multipart; None if it cannot be read."""
    try:
        kind = media_types.parse(answer.header("Content-Type") or "")
    except MalformedMediaType:
        return None
    inner = kind.get("type") if kind.essence == "multipart/related" else kind.essence
    return (inner or "").lower().partition(";")[0]
