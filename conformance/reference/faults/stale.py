"""Faults of what remains after a change: caches and indexes that are not told of it, and changes at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PIL import Image
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive, Instance
from ..attributes import tag
from ..dicom_json import Json
from ..multipart import Content
from ..pixels import Pixels
from ..query import Query
from ..rendering import Rendering
from ..target import Target
from .altered import Altered, accept, path
from .registry import fault

STUDY, MODALITIES = tag("StudyInstanceUID"), tag("ModalitiesInStudy")
PAUSE = 0.05  # seconds in which others arrive


class Cached(Altered):
    """Returns what was read once from a cache after a DELETE; `kept` is a part of the paths that are kept."""

    kept: str

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._read: dict[tuple[str, str], Response] = {}

    def asked(self, request: Request) -> Response | bytes | None:
        kept = self._read.get((str(request.url), accept(request)))
        return kept if request.method == "GET" and kept and not self.archive.find(named(request)) else None

    def answered(self, request: Request, response: Response) -> Response | bytes | None:
        if request.method == "GET" and self.kept in path(request) and response.status_code == 200:
            self._read[str(request.url), accept(request)] = response
        return None


def named(request: Request) -> Target:
    """The study, series or instance that a path names."""
    _, *parts = path(request).split("/")
    return Target(*parts[1:6:2])


@fault("frames-outlive-a-delete", breaks=("DELETE-EXT-001",), says="status is 200, should be 404 or 410")
class FramesOutliveADelete(Cached):
    """Returns frames that were read before from a cache after a DELETE."""

    kept = "/frames/"


@fault("renderings-outlive-a-delete", breaks=("DELETE-EXT-001",), says="status is 200, should be 404 or 410")
class RenderingsOutliveADelete(Cached):
    """Returns renderings that were made before from a cache after a DELETE."""

    kept = "/rendered"


@fault("delete-takes-what-begins-alike", breaks=("DELETE-EXT-001",), says="status is 404")
class DeleteTakesWhatBeginsAlike(Origin):
    """Removes every study whose UID begins with that of the deleted one, as a prefix of keys in a storage."""

    def remove(self, target: Target) -> int:
        if target.level == "study":
            for item in self.archive.find(Target()):
                if item.study != target.study and item.study.startswith(target.study or ""):
                    self.archive.delete(Target(item.study))
        return super().remove(target)


@fault(
    "modality-key-is-of-the-first-store", breaks=("SEARCH-RESP-004",), says="the number of matches is 0, should be 1"
)
class ModalityKeyIsOfTheFirstStore(Origin):
    """Matches ModalitiesInStudy with the modalities that a study had when it was searched for first."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.indexed: dict[str, Any] = {}

    def query(self, request: Request, target: Target, level: str) -> Query:
        indexed = self.indexed

        class Indexed(Query):
            def matches(self, attributes: Json) -> bool:
                now = attributes.get(MODALITIES, {"vr": "CS"})
                return super().matches(
                    attributes | {MODALITIES: indexed.setdefault(attributes[STUDY]["Value"][0], now)}
                )

        return Indexed(request.query_params.multi_items(), target, level)


@fault("study-loses-its-patient", breaks=("STATE-003",), says="PatientName of")
class StudyLosesItsPatient(Origin):
    """Returns a study without its patient's name after a DELETE in it."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.changed: set[str] = set()

    def remove(self, target: Target) -> int:
        self.changed.add(target.study or "")
        return super().remove(target)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for entity in super().entities(target, level, base):
            yield entity | ({"00100010": {"vr": "PN"}} if entity[STUDY]["Value"][0] in self.changed else {})


@fault("delete-beside-another-is-500", breaks=("DELETE-EXT-001",), says="status is 500")
class DeleteBesideAnotherIs500(Origin):
    """Returns 500 for a DELETE during another one, as the database is locked."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.busy = threading.Lock()

    def delete(self, request: Request) -> Response:
        if not self.busy.acquire(blocking=False):
            raise HTTPException(500, "the database is locked")
        try:
            time.sleep(PAUSE)
            return super().delete(request)
        finally:
            self.busy.release()


