"""Faults of the Search transaction."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..app import Origin
from ..query import Query
from ..target import Target
from .registry import fault

UID_KEYS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"}


class IgnoresUID(Origin):
    """Ignores the UID key of a search at `level` where the path names a resource of level `below`."""

    level: str
    below: str

    def query(self, request: Request, target: Target, level: str) -> Query:
        if (level, target.level) != (self.level, self.below):
            return super().query(request, target, level)
        kept = [(name, text) for name, text in request.query_params.multi_items() if name != UID_KEYS[level]]
        return Query(kept, target, level)


@fault(
    "studies-search-ignores-uid",
    breaks=("SEED-SEARCH-STUDIES",),
    says="match",
    seen=("RadicalImaging/Static-DICOMWeb!86",),
)
class StudiesSearchIgnoresUID(IgnoresUID):
    """Ignores StudyInstanceUID in GET /studies, and returns everything."""

    level, below = "study", "all"


@fault("series-search-ignores-uid", breaks=("SEED-SEARCH-SERIES",), says="of a match is")
class SeriesSearchIgnoresUID(IgnoresUID):
    """Ignores SeriesInstanceUID in GET /series, and returns everything."""

    level, below = "series", "all"


@fault("study-series-search-ignores-uid", breaks=("SEED-SEARCH-STUDY-SERIES",), says="of a match is")
class StudySeriesSearchIgnoresUID(IgnoresUID):
    """Ignores SeriesInstanceUID in GET /studies/{study}/series, and returns everything."""

    level, below = "series", "study"


@fault("instances-search-ignores-uid", breaks=("SEED-SEARCH-INSTANCES",), says="of a match is")
class InstancesSearchIgnoresUID(IgnoresUID):
    """Ignores SOPInstanceUID in GET /instances, and returns everything."""

    level, below = "instance", "all"


@fault("study-instances-search-ignores-uid", breaks=("SEED-SEARCH-STUDY-INSTANCES",), says="of a match is")
class StudyInstancesSearchIgnoresUID(IgnoresUID):
    """Ignores SOPInstanceUID in GET /studies/{study}/instances, and returns everything."""

    level, below = "instance", "study"


@fault("series-instances-search-ignores-uid", breaks=("SEED-SEARCH-SERIES-INSTANCES",), says="of a match is")
class SeriesInstancesSearchIgnoresUID(IgnoresUID):
    """Ignores SOPInstanceUID in GET /studies/{study}/series/{series}/instances, and returns everything."""

    level, below = "instance", "series"


@fault(
    "study-series-search-missing",
    breaks=("SEED-SEARCH-STUDY-SERIES",),
    says="status is 404",
    seen=("RadicalImaging/Static-DICOMWeb!128", "DICOMcloud/DICOMcloud!62"),
)
class StudySeriesSearchMissing(Origin):
    """Returns 404 for GET /studies/{study}/series, although /series works."""

    def search_series(self, request: Request) -> Response:
        if request.path_params:
            raise HTTPException(404)
        return super().search_series(request)


@fault(
    "no-match-is-a-page",
    breaks=("SEED-SEARCH-STUDIES", "SEED-DELETE-STUDY"),
    says="text/html",
    seen=("ImagingDataCommons/slim#51",),
)
class NoMatchIsAPage(Origin):
    """Returns 200 with a web page for a search for a study that does not exist."""

    def search_studies(self, request: Request) -> Response:
        response = super().search_studies(request)
        missed = response.body == b"[]" and "StudyInstanceUID" in request.query_params
        return HTMLResponse("<!doctype html><title>Archive</title>") if missed else response
