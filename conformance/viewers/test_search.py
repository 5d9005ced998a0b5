"""Searches as viewers send them, and the attributes that they show of the matches."""

from __future__ import annotations

import re

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported, Observed
from conformance.viewers import reading

# The parameters of the study list, in this order: filters, these, and the other filters.
FILTERS = ("PatientName", "00100020", "AccessionNumber", "StudyDescription", "ModalitiesInStudy")
LIST = {"limit": 101, "offset": 0, "fuzzymatching": "false", "includefield": "00081030,00080060"}
LAST = ("StudyDate", "StudyInstanceUID")
# The same for series, and for the attributes of a study and a series in tags, separated by commas as they are.
OF_SERIES = {"includefield": "00080021,00080031,0008103E,00200011"}
STUDY_TAGS = (
    "00080020,00080030,00080050,00080061,00080090,00081030,00100010,00100020,00100021,00100030,00100040,0020000D,"
    "00200010"
)
SERIES_TAGS = "0008103E,00080060,0020000E,00200011,00081190"
INSTANCE_TAGS = "00080016,00080018,00200013"
PAGE = 500

OF_STUDY_LIST = (
    *("StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "PatientID", "PatientName"),
    *("PatientBirthDate", "StudyDescription", "ReferringPhysicianName"),
)
OF_SERIES_LIST = (
    *("StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDate", "SeriesTime"),
    *("SeriesDescription",),
)
DAYS = re.compile(r"max-age=[1-9]|immutable", re.IGNORECASE)


def listed(endpoint, filters, **changed):
    """The response to the search of the study list with some filters."""
    before, after = ({name: filters[name] for name in names if name in filters} for names in (FILTERS, LAST))
    return endpoint.get("studies" + reading.query({**before, **LIST, **changed, **after}))


def found(endpoint, stored, filters, kind="described"):
    """The study list with these filters, and with the Patient ID, has the study of a kind."""
    instance = stored(kind)[0]
    filters = {"00100020": instance.dataset.PatientID, **filters(instance.dataset)}

    response = listed(endpoint, filters)

    return instance, response, reading.match(response, "StudyInstanceUID", instance.study_uid)


@check("VIEWER-SEARCH-LIST")
@pytest.mark.parametrize("fuzzy", ["false", "true"])
@pytest.mark.parametrize("kind", ["described", "sample"])
def test_study_list(endpoint, stored, kind, fuzzy):
    """The study list finds a study by its UID, with limit, offset, fuzzymatching, and an includefield that has an
    attribute of series and its comma as %2C."""
    instance = stored(kind)[0]

    response = listed(endpoint, {"StudyInstanceUID": instance.study_uid}, fuzzymatching=fuzzy)

    reading.match(response, "StudyInstanceUID", instance.study_uid)


@check("VIEWER-SEARCH-LIST", "second-page")
def test_second_page_of_the_study_list(endpoint, stored):
    """The second page of a study list with one match is empty, and not refused."""
    instance = stored("described")[0]

    response = listed(endpoint, {"StudyInstanceUID": instance.study_uid}, offset=LIST["limit"])

    expect.equal("the number of matches", len(reading.matches(response)), 0, response)


@check("VIEWER-SEARCH-WILDCARDS")
@pytest.mark.parametrize("key", ["PatientName", "00100020", "AccessionNumber"])
def test_part_of_a_value(endpoint, stored, key):
    """The study list finds a study by a part of a name, Patient ID or Accession Number, between asterisks."""
    keyword = "PatientID" if key == "00100020" else key

    found(endpoint, stored, lambda ds: {key: f"*{str(ds[keyword].value).split('^')[-1][1:-1]}*"})


@check("VIEWER-SEARCH-DESCRIPTION")
def test_part_of_a_description(endpoint, stored):
    """The study list finds a study by a part of its description, a key that PS3.18 leaves to the server."""
    found(endpoint, stored, lambda ds: {"StudyDescription": f"*{ds.StudyDescription[1:-1]}*"})


@check("VIEWER-SEARCH-DATES")
def test_range_of_dates(endpoint, stored):
    """The study list finds a study by a range of dates."""
    found(endpoint, stored, lambda ds: {"StudyDate": f"{ds.StudyDate}-{ds.StudyDate}"})


@check("VIEWER-SEARCH-MODALITY")
@pytest.mark.parametrize("kind", ["described", "whole-slide"])
def test_modality_in_the_study(endpoint, stored, kind):
    """The study list finds a study by a modality that it has."""
    found(endpoint, stored, lambda ds: {"ModalitiesInStudy": ds.Modality}, kind)


@check("VIEWER-SEARCH-SEVERAL")
def test_several_studies(endpoint, stored):
    """The response to a search for two Study Instance UIDs with a backslash between is recorded."""
    uids = [stored(kind)[0].study_uid for kind in ("described", "sample")]

    response = listed(endpoint, {"StudyInstanceUID": "\\".join(uids)})

    raise Observed(f"two UIDs with a backslash between return {response.status}, {len(response.content):,} bytes")


@check("VIEWER-SEARCH-STUDY")
def test_attributes_of_a_study(endpoint, stored):
    """A match of the study list has what the list shows: names, dates, modalities and the number of instances."""
    instance, response, match = found(endpoint, stored, lambda ds: {})

    reading.shown(match, instance.dataset, OF_STUDY_LIST, response)
    known = stored("described")
    number = dicom_json.text(match, "NumberOfStudyRelatedInstances")
    expect.equal("NumberOfStudyRelatedInstances", number, str(len(known)), response)
    modalities = sorted({item.dataset.Modality for item in known})
    seen = sorted(map(str, dicom_json.values(match, "ModalitiesInStudy")))
    expect.equal("ModalitiesInStudy", ", ".join(seen) or None, ", ".join(modalities), response)


@check("VIEWER-SEARCH-SERIES")
def test_attributes_of_a_series(endpoint, stored):
    """The series of a study have what their list shows: number, date, description, modality and number of
    instances."""
    known = stored("described")
    instance = known[0]

    response = endpoint.get(f"{instance.study_path}/series{reading.query(OF_SERIES)}")

    matches = {dicom_json.text(ds, "SeriesInstanceUID"): ds for ds in reading.matches(response)}
    match = expect.present(f"the series {instance.series_uid}", matches.get(instance.series_uid), response)
    reading.shown(match, instance.dataset, OF_SERIES_LIST, response)
    number = dicom_json.text(match, "NumberOfSeriesRelatedInstances")
    wanted = sum(item.series_uid == instance.series_uid for item in known)
    expect.equal("NumberOfSeriesRelatedInstances", number, str(wanted), response)


@check("VIEWER-SEARCH-SERIES", "one")
def test_one_series_of_a_study(endpoint, stored):
    """A series of a study is found by its UID, among others."""
    instance = stored("described")[0]

    response = endpoint.get(f"{instance.study_path}/series" + reading.query({"SeriesInstanceUID": instance.series_uid}))

    reading.match(response, "SeriesInstanceUID", instance.series_uid)


@check("VIEWER-SEARCH-TAGS")
def test_tags_with_commas(endpoint, stored):
    """Searches for a study and its series work with tags in place of keywords, and with plain commas between them."""
    instance = stored("described")[0]

    studies = endpoint.get(f"studies?0020000D={instance.study_uid}&includefield={STUDY_TAGS}")
    series = endpoint.get(f"{instance.study_path}/series?includefield={SERIES_TAGS}")

    study = reading.match(studies, "StudyInstanceUID", instance.study_uid)
    reading.shown(study, instance.dataset, OF_STUDY_LIST, studies)
    found = {dicom_json.text(ds, "SeriesInstanceUID"): ds for ds in reading.matches(series)}
    wanted = {item.series_uid for item in stored("described")}
    expect.equal("the number of series", len(found), len(wanted), series)
    match = expect.present(f"the series {instance.series_uid}", found.get(instance.series_uid), series)
    reading.shown(match, instance.dataset, ("Modality", "SeriesNumber", "SeriesDescription"), series)


@check("VIEWER-SEARCH-URL")
def test_retrieve_url_of_a_series(endpoint, stored):
    """RetrieveURL of a series is an absolute URL, from which the series is retrieved."""
    instances = [item for item in stored("described") if item.series_uid == stored("described")[0].series_uid]
    response = endpoint.get(f"{instances[0].study_path}/series?includefield={SERIES_TAGS}")

    matches = {dicom_json.text(ds, "SeriesInstanceUID"): ds for ds in reading.matches(response)}
    url = dicom_json.text(matches.get(instances[0].series_uid, {}), "RetrieveURL")
    absolute = url and re.match("https?://[^/]+/.*studies/", url)
    expect.that(absolute, "RetrieveURL of the series", url, "an absolute URL with studies/", response)
    expect.instances(endpoint.follow(url, response, accept=AS_STORED), instances)


@check("VIEWER-SEARCH-COUNT")
def test_number_of_instances_of_one_series(endpoint, stored):
    """A search for one series with NumberOfSeriesRelatedInstances returns that number, by which a download is known to
    be whole."""
    instance = stored("many")[0]

    series, target = instance.series_uid, f"{instance.study_path}/series"
    response = endpoint.get(f"{target}?0020000E={series}&includefield=00201209")

    number = dicom_json.text(reading.match(response, "SeriesInstanceUID", series), "NumberOfSeriesRelatedInstances")
    expect.equal("NumberOfSeriesRelatedInstances", number, str(len(stored("many"))), response)


@check("VIEWER-SEARCH-PAGES")
@pytest.mark.parametrize("limit", [PAGE, 10])
def test_instances_page_by_page(endpoint, stored, limit):
    """The instances of a series are all listed page by page, and the page after the last is empty."""
    known = stored("many")
    target = f"{known[0].series_path}/instances?includefield={INSTANCE_TAGS}"
    uids = set[str | None]()
    for _ in range(len(known)):
        response = endpoint.get(f"{target}&offset={len(uids)}&limit={limit}")
        matches = reading.matches(response)
        uids |= {dicom_json.text(ds, "SOPInstanceUID") for ds in matches}
        if not matches:
            break

    expect.that(not matches, "the page after the last", f"{len(matches)} matches", "no match", response)
    expect.equal("the number of instances in all pages", len(uids), len(known), response)


@check("VIEWER-SEARCH-FIRST")
@pytest.mark.parametrize("offset", [None, 1], ids=["first", "second"])
def test_one_instance_of_a_series(endpoint, stored, offset):
    """One instance of a series is found with limit=1: the picture of the series is made of it."""
    known = stored("many")
    parameters = {"limit": 1, "includefield": "00080018"} | ({"offset": offset} if offset else {})

    response = endpoint.get(f"{known[0].series_path}/instances{reading.query(parameters)}")

    matches = reading.matches(response)
    expect.equal("the number of matches", len(matches), 1, response)
    uid = dicom_json.text(matches[0], "SOPInstanceUID")
    expect.that(uid in {item.sop_instance_uid for item in known}, "SOPInstanceUID", uid, "of the series", response)


@check("VIEWER-SEARCH-ACROSS")
def test_series_of_a_modality(endpoint, stored):
    """A series is found among all series by its modality and its Study Instance UID."""
    instance = stored("whole-slide")[0]

    response = endpoint.get("series" + reading.query({"Modality": "SM", "StudyInstanceUID": instance.study_uid}))

    reading.match(response, "SeriesInstanceUID", instance.series_uid)


@check("VIEWER-SEARCH-ACROSS", "instances")
def test_instances_of_a_modality(endpoint, stored):
    """The reports of a study are found among its instances by the modality of their series."""
    instance = next((item for item in stored("described") if item.dataset.Modality == "SR"), None)
    if instance is None:
        raise NotSupported("the server refuses reports")

    response = endpoint.get(f"{instance.study_path}/instances" + reading.query({"Modality": "SR"}))

    match = reading.match(response, "SOPInstanceUID", instance.sop_instance_uid)
    reading.shown(match, instance.dataset, ("SOPClassUID", "SeriesInstanceUID"), response)


@check("VIEWER-SEARCH-FRESH")
@pytest.mark.parametrize("level", ["studies", "series"])
def test_matches_are_not_cached(endpoint, stored, level):
    """A response to a search does not let a browser use it again without asking: a new series would not be shown."""
    instance = stored("described")[0]
    target = f"studies?StudyInstanceUID={instance.study_uid}" if level == "studies" else f"{instance.study_path}/series"

    response = endpoint.get(target)

    control = response.header("Cache-Control") or ""
    lasting = DAYS.search(control) and not re.search("no-store|no-cache", control, re.IGNORECASE)
    expect.that(not lasting, "Cache-Control", control, "without max-age, or with no-cache", response)
