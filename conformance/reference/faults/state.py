"""Faults that only a series of requests shows: each request alone is handled correctly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive, Instance
from ..attributes import tag
from ..dicom_json import Json
from ..ingest import Refused
from ..multipart import Content
from ..target import Target, base_url
from .altered import Altered, refused
from .registry import fault

STUDY, SERIES, INSTANCE = tag("StudyInstanceUID"), tag("SeriesInstanceUID"), tag("SOPInstanceUID")
RELATED_INSTANCES = tag("NumberOfStudyRelatedInstances")
PROCESSING_FAILURE = 0x0110


@fault("every-seventh-read-is-503", breaks=("COMMON-STATUS-015",), says="as when the request is sent again")
class EverySeventhReadIs503(Altered):
    """Returns 503 for one read in seven, and succeeds when it is repeated."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.reads = 0

    def asked(self, request: Request) -> Response | bytes | None:
        self.reads += request.method == "GET"
        return refused(503) if request.method == "GET" and self.reads % 7 == 0 else None


@fault("count-of-stores", breaks=("STATE-002",), says="NumberOfStudyRelatedInstances of")
class CountOfStores(Origin):
    """Counts an instance that is stored again twice in NumberOfStudyRelatedInstances."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.again: dict[str, int] = {}

    def keep(self, instance: Instance) -> None:
        if self.archive.find(instance.target):
            self.again[instance.study] = self.again.get(instance.study, 0) + 1
        super().keep(instance)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for entity in super().entities(target, level, base):
            (study,), (count,) = entity[STUDY]["Value"], entity[RELATED_INSTANCES]["Value"]
            yield entity | {RELATED_INSTANCES: {"vr": "IS", "Value": [count + self.again.get(study, 0)]}}


@fault("restored-found-twice", breaks=("STATE-002",), says="is 2, should be 1")
class RestoredFoundTwice(Origin):
    """Finds an instance twice that is stored again."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.again: set[str] = set()

    def keep(self, instance: Instance) -> None:
        if self.archive.find(instance.target):
            self.again.add(instance.instance)
        super().keep(instance)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for entity in super().entities(target, level, base):
            yield entity
            if level == "instance" and entity[INSTANCE]["Value"][0] in self.again:
                yield entity


@fault("series-list-is-cached", breaks=("STATE-002",), says="NumberOfSeriesRelatedInstances of")
class SeriesListIsCached(Origin):
    """Returns the same list of a study's series after its first request, until something is deleted."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.listed: dict[str, list[Json]] = {}

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        if level != "series" or target.study is None:
            return super().entities(target, level, base)
        known = self.listed.get(target.study) or list(super().entities(target, level, base))
        self.listed[target.study] = known
        return iter(known)

    def remove(self, target: Target) -> int:
        self.listed.clear()
        return super().remove(target)


@fault("study-is-cached", breaks=("STATE-001",), says="is not in the body, should be there")
class StudyIsCached(Origin):
    """Returns a study without the instances stored since its first retrieve, until something is deleted."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.sent_before: dict[str, set[str]] = {}

    def retrieved(self, target: Target) -> list[Instance]:
        instances = super().retrieved(target)
        if target.level != "study":
            return instances
        known = self.sent_before.setdefault(instances[0].study, {instance.instance for instance in instances})
        return [instance for instance in instances if instance.instance in known]

    def remove(self, target: Target) -> int:
        self.sent_before.clear()
        return super().remove(target)


@fault("absence-is-cached", breaks=("STATE-001",), says="status is 404, should be 200")
class AbsenceIsCached(Origin):
    """Returns 404 forever for a resource that was requested before it was stored."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.absent: set[Target] = set()

    def retrieved(self, target: Target) -> list[Instance]:
        if target in self.absent or not self.archive.find(target):
            self.absent.add(target)
            raise HTTPException(404)
        return super().retrieved(target)


@fault("restored-metadata-of-the-first", breaks=("STATE-001",), says="ImageComments of")
class RestoredMetadataOfTheFirst(Origin):
    """Returns the new content of an instance that is stored again, but its old metadata."""

    def keep(self, instance: Instance) -> None:
        before = self.archive.find(instance.target)
        super().keep(replace(instance, data_set=before[0].data_set) if before else instance)


@fault(
    "count-stale-after-delete",
    breaks=("STATE-003",),
    says="NumberOfStudyRelatedInstances of",
    seen=("dcm4che/dcm4chee-arc-light#1447",),
)
class CountStaleAfterDelete(Origin):
    """Returns the NumberOfStudyRelatedInstances from before a delete, until the next store."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.counted: dict[str, int] = {}

    def remove(self, target: Target) -> int:
        self.counted[str(target.study)] = len(self.archive.find(Target(target.study)))
        return super().remove(target)

    def keep(self, instance: Instance) -> None:
        self.counted.pop(instance.study, None)
        super().keep(instance)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for entity in super().entities(target, level, base):
            count = self.counted.get(entity[STUDY]["Value"][0])
            yield entity | ({RELATED_INSTANCES: {"vr": "IS", "Value": [count]}} if count else {})


