"""Questions about stored instances, whose responses are judged against the model (PS3.18 10.4, 10.6)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pydicom import Dataset

from conformance.dicomweb import completeness, dicom_json, part10, warning_field
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Difference
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import shown
from conformance.kit import expect
from conformance.kit.accept import AS_STORED, DICOM_JSON
from conformance.kit.instances import Instance
from conformance.kit.sequences import Model, Place, Slate

KEYWORDS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"}
# Attributes that count entities, and the level of each (PS3.18 Tables 10.6.3-3 and -4).
COUNTS = {
    "NumberOfStudyRelatedSeries": ("study", "series"),
    "NumberOfStudyRelatedInstances": ("study", "instance"),
    "NumberOfSeriesRelatedInstances": ("series", "instance"),
}

# Attributes that a search returns at each level (10.6.3.3), and that no step changes.
DESCRIBED = {
    "study": ("PatientID", "PatientName", "PatientBirthDate", "StudyID", "StudyDate"),
    "series": ("Modality", "SeriesNumber"),
    "instance": ("SOPClassUID", "InstanceNumber"),
}

Seen = dict[Place, str]
# The content of an instance, and its differences from the instance that was stored with it.
Read = tuple[str, Callable[[Instance], list[Difference]]]


@dataclass(frozen=True)
class Question(ABC):
    """A GET about a place: its target, and the level of the place that it asks about.

    `last`: asked after the last step only, in a form that another index of the server may serve.
    """

    target: str
    level: str
    last: bool = field(default=False, kw_only=True)
    accept = DICOM_JSON
    feature = ""

    @property
    def plainer(self) -> Question | None:
        """A question that judges less, for a server that fails this one in the plain case; None if there is none."""
        return None

    def path(self, slate: Slate, place: Place) -> str:
        """The target with the UIDs of the place, or of all places."""
        return self.target.format(**slate.uids(place), **slate.lists)

    @abstractmethod
    def expected(self, slate: Slate, model: Model, place: Place) -> str:
        """The right answer in words."""

    @abstractmethod
    def judge(self, response: Response, slate: Slate, model: Model, place: Place) -> Seen:
        """Deviate unless the response agrees with the model; return the contents that it has shown."""


@dataclass(frozen=True)
class Search(Question):
    """A search that finds the entities of one level in that of another. `whole`: with the attributes of that level."""

    finds: str
    whole: bool = True

    @property
    def plainer(self) -> Question | None:
        return replace(self, whole=False) if self.whole else None

    def expected(self, slate: Slate, model: Model, place: Place) -> str:
        said = []
        for uid in _entities(slate, model, place, self.level, self.finds):
            counts = [f"{name} {_count(slate, model, uid, name)}" for name in COUNTS if COUNTS[name][0] == self.finds]
            said.append(", ".join([f"{KEYWORDS[self.finds]} {uid} once", *counts]))
        return "; ".join(said) or "no match"

    def judge(self, response: Response, slate: Slate, model: Model, place: Place) -> Seen:
        wanted = _entities(slate, model, place, self.level, self.finds)
        if not wanted:
            expect.no_match(response)
            return {}
        expect.status(response, 200)
        matches = expect.matches(response)
        keyword = KEYWORDS[self.finds]
        _judge_uids(response, keyword, [dicom_json.text(match, keyword) or "absent" for match in matches], wanted)
        for match in matches:
            _judge_counts(response, match, slate, model)
            if self.whole:
                self._judge_attributes(response, match, slate, model)
        return {}

    def _judge_attributes(self, response: Response, match: DataSet, slate: Slate, model: Model) -> None:
        """Deviate unless a match has the attributes of its level as they were stored."""
        uid = dicom_json.text(match, KEYWORDS[self.finds]) or ""
        place = next(place for place in model.contents if slate.uids(place)[self.finds] == uid)
        stored = Dataset()
        for keyword in DESCRIBED[self.finds]:
            stored.add(slate.instance(place).dataset[keyword])
        expect.same([each.of(uid) for each in dicom_json.differences(stored, match)], response)


@dataclass(frozen=True)
class Retrieve(Question):
    """Retrieve of instances. `whole`: each is judged as it was stored, value by value; else Image Comments only."""

    accept = AS_STORED
    whole: bool = True

    @property
    def plainer(self) -> Question | None:
        return replace(self, whole=False) if self.whole else None

    def expected(self, slate: Slate, model: Model, place: Place) -> str:
        contents = {slate.uids(one)["instance"]: model.contents[one] for one in model.within(place, self.level)}
        said = [f"{uid} with {' or '.join(sorted(content))}" for uid, content in contents.items()]
        return ", ".join(said) or "404 or 410"

    def judge(self, response: Response, slate: Slate, model: Model, place: Place) -> Seen:
        places = model.within(place, self.level)
        if not places:
            expect.not_there(response)
            return {}
        seen = {}
        for one, (content, differences) in self.read(response, slate, places).items():
            uid = slate.uids(one)["instance"]
            if content not in model.contents[one]:
                expect.deviates(f"ImageComments of {uid}", shown(content), sorted(model.contents[one]), response)
            if self.whole:
                expect.same([each.of(uid) for each in differences(slate.instance(one, content))], response)
            seen[one] = content
        return seen

    def read(self, response: Response, slate: Slate, places: list[Place]) -> dict[Place, Read]:
        """The content of each of these instances, which must be all that the response has."""
        found = expect.instances(response, [slate.instance(place) for place in places])

        def read(ds: Dataset) -> Read:
            return str(ds.get("ImageComments", "absent")), lambda stored: part10.differences(stored.dataset, ds)

        return {place: read(found[slate.uids(place)["instance"]]) for place in places}


@dataclass(frozen=True)
class Metadata(Retrieve):
    """Retrieve of metadata. `whole`: with all attributes, and each binary value by reference or inline."""

    accept = DICOM_JSON
    feature = "metadata"

    def read(self, response: Response, slate: Slate, places: list[Place]) -> dict[Place, Read]:
        found = expect.metadata(response, [slate.instance(place) for place in places])

        def read(ds: DataSet) -> Read:
            return dicom_json.text(ds, "ImageComments") or "absent", lambda stored: _changed(stored.dataset, ds)

        return {place: read(found[slate.uids(place)["instance"]]) for place in places}


def _changed(stored: Dataset, returned: DataSet) -> list[Difference]:
    """The differences of metadata: missing and changed attributes."""
    return [
        *(Difference(name, "absent", "there") for name in completeness.missing(stored, returned)),
        *completeness.valueless(stored, returned),
        *dicom_json.differences(stored, returned),
    ]


STUDY = "studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{instance}"
PATHS = {"study": STUDY, "series": SERIES, "instance": INSTANCE}

RETRIEVES = (
    Retrieve(INSTANCE, "instance"),
    Retrieve(SERIES, "series"),
    Retrieve(STUDY, "study"),
    Metadata(INSTANCE + "/metadata", "instance"),
    Metadata(SERIES + "/metadata", "series"),
    Metadata(STUDY + "/metadata", "study"),
)
SEARCHES = (
    Search("studies?StudyInstanceUID={study}", "study", "study"),
    Search("studies?PatientID={patient}", "patient", "study"),
    Search("series?SeriesInstanceUID={series}", "series", "series"),
    Search(STUDY + "/series", "study", "series"),
    Search("instances?SOPInstanceUID={instance}", "instance", "instance"),
    Search(STUDY + "/instances", "study", "instance"),
    Search(SERIES + "/instances", "series", "instance"),
    Search("studies?StudyInstanceUID={studies}", "patient", "study", last=True),
    Search("instances?SOPInstanceUID={instances}", "patient", "instance", last=True),
    Search("studies?PatientID={patient}&ModalitiesInStudy=OT", "patient", "study", last=True),
    Search("studies?PatientID={patient}&PatientName=Kind%5ESequence&fuzzymatching=true", "patient", "study", last=True),
    Search("series?PatientID={patient}&Modality=OT", "patient", "series", last=True),
    Search("instances?PatientID={patient}&includefield=all", "patient", "instance", last=True),
)


def _entities(slate: Slate, model: Model, place: Place, level: str, of: str) -> list[str]:
    """The UIDs of the entities of a level in that of another of a place."""
    return list(dict.fromkeys(slate.uids(one)[of] for one in model.within(place, level)))


def _count(slate: Slate, model: Model, uid: str, attribute: str) -> int:
    """The number that a counting attribute of a study or series must have."""
    level, counted = COUNTS[attribute]
    places = [place for place in model.contents if slate.uids(place)[level] == uid]
    return len({slate.uids(place)[counted] for place in places})


def _judge_uids(response: Response, keyword: str, found: list[str], wanted: list[str]) -> None:
    """Deviate unless the UIDs are the same, each once, in any order; or fewer, if the server says that the others
    remain."""
    absent = [uid for uid in wanted if uid not in found]
    lost = warning_field.unexplained(absent, response.header("Warning"))
    for uid in wanted:
        if uid in found or uid in lost:
            expect.equal(f"the number of matches with {keyword} {uid}", found.count(uid), 1, response)
    for uid in found:
        expect.that(uid in wanted, f"{keyword} of a match", uid, wanted, response)


def _judge_counts(response: Response, match: DataSet, slate: Slate, model: Model) -> None:
    """Judge the counts of a match. Whether it must have them is judged elsewhere."""
    for name, (level, _) in COUNTS.items():
        found, uid = dicom_json.text(match, name), dicom_json.text(match, KEYWORDS[level])
        if found and uid:
            expect.equal(f"{name} of {uid}", found.strip(), str(_count(slate, model, uid, name)), response)
