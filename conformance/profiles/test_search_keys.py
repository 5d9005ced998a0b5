"""Searches: the matches of a key, and refused parameters."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json, uids
from conformance.kit import check, expect, given, stow
from conformance.kit.verdicts import Observed
from conformance.profiles import reading

# The value of each date of the kind "described", the days around it, and the day before these.
DATES = {
    "StudyDate": ("20231103", "20231104", "20231105", "20231106"),
    "PatientBirthDate": ("19610210", "19610211", "19610212", "19610213"),
}
MATCHES = {"day": "{2}", "range": "{1}-{3}", "from": "{2}-", "to": "-{2}"}
MATCHES_NOT = {"day": "{3}", "range": "{0}-{1}", "from": "{3}-", "to": "-{1}"}
REFUSED_DATES = {"no-ends": "-", "reversed": "20231106-20231104", "no-date": "20231399"}
NAME, PHYSICIAN = "Hall^Jonathan^T\u00e1", "Weber-Stone^Anna Maria"
REFUSED = {
    "twice": "studies?StudyInstanceUID={0}&PatientID=a&PatientID=b",
    "keyword-and-tag": "studies?StudyInstanceUID={0}&PatientID=a&00100020=a",
    "no-value": "studies?StudyInstanceUID={0}&PatientID=",
    "unknown": "studies?StudyInstanceUID={0}&orderby=StudyDate",
    "study-of-the-path": "studies/{0}/series?StudyInstanceUID={0}",
    "series-of-the-path": "studies/{0}/series/{1}/instances?SeriesInstanceUID={1}",
}
NOT_INDEXED = {
    "StudyTime": "studies",
    "StudyID": "studies",
    "SeriesNumber": "series",
    "SOPClassUID": "instances",
    "InstanceNumber": "instances",
}


def studies(endpoint, instance, **keys):
    """A search of the study of an instance by more keys."""
    return endpoint.get("studies", params={"StudyInstanceUID": instance.study_uid} | keys)


@pytest.fixture
def named(endpoint, images):
    """An image of a patient and a physician with names of several words."""
    (image,) = images()
    image = image.edited(PatientName=NAME, ReferringPhysicianName=PHYSICIAN)
    given.accepted(endpoint.post("studies", stow.multipart([image])), by="ms-stow-01")
    return image


@check("MS-QIDO-04", "matches")
@pytest.mark.parametrize("form", MATCHES)
@pytest.mark.parametrize("keyword", DATES)
def test_date_that_matches(endpoint, stored, keyword, form):
    """A study is found by its date, and by ranges that contain it."""
    instance = stored("described")[0]

    response = studies(endpoint, instance, **{keyword: MATCHES[form].format(*DATES[keyword])})

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("MS-QIDO-04", "matches-not")
@pytest.mark.parametrize("form", MATCHES_NOT)
@pytest.mark.parametrize("keyword", DATES)
def test_date_that_does_not_match(endpoint, stored, keyword, form):
    """A study is not found by another date, nor by ranges that do not contain it."""
    instance = stored("described")[0]

    response = studies(endpoint, instance, **{keyword: MATCHES_NOT[form].format(*DATES[keyword])})

    reading.empty(response, 204)


@check("MS-QIDO-05")
@pytest.mark.parametrize("text", REFUSED_DATES.values(), ids=REFUSED_DATES)
def test_date_that_is_refused(endpoint, stored, text):
    """A range without ends or in reverse, and a value that is not a date, return 400."""
    response = studies(endpoint, stored("described")[0], StudyDate=text)

    expect.status(response, 400)


@check("MS-QIDO-06", "matches")
@pytest.mark.parametrize("name", [NAME, "hall^jonathan^t\u00e1", "Hall^Jonathan^Ta"], ids=["same", "case", "accent"])
def test_name_that_matches(endpoint, named, name):
    """A study is found by its patient's name, even in another case and without accents."""
    response = studies(endpoint, named, PatientName=name)

    expect.one_match(response, "StudyInstanceUID", named.study_uid)


@check("MS-QIDO-06", "matches-not")
def test_name_that_does_not_match(endpoint, named):
    """A study is not found by a part of the name."""
    response = studies(endpoint, named, PatientName="Hall^Jonathan")

    reading.empty(response, 204)


