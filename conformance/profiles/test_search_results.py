"""Searches: the attributes and the number of results."""

from __future__ import annotations

import pytest
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from conformance.dicomweb import dicom_json
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect, given, stow
from conformance.kit.verdicts import Observed

# The published lists, by level; with includefield=all those of MORE too.
ALWAYS = {
    "study": "StudyDate AccessionNumber StudyDescription ReferringPhysicianName PatientName PatientID PatientBirthDate "
    "StudyInstanceUID",
    "series": "Modality ManufacturerModelName SeriesInstanceUID PerformedProcedureStepStartDate",
    "instance": "SOPInstanceUID",
}
MORE = {
    "study": "StudyTime PatientSex StudyID AnatomicRegionsInStudyCodeSequence ProcedureCodeSequence "
    "NameOfPhysiciansReadingStudy AdmittingDiagnosesDescription ReferencedStudySequence PatientAge PatientSize "
    "PatientWeight Occupation AdditionalPatientHistory",
    "series": "SeriesNumber Laterality SeriesDate SeriesTime SeriesDescription PerformedProcedureStepStartTime "
    "RequestAttributesSequence",
    "instance": "SOPClassUID InstanceNumber Rows Columns BitsAllocated NumberOfFrames",
}
# In the lists too, but of the answer, or not of one level.
PERHAPS = {"SpecificCharacterSet", "InstanceAvailability", "TimezoneOffsetFromUTC"}
# The levels whose attributes a result has, and the UIDs that the path names.
RESOURCES = {
    "studies": ("studies?StudyInstanceUID={0.study_uid}", ["study"], []),
    "study-series": ("{0.study_path}/series", ["series"], ["StudyInstanceUID"]),
    "series-instances": ("{0.series_path}/instances", ["instance"], ["StudyInstanceUID", "SeriesInstanceUID"]),
}
WITH_PARENTS = {
    "series": ("series?StudyInstanceUID={0.study_uid}", ["study", "series"], []),
    "instances": ("instances?StudyInstanceUID={0.study_uid}", ["study", "series", "instance"], []),
    "study-instances": ("{0.study_path}/instances", ["series", "instance"], ["StudyInstanceUID"]),
}


def listed(response, instances, keywords, perhaps=()):
    """Each result has those of the attributes for which its instance has a value, and no others."""
    expect.status(response, 200)
    for match in expect.datasets(response):
        instance = _of(response, match, instances)
        names = {keyword_for_tag(tag) or tag for tag in match}
        wanted = {keyword for keyword in keywords if instance.dataset.get(keyword) not in (None, "")}
        missing = [difference(name, None, "there") for name in sorted(wanted - names)]
        added = [difference(name, "there", "absent") for name in sorted(names - {*keywords, *perhaps})]
        expect.same([*missing, *added], response)


def _of(response, match, instances):
    """The instance that a result is, or one of the series or the study that it is."""
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        if uid := dicom_json.text(match, keyword):
            found = [item for item in instances if str(item.dataset[keyword].value) == uid]
            expect.that(found, f"{keyword} of a match", uid, "one that was stored", response)
            return found[0]
    expect.deviates("the UID of a match", None, "there", response)


@check("MS-QIDO-11")
@pytest.mark.parametrize("resource", RESOURCES)
def test_attributes_of_a_level(endpoint, stored, resource):
    """Results have the attributes of their list, and the UIDs of the path."""
    target, (level,), bound = RESOURCES[resource]
    kept = stored("described")

    response = endpoint.get(target.format(kept[0]))

    listed(response, kept, [*ALWAYS[level].split(), *bound])


@check("MS-QIDO-11", "key")
def test_attribute_that_was_searched_by(endpoint, stored):
    """Results have an attribute that was searched by, here ModalitiesInStudy, beside those of the list."""
    kept = stored("described")

    response = endpoint.get("studies", params={"StudyInstanceUID": kept[0].study_uid, "ModalitiesInStudy": "CT"})

    listed(response, kept, ALWAYS["study"].split(), ["ModalitiesInStudy"])
    found = dicom_json.values(expect.datasets(response)[0], "ModalitiesInStudy")
    expect.present("ModalitiesInStudy", found, response)


