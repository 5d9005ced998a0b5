"""The kind `archive` as each search resource sees it, and the judge of search results about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword

from conformance.dicomweb import comparison, dicom_json, matching
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import difference
from conformance.dicomweb.messages import Response
from conformance.kit import expect, given
from conformance.kit.instances import Instance
from conformance.kit.verdicts import NotSupported
from conformance.query import searches

UIDS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"}
# PS3.18 Table 10.6.1-5: the keys that each level must support.
KEYS = {
    "study": (
        *("StudyDate", "StudyTime", "AccessionNumber", "ModalitiesInStudy", "ReferringPhysicianName"),
        *("PatientName", "PatientID", "StudyInstanceUID", "StudyID"),
    ),
    "series": (
        *("Modality", "SeriesInstanceUID", "SeriesNumber"),
        *("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
        "RequestAttributesSequence.ScheduledProcedureStepID",
        "RequestAttributesSequence.RequestedProcedureID",
    ),
    "instance": ("SOPClassUID", "SOPInstanceUID", "InstanceNumber"),
}
# Keys that distinguish patients; most of the archive belongs to a single one.
OF_PATIENTS = ("PatientName", "PatientID")
_PLAIN = re.compile("[A-Za-z0-9.-]+")  # needs no percent-encoding, which is judged elsewhere
_NOBODY = {"DA": "19000101", "TM": "010203", "IS": "98765"}


class Resource(NamedTuple):
    """A search resource: the entities that it returns, and the levels whose keys it must support (Tables 10.6.1-1 and
    -4)."""

    path: str
    gives: str
    levels: tuple[str, ...]

    @property
    def relational(self) -> bool:
        """True if a server in front of another may omit it (10.6.1.1, Table 10.6.1-1)."""
        return len(self.levels) > 1


RESOURCES = {
    "studies": Resource("studies", "study", ("study",)),
    "study-series": Resource("{study}/series", "series", ("series",)),
    "series-instances": Resource("{series}/instances", "instance", ("instance",)),
    "series": Resource("series", "series", ("study", "series")),
    "study-instances": Resource("{study}/instances", "instance", ("series", "instance")),
    "instances": Resource("instances", "instance", ("study", "series", "instance")),
}


@dataclass(frozen=True)
class Scope:
    """The entities to be found at a resource, by UID. `narrow` are keys that limit an unrestricted search to it."""

    resource: Resource
    target: str
    narrow: dict[str, str]
    entities: dict[str, Dataset]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the resource must support."""
        return tuple(key for level in self.resource.levels for key in KEYS[level])

    def plain(self, key: str) -> str:
        """The rarest value of a key that is plain ASCII and has no variant in another case."""
        counts = Counter(value for ds in self.entities.values() for value in values(ds, key))
        folded = [value.casefold() for value in counts]
        plain = [value for value in counts if _PLAIN.fullmatch(value) and folded.count(value.casefold()) == 1]
        return min(plain, key=lambda value: counts[value])

    def values(self, key: str) -> list[str]:
        """The values of a key, each once."""
        return list(dict.fromkeys(value for ds in self.entities.values() for value in values(ds, key)))

    def matching(self, keys: Mapping[str, str]) -> list[str]:
        """The UIDs of the entities that must be found."""
        return [uid for uid, ds in self.entities.items() if matching.satisfies(ds, keys)]

    def may_match(self, uid: str, keys: Mapping[str, str]) -> bool:
        """True if an entity may be found."""
        return uid in self.entities and matching.satisfies(self.entities[uid], keys) is not False


@cache
def scope(archive: tuple[Instance, ...], name: str, *, everybody: bool = False) -> Scope:
    """The scope of a resource: of the patient with the most studies, or of all patients.

    Below a study it is the first one with the most series, below a series the first of these.
    """
    resource, first = RESOURCES[name], archive[0].dataset
    found = [item.dataset for item in archive if everybody or item.dataset.PatientID == first.PatientID]
    narrow = {} if everybody else {"PatientID": str(first.PatientID)}
    if "{" not in resource.path:
        return Scope(resource, resource.path, narrow, _entities(found, resource.gives))
    series = {item.series_path: item for item in archive}.values()
    parent = max(series, key=lambda item: sum(other.study_uid == item.study_uid for other in series))
    level = "series" if "{series}" in resource.path else "study"
    found = [ds for ds in found if ds[UIDS[level]].value == parent.dataset[UIDS[level]].value]
    target = resource.path.format(study=parent.study_path, series=parent.series_path)
    return Scope(resource, target, {}, _entities(found, resource.gives))


def _entities(found: list[Dataset], level: str) -> dict[str, Dataset]:
    """One data set for each entity of a level: its first, with the modalities of its study."""
    entities: dict[str, Dataset] = {}
    modalities: dict[str, list[str]] = {}
    for ds in found:
        modalities.setdefault(ds.StudyInstanceUID, []).append(ds.Modality)
    for ds in found:
        entity = entities.setdefault(str(ds[UIDS[level]].value), Dataset())
        if not entity:
            entity.update(ds)
            entity.ModalitiesInStudy = list(dict.fromkeys(modalities[ds.StudyInstanceUID]))
    return entities


