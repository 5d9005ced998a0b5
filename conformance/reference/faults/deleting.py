"""Faults of DELETE beyond the walk: too little or too much removed, wrong statuses, and stores that fail afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ..answers import DICOM_JSON
from ..app import Origin
from ..archive import Archive, Instance
from ..dicom_json import Json
from ..target import Target
from .altered import accept, answer_fault, refused, request_fault, with_body
from .registry import fault

STUDY, SERIES = "0020000D", "0020000E"
STUDY_ID, PATIENT_ID = "00200010", "00100020"
# The counts in a match, and the UID of what they count in.
COUNTS = {"00201208": STUDY, "00201209": SERIES}
SMALL = 100_000
RELATED_SERIES = "00201206"


class Remembers(Origin):
    """Keeps the deleted instances, by their SOP Instance UID."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.deleted: dict[str, Instance] = {}

    def remove(self, target: Target) -> int:
        self.deleted |= {item.instance: item for item in self.archive.find(target)}
        return super().remove(target)


@fault("delete-study-takes-first-series", breaks=("DELETE-EXT-001",), says="status is 200")
class DeleteStudyTakesFirstSeries(Origin):
    """Removes only the first series on DELETE of a study."""

    def remove(self, target: Target) -> int:
        found = self.archive.find(target)
        return super().remove(found[0].target._replace(instance=None) if target.level == "study" and found else target)


@fault("delete-study-takes-another", breaks=("DELETE-EXT-001",), says="status is 404")
class DeleteStudyTakesAnother(Origin):
    """Removes other studies of the same patient on DELETE of a study, if their Study ID differs."""

    def remove(self, target: Target) -> int:
        if target.level == "study" and (found := self.archive.find(target)):
            patient, number = (found[0].attributes.get(tag) for tag in (PATIENT_ID, STUDY_ID))
            for item in self.archive.find(Target()):
                if item.attributes.get(PATIENT_ID) == patient and item.attributes.get(STUDY_ID) != number:
                    self.archive.delete(item.target)
        return super().remove(target)


@fault("delete-series-takes-first-instance", breaks=("DELETE-EXT-002",), says="status is 200")
class DeleteSeriesTakesFirstInstance(Origin):
    """Removes only the first instance on DELETE of a series."""

    def remove(self, target: Target) -> int:
        found = self.archive.find(target)
        return super().remove(found[0].target if target.level == "series" and found else target)


@fault("deleted-instance-has-metadata", breaks=("DELETE-EXT-003",), says="status is 200")
class DeletedInstanceHasMetadata(Remembers):
    """Still returns the metadata of a deleted instance."""

    def described(self, target: Target) -> list[Instance]:
        kept = self.deleted.get(target.instance or "")
        return [kept] if kept else super().described(target)


@fault(
    "deleted-instance-is-found",
    breaks=("DELETE-EXT-003", "DELETE-EXT-007"),
    says=", should be ",
    seen=("ImagingDataCommons/slim#303",),
)
class DeletedInstanceIsFound(Origin):
    """Still finds and counts a deleted instance in searches, although it cannot be retrieved."""

    def remove(self, target: Target) -> int:
        if target.level != "instance":
            return super().remove(target)
        there = [item for item in self.archive.find(target) if item.path.exists()]
        for item in there:
            item.path.unlink()
        return len(there)


@fault(
    "counts-are-those-before-delete",
    breaks=("DELETE-EXT-007",),
    says="RelatedInstances is 3, should be",
    seen=("dcm4che/dcm4chee-arc-light#1447",),
)
class CountsAreThoseBeforeDelete(Remembers):
    """Returns the numbers of instances from before DELETE in matches."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if response.headers.get("content-type") != DICOM_JSON:
            return response
        gone = Counter(uid for item in self.deleted.values() for uid in (item.study, item.series))
        matches = json.loads(bytes(response.body))
        for match in matches:
            for count in COUNTS.keys() & match.keys():
                match[count]["Value"][0] += gone[match[COUNTS[count]]["Value"][0]]
        return with_body(response, json.dumps(matches, ensure_ascii=False).encode())


@fault("empty-study-is-found", breaks=("DELETE-EXT-008",), says="the number of matches is 1")
class EmptyStudyIsFound(Origin):
    """Still finds a study by its UID after its last instance was deleted."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.emptied: set[str] = set()

    def remove(self, target: Target) -> int:
        if target.level == "instance" and target.study and len(self.archive.find(Target(target.study))) == 1:
            self.emptied.add(target.study)
        return super().remove(target)

    def search_studies(self, request: Request) -> Response:
        response = super().search_studies(request)
        uid = request.query_params.get("StudyInstanceUID", "")
        if uid not in self.emptied or bytes(response.body) != b"[]":
            return response
        match: dict[str, Any] = {STUDY: {"vr": "UI", "Value": [uid]}}
        return JSONResponse([match], media_type=DICOM_JSON)


