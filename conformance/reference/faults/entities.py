"""Faults in the entities that a search finds, and in the attributes of the levels above them (PS3.18 10.6.3.3)."""

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
    """Lists a study once for each StudyDescription that its instances have."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            entity = Target(_uid(found, STUDY_UID))
            yield from [found] * (_descriptions(self.archive, entity, "StudyDescription") if level == "study" else 1)


@fault("series-for-each-description", breaks=("SEARCH-ATTR-SERIES-0020000E",), says="is in 2 results, should be in 1")
class SeriesForEachDescription(Origin):
    """Lists a series once for each SeriesDescription that its instances have."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            if level != "series":
                yield found
                continue
            entity = Target(_uid(found, STUDY_UID), _uid(found, SERIES_UID))
            yield from [found] * _descriptions(self.archive, entity, "SeriesDescription")


@fault("instance-for-each-frame", breaks=("SEARCH-ATTR-INSTANCE-00080018",), says="is in 3 results, should be in 1")
class InstanceForEachFrame(Origin):
    """Lists an instance of several frames once for each frame."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            yield from [found] * int(found.get(tag("NumberOfFrames"), {}).get("Value", [1])[0])


@fault("study-counted-once", breaks=("SEARCH-RESP-004",), says="ModalitiesInStudy is")
class StudyCountedOnce(Origin):
    """Computes the counts and modalities of a study at its first search, and never again."""

    counted: dict[str, Json] = {}

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            computed = {name: found[name] for name in COMPUTED}
            yield found | self.counted.setdefault(_uid(found, STUDY_UID), computed)


class OwnLevelOnly(Query):
    """A search whose results have only the UIDs of the levels above."""

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
    """Omits the attributes of the levels above from searches of all studies, unless a key is the UID of one of them."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        if level == "study" or target.study or UID_KEYS & set(request.query_params):
            return super().query(request, target, level)
        return OwnLevelOnly(request.query_params.multi_items(), target, level)


@fault("study-instances-lack-their-series", breaks=("SEARCH-ATTR-STUDYINST",), says="Modality is absent")
class StudyInstancesLackTheirSeries(Origin):
    """Omits the attributes of the series from searches for the instances of a study."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        if (level, target.level) != ("instance", "study"):
            return super().query(request, target, level)
        return OwnLevelOnly(request.query_params.multi_items(), target, level)


class LacksStudyUid(Origin):
    """Omits StudyInstanceUID from results below resources of some levels."""

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
    """Omits StudyInstanceUID from searches for series and instances of all studies."""

    below = ("all",)


@fault("nested-without-study-uid", breaks=("SEARCH-ATTR-HIGHERUID",), says="StudyInstanceUID is absent")
class NestedWithoutStudyUid(LacksStudyUid):
    """Omits StudyInstanceUID, which the path has, from searches below a study or a series."""

    below = ("study", "series")


@fault("instance-url-is-of-the-series", breaks=("SEARCH-ATTR-STUDYINST", "SEARCH-ATTR-ALLINST"), says="RetrieveURL is")
class InstanceUrlIsOfTheSeries(Origin):
    """Returns the RetrieveURL of the series for an instance, unless the search is below that series."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        if level != "instance" or target.series:
            return result
        (url,) = found[tag("RetrieveURL")]["Value"]
        return result | {tag("RetrieveURL"): {"vr": "UR", "Value": [url.partition("/instances/")[0]]}}


def _uid(found: Json, name: str) -> str:
    return str(found[name]["Value"][0])


def _descriptions(archive: Archive, target: Target, keyword: str) -> int:
    """The number of values that the instances of a target have for an attribute."""
    return len({repr(instance.attributes.get(tag(keyword))) for instance in archive.find(target)})
