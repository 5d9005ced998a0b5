"""Contents that are wrong or absent in every response of a sort."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ..app import Origin
from ..archive import Instance
from ..attributes import tag
from ..dicom_json import Json
from ..faults.altered import Altered, replaced
from ..query import Query
from ..target import Target, base_url
from .registry import cause

ACCESSION_NUMBER = tag("AccessionNumber")


@cause("searches-find-nothing")
class SearchesFindNothing(Origin):
    """No search finds anything."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        return iter(())


@cause("one-malformed-element")
class OneMalformedElement(Origin):
    """The Value of the Accession Number is an object instead of a list, in matches and in metadata."""

    def json(self, document: Json | list[Json]) -> bytes:
        if isinstance(document, list):
            wrong = {ACCESSION_NUMBER: {"vr": "SH", "Value": {}}}
            document = [item | wrong if ACCESSION_NUMBER in item else item for item in document]
        return super().json(document)


@cause("no-response-module")
class NoResponseModule(Altered):
    """A store returns the status of its outcome, and a text instead of the response module."""

    def answered(self, request: Request, response: Response) -> Response | None:
        module = response.headers.get("content-type", "").startswith(("application/dicom", "multipart/"))
        if request.method != "POST" or not module:
            return None
        text = "stored" if response.status_code < 300 else "not stored"
        of_body = ("content-type", "content-length", "content-encoding")
        kept = {name: value for name, value in response.headers.items() if name not in of_body}
        return PlainTextResponse(text, response.status_code, headers=kept)


@cause("metadata-without-bulk-data")
class MetadataWithoutBulkData(Origin):
    """Metadata omit every attribute whose value is in a BulkDataURI."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return _without_references(super().data_set(instance, target, base))


def _without_references(data_set: Json) -> Json:
    return {
        name: attribute | {"Value": [_without_references(item) for item in attribute["Value"]]}
        if attribute["vr"] == "SQ" and "Value" in attribute
        else attribute
        for name, attribute in data_set.items()
        if "BulkDataURI" not in attribute
    }


@cause("retrieve-urls-of-another-host")
class RetrieveUrlsOfAnotherHost(Altered):
    """Every RetrieveURL names a host that does not exist."""

    def answered(self, request: Request, response: Response) -> Response | None:
        own = urlsplit(base_url(request)).netloc
        elsewhere = ".invalid".rjust(len(own), "x")  # as long: parts have their length
        if "dicom" not in response.headers.get("content-type", "") or "content-encoding" in response.headers:
            return None
        changed = replaced(response, f'("00081190":{{"vr":"UR","Value":\\["http://){own}', rf"\g<1>{elsewhere}")
        return replaced(changed, f'(tag="00081190"[^>]*><Value number="1">http://){own}', rf"\g<1>{elsewhere}")


@cause("counts-are-absent")
class CountsAreAbsent(Origin):
    """Matches have no numbers of related series and instances."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        numbers = {tag(f"NumberOf{part}") for part in _COUNTED}
        return {name: each for name, each in super().result(found, query, target, level).items() if name not in numbers}


_COUNTED = ("StudyRelatedSeries", "StudyRelatedInstances", "SeriesRelatedInstances")
