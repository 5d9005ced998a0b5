"""Faults of which entities a search finds, and of what it knows about those above them (PS3.18 10.6.3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request

from ..app import Origin
from ..archive import Archive
from ..attributes import level as level_of
from ..attributes import tag
from ..dicom_json import Json
from ..query import Query
from ..target import Target
from .registry import fault

STUDY_UID, SERIES_UID = tag("StudyInstanceUID"), tag("SeriesInstanceUID")
COMPUTED = [tag(name) for name in ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "ModalitiesInStudy")]
UID_KEYS = {"StudyInstanceUID", STUDY_UID, "SeriesInstanceUID", SERIES_UID}
# What a search that has lost the levels above still says.
KEPT = {STUDY_UID, SERIES_UID, tag("PatientID"), tag("RetrieveURL")}


@fault(
    "study-for-each-description",
    breaks=("SEARCH-ATTR-STUDY-0020000D",),
    says="is in 2 results, should be in 1",
    seen=("dcmjs-org/dicomweb-server!15",),
)
class StudyForEachDescription(Origin):
    """A study is found once for each StudyDescription that its instances have."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            entity = Target(_uid(found, STUDY_UID))
            yield from [found] * (_descriptions(self.archive, entity, "StudyDescription") if level == "study" else 1)


@fault("series-for-each-description", breaks=("SEARCH-ATTR-SERIES-0020000E",), says="is in 2 results, should be in 1")
class SeriesForEachDescription(Origin):
    """A series is found once for each SeriesDescription that its instances have."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            if level != "series":
                yield found
                continue
            entity = Target(_uid(found, STUDY_UID), _uid(found, SERIES_UID))
            yield from [found] * _descriptions(self.archive, entity, "SeriesDescription")


@fault("instance-for-each-frame", breaks=("SEARCH-ATTR-INSTANCE-00080018",), says="is in 3 results, should be in 1")
class InstanceForEachFrame(Origin):
    """An instance of several frames is found once for each of them."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            yield from [found] * int(found.get(tag("NumberOfFrames"), {}).get("Value", [1])[0])


@fault("study-counted-once", breaks=("SEARCH-RESP-004",), says="ModalitiesInStudy is")
class StudyCountedOnce(Origin):
    """What is computed about a study when it is first searched for is never computed again."""

    counted: dict[str, Json] = {}

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            computed = {name: found[name] for name in COMPUTED}
            yield found | self.counted.setdefault(_uid(found, STUDY_UID), computed)


class OwnLevelOnly(Query):
    """A search whose results have nothing of the levels above but the UIDs."""

    def project(self, attributes: Json) -> Json:
        result = super().project(attributes)
        return {name: value for name, value in result.items() if name in KEPT or level_of(name) == self._levels[-1]}


@fault(
    "levels-above-only-by-uid",
    breaks=("SEARCH-ATTR-ALLSERIES", "SEARCH-ATTR-ALLINST"),
    says="is absent",
    seen=("orthanc-mirrors/orthanc-dicomweb NEWS 1.1", "orthanc-mirrors/orthanc-tests Plugins/DicomWeb/Run.py"),
)
class LevelsAboveOnlyByUid(Origin):
    """A search of all studies lacks the attributes of the levels above, unless the UID of one of these is a key."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        if level == "study" or target.study or UID_KEYS & set(request.query_params):
            return super().query(request, target, level)
        return OwnLevelOnly(request.query_params.multi_items(), target, level)


@fault("study-instances-lack-their-series", breaks=("SEARCH-ATTR-STUDYINST",), says="Modality is absent")
class StudyInstancesLackTheirSeries(Origin):
    """A search for the instances of a study lacks the attributes of their series."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        if (level, target.level) != ("instance", "study"):
            return super().query(request, target, level)
        return OwnLevelOnly(request.query_params.multi_items(), target, level)


class LacksStudyUid(Origin):
    """Results below resources of some levels lack StudyInstanceUID."""

    below: tuple[str, ...]

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        lacking = level != "study" and target.level in self.below
        return {name: value for name, value in result.items() if name != STUDY_UID} if lacking else result


@fault(
    "series-without-study-uid",
    breaks=("SEARCH-ATTR-ALLSERIES",),
    says="StudyInstanceUID is absent",
    seen=("UMEssen/DICOM-RST#18",),
)
class SeriesWithoutStudyUid(LacksStudyUid):
    """Searches for series and instances of all studies lack the StudyInstanceUID."""

    below = ("all",)


@fault("nested-without-study-uid", breaks=("SEARCH-ATTR-HIGHERUID",), says="StudyInstanceUID is absent")
class NestedWithoutStudyUid(LacksStudyUid):
    """Searches below a study or a series lack the StudyInstanceUID, which the path has."""

    below = ("study", "series")


@fault("instance-url-is-of-the-series", breaks=("SEARCH-ATTR-STUDYINST", "SEARCH-ATTR-ALLINST"), says="RetrieveURL is")
class InstanceUrlIsOfTheSeries(Origin):
    """The RetrieveURL of an instance is that of its series, unless the search is below that series."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        if level != "instance" or target.series:
            return result
        (url,) = found[tag("RetrieveURL")]["Value"]
        return result | {tag("RetrieveURL"): {"vr": "UR", "Value": [url.partition("/instances/")[0]]}}


def _uid(found: Json, name: str) -> str:
    return str(found[name]["Value"][0])


def _descriptions(archive: Archive, target: Target, keyword: str) -> int:
    """How many values the instances of a target have for an attribute."""
    return len({repr(instance.attributes.get(tag(keyword))) for instance in archive.find(target)})