def values(ds: Dataset, key: str) -> Iterator[str]:
    """The values of a key in a data set, as they are written in a query."""
    name, dot, rest = key.partition(".")
    if dot:
        for item in ds.get(name) or ():
            yield from values(item, rest)
    elif name in ds:
        yield from map(str, comparison.values(ds[name]))


def tag(key: str) -> str:
    """A key written with tags."""
    return ".".join(f"{tag_for_keyword(part):08X}" for part in key.split("."))


def nobodys(key: str, value: str) -> str:
    """A well-formed value that no entity has, made of an existing one."""
    vr = dictionary_VR(key.rpartition(".")[2])
    if vr == "PN":
        return f"Nobody-{value}"
    return _NOBODY.get(vr) or value + (".9" if vr == "UI" else "_9")


def offered(response: Response, resource: Resource) -> None:
    """Raise NotSupported if a relational resource is not there."""
    if resource.relational and response.status in (404, 405, 501):
        raise NotSupported(f"the resource is not supported: status is {response.status} ({response.request})")


def found(response: Response, level: str) -> list[str]:
    """The UIDs of the matches."""
    expect.status(response, 200, 204)
    matches = expect.matches(response)
    return [dicom_json.text(match, UIDS[level]) or f"an entity without {UIDS[level]}" for match in matches]


def exactly(response: Response, scope: Scope, keys: Mapping[str, str]) -> None:
    """Deviate unless exactly the matching entities are found. Those that the text leaves open may be found."""
    nothing_else(response, scope, keys)
    nothing_missing(response, scope, keys)


def nothing_else(response: Response, scope: Scope, keys: Mapping[str, str]) -> None:
    """Deviate if a result does not match.

    Of other people's instances only the returned attributes are known, and an empty one may match (PS3.4 C.2.2.1.2).
    Whether the Patient ID of a narrowed search counts is judged elsewhere.
    """
    level = scope.resource.gives
    others = set() if scope.narrow else {uid for uid in found(response, level) if uid not in scope.entities}
    if others:
        matches = {dicom_json.text(match, UIDS[level]): match for match in expect.matches(response)}
        others = {uid for uid in others if all(says(matches.get(uid, {}), key) for key in keys)}
    listed = found(response, level)
    # In the order of the stored ones: a server may return matches in any.
    there = [*(uid for uid in scope.entities if uid in listed), *(uid for uid in listed if uid in others)]
    wrong = [uid for uid in there if not scope.may_match(uid, keys)]
    _none(wrong, "in the matches", "absent", response, scope, keys)


def says(match: DataSet, key: str) -> bool:
    """True if a match has a value for a key, which may be a path through sequences."""
    *sequences, last = key.split(".")
    inner = [match]
    for keyword in sequences:
        inner = [item for each in inner for item in dicom_json.items(each, keyword)]
    return any(dicom_json.text(each, last) for each in inner)


def nothing_missing(response: Response, scope: Scope, keys: Mapping[str, str]) -> None:
    """Deviate unless all matching entities are found, or the server says that as many remain (8.3.4.4)."""
    lost = missing(response, scope.resource.gives, scope.matching(keys))
    _none(lost, "missing", "found", response, scope, keys)


def missing(response: Response, level: str, wanted: Iterable[str]) -> list[str]:
    """The wanted UIDs that a search does not find; none if the server says that as many remain (8.3.4.4)."""
    there = found(response, level)
    return searches.unexcused([uid for uid in wanted if uid not in there], response)


def same(response: Response, plain: Response, level: str) -> None:
    """Deviate unless a search finds the same as a plain one. Raises Blocked if that one fails: another check judges
    that."""
    given.searched(plain)
    here, there, by = found(response, level), found(plain, level), f"as with {plain.request.target}"
    more, less = [uid for uid in here if uid not in there], [uid for uid in there if uid not in here]
    wrong = [difference(f"the {level} {uid}", "in the matches", f"absent, {by}") for uid in more]
    wrong += [difference(f"the {level} {uid}", "missing", f"found, {by}") for uid in less]
    expect.same(wrong, response)


def _none(wrong: list[str], seen: str, should: str, response: Response, scope: Scope, keys: Mapping[str, str]) -> None:
    """Deviate if an entity is wrong: the deviation lists those that are."""
    expect.same([difference(described(scope, uid, keys), seen, should) for uid in wrong], response)


def described(scope: Scope, uid: str, keys: Mapping[str, str]) -> str:
    """An entity, with its values of some keys."""
    if uid not in scope.entities:
        return f"the {scope.resource.gives} {uid} (not in the data of this check)"
    ds = scope.entities[uid]
    of_it = [f"{key} {', '.join(values(ds, key)) or 'empty'}" for key in keys if key != UIDS[scope.resource.gives]]
    return f"the {scope.resource.gives} {uid}" + (f" with {' and '.join(of_it)}" if of_it else "")
