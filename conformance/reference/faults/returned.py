"""Faults in the attributes of results (PS3.18 10.6.3.3): each is missing at its level, or wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..app import Origin
from ..attributes import tag
from ..dicom_json import Json
from ..query import Query
from ..target import Target
from .registry import fault

PLURAL = {"study": "studies", "series": "series", "instance": "instances"}
PATIENT_NAME, GROUPS = tag("PatientName"), ("Alphabetic", "Ideographic", "Phonetic")
RETRIEVE_URL, REQUESTS = tag("RetrieveURL"), tag("RequestAttributesSequence")

Edit = Callable[[Json, Json], Json]


class Edited(Origin):
    """The results at a level, each edited."""

    level: str

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        return self.edited(result, found) if level == self.level else result

    def edited(self, result: Json, found: Json) -> Json:
        """The result that is returned instead; `found` is everything known about the entity."""
        raise NotImplementedError


def requirement(level: str, *path: str) -> str:
    """The requirement of an attribute at a level."""
    return "-".join(["SEARCH-ATTR", level.upper(), *map(tag, path)])


def lacks(level: str, keyword: str, *, seen: tuple[str, ...] = ()) -> None:
    """Register the origin whose results at a level lack an attribute, even if a client requests it."""

    class Lacking(Edited):
        def edited(self, result: Json, found: Json) -> Json:
            return {name: attribute for name, attribute in result.items() if name != tag(keyword)}

    Lacking.level = level
    Lacking.__doc__ = f"Omits {keyword} from the results for {PLURAL[level]}."
    words = re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", keyword).lower()
    broken = requirement(level, keyword)
    fault(f"{level}-result-lacks-{words}", breaks=(broken,), says=f"{keyword} is absent", seen=seen)(Lacking)


def result_fault(
    id: str, level: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[Edit], Edit]:
    """Register an edit of each result at a level; it also receives everything known about the entity."""

    def register(edit: Edit) -> Edit:
        class EditedResult(Edited):
            def edited(self, result: Json, found: Json) -> Json:
                return edit(result, found)

        EditedResult.level = level
        EditedResult.__doc__ = edit.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(EditedResult)
        return edit

    return register


lacks("study", "StudyTime")
lacks("study", "AccessionNumber")
lacks("study", "ModalitiesInStudy")
lacks("study", "ReferringPhysicianName")
lacks("study", "TimezoneOffsetFromUTC")
lacks("study", "PatientID")
lacks("study", "PatientBirthDate")
lacks("study", "PatientSex")
lacks("study", "StudyID")
lacks("study", "NumberOfStudyRelatedSeries", seen=("DICOMcloud/DICOMcloud#34",))
lacks("study", "NumberOfStudyRelatedInstances", seen=("DICOMcloud/DICOMcloud#34",))
lacks("series", "TimezoneOffsetFromUTC")
lacks("series", "SeriesDescription")
lacks("series", "NumberOfSeriesRelatedInstances")
lacks("series", "PerformedProcedureStepStartDate")
lacks("series", "PerformedProcedureStepStartTime")
lacks("series", "RequestAttributesSequence")
lacks("instance", "SOPClassUID")
lacks("instance", "InstanceAvailability")
lacks("instance", "TimezoneOffsetFromUTC")
lacks("instance", "RetrieveURL")
lacks("instance", "NumberOfFrames")
lacks("instance", "BitsAllocated")


@result_fault(
    "study-date-in-iso-8601", "study", breaks=(requirement("study", "StudyDate"),), says="should be '20231105'"
)
def study_date_in_iso_8601(result: Json, found: Json) -> Json:
    """Returns the StudyDate of a study with hyphens."""
    dates = [f"{date[:4]}-{date[4:6]}-{date[6:]}" for date in result[tag("StudyDate")].get("Value", [])]
    return result | ({tag("StudyDate"): {"vr": "DA", "Value": dates}} if dates else {})


@result_fault(
    "one-modality-in-study", "study", breaks=(requirement("study", "ModalitiesInStudy"),), says="is 'CT', should"
)
def one_modality_in_study(result: Json, found: Json) -> Json:
    """Returns only the modality of the first series as ModalitiesInStudy."""
    modalities = result[tag("ModalitiesInStudy")]["Value"]
    return result | {tag("ModalitiesInStudy"): {"vr": "CS", "Value": modalities[:1]}}


@result_fault(
    "study-counts-series-as-instances",
    "study",
    breaks=(requirement("study", "NumberOfStudyRelatedInstances"),),
    says="is 3, should be 4",
)
def study_counts_series_as_instances(result: Json, found: Json) -> Json:
    """Returns the number of series as NumberOfStudyRelatedInstances."""
    return result | {tag("NumberOfStudyRelatedInstances"): found[tag("NumberOfStudyRelatedSeries")]}


@result_fault("patient-name-without-carets", "study", breaks=(requirement("study", "PatientName"),), says="should be")
def patient_name_without_carets(result: Json, found: Json) -> Json:
    """Joins the components of a PatientName with spaces."""
    names = [
        {group: text.replace("^", " ") for group, text in name.items()}
        for name in result[tag("PatientName")].get("Value", [])
    ]
    return result | ({tag("PatientName"): {"vr": "PN", "Value": names}} if names else {})


@result_fault(
    "birth-date-of-the-unborn",
    "study",
    breaks=(requirement("study", "PatientBirthDate"),),
    says="should be empty, as it was stored",
)
def birth_date_of_the_unborn(result: Json, found: Json) -> Json:
    """Returns the first day of the calendar as a PatientBirthDate that has no value."""
    known = "Value" in result[tag("PatientBirthDate")]
    return result if known else result | {tag("PatientBirthDate"): {"vr": "DA", "Value": ["00010101"]}}


@result_fault(
    "availability-in-own-words",
    "study",
    breaks=(requirement("study", "InstanceAvailability"),),
    says="InstanceAvailability is AVAILABLE, should be ONLINE",
)
def availability_in_own_words(result: Json, found: Json) -> Json:
    """Returns a word as InstanceAvailability that DICOM does not have."""
    return result | {tag("InstanceAvailability"): {"vr": "CS", "Value": ["AVAILABLE"]}}


@result_fault(
    "study-url-of-a-former-base",
    "study",
    breaks=(requirement("study", "RetrieveURL"),),
    says="status is 404, should be 200",
    seen=("nroduit/Weasis#432",),
)
def study_url_of_a_former_base(result: Json, found: Json) -> Json:
    """Returns the RetrieveURL of a study below a path that does not exist."""
    (url,) = found[RETRIEVE_URL]["Value"]
    return result | {RETRIEVE_URL: {"vr": "UR", "Value": [url.replace("/studies/", "/former/studies/")]}}


@result_fault(
    "series-url-is-of-the-study",
    "series",
    breaks=(requirement("series", "RetrieveURL"), "SEARCH-ATTR-ALLSERIES"),
    says="RetrieveURL is",
)
def series_url_is_of_the_study(result: Json, found: Json) -> Json:
    """Returns the RetrieveURL of the study for a series."""
    (url,) = found[RETRIEVE_URL]["Value"]
    return result | {RETRIEVE_URL: {"vr": "UR", "Value": [url.partition("/series/")[0]]}}


@result_fault(
    "modality-of-the-study",
    "series",
    breaks=(requirement("series", "Modality"),),
    says="Modality is 'CT', should be 'SR'",
)
def modality_of_the_study(result: Json, found: Json) -> Json:
    """Returns the first Modality of the study for a series."""
    return result | {tag("Modality"): {"vr": "CS", "Value": found[tag("ModalitiesInStudy")]["Value"][:1]}}


@result_fault(
    "series-number-is-one",
    "series",
    breaks=(requirement("series", "SeriesNumber"),),
    says="SeriesNumber is 1, should be",
)
def series_number_is_one(result: Json, found: Json) -> Json:
    """Returns 1 as the SeriesNumber of a series."""
    return result | {tag("SeriesNumber"): {"vr": "IS", "Value": [1]}}


@result_fault(
    "one-request-a-series",
    "series",
    breaks=(requirement("series", "RequestAttributesSequence"),),
    says="is 1 item, should be 2 items",
)
def one_request_a_series(result: Json, found: Json) -> Json:
    """Returns only the first item of the RequestAttributesSequence of a series."""
    return _with_requests(result, lambda items: items[:1])


@result_fault(
    "requests-without-step",
    "series",
    breaks=(requirement("series", "RequestAttributesSequence", "ScheduledProcedureStepID"),),
    says="ScheduledProcedureStepID of item 1 is absent",
)
def requests_without_step(result: Json, found: Json) -> Json:
    """Omits ScheduledProcedureStepID from the items of the RequestAttributesSequence."""
    return _with_requests(result, lambda items: [_less(item, "ScheduledProcedureStepID") for item in items])


@result_fault(
    "requests-without-procedure",
    "series",
    breaks=(requirement("series", "RequestAttributesSequence", "RequestedProcedureID"),),
    says="RequestedProcedureID of item 1 is absent",
)
def requests_without_procedure(result: Json, found: Json) -> Json:
    """Omits RequestedProcedureID from the items of the RequestAttributesSequence."""
    return _with_requests(result, lambda items: [_less(item, "RequestedProcedureID") for item in items])


@result_fault(
    "rows-and-columns-swapped",
    "instance",
    breaks=(requirement("instance", "Rows"), requirement("instance", "Columns")),
    says="should be 1",
)
def rows_and_columns_swapped(result: Json, found: Json) -> Json:
    """Swaps the Rows and Columns of an instance."""
    swapped = {"00280010": "00280011", "00280011": "00280010"}
    return {name: result[swapped.get(name, name)] for name in result}


@result_fault(
    "instance-number-counts-from-zero",
    "instance",
    breaks=(requirement("instance", "InstanceNumber"),),
    says="InstanceNumber is 20, should be 21",
)
def instance_number_counts_from_zero(result: Json, found: Json) -> Json:
    """Returns an InstanceNumber that is one less than the stored one."""
    numbers = [number - 1 for number in result[tag("InstanceNumber")].get("Value", [])]
    return result | ({tag("InstanceNumber"): {"vr": "IS", "Value": numbers}} if numbers else {})


@fault("study-time-not-in-xml", breaks=(requirement("study", "StudyTime"),), says="StudyTime is absent, should be")
class StudyTimeNotInXml(Origin):
    """Omits StudyTime from results in XML, but not in JSON."""

    def xml(self, data_set: Json) -> bytes:
        if RETRIEVE_URL in data_set:
            data_set = _less(data_set, "StudyTime")
        return super().xml(data_set)


def _with_requests(result: Json, edit: Callable[[list[Json]], list[Json]]) -> Json:
    items = result.get(REQUESTS, {}).get("Value", [])
    return result | ({REQUESTS: {"vr": "SQ", "Value": edit(items)}} if items else {})


def _less(item: Json, keyword: str) -> Json:
    return {name: attribute for name, attribute in item.items() if name != tag(keyword)}


@result_fault(
    "long-names-are-cut",
    "study",
    breaks=(requirement("study", "PatientName"),),
    says="PatientName from character 65 on is empty",
    seen=("microsoft/dicom-server!193",),
)
def long_names_are_cut(result: Json, found: Json) -> Json:
    """Cuts a PatientName of several component groups after 64 characters in the results for studies."""
    names = [("=".join(name.values())[:64]).split("=") for name in result[PATIENT_NAME].get("Value", []) if name]
    cut = [dict(zip(GROUPS, filter(None, groups), strict=False)) for groups in names]
    return result | ({PATIENT_NAME: {"vr": "PN", "Value": cut}} if cut else {})


@fault(
    "names-are-empty-across-studies",
    breaks=("SEARCH-ATTR-ALLSERIES", "SEARCH-ATTR-ALLINST"),
    says="PatientName is ",
    seen=("orthanc-mirrors/orthanc-dicomweb 1.18",),
)
class NamesAreEmptyAcrossStudies(Origin):
    """Returns an empty PatientName in results for series and instances if it is not in ASCII."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        names = result.get(PATIENT_NAME, {}).get("Value", [])
        foreign = any(name and not name.get("Alphabetic", "").isascii() for name in names)
        return result | {PATIENT_NAME: {"vr": "PN"}} if foreign and level != "study" else result