@check("MS-QIDO-12")
@pytest.mark.parametrize("resource", WITH_PARENTS)
def test_attributes_of_the_levels_above(endpoint, stored, resource):
    """Results have the attributes of the levels above that the path does not name."""
    target, levels, bound = WITH_PARENTS[resource]
    kept = stored("described")

    response = endpoint.get(target.format(kept[0]))

    listed(response, kept, [*(keyword for level in levels for keyword in ALWAYS[level].split()), *bound])


@check("MS-QIDO-13")
@pytest.mark.parametrize("resource", RESOURCES)
def test_all_attributes(endpoint, stored, resource):
    """With includefield=all results have the attributes of the longer list."""
    target, (level,), bound = RESOURCES[resource]
    kept, target = stored("described"), target.format(stored("described")[0])

    response = endpoint.get(f"{target}{'&' if '?' in target else '?'}includefield=all")

    listed(response, kept, [*ALWAYS[level].split(), *MORE[level].split(), *bound], PERHAPS)


@check("MS-QIDO-09")
@pytest.mark.parametrize(
    ("level", "keyword", "number"),
    [("study", "NumberOfStudyRelatedInstances", "4"), ("series", "NumberOfSeriesRelatedInstances", "2")],
    ids=["study", "series"],
)
def test_numbers_of_instances(endpoint, stored, level, keyword, number):
    """The number of instances of a study of four, and of a series of two, is returned on request."""
    instance = stored("described")[0]
    uid = {"StudyInstanceUID": instance.study_uid}
    uid |= {"SeriesInstanceUID": instance.series_uid} if level == "series" else {}

    response = endpoint.get("studies" if level == "study" else "series", params=uid | {"includefield": keyword})

    expect.status(response, 200)
    found = [dicom_json.text(match, keyword) or "absent" for match in expect.datasets(response)]
    expect.equal(keyword, ", ".join(found) or None, number, response)


@check("MS-QIDO-14")
@pytest.mark.parametrize(
    "fields",
    [
        "PatientSex,StudyID",
        "PatientSex%2CStudyID",
        "00100040&includefield=00200010",
        "PatientSex,00080060,StudyID",
    ],
    ids=["comma", "percent", "repeated", "other-level"],
)
def test_forms_of_includefield(endpoint, stored, fields):
    """PatientSex and StudyID are returned, however includefield names them, beside an attribute of a series."""
    instance = stored("described")[0]

    response = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}&includefield={fields}")

    match = expect.one_match(response, "StudyInstanceUID", instance.study_uid)
    for keyword in ("PatientSex", "StudyID"):
        expect.equal(keyword, dicom_json.text(match, keyword), instance.dataset[keyword].value, response)


@check("MS-QIDO-16")
def test_results_without_a_limit(endpoint, images):
    """A search without limit returns 100 of 101 instances."""
    study = images(101)
    for start in range(0, len(study), 34):
        given.accepted(endpoint.post("studies", stow.multipart(study[start : start + 34])), by="ms-stow-04")

    response = endpoint.get("instances", params={"StudyInstanceUID": study[0].study_uid})

    expect.status(response, 200)
    expect.equal("the number of matches", len(expect.datasets(response)), 100, response)


@check("MS-QIDO-25")
def test_what_results_have_not(endpoint, stored):
    """Whether a result has a RetrieveURL, and attributes without a value."""
    study = stored("without-values")[0].study_uid

    response = endpoint.get("studies", params={"StudyInstanceUID": study})

    match = given.one_match(response, "StudyInstanceUID", study)
    empty = [keyword_for_tag(tag) or tag for tag, attribute in match.items() if not attribute.get("Value")]
    url = "a" if f"{tag_for_keyword('RetrieveURL'):08X}" in match else "no"
    raise Observed(f"a result has {url} RetrieveURL; without a value are {', '.join(empty) or 'none'}")
