"""Faults of indexes that still hold what was deleted, and only some forms of a search show it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive, Instance
from ..attributes import LEVELS, tag
from ..dicom_json import Json
from ..target import Target
from .altered import accept, names, query, with_body
from .paging import is_search
from .registry import fault
from .stale import Cached

UIDS = dict(zip(LEVELS, map(tag, ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")), strict=True))
MODALITY = {"Modality", "ModalitiesInStudy"}
MOST = 100


class Buried(Origin):
    """Remembers each study, series and instance that was deleted, until it is stored again."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._buried: dict[str, dict[str, Json]] = {level: {} for level in LEVELS}
        self._asked = threading.local()

    def remove(self, target: Target) -> int:
        before = {level: self._there(target, level) for level in LEVELS}
        number = super().remove(target)
        for level, found in before.items():
            left = self._there(target, level)
            self._buried[level] |= {uid: entity for uid, entity in found.items() if uid not in left}
        return number

    def keep(self, instance: Instance) -> None:
        super().keep(instance)
        for level, uid in zip(LEVELS, instance.target, strict=True):
            self._buried[level].pop(uid or "", None)

    def search(self, request: Request, level: str) -> Response:
        self._asked.shows = self.shows(request)
        return super().search(request, level)

    def shows(self, request: Request) -> bool:
        """Whether a search is served by the index that was not told."""
        return False

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        yield from super().entities(target, level, base)
        if getattr(self._asked, "shows", False):
            yield from self.buried(target, level)

    def buried(self, target: Target, level: str) -> list[Json]:
        """What was deleted below a target."""
        above = {UIDS[name]: uid for name, uid in zip(LEVELS, target, strict=True) if uid}
        return [
            entity
            for entity in [*self._buried[level].values()]
            if all(entity.get(name, {}).get("Value") == [uid] for name, uid in above.items())
        ]

    def _there(self, target: Target, level: str) -> dict[str, Json]:
        found = Origin.entities(self, Target(target.study), level, "")
        return {entity[UIDS[level]]["Value"][0]: entity for entity in found}


@fault("list-of-uids-finds-the-deleted", breaks=("STATE-003",), says="the number of matches is 1, should be 0")
class ListOfUidsFindsTheDeleted(Buried):
    """Finds what was deleted by a list of UIDs, though not by a single one."""

    def shows(self, request: Request) -> bool:
        return bool(re.search("UID=[0-9.]+(,|%2C)", query(request)))


@fault(
    "fuzzy-index-keeps-the-deleted",
    breaks=("STATE-003",),
    says="the number of matches is 1, should be 0",
    seen=("dcm4che/dcm4chee-arc-light#2718",),
)
class FuzzyIndexKeepsTheDeleted(Buried):
    """Finds what was deleted with fuzzymatching."""

    def shows(self, request: Request) -> bool:
        return "fuzzymatching=true" in query(request)


@fault("key-index-keeps-the-deleted", breaks=("DELETE-EXT-001",), says="StudyInstanceUID")
class KeyIndexKeepsTheDeleted(Buried):
    """Finds a study that was deleted by its Study ID."""

    def shows(self, request: Request) -> bool:
        return "StudyID" in names(request)


@fault("modality-index-keeps-the-deleted", breaks=("STATE-003",), says="the number of matches is 1, should be 0")
class ModalityIndexKeepsTheDeleted(Buried):
    """Finds what was deleted by its modality."""

    def shows(self, request: Request) -> bool:
        return bool(names(request) & MODALITY)


@fault(
    "deleted-rows-fill-pages",
    breaks=("DELETE-EXT-007",),
    says="the number of matches is 0, should be 1",
    seen=("dcm4che/dcm4chee-arc-light#18",),
)
class DeletedRowsFillPages(Buried):
    """Cuts pages before it leaves out what was deleted, which therefore takes places of limit."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        limit = request.query_params.get("limit", "")
        if not limit.isdigit() or not is_search(request) or response.status_code != 200:
            return response
        target = Target.of(request)
        wanted = self.query(request, target, level)
        places = int(limit) - sum(wanted.matches(entity) for entity in self.buried(target, level))
        matches = self.json_of(response)
        short = None if matches is None or len(matches) <= places else matches[: max(0, places)]
        if short is None:
            return response
        del response.headers["warning"]
        return with_body(response, self.json(short))

    def json_of(self, response: Response) -> list[Json] | None:
        """The matches of a response in plain JSON."""
        if "json" not in response.headers["content-type"] or "content-encoding" in response.headers:
            return None
        matches: list[Json] = json.loads(bytes(response.body))
        return matches


@fault("what-remains-counts-the-deleted", breaks=("DELETE-EXT-007",), says="the number of matches that remain is 2")
class WhatRemainsCountsTheDeleted(Buried):
    """Counts what was deleted among the matches that remain after a page."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        said = re.search(r"are (\d+) additional", response.headers.get("warning", ""))
        if said:
            target = Target.of(request)
            wanted = self.query(request, target, level)
            number = int(said[1]) + sum(wanted.matches(entity) for entity in self.buried(target, level))
            response.headers["warning"] = response.headers["warning"].replace(said[0], f"are {number} additional")
        return response


@fault(
    "delete-ends-at-a-hundred", breaks=("DELETE-EXT-001", "DELETE-EXT-002"), says="status is 200, should be 404 or 410"
)
class DeleteEndsAtAHundred(Origin):
    """Removes the first hundred instances of what a DELETE names, a page of its database."""

    def remove(self, target: Target) -> int:
        return sum(self.archive.delete(instance.target) for instance in self.archive.find(target)[:MOST])


@fault("bulk-data-outlive-a-delete", breaks=("DELETE-EXT-001",), says="status is 200, should be 404 or 410")
class BulkDataOutliveADelete(Cached):
    """Returns bulk data that were read before from a cache after a DELETE."""

    kept = "/bulkdata/"


@fault("head-outlives-a-delete", breaks=("DELETE-EXT-001",), says="status is 200, should be 404 or 410")
class HeadOutlivesADelete(Cached):
    """Returns 200 for HEAD of metadata that were read before a DELETE."""

    kept = "/metadata"

    def asked(self, request: Request) -> Response | bytes | None:
        known = (str(request.url), accept(request)) in self._read
        return Response(status_code=200) if request.method == "HEAD" and known else None