@result_fault(
    "sop-classes-are-titles",
    "study",
    breaks=("SEARCH-INCL-015",),
    says="SOPClassesInStudy is ARCHIVE",
    seen=("dcm4che/dcm4chee-arc-light#104",),
)
def sop_classes_are_titles(result: Json, found: Json) -> Json:
    """Returns its own AE title as the SOP Classes of a study."""
    name = tag("SOPClassesInStudy")
    return result | ({name: {"vr": "UI", "Value": ["ARCHIVE"]}} if name in result else {})


@result_fault(
    "patient-has-no-other-studies",
    "study",
    breaks=("SEARCH-INCL-015",),
    says="NumberOfPatientRelatedStudies is 1",
    seen=("dcm4che/dcm4chee-arc-light#4449",),
)
def patient_has_no_other_studies(result: Json, found: Json) -> Json:
    """Returns 1 as the number of studies of a patient who has more."""
    name = tag("NumberOfPatientRelatedStudies")
    return result | ({name: {"vr": "IS", "Value": [1]}} if name in result else {})


@result_fault(
    "fraction-of-a-time-is-lost",
    "study",
    breaks=("SEARCH-ATTR-STUDY-00080030",),
    says="StudyTime is '235959', should be '235959.25'",
)
def fraction_of_a_time_is_lost(result: Json, found: Json) -> Json:
    """Returns times to the second."""
    return _cut(result, "StudyTime", lambda value: value.partition(".")[0])


