"""The resources that checks stand on, and for each the checks that judge whether it is there."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from conformance.dicomweb.messages import Request

_STUDY, _SERIES = r"/studies/[^/]+", r"/studies/[^/]+/series/[^/]+"
_INSTANCE = rf"{_SERIES}/instances/[^/]+"
_FRAME = rf"{_INSTANCE}/frames/[^/]+"


class Resource(NamedTuple):
    """A resource, by the method and the end of its path. `judges` are the ids of checks, or of requirements in lower
    case, that say whether it is there: the first that does is the cause where it is not. A list may be empty."""

    method: str
    path: str
    judges: tuple[str, ...]
    is_list: bool = False


def _resources(method: str, judges: dict[str, str], is_list: bool = False) -> list[Resource]:
    return [Resource(method, path, tuple(ids.split()), is_list) for path, ids in judges.items()]


# The first whose path fits is that of a request.
RESOURCES = [
    *_resources(
        "GET",
        {
            rf"{_STUDY}/series": "seed-search-study-series search-res-002",
            rf"{_SERIES}/instances": "seed-search-series-instances search-res-005",
            rf"{_STUDY}/instances": "seed-search-study-instances search-res-003",
            "/studies": "seed-search-studies search-res-001",
            "/series": "seed-search-series search-res-004",
            "/instances": "seed-search-instances search-res-006",
            rf"{_STUDY}/metadata": "seed-retrieve-study-metadata retrieve-meta-001.study",
            rf"{_SERIES}/metadata": "seed-retrieve-series-metadata retrieve-meta-001.series",
            rf"{_INSTANCE}/metadata": "seed-retrieve-instance-metadata retrieve-meta-001.instance",
        },
        is_list=True,
    ),
    *_resources(
        "GET",
        {
            _STUDY: "seed-retrieve-study retrieve-study-001.sample",
            _SERIES: "seed-retrieve-series retrieve-series-001.sample",
            _INSTANCE: "seed-retrieve-instance seed-store-read-back retrieve-inst-001",
            _FRAME: "seed-retrieve-frame retrieve-frames-001.1",
            rf"{_INSTANCE}/rendered": "retrieve-rend-001",
            rf"{_FRAME}/rendered": "retrieve-rend-002",
            rf"{_SERIES}/rendered": "retrieve-rend-003",
            rf"{_STUDY}/rendered": "retrieve-rend-004.images",
            rf"{_STUDY}/thumbnail": "retrieve-thumb-002.study",
            rf"{_SERIES}/thumbnail": "retrieve-thumb-002.series",
            rf"{_INSTANCE}/thumbnail": "retrieve-thumb-002.instance",
            rf"{_FRAME}/thumbnail": "retrieve-thumb-002.frame",
            rf"{_INSTANCE}/(?!frames/).+": "retrieve-bulk-001 json-bulk-002",
        },
    ),
    *_resources(
        "POST",
        {"/studies": "seed-store-studies stow-conf-001.studies", _STUDY: "seed-store-study stow-conf-001.study"},
    ),
    *_resources(
        "DELETE",
        {
            _STUDY: "seed-delete-study delete-ext-001",
            _SERIES: "seed-delete-series delete-ext-002",
            _INSTANCE: "seed-delete-instance delete-ext-003",
        },
    ),
]


def resource(method: str, url: str) -> Resource | None:
    """The resource of a request; None if it is another."""
    path = urlsplit(url).path
    return next((item for item in RESOURCES if item.method == method and re.search(item.path + "$", path)), None)


def judge(request: Request) -> str | None:
    """The check that says whether the resource of a request is there."""
    found = resource(request.method, request.url)
    return found.judges[0] if found else None