@answer_fault("delete-is-accepted", breaks=("DELETE-EXT-004",), says="status is 202")
def delete_is_accepted(request: Request, response: Response) -> None:
    """Returns 202 for a DELETE that is already completed."""
    if request.method == "DELETE" and response.status_code == 204:
        response.status_code = 202


@answer_fault(
    "delete-of-nothing-is-500", breaks=("DELETE-EXT-005", "DELETE-EXT-009", "DELETE-EXT-010"), says="status is 500"
)
def delete_of_nothing_is_500(request: Request, response: Response) -> Response | None:
    """Returns 500 for DELETE of a resource that does not exist."""
    return refused(500) if request.method == "DELETE" and response.status_code == 404 else None


@fault("delete-of-nothing-succeeds", breaks=("DELETE-EXT-005",), says="status is 204")
class DeleteOfNothingSucceeds(Origin):
    """Returns 204 for DELETE of an instance or series that does not exist."""

    def remove(self, target: Target) -> int:
        return super().remove(target) or int(target.level != "study")


@fault("second-delete-succeeds", breaks=("DELETE-EXT-009",), says="status is 204")
class SecondDeleteSucceeds(Remembers):
    """Returns 204 for a second DELETE of an instance."""

    def remove(self, target: Target) -> int:
        return super().remove(target) or int(target.instance in self.deleted)


@fault("delete-looks-at-the-last-uid", breaks=("DELETE-EXT-010",), says="status is 404, should be 200")
class DeleteLooksAtTheLastUID(Origin):
    """Removes the resource with the last UID of the path, whatever the other UIDs are."""

    def remove(self, target: Target) -> int:
        parents = {"study": None} | ({"series": None} if target.instance else {})
        return super().remove(target._replace(**parents) if target.series else target)


@request_fault(
    "delete-wants-json-accepted",
    breaks=("DELETE-EXT-011",),
    says="status is 406",
    seen=("microsoft/dicom-server#1396",),
)
def delete_wants_json_accepted(request: Request) -> Response | None:
    """Refuses DELETE by a client that accepts neither everything nor JSON."""
    wanted = accept(request)
    return refused(406) if request.method == "DELETE" and wanted and "*/*" != wanted != DICOM_JSON else None


@fault("delete-is-a-page", breaks=("DELETE-STD-002",), says="as nothing was deleted")
class DeleteIsAPage(Origin):
    """Returns 200 with a web page for DELETE of a study, and removes nothing."""

    def delete(self, request: Request) -> Response:
        if Target.of(request).level != "study":
            return super().delete(request)
        return HTMLResponse("<!doctype html><title>Archive</title>")


@fault("deleted-cannot-come-back", breaks=("DELETE-EXT-006",), says="status is 500")
class DeletedCannotComeBack(Remembers):
    """Returns 500 for the store of a deleted instance."""

    def admit(self, instance: Instance, target: Target) -> None:
        if instance.instance in self.deleted:
            raise HTTPException(500, "the instance was deleted")
        super().admit(instance, target)


@fault("deleted-stays-deleted", breaks=("DELETE-EXT-006",), says="status is 404")
class DeletedStaysDeleted(Remembers):
    """Returns 200 for the store of a deleted instance, and does not store it."""

    def keep(self, instance: Instance) -> None:
        if instance.instance not in self.deleted:
            super().keep(instance)


@fault("deleted-comes-back-as-it-was", breaks=("DELETE-EXT-006",), says="PixelData")
class DeletedComesBackAsItWas(Origin):
    """Returns the old content of an instance that is stored again after it was deleted."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.former: dict[str, bytes] = {}

    def remove(self, target: Target) -> int:
        for item in self.archive.find(target):
            if item.path.exists() and item.path.stat().st_size < SMALL:
                self.former[item.instance] = item.path.read_bytes()
        return super().remove(target)

    def keep(self, instance: Instance) -> None:
        if instance.instance in self.former:
            instance.path.write_bytes(self.former[instance.instance])
        super().keep(instance)


@fault("deleted-series-count-again", breaks=("DELETE-EXT-007",), says="NumberOfStudyRelatedSeries is 2, should be 1")
class DeletedSeriesCountAgain(Origin):
    """Counts a deleted series of a study again after the next store to it."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.deleted: set[str] = set()
        self.counted: set[str] = set()

    def remove(self, target: Target) -> int:
        number = super().remove(target)
        if target.level == "series" and self.archive.find(Target(target.study)):
            self.deleted.add(target.study or "")
        return number

    def keep(self, instance: Instance) -> None:
        super().keep(instance)
        self.counted |= {instance.study} & self.deleted

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for entity in super().entities(target, level, base):
            (study,), (number,) = entity[STUDY]["Value"], entity[RELATED_SERIES]["Value"]
            yield entity | {RELATED_SERIES: {"vr": "IS", "Value": [number + (study in self.counted)]}}