@check("MS-QIDO-07", "matches")
@pytest.mark.parametrize(
    ("keyword", "text"),
    [("PatientName", "Jon"), ("PatientName", "hal"), ("ReferringPhysicianName", "Mar")],
    ids=["middle", "case", "physician"],
)
def test_beginning_of_a_word(endpoint, named, keyword, text):
    """With fuzzymatching=true a study is found by the beginning of any word of a name."""
    response = studies(endpoint, named, **{keyword: text, "fuzzymatching": "true"})

    expect.one_match(response, "StudyInstanceUID", named.study_uid)


@check("MS-QIDO-07", "matches-not")
def test_end_of_a_word(endpoint, named):
    """With fuzzymatching=true a study is not found by the end of a word."""
    response = studies(endpoint, named, PatientName="nathan", fuzzymatching="true")

    reading.empty(response, 204)


@check("MS-QIDO-08")
def test_modalities(endpoint, images):
    """A study of MR, CT and CT is found by CT and by MR, lists CT and MR, and is not found by another."""
    study = [
        image.edited(Modality=modality, SeriesInstanceUID=uids.derived(image.series_uid, str(number)))
        for number, (image, modality) in enumerate(zip(images(3), ("MR", "CT", "CT"), strict=True))
    ]
    given.accepted(endpoint.post("studies", stow.multipart(study)), by="ms-stow-04")

    for modality in ("CT", "MR"):
        response = studies(endpoint, study[0], ModalitiesInStudy=modality)
        expect.one_match(response, "StudyInstanceUID", study[0].study_uid)
        found = ", ".join(map(str, dicom_json.values(expect.datasets(response)[0], "ModalitiesInStudy")))
        expect.equal("ModalitiesInStudy", found or None, "CT, MR", response)
    reading.empty(studies(endpoint, study[0], ModalitiesInStudy="US"), 204)


@check("MS-QIDO-19")
@pytest.mark.parametrize("name", ["NoSuchAttribute", "00091FFF"], ids=["keyword", "tag"])
def test_attribute_that_is_not_known(endpoint, stored, name):
    """A search by an unknown attribute returns 400."""
    response = studies(endpoint, stored("sample")[0], **{name: "1"})

    expect.status(response, 400)


@check("MS-QIDO-20")
@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_query_that_is_refused(endpoint, stored, query):
    """A key that occurs twice, has no value, is unknown, or is already in the path returns 400."""
    instance = stored("sample")[0]

    response = endpoint.get(query.format(instance.study_uid, instance.series_uid))

    expect.status(response, 400)


@check("MS-QIDO-21")
def test_wildcard(endpoint, named):
    """The status of a search with a wildcard is recorded."""
    response = studies(endpoint, named, PatientName="Hall*")

    raise Observed(f"a search with * in PatientName returns {response.status}")


@check("MS-QIDO-22")
@pytest.mark.parametrize("separator", [",", "\\"], ids=["comma", "backslash"])
def test_list_of_uids(endpoint, stored, absent_uid, separator):
    """The status of a search with a list of UIDs is recorded."""
    uid = stored("sample")[0].study_uid

    response = endpoint.get("studies", params={"StudyInstanceUID": f"{uid}{separator}{absent_uid}"})

    raise Observed(f"a search with a list of two UIDs returns {response.status}")


@check("MS-QIDO-23")
def test_list_of_a_viewer(endpoint, stored):
    """The search with which a viewer lists studies, narrowed to one study, succeeds."""
    study = stored("sample")[0].study_uid
    query = "limit=25&offset=0&includefield=00081030%2C00080060&StudyDate=19521125-20210507"

    response = endpoint.get(f"studies?{query}&StudyInstanceUID={study}")

    expect.status(response, 200, 204)


@check("MS-QIDO-24")
@pytest.mark.parametrize("keyword", NOT_INDEXED)
def test_attribute_that_is_not_indexed(endpoint, stored, keyword):
    """The status of a search by an attribute that is not indexed is recorded."""
    study = stored("sample")[0].study_uid

    response = endpoint.get(NOT_INDEXED[keyword], params={"StudyInstanceUID": study, keyword: "1"})

    raise Observed(f"a search by {keyword} returns {response.status}")
