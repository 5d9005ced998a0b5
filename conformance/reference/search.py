"""The Search transaction (PS3.18 10.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response

from . import dicom_json
from .answers import DICOM_JSON, DICOM_XML, Answers
from .archive import Archive, Instance
from .attributes import level, tag
from .dicom_json import Json
from .negotiation import Representation
from .query import Query
from .target import Target, base_url

RESULTS = [
    Representation(DICOM_JSON),
    Representation(DICOM_XML, multipart=True),
    Representation("application/json"),
]


class Search(Answers):
    """GET of the six search resources. Searching reads every instance below the path: simple, and quick enough."""

    archive: Archive

    def search_studies(self, request: Request) -> Response:
        """/studies"""
        return self.search(request, "study")

    def search_series(self, request: Request) -> Response:
        """/series and /studies/{study}/series"""
        return self.search(request, "series")

    def search_instances(self, request: Request) -> Response:
        """/instances, below /studies/{study} and below /studies/{study}/series/{series} too"""
        return self.search(request, "instance")

    def search(self, request: Request, level: str) -> Response:
        """The matches at a level, with the attributes of that level and of those that the path leaves open."""
        target, base = Target.of(request), base_url(request)
        form = self.choose(request, RESULTS)
        query = self.query(request, target, level)
        matches = [found for found in self.found(target, level, base) if query.matches(found)]
        page = matches[query.offset :][: query.limit]
        remaining = len(matches) - query.offset - len(page)
        warnings = list(query.warnings)
        if remaining > 0:
            warnings.append(f"There are {remaining} additional results that can be requested")
        response = self.describe([query.project(found) for found in page], form)
        self.warn(response, base, warnings)
        return response

    def found(self, target: Target, level: str, base: str) -> Iterator[Json]:
        """What there is at a level below a target, before the query is asked."""
        return entities(self.archive, target, level, base)

    def query(self, request: Request, target: Target, level: str) -> Query:
        """What the query parameters ask for. Raises 400."""
        return Query(request.query_params.multi_items(), target, level)


def entities(archive: Archive, target: Target, wanted: str, base: str) -> Iterator[Json]:
    """Each study, series or instance of a target once, in the order of storing, with the attributes above it too.

    Attributes of a study are those of its first instance, attributes of a series those of the first instance of the
    series: a study is one result, even if its instances do not agree about it.
    """
    # All of the study is needed to count, even below a series.
    for study in _groups(archive.find(Target(target.study)), lambda instance: Target(instance.study)):
        of_study = _study(study, base)
        if wanted == "study":
            yield of_study
            continue
        for series in _groups(study, lambda instance: Target(instance.study, instance.series)):
            if target.series not in (None, series[0].series):
                continue
            of_series = of_study | _series(series, base)
            if wanted == "series":
                yield of_series
                continue
            for instance in series:
                yield of_series | _instance(instance, base)


def _groups(instances: list[Instance], key: Callable[[Instance], Target]) -> list[list[Instance]]:
    groups: dict[Target, list[Instance]] = {}
    for instance in instances:
        groups.setdefault(key(instance), []).append(instance)
    return list(groups.values())


def _study(instances: list[Instance], base: str) -> Json:
    first = instances[0]
    series = _groups(instances, lambda instance: Target(instance.study, instance.series))
    modalities = [one[0].attributes.get("00080060", {}).get("Value", [None])[0] for one in series]
    return _of_level("study", first, base) | {
        tag("InstanceAvailability"): _attribute("CS", "ONLINE"),
        tag("ModalitiesInStudy"): _attribute("CS", *dict.fromkeys(filter(None, modalities))),
        tag("RetrieveURL"): _attribute("UR", base + Target(first.study).path),
        tag("NumberOfStudyRelatedSeries"): _attribute("IS", len(series)),
        tag("NumberOfStudyRelatedInstances"): _attribute("IS", len(instances)),
    }


def _series(instances: list[Instance], base: str) -> Json:
    first = instances[0]
    return _of_level("series", first, base) | {
        tag("RetrieveURL"): _attribute("UR", base + Target(first.study, first.series).path),
        tag("NumberOfSeriesRelatedInstances"): _attribute("IS", len(instances)),
    }


def _instance(instance: Instance, base: str) -> Json:
    return _of_level("instance", instance, base) | {
        tag("InstanceAvailability"): _attribute("CS", "ONLINE"),
        tag("RetrieveURL"): _attribute("UR", base + instance.target.path),
        tag("AvailableTransferSyntaxUID"): _attribute("UI", instance.transfer_syntax),
    }


def _attribute(vr: str, *values: str | int) -> Json:
    return {"vr": vr, "Value": list(values)} if values else {"vr": vr}


def _of_level(wanted: str, instance: Instance, base: str) -> Json:
    attributes = {name: value for name, value in instance.attributes.items() if level(name) == wanted}
    return dicom_json.with_base(attributes, base + instance.target.path)