class Graves(Origin):
    """Remembers deleted instances until they are stored again."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.graves: dict[Target, tuple[Instance, bytes]] = {}

    def remove(self, target: Target) -> int:
        self.graves |= {
            instance.target: (instance, instance.path.read_bytes()) for instance in self.archive.find(target)
        }
        return super().remove(target)


@fault("restored-is-the-deleted", breaks=("STATE-003",), says="ImageComments of")
class RestoredIsTheDeleted(Graves):
    """Returns the old content of an instance that is stored again after a delete."""

    def keep(self, instance: Instance) -> None:
        if instance.target not in self.graves:
            return super().keep(instance)
        buried, content = self.graves.pop(instance.target)
        instance.path.write_bytes(content)
        super().keep(replace(buried, path=instance.path))


@fault("deleted-is-refused", breaks=("STATE-003",), says="an archive may refuse to store again what was deleted")
class DeletedIsRefused(Graves):
    """Refuses a deleted instance with 409 when it is stored again."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if instance.target in self.graves:
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)


@fault("restored-with-the-others", breaks=("STATE-003",), says="NumberOfStudyRelatedInstances of")
class RestoredWithTheOthers(Graves):
    """Restores the deleted instances of a series on a store into it."""

    def keep(self, instance: Instance) -> None:
        super().keep(instance)
        self.graves.pop(instance.target, None)
        for target in [target for target in self.graves if target[:2] == instance.target[:2]]:
            buried, content = self.graves.pop(target)
            draft = self.archive.draft()
            draft.write_bytes(content)
            super().keep(replace(buried, path=draft))


@fault("empty-study-stays", breaks=("STATE-003",), says="the number of matches is 1, should be 0")
class EmptyStudyStays(Origin):
    """Still finds a study after its last instance or series was deleted."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.empty: dict[str | None, Json] = {}

    def delete(self, request: Request) -> Response:
        target = Target.of(request)
        known = list(super().entities(Target(target.study), "study", base_url(request)))
        response = super().delete(request)
        if known and target.level != "study" and not self.archive.find(Target(target.study)):
            self.empty[target.study] = known[0]
        return response

    def keep(self, instance: Instance) -> None:
        self.empty.pop(instance.study, None)
        super().keep(instance)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        yield from super().entities(target, level, base)
        if level == "study":
            yield from list(self.empty.values())


@fault("deleted-found-until-a-store", breaks=("STATE-003",), says="SOPInstanceUID of a match is")
class DeletedFoundUntilAStore(Origin):
    """Still finds a deleted instance below a study with other instances, until something is stored."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.gone: list[Json] = []

    def delete(self, request: Request) -> Response:
        target = Target.of(request)
        known = super().entities(Target(target.study, target.series), "instance", base_url(request))
        self.gone += [entity for entity in known if entity[INSTANCE]["Value"] == [target.instance]]
        return super().delete(request)

    def keep(self, instance: Instance) -> None:
        self.gone.clear()
        super().keep(instance)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        yield from super().entities(target, level, base)
        if level == "instance" and self.archive.find(Target(target.study)):
            yield from [entity for entity in self.gone if entity[STUDY]["Value"] == [target.study]]


@fault("metadata-outlive-a-delete", breaks=("STATE-003",), says="is in the list, should be absent")
class MetadataOutliveADelete(Origin):
    """Returns a deleted instance in the metadata of a study that were requested before, until something is stored."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.known: dict[str | None, list[Instance]] = {}

    def described(self, target: Target) -> list[Instance]:
        instances = super().described(target)
        return self.known.setdefault(target.study, instances) if target.level == "study" else instances

    def keep(self, instance: Instance) -> None:
        self.known.clear()
        super().keep(instance)


@fault(
    "bulk-data-vanish-with-a-second-store",
    breaks=("STATE-001", "STOW-BEH-002"),
    says="should be there with a BulkDataURI",
)
class BulkDataVanishWithASecondStore(Origin):
    """Omits attributes with a BulkDataURI from metadata of a series or study once a series has two instances."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        alone = target.level == "instance" or len(self.archive.find(Target(instance.study, instance.series))) == 1
        return found if alone else {name: each for name, each in found.items() if "BulkDataURI" not in each}


@fault("first-instance-changed-by-a-second-store", breaks=("STATE-001", "STOW-BEH-002"), says="byte 63 of")
class FirstInstanceChangedByASecondStore(Origin):
    """Changes the last byte of an instance as soon as its series has a second one."""

    def file(self, instance: Instance, target: Target) -> Content:
        found = super().file(instance, target)
        series = self.archive.find(Target(instance.study, instance.series))
        if series[-1] is instance:
            return found
        octets = found.read()
        return Content(octets[:-1] + bytes([octets[-1] ^ 1]))
