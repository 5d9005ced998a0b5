"""Variants of the Search transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..attributes import LEVELS, RETURNED, tag
from ..attributes import level as level_of
from ..capabilities import Handler
from ..dicom_json import Json
from ..query import Query
from ..target import Target
from .registry import variant

OTHER_ROOT = "/wado"
MOST = 6  # fewer than one patient has studies, more than most searches find


@variant("no-match-is-204", "dcm4che/dcm4chee-arc-light#477")
class NoMatchIs204(Origin):
    """A search without matches is answered 204, as editions up to 2025 have it."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        return Response(status_code=204) if bytes(response.body) == b"[]" else response


@variant("no-match-is-empty", "standard CP-2473")
class NoMatchIsEmpty(Origin):
    """A search without matches returns 200 with a body of zero length, as editions since 2026a let it be."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if response.status_code == 204 or bytes(response.body) == b"[]":
            response.status_code, response.body = 200, b""
            response.headers["Content-Length"] = "0"
            del response.headers["Content-Type"]
        return response


@variant("no-match-is-empty-json", "standard CP-2473")
class NoMatchIsEmptyJson(Origin):
    """A search without matches returns 200 with a representation of zero length, and its media type."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if bytes(response.body) == b"[]":
            response.body = b""
            response.headers["Content-Length"] = "0"
        return response


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


@variant("retrieve-urls-have-another-root", "standard 8.2, 10.6.3.3")
class RetrieveUrlsHaveAnotherRoot(Origin):
    """RetrieveURLs are below another root of the same host, where the same resources are."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        resources = super().resources()
        return resources | {f"{OTHER_ROOT}{path}": methods for path, methods in resources.items()}

    def json(self, document: Json | list[Json]) -> bytes:
        text = super().json(document).decode()
        return re.sub(r'("00081190":\{"vr":"UR","Value":\["[^"]*?)(/studies/)', rf"\1{OTHER_ROOT}\2", text).encode()


@variant("results-without-what-is-conditional", "standard Tables 10.6.3-4, 10.6.3-5")
class ResultsWithoutWhatIsConditional(Origin):
    """Results for series and instances have none of the attributes of type C: the index of the server lacks them."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        conditional = {
            name.partition(".")[0] for names in RETURNED.values() for name, kept in names.items() if not kept
        }
        result = super().result(found, query, target, level)
        return {name: value for name, value in result.items() if name not in set(map(tag, conditional))}


@variant("results-of-their-own-level", "standard 10.6.3.3.2, 10.6.3.3.3")
class ResultsOfTheirOwnLevel(Origin):
    """Below a study, attributes of a higher level are not supported as includefield."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        if target.study is None:
            return super().query(request, target, level)
        higher = LEVELS[: LEVELS.index(level)]
        parameters = request.query_params.multi_items()
        return Query(
            [each for each in parameters if each[0] != "includefield" or not _of(higher, each[1])], target, level
        )


def _of(levels: Sequence[str], field: str) -> bool:
    name = field if re.fullmatch("[0-9A-F]{8}", field) else tag(field.partition(".")[0])
    return level_of(name) in levels


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