@fault("searches-are-500-during-a-delete", breaks=("DELETE-EXT-001",), says="status is 500")
class SearchesAre500DuringADelete(Origin):
    """Returns 500 for a search during a DELETE."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.running = 0

    def delete(self, request: Request) -> Response:
        self.running += 1
        try:
            time.sleep(2 * PAUSE)
            return super().delete(request)
        finally:
            self.running -= 1

    def search(self, request: Request, level: str) -> Response:
        time.sleep(PAUSE / 2)
        if self.running:
            raise HTTPException(500, "the database is locked")
        return super().search(request, level)


@fault("restored-study-has-its-old-values", breaks=("DELETE-EXT-006",), says="AccessionNumber is")
class RestoredStudyHasItsOldValues(Origin):
    """Lists a study that was deleted and stored again with the values that it had before."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.before: dict[str, Any] = {}

    def remove(self, target: Target) -> int:
        for item in self.archive.find(target):
            self.before[item.study] = item.attributes["00080050"]
        return super().remove(target)

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        before = self.before.get(found[STUDY]["Value"][0])
        return result | {"00080050": before} if before and "00080050" in result else result


@fault(
    "store-beside-a-delete-is-lost",
    breaks=("DELETE-EXT-002",),
    says="status is 404, should be 200",
    seen=("dcm4che/dcm4chee-arc-light#4463",),
)
class StoreBesideADeleteIsLost(Origin):
    """Reports an instance that arrives while something of its study is deleted as stored, and loses it."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.shrinking: set[str | None] = set()

    def remove(self, target: Target) -> int:
        self.shrinking.add(target.study)
        time.sleep(PAUSE)
        self.shrinking.discard(target.study)
        return super().remove(target)

    def keep(self, instance: Instance) -> None:
        if instance.study not in self.shrinking:
            super().keep(instance)


@fault(
    "delete-in-a-busy-study-is-500",
    breaks=("DELETE-EXT-002",),
    says="status is 500",
    seen=("microsoft/dicom-server!2280",),
)
class DeleteInABusyStudyIs500(Origin):
    """Returns 500 for a DELETE in a study in which something else is being deleted, because of a deadlock."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.busy: set[str | None] = set()

    def delete(self, request: Request) -> Response:
        study = Target.of(request).study
        if study in self.busy:
            raise HTTPException(500, "a deadlock")
        self.busy.add(study)
        time.sleep(PAUSE)
        self.busy.discard(study)
        return super().delete(request)


class OfTheFirstStore(Origin):
    """Keeps what was read of an instance under its UIDs, so that a second store does not change it."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._first: dict[tuple[object, ...], Any] = {}

    def first(self, found: Any, *key: object) -> Any:
        """What was found first for a key."""
        return self._first.setdefault(key, found)


@fault("frames-are-of-the-first-store", breaks=("STOW-BEH-006",), says="byte 0 of the frame is 0, should be 255")
class FramesOfTheFirstStore(OfTheFirstStore):
    """Returns the frames that an instance had before it was stored again."""

    def source(self, instance: Instance) -> Pixels:
        found = super().source(instance)
        return replace(found, contents=self.first(in_memory(found), instance.target))


@fault("bulk-data-are-of-the-first-store", breaks=("STOW-BEH-006",), says="byte 0 of the frame is 0, should be 255")
class BulkDataOfTheFirstStore(OfTheFirstStore):
    """Returns the bulk data that an instance had before it was stored again."""

    def value(self, instance: Instance, path: str) -> Pixels:
        found = super().value(instance, path)
        return replace(found, contents=self.first(in_memory(found), instance.target, path))


@fault("renderings-are-of-the-first-store", breaks=("STOW-BEH-006",), says="the dark half is left, should be right")
class RenderingsOfTheFirstStore(OfTheFirstStore):
    """Returns renderings and thumbnails of the pixels that an instance had before it was stored again."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        shown: Image.Image = self.first(
            super().render(instance, source, number, asked), instance.target, number, repr(asked)
        )
        return shown


def in_memory(pixels: Pixels) -> list[Content]:
    """The contents of pixels, independent of their file."""
    return [Content(content.read()) for content in pixels.contents]


@fault("frames-are-of-the-deleted", breaks=("STOW-BEH-011",), says="byte 0 of the frame is 0, should be 255")
class FramesOfTheDeleted(FramesOfTheFirstStore):
    """Returns the frames of a deleted instance for one that is stored again under its UIDs."""

    def keep(self, instance: Instance) -> None:
        if self.archive.find(instance.target):
            self._first.clear()
        super().keep(instance)
