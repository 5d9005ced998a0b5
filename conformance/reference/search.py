"""The Search transaction (PS3.18 10.6)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from . import dicom_json
from .answers import DICOM_JSON, DICOM_XML, Answers
from .archive import Archive, Instance
from .attributes import LEVELS, level, tag
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
    """GET of the six search resources. Searching goes through every instance below the path."""

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
        matches = [found for found in self.entities(target, level, base) if query.matches(found)]
        page = matches[query.offset :][: query.limit]
        remaining = len(matches) - query.offset - len(page)
        warnings = list(query.warnings)
        if remaining > 0:
            warnings.append(f"There are {remaining} additional results that can be requested")
        response = self.describe([self.result(found, query, target, level) for found in page], form)
        self.warn(response, base, warnings)
        return response

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        """The entities at a level below a target."""
        return entities(self.archive, target, level, base)

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        """The attributes that are returned for a match."""
        return query.project(found)

    def query(self, request: Request, target: Target, level: str) -> Query:
        """The query in the parameters. Raises 400."""
        return Query(request.query_params.multi_items(), target, level)


def entities(archive: Archive, target: Target, wanted: str, base: str) -> Iterator[Json]:
    """Each study, series or instance of a target once, in the order of storing, with the attributes above it too.

    Attributes of a study are those of its first instance, attributes of a series those of the first instance of the
    series: a study is one result, even if its instances do not agree about it.
    """
    # Counts need all of the study, even below a series.
    studies = _groups(archive.find(Target(target.study)), lambda instance: instance.study)
    patients = Counter(_patient(study[0]) for study in studies)
    for study in studies:
        of_patient = {}
        if wanted == "study":
            of_patient[tag("NumberOfPatientRelatedStudies")] = _attribute("IS", patients[_patient(study[0])])
        for series, found in _entities(tuple(study), wanted, base):
            if target.series in (None, series):
                yield found | of_patient


@lru_cache(maxsize=10_000)
def _entities(study: tuple[Instance, ...], wanted: str, base: str) -> list[tuple[str, Json]]:
    """The entities of a study at a level, each with the UID of its (first) series. Not to be changed."""
    of_study = _study(study, base)
    if wanted == "study":
        return [(study[0].series, of_study)]
    found = []
    for series in _groups(study, lambda instance: instance.series):
        of_series = of_study | _series(series, base)
        if wanted == "series":
            found.append((series[0].series, of_series))
        else:
            found += [(instance.series, of_series | _instance(instance, base)) for instance in series]
    return found


@lru_cache(maxsize=10_000)
def _patient(instance: Instance) -> str:
    """The Patient ID of an instance, as JSON; without one, the patient of its study alone."""
    return json.dumps(instance.attributes.get(tag("PatientID"), {}).get("Value", instance.study))


def _groups(instances: Iterable[Instance], key: Callable[[Instance], str]) -> list[list[Instance]]:
    groups: dict[str, list[Instance]] = {}
    for instance in instances:
        groups.setdefault(key(instance), []).append(instance)
    return list(groups.values())


def _study(instances: Sequence[Instance], base: str) -> Json:
    first = instances[0]
    series = _groups(instances, lambda instance: instance.series)
    modalities = [one[0].attributes.get("00080060", {}).get("Value", [None])[0] for one in series]
    return _of_level("study", first, base) | {
        tag("InstanceAvailability"): _attribute("CS", "ONLINE"),
        tag("ModalitiesInStudy"): _attribute("CS", *dict.fromkeys(filter(None, modalities))),
        tag("SOPClassesInStudy"): _attribute("UI", *dict.fromkeys(instance.sop_class for instance in instances)),
        tag("RetrieveURL"): _attribute("UR", base + Target(first.study).path),
        tag("NumberOfStudyRelatedSeries"): _attribute("IS", len(series)),
        tag("NumberOfStudyRelatedInstances"): _attribute("IS", len(instances)),
    }


def _series(instances: Sequence[Instance], base: str) -> Json:
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
    return _by_level(instance, base)[wanted]


@lru_cache(maxsize=10_000)
def _by_level(instance: Instance, base: str) -> dict[str, Json]:
    """The attributes of an instance, separated by level. Not to be changed."""
    parts: dict[str, Json] = {name: {} for name in LEVELS}
    for name, attribute in dicom_json.with_base(instance.attributes, base + instance.target.path).items():
        parts[level(name)][name] = attribute
    return parts
