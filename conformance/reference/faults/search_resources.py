"""Faults in the scope of the six search resources (PS3.18 10.6.1.1): too little, too much, or no resource at all."""

from __future__ import annotations

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..target import Target
from .altered import with_body
from .registry import fault

STUDY, SERIES = "0020000D", "0020000E"


class WithoutResource(Origin):
    """Returns 404 for the search for `level` below `below`."""

    level: str
    below: str

    def search(self, request: Request, level: str) -> Response:
        if (level, Target.of(request).level) == (self.level, self.below):
            raise HTTPException(404)
        return super().search(request, level)


@fault(
    "series-of-a-study-missing",
    breaks=("SEARCH-RES-002",),
    says="status is 404",
    seen=("RadicalImaging/Static-DICOMWeb!128", "DICOMcloud/DICOMcloud!62"),
)
class SeriesOfAStudyMissing(WithoutResource):
    """Has no resource /studies/{study}/series."""

    level, below = "series", "study"


@fault(
    "instances-of-a-study-missing",
    breaks=("SEARCH-RES-003",),
    says="status is 404",
    seen=("RadicalImaging/Static-DICOMWeb!128", "DICOMcloud/DICOMcloud!62"),
)
class InstancesOfAStudyMissing(WithoutResource):
    """Has no resource /studies/{study}/instances."""

    level, below = "instance", "study"


@fault("series-search-missing", breaks=("SEARCH-RES-004",), says="status is 404")
class SeriesSearchMissing(WithoutResource):
    """Has no resource /series."""

    level, below = "series", "all"


@fault(
    "instances-of-a-series-missing",
    breaks=("SEARCH-RES-005",),
    says="status is 404",
    seen=("RadicalImaging/Static-DICOMWeb!128", "DICOMcloud/DICOMcloud!62"),
)
class InstancesOfASeriesMissing(WithoutResource):
    """Has no resource /studies/{study}/series/{series}/instances."""

    level, below = "instance", "series"


@fault("instances-search-missing", breaks=("SEARCH-RES-006",), says="status is 404")
class InstancesSearchMissing(WithoutResource):
    """Has no resource /instances."""

    level, below = "instance", "all"


class Listed(Origin):
    """The list of matches of a search for `level` below `below`, changed."""

    level: str
    below: str

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        is_json = "json" in response.headers.get("content-type", "")
        if not is_json or (level, Target.of(request).level) != (self.level, self.below):
            return response
        matches = self.listed(json.loads(bytes(response.body)))
        return with_body(response, json.dumps(matches, ensure_ascii=False).encode())

    def listed(self, matches: list[Any]) -> list[Any]:
        """The list that is returned instead."""
        raise NotImplementedError


@fault("patient-has-one-study", breaks=("SEARCH-RES-001",), says="is not among the matches")
class PatientHasOneStudy(Listed):
    """Finds only the last study of a patient at /studies."""

    level, below = "study", "all"

    def listed(self, matches: list[Any]) -> list[Any]:
        return list({str(match.get("00100020")): match for match in matches}.values())


@fault(
    "study-once-a-description",
    breaks=("SEARCH-RES-001",),
    says="is 2 times among the matches",
    seen=("dcmjs-org/dicomweb-server!15",),
)
class StudyOnceADescription(Listed):
    """Lists a study at /studies once for each different description of its instances."""

    level, below = "study", "all"

    def listed(self, matches: list[Any]) -> list[Any]:
        return [match for match in matches for _ in range(self._descriptions(match[STUDY]["Value"][0]))]

    def _descriptions(self, study: str) -> int:
        return len({str(item.attributes.get("00081030")) for item in self.archive.find(Target(study))})


@fault("series-once-an-instance", breaks=("SEARCH-RES-002",), says="is 2 times among the matches")
class SeriesOnceAnInstance(Listed):
    """Lists a series at /studies/{study}/series once for each of its instances."""

    level, below = "series", "study"

    def listed(self, matches: list[Any]) -> list[Any]:
        return [match for match in matches for _ in range(match["00201209"]["Value"][0])]


@fault("one-series-a-study", breaks=("SEARCH-RES-004",), says="is not among the matches")
class OneSeriesAStudy(Listed):
    """Finds only the last series of each study at /series."""

    level, below = "series", "all"

    def listed(self, matches: list[Any]) -> list[Any]:
        return list({match[STUDY]["Value"][0]: match for match in matches}.values())


@fault("one-instance-a-series", breaks=("SEARCH-RES-006",), says="is not among the matches")
class OneInstanceASeries(Listed):
    """Finds only the last instance of each series at /instances."""

    level, below = "instance", "all"

    def listed(self, matches: list[Any]) -> list[Any]:
        return list({match[SERIES]["Value"][0]: match for match in matches}.values())


@fault("instances-of-first-series", breaks=("SEARCH-RES-003",), says="is not among the matches")
class InstancesOfFirstSeries(Listed):
    """Finds only the instances of the first series at /studies/{study}/instances."""

    level, below = "instance", "study"

    def listed(self, matches: list[Any]) -> list[Any]:
        return [match for match in matches if match[SERIES] == matches[0][SERIES]]


@fault("series-is-whole-study-in-searches", breaks=("SEARCH-RES-005",), says="should be absent")
class SeriesIsWholeStudyInSearches(Origin):
    """Finds the instances of the whole study at /studies/{study}/series/{series}/instances."""

    def search(self, request: Request, level: str) -> Response:
        if Target.of(request).level == "series":
            request.path_params.pop("series")
        return super().search(request, level)


@fault("key-widens-the-path", breaks=("SEARCH-RES-008",), says="should be")
class KeyWidensThePath(Origin):
    """Searches all studies if a search below a study has a key."""

    def search(self, request: Request, level: str) -> Response:
        if set(request.query_params) & {"PatientID", "SeriesInstanceUID", "SOPInstanceUID"}:
            request.path_params.clear()
        return super().search(request, level)


@fault("series-found-below-any-study", breaks=("SEARCH-RES-010",), says="the number of matches is 1")
class SeriesFoundBelowAnyStudy(Origin):
    """Finds the instances of a series below any study in the path."""

    def search(self, request: Request, level: str) -> Response:
        series = request.path_params.get("series")
        home = next((item.study for item in self.archive.find(Target(series=series))), None) if series else None
        if home:
            request.path_params["study"] = home
        return super().search(request, level)