for _level, _number in (("series", "SeriesNumber"), ("instance", "InstanceNumber")):

    @result_fault(
        f"great-{_level}-number-is-cut", _level, breaks=(requirement(_level, _number),), says=f"{_number} is 32767"
    )
    def great_number_is_cut(result: Json, found: Json, name: str = _number) -> Json:
        """Returns a number that does not fit into 16 bits as the greatest that does."""
        return _cut(result, name, lambda value: min(value, 32767))


def _cut(result: Json, keyword: str, cut: Callable[[Any], Any]) -> Json:
    """The result with the values of an attribute cut."""
    attribute = result.get(tag(keyword), {})
    if "Value" not in attribute:
        return result
    return result | {tag(keyword): attribute | {"Value": [value and cut(value) for value in attribute["Value"]]}}


@fault("one-name-of-an-id", breaks=("SEARCH-ATTR-STUDY-00100010",), says="PatientName of the study")
class OneNameOfAnId(Origin):
    """Returns the name that it met first with a Patient ID for each patient who has this ID."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.names: dict[str, Json] = {}

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        name = result.get(PATIENT_NAME)
        patient = found.get(tag("PatientID"), {}).get("Value", [None])[0]
        return result | {PATIENT_NAME: self.names.setdefault(patient, name)} if patient and name else result
