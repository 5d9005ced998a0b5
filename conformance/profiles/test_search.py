"""Searches: matches, refusals, and pages."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect
from conformance.kit.verdicts import NotSupported
from conformance.profiles import reading

SEARCHES = {
    "studies": ("studies", "StudyInstanceUID", "study_uid"),
    "series": ("series", "SeriesInstanceUID", "series_uid"),
    "study-series": ("{0.study_path}/series", "SeriesInstanceUID", "series_uid"),
    "instances": ("instances", "SOPInstanceUID", "sop_instance_uid"),
    "study-instances": ("{0.study_path}/instances", "SOPInstanceUID", "sop_instance_uid"),
    "series-instances": ("{0.series_path}/instances", "SOPInstanceUID", "sop_instance_uid"),
}


@check("MS-QIDO-01")
@pytest.mark.parametrize("resource", SEARCHES)
def test_search_by_uid(endpoint, stored, resource):
    """A search by UID returns 200 in JSON, with the entity that has it."""
    target, keyword, name = SEARCHES[resource]
    instance = stored("sample")[0]
    uid = getattr(instance, name)

    response = endpoint.get(target.format(instance), params={keyword: uid})

    expect.one_match(response, keyword, uid)
    reading.in_json(response)


@check("MS-QIDO-02")
@pytest.mark.parametrize("resource", SEARCHES)
def test_no_match(endpoint, stored, absent_uid, resource):
    """A search that matches nothing returns 204 without a body."""
    target, keyword, _ = SEARCHES[resource]

    response = endpoint.get(target.format(stored("sample")[0]), params={keyword: absent_uid})

    reading.empty(response, 204)


@check("MS-QIDO-03")
def test_attribute_of_another_level(endpoint):
    """A search of studies by Modality returns 400, with a text that names the attribute."""
    response = endpoint.get("studies", params={"Modality": "CT"})

    expect.status(response, 400)
    expect.that(b"Modality" in response.content, "the text", "without Modality", "one that names Modality", response)


@check("MS-QIDO-15", "within")
@pytest.mark.parametrize("limit", ["1", "200"])
def test_limit_within_the_bounds(endpoint, stored, limit):
    """Limits of 1 and of 200 are accepted."""
    study = stored("sample")[0].study_uid

    response = endpoint.get("instances", params={"StudyInstanceUID": study, "limit": limit})

    expect.status(response, 200)
    wanted = min(int(limit), len(stored("sample")))
    expect.equal("the number of matches", len(expect.datasets(response)), wanted, response)


@check("MS-QIDO-15", "beyond")
@pytest.mark.parametrize("limit", ["0", "201", "-1", "x"], ids=["zero", "above", "negative", "text"])
def test_limit_beyond_the_bounds(endpoint, stored, limit):
    """A limit that is not a number from 1 to 200 returns 400."""
    response = endpoint.get("studies", params={"StudyInstanceUID": stored("sample")[0].study_uid, "limit": limit})

    expect.status(response, 400)


@check("MS-QIDO-17", "beyond")
def test_offset_beyond_the_last_match(endpoint, stored):
    """An offset beyond the last match returns 204."""
    response = endpoint.get("studies", params={"StudyInstanceUID": stored("sample")[0].study_uid, "offset": "5"})

    reading.empty(response, 204)


@check("MS-QIDO-17", "negative")
def test_negative_offset(endpoint, stored):
    """A negative offset returns 400."""
    response = endpoint.get("studies", params={"StudyInstanceUID": stored("sample")[0].study_uid, "offset": "-1"})

    expect.status(response, 400)


@check("MS-QIDO-18")
def test_pages(endpoint, stored):
    """Pages of one match each return every instance of the study, each once."""
    instances = stored("sample")
    if len(instances) > 10:
        raise NotSupported(f"the study that is read has {len(instances)} instances, too many for a page each")
    params = {"StudyInstanceUID": instances[0].study_uid, "limit": "1"}

    responses = [endpoint.get("instances", params=params | {"offset": str(at)}) for at in range(len(instances))]

    found = []
    for response in responses:
        expect.status(response, 200)
        found += [dicom_json.text(match, "SOPInstanceUID") or "absent" for match in expect.datasets(response)]
    wanted = sorted(instance.sop_instance_uid for instance in instances)
    expect.equal("the list of matches of all pages", ", ".join(sorted(found)), ", ".join(wanted), responses[0])
