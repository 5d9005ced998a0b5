"""Faults of the service of the profile azure in the matches and attributes that a search returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..attributes import tag
from ..azure import MODALITIES, Azure
from ..azure_search import DATES, NAMES, Indexed
from ..dicom_json import Json
from ..matching import Matcher
from ..query import Path, Query
from ..target import Target
from .registry import fault

Parameters = list[tuple[str, str]]
COUNTS = [tag("NumberOfStudyRelatedInstances"), tag("NumberOfSeriesRelatedInstances")]


class Searched(Azure):
    """The service with other queries."""

    parse: Callable[[Parameters, Target, str], Query] = Indexed

    def query(self, request: Request, target: Target, level: str) -> Query:
        return type(self).parse(request.query_params.multi_items(), target, level)


class ExactDates(Indexed):
    """Ranges of dates match nothing."""

    def matcher(self, path: Path, text: str) -> Matcher | None:
        return (lambda value: value == text) if path[0] in DATES else super().matcher(path, text)


@fault("service-no-ranges", breaks=("MS-QIDO-04",), says="status is 204, should be 200")
class NoRanges(Searched):
    """A range of dates matches nothing."""

    parse = ExactDates


@fault("service-bad-date-matches-nothing", breaks=("MS-QIDO-05",), says="status is 204, should be 400")
class BadDateMatchesNothing(Searched):
    """Returns no matches for a date that cannot be read."""

    parse = ExactDates


class ExactNames(Indexed):
    """Compares names with case and accents."""

    def matcher(self, path: Path, text: str) -> Matcher | None:
        exact: Matcher = lambda groups: text in groups.values()  # noqa: E731
        return exact if path[0] in NAMES else super().matcher(path, text)


@fault("service-exact-names", breaks=("MS-QIDO-06", "MS-QIDO-07"), says="status is 204, should be 200")
class ExactNamesOnly(Searched):
    """Compares names with case and accents, and only as a whole."""

    parse = ExactNames


@fault("service-modalities-as-they-came", breaks=("MS-QIDO-08",), says="ModalitiesInStudy is MR, CT")
class ModalitiesAsTheyCame(Azure):
    """Lists the modalities of a study in the order in which its series were stored."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            yield found | {MODALITIES: {"vr": "CS", "Value": found[MODALITIES].get("Value", [])[::-1]}}


@fault("service-counts-itself-out", breaks=("MS-QIDO-09",), says="RelatedInstances is")
class CountsItselfOut(Azure):
    """Returns numbers of instances that are one too small."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            counts = {name: found[name]["Value"][0] - 1 for name in COUNTS if name in found}
            yield found | {name: {"vr": "IS", "Value": [number]} for name, number in counts.items()}


@fault("service-returns-more", breaks=("MS-QIDO-11", "MS-QIDO-12"), says="should be absent")
class ReturnsMore(Azure):
    """Returns all attributes of the level in results."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        return {name: value for name, value in found.items() if "Value" in value}


@fault("service-returns-less", breaks=("MS-QIDO-11", "MS-QIDO-12"), says="is absent, should be there")
class ReturnsLess(Azure):
    """Returns only UIDs, and the attributes that were searched by."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        return {
            name: value for name, value in super().result(found, query, target, level).items() if value["vr"] == "UI"
        }


class WithoutAll(Indexed):
    """Drops includefield=all from the query."""

    def __init__(self, parameters: Parameters, target: Target, level: str) -> None:
        super().__init__([pair for pair in parameters if pair != ("includefield", "all")], target, level)


@fault("service-all-is-nothing-more", breaks=("MS-QIDO-13",), says="is absent, should be there")
class AllIsNothingMore(Searched):
    """Ignores includefield=all."""

    parse = WithoutAll


class OneField(Indexed):
    """Reads only the last of several values of includefield."""

    def __init__(self, parameters: Parameters, target: Target, level: str) -> None:
        super().__init__(list(dict(parameters).items()), target, level)


@fault("service-one-field", breaks=("MS-QIDO-14",), says="PatientSex is absent")
class LastFieldOnly(Searched):
    """Reads only the last of several includefield parameters."""

    parse = OneField


@fault("service-another-default", breaks=("MS-QIDO-16",), says="the number of matches is 101, should be 100")
class AnotherDefault(Azure):
    """Returns 200 results for a search without limit."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        found = super().query(request, target, level)
        found.limit = found.limit if "limit" in request.query_params else 200
        return found


def _known(parameters: Parameters, target: Target, level: str) -> Query:
    """The query without unsupported keys."""
    kept: Parameters = []
    for pair in parameters:
        try:
            Indexed([*kept, pair], target, level)
        except HTTPException:
            continue
        kept.append(pair)
    return Indexed(kept, target, level)


@fault(
    "service-ignores-what-it-does-not-know", breaks=("MS-QIDO-19", "MS-QIDO-20"), says="status is 200, should be 400"
)
class IgnoresWhatItDoesNotKnow(Azure):
    """Ignores parameters that cannot be searched by."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        return _known(request.query_params.multi_items(), target, level)


@fault("service-refuses-the-viewer", breaks=("MS-QIDO-23",), says="status is 400, should be 200 or 204")
class RefusesTheViewer(Azure):
    """Refuses a search of studies whose includefield names an attribute of a series."""

    def search(self, request: Request, level: str) -> Response:
        if level == "study" and "00080060" in str(request.query_params.get("includefield")):
            raise HTTPException(400)
        return super().search(request, level)
