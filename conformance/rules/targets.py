"""The resource of a request: the UIDs of its path, and what it is of them (PS3.18 10.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from conformance.dicomweb import dicom_json
from conformance.dicomweb.dicom_json import DataSet, MalformedJson
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered

UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_UID = r"([^/]+)"
_BELOW = rf"(?:/studies/{_UID}(?:/series/{_UID}(?:/instances/{_UID})?)?)"
_SEARCH = re.compile(rf"{_BELOW}?/(studies|series|instances)")
_RESOURCE = re.compile(rf"{_BELOW}(/metadata|/frames/[^/]+|)")


class Target(NamedTuple):
    """A resource: `uids` are those of its path by keyword, `search` is what a search lists, `part` what follows the
    UIDs of a retrieve: "/metadata", "/frames/1", or nothing; both None if it is another resource."""

    uids: dict[str, str]
    search: str | None = None
    part: str | None = None

    def strange(self, data_sets: Iterable[dict[str, str]], what: str) -> Difference | None:
        """The first UID of some data sets, each as by `uids`, that is another than that of the path."""
        for named in data_sets:
            for keyword, uid in self.uids.items():
                found = named.get(keyword)
                if found and found != uid:
                    return difference(f"{keyword} of {what}", found, f"{uid}, as in the path")
        return None


def uids(ds: DataSet) -> dict[str, str]:
    """The UIDs of a study, series and instance in a data set, by keyword, without those that cannot be read."""
    found: dict[str, str] = {}
    for keyword in UIDS:
        with suppress(MalformedJson):
            found |= {keyword: uid} if (uid := dicom_json.text(ds, keyword)) else {}
    return found


def target(answer: Answered) -> Target:
    """The target of a request."""
    return of_url(answer.url)


@lru_cache(maxsize=1000)
def of_url(url: str) -> Target:
    """The target of a URL."""
    path = unquote(urlsplit(url).path)
    # The base URI comes before it, so that the last fit counts.
    for pattern in (_SEARCH, _RESOURCE):
        for start in (found.start() for found in re.finditer("/", path)):
            if match := pattern.fullmatch(path, start):
                *uids, last = match.groups()
                named = {keyword: uid for keyword, uid in zip(UIDS, uids, strict=True) if uid}
                if pattern is _SEARCH and _is_search(named, last):
                    return Target(named, search=last)
                if pattern is _RESOURCE:
                    return Target(named, part=last)
    return Target({})


def _is_search(uids: dict[str, str], last: str) -> bool:
    """Whether a resource is one of Table 10.6.1-1: /studies/1/studies is none."""
    return len(uids) < ("studies", "series", "instances").index(last) + 1
