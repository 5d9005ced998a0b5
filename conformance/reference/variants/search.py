"""Variants of the Search transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydicom.datadict import keyword_for_tag
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..attributes import LEVELS, RETURNED, tag
from ..attributes import level as level_of
from ..capabilities import Handler
from ..dicom_json import Json
from ..matching import Matcher
from ..query import MATCHING_MODES, Path, Query
from ..target import Target
from .registry import variant

OTHER_ROOT = "/wado"
NO_KEYS = {"limit", "offset", "includefield", "accept", "charset", *MATCHING_MODES}


@variant("no-match-is-204", "dcm4che/dcm4chee-arc-light#477")
class NoMatchIs204(Origin):
    """Returns 204 for a search without matches, as in editions up to 2025."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        return Response(status_code=204) if bytes(response.body) == b"[]" else response


@variant("no-match-is-empty", "standard CP-2473")
class NoMatchIsEmpty(Origin):
    """Returns 200 with an empty body for a search without matches, as editions since 2026a allow."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if response.status_code == 204 or bytes(response.body) == b"[]":
            response.status_code, response.body = 200, b""
            response.headers["Content-Length"] = "0"
            del response.headers["Content-Type"]
        return response


@variant("no-match-is-empty-json", "standard CP-2473")
class NoMatchIsEmptyJson(Origin):
    """Returns 200 with an empty representation and its media type for a search without matches."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if bytes(response.body) == b"[]":
            response.body = b""
            response.headers["Content-Length"] = "0"
        return response


@variant("results-with-the-least", "standard 8.3.4.3, 10.6.3.3")
class ResultsWithTheLeast(Origin):
    """Returns only the required attributes in results, even on request, and omits those without a value."""

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
    """Returns RetrieveURLs below another root of the same host, which has the same resources."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        resources = super().resources()
        return resources | {f"{OTHER_ROOT}{path}": methods for path, methods in resources.items()}

    def json(self, document: Json | list[Json]) -> bytes:
        text = super().json(document).decode()
        return re.sub(r'("00081190":\{"vr":"UR","Value":\["[^"]*?)(/studies/)', rf"\1{OTHER_ROOT}\2", text).encode()


@variant("results-without-what-is-conditional", "standard Tables 10.6.3-4, 10.6.3-5")
class ResultsWithoutWhatIsConditional(Origin):
    """Omits the attributes of type C from results for series and instances, because its index does not have them."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        conditional = {
            name.partition(".")[0] for names in RETURNED.values() for name, kept in names.items() if not kept
        }
        result = super().result(found, query, target, level)
        return {name: value for name, value in result.items() if name not in set(map(tag, conditional))}


@variant("results-of-their-own-level", "standard 10.6.3.3.2, 10.6.3.3.3")
class ResultsOfTheirOwnLevel(Origin):
    """Does not support attributes of a higher level as includefield below a study."""

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
    """Returns at most six matches, whatever limit says, and a Warning with the number that remains."""

    most = 6  # fewer than one patient has studies, more than most searches find

    def query(self, request: Request, target: Target, level: str) -> Query:
        query = super().query(request, target, level)
        query.limit = min(query.limit if query.limit is not None else self.most, self.most)
        return query


@variant("two-results-at-most", "standard 8.3.4.4.1")
class TwoResultsAtMost(SixResultsAtMost):
    """Returns at most two matches, whatever limit says, and a Warning with the number that remains."""

    most = 2


@variant("results-have-more", "standard 10.6.3.3")
class ResultsHaveMore(Origin):
    """Returns every attribute of the level in results, and a private one of its own."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        own = {"00090010": {"vr": "LO", "Value": ["ACME"]}, "00091001": {"vr": "LO", "Value": ["of the archive"]}}
        of_level = {
            name: attribute
            for name, attribute in found.items()
            if level_of(name) == level and "BulkDataURI" not in attribute and name not in self.unasked
        }
        return dict(sorted((of_level | own | super().result(found, query, target, level)).items()))

    unasked = frozenset({"00080005"})  # the character set of the file, not of the result


@variant("warns-about-everything", "dcm4che/dcm4chee-arc-light#1652")
class WarnsAboutEverything(Origin):
    """Returns a Warning about something else with every search, and an unquoted one about remaining matches."""

    def warn(self, response: Response, base: str, sentences: Iterable[str]) -> None:
        response.headers.append("Warning", f'299 {base}: "Of additional parameters some were ignored."')
        for sentence in sentences:
            response.headers.append("Warning", f"299 {base}: {sentence}")


@variant("an-image-has-one-frame", "standard PS3.3 C.7.6.6")
class AnImageHasOneFrame(Origin):
    """Returns Number of Frames 1 in the result for an image that was stored without it."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        if level != "instance" or tag("Rows") not in found or tag("NumberOfFrames") in found:
            return result
        return dict(sorted((result | {tag("NumberOfFrames"): {"vr": "IS", "Value": [1]}}).items()))


@variant("searches-need-a-key", "standard 10.6.3.1")
class SearchesNeedAKey(Origin):
    """Returns 413 for a search of all studies, series or instances without a key: it is too broad."""

    def search(self, request: Request, level: str) -> Response:
        parameters = request.query_params.multi_items()
        if not Target.of(request).study and not any(text for name, text in parameters if name not in NO_KEYS):
            raise HTTPException(413, "there are too many results: name a patient or a study")
        return super().search(request, level)


@variant("names-are-matched-fuzzily", "standard 8.3.4.2; PS3.4 C.2.2.2.1.1")
class NamesAreMatchedFuzzily(Origin):
    """Supports fuzzymatching: each word of the key is the beginning of a word of the name."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        parameters = request.query_params.multi_items()
        is_fuzzy = ("fuzzymatching", "true") in parameters
        others = [each for each in parameters if each != ("fuzzymatching", "true")]
        return (_Fuzzy if is_fuzzy else Query)(others, target, level)


class _Fuzzy(Query):
    def matcher(self, path: Path, text: str) -> Matcher | None:
        literal = super().matcher(path, text)
        if not literal or not keyword_for_tag(int(path[-1], 16)).endswith("Name") or {"*", "?"} & set(text):
            return literal
        return lambda groups: (
            literal(groups)
            or all(any(known.startswith(word) for known in _words("=".join(groups.values()))) for word in _words(text))
        )


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\^= ]+", name.lower()) if word]
