"""Faults in the targets of the store (PS3.18 10.5.1.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import INSTANCE, STUDY, Origin
from ..archive import Archive, Instance
from ..attributes import tag
from ..capabilities import Handler
from ..dicom_json import Json
from ..ingest import Refused
from ..negotiation import Representation
from ..target import Target
from .altered import query, refused, request_fault
from .registry import fault

STUDY_UID, RELATED_INSTANCES = tag("StudyInstanceUID"), tag("NumberOfStudyRelatedInstances")


@fault("store-needs-the-study", breaks=("STOW-CONF-001", "STOW-BEH-010"), says="status is 404")
class StoreNeedsTheStudy(Origin):
    """Returns 404 for POST to a study that does not exist yet."""

    async def store(self, request: Request) -> Response:
        target = Target.of(request)
        if target.study and not self.archive.find(target):
            raise HTTPException(404, f"there is no {target}")
        return await super().store(request)


@request_fault("store-parameter-is-refused", breaks=("STOW-CONF-002",), says="status is 400")
def store_parameter_is_refused(request: Request) -> Response | None:
    """Returns 400 for a store with a query parameter."""
    return refused(400) if request.method == "POST" and query(request) else None


@fault("store-ignores-the-study", breaks=("STOW-RESP-003", "STOW-RESP-025"), says="status is 200")
class StoreIgnoresTheStudy(Origin):
    """Stores instances of other studies on POST to a study."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, Target())


@fault("store-keeps-what-failed", breaks=("STOW-REQ-005",), says="is retrievable, should be absent")
class StoreKeepsWhatFailed(Origin):
    """Reports an instance of another study than the path as failed, and stores it."""

    def admit(self, instance: Instance, target: Target) -> None:
        try:
            super().admit(instance, target)
        except Refused:
            self.archive.keep(instance)
            raise


@fault("store-to-an-instance-is-taken", breaks=("STOW-REQ-015",), says="status is 200")
class StoreToAnInstanceIsTaken(Origin):
    """Stores on POST to an instance, to the series of a study and to /instances."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        resources = super().resources()
        for path in (INSTANCE, STUDY + "/series", "/instances"):
            resources[path]["POST"] = self.store
        return resources


@fault("store-takes-what-begins-alike", breaks=("STOW-REQ-005",), says="is retrievable, should be absent")
class StoreTakesWhatBeginsAlike(Origin):
    """Stores instances of a study whose UID begins with that of the path."""

    def admit(self, instance: Instance, target: Target) -> None:
        if not instance.study.startswith(target.study or ""):
            super().admit(instance, target)


@fault(
    "second-store-to-a-study-is-409",
    breaks=("STOW-BEH-002",),
    says="status is 409",
    seen=("dcm4che/dcm4chee-arc-light#4773",),
)
class SecondStoreToAStudyIs409(Origin):
    """Stores what is sent to an existing study, and returns 409."""

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        is_there = bool(target.study and self.archive.find(target))
        response = super().conclude(request, target, drafts, form)
        response.status_code = 409 if is_there else response.status_code
        return response


@fault("what-failed-is-counted", breaks=("STOW-REQ-005",), says="NumberOfStudyRelatedInstances is 4, should be 2")
class WhatFailedIsCounted(Origin):
    """Counts the instances that a store to a study refused in NumberOfStudyRelatedInstances."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.failed: Counter[str | None] = Counter()

    def admit(self, instance: Instance, target: Target) -> None:
        try:
            super().admit(instance, target)
        except Refused:
            self.failed[target.study] += 1
            raise

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for entity in super().entities(target, level, base):
            (study,), (number,) = entity[STUDY_UID]["Value"], entity[RELATED_INSTANCES]["Value"]
            yield entity | {RELATED_INSTANCES: {"vr": "IS", "Value": [number + self.failed[study]]}}
