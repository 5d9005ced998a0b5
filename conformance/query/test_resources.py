"""PS3.18 10.6.1.1: the six search resources of Table 10.6.1-1, each with exactly the matches that it should have."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect
from conformance.kit.verdicts import NotSupported, Observed
from conformance.query import searches
from conformance.query.searches import INSTANCE, SERIES


@check("SEARCH-RES-001")
def test_search_for_studies(endpoint, stored):
    """/studies finds the seven studies of a patient, each once, and no other study."""
    search = searches.of("studies", stored)
    answers = searches.everything(endpoint, search)

    exactly(answers, search)


@check("SEARCH-RES-001", "disagreement")
def test_study_whose_series_disagree(endpoint, stored):
    """/studies finds a study once, even if its two series have different StudyDescriptions."""
    search = searches.of("studies", stored, "disagreement")
    answers = searches.everything(endpoint, search)

    exactly(answers, search)


@check("SEARCH-RES-002")
def test_search_for_series_of_a_study(endpoint, stored):
    """/studies/{study}/series finds both series of a study, each once, and no other."""
    search = searches.of("study-series", stored)
    answers = searches.everything(endpoint, search)

    exactly(answers, search)


@check("SEARCH-RES-003")
def test_search_for_instances_of_a_study(endpoint, stored):
    """/studies/{study}/instances finds the three instances of both series of a study, each once, and no other."""
    search = searches.of("study-instances", stored)
    answers = searches.everything(endpoint, search)

    exactly(answers, search)


@check("SEARCH-RES-004")
def test_search_for_series(endpoint, stored):
    """/series finds the eight series of a patient in seven studies, each once, and no other."""
    search = searches.of("series", stored)
    answers = searches.everything(endpoint, search)

    exactly(answers, search)


@check("SEARCH-RES-005")
def test_search_for_instances_of_a_series(endpoint, stored):
    """/studies/{study}/series/{series}/instances finds both instances of a series, each once, and no other."""
    search = searches.of("series-instances", stored)
    answers = searches.everything(endpoint, search)

    exactly(answers, search)


@check("SEARCH-RES-006")
def test_search_for_instances(endpoint, stored):
    """/instances finds the nine instances of a patient in seven studies, each once, and no other."""
    search = searches.of("instances", stored)
    answers = searches.everything(endpoint, search)

    exactly(answers, search)


@check("SEARCH-RES-007")
def test_instances_of_a_series_without_its_study(endpoint, stored):
    """If /series/{series}/instances returns a list, it has the instances of the series."""
    search = searches.of("series-instances", stored)
    (first, *_) = stored("seven-studies")
    response = endpoint.get(f"series/{first.series_uid}/instances")

    if response.status != 200:
        raise Observed(f"/series/{{series}}/instances returns {response.status}")
    searches.those_of(search, response)


@check("SEARCH-RES-008", "match")
@pytest.mark.parametrize("resource", ["study-series", "study-instances", "series-instances"])
def test_path_narrows_a_search_that_others_match_too(endpoint, stored, resource):
    """A search below a study or series by a patient with other studies finds only what is in the study or series."""
    search = searches.of(resource, stored)
    (first, *_) = stored("seven-studies")
    response = searches.page(endpoint, search, PatientID=first.dataset.PatientID)

    if response.status in expect.REFUSALS:
        why = f"PatientID is refused with {response.status}, which SEARCH-MATCH-031 judges ({response.request})"
        raise NotSupported(why)
    searches.those_of(search, response)


@check("SEARCH-RES-008", "elsewhere")
@pytest.mark.parametrize("resource", ["study-series", "study-instances", "series-instances"])
def test_path_excludes_what_is_elsewhere(endpoint, stored, resource):
    """A search below a study or series for a UID of another one finds nothing."""
    search = searches.of(resource, stored)
    last = stored("seven-studies")[-1]
    elsewhere = {SERIES: last.series_uid, INSTANCE: last.sop_instance_uid}[search.keyword]
    response = searches.page(endpoint, search, **{search.keyword: elsewhere})

    expect.no_match(response)


@check("SEARCH-RES-009")
def test_search_below_an_unknown_study(endpoint, absent_uid):
    """A search below a study that does not exist returns 404, or no matches."""
    response = endpoint.get(f"studies/{absent_uid}/series")

    expect.status(response, 200, 204, *expect.REFUSALS)
    raise Observed(f"a search for the series of a study that does not exist returns {response.status}")


@check("SEARCH-RES-010")
def test_series_below_another_study(endpoint, stored):
    """The instances of a series are not found below another study: 404, or no matches."""
    first, *_, last = stored("seven-studies")
    response = endpoint.get(f"{first.study_path}/series/{last.series_uid}/instances")

    if response.status in (200, 204):
        expect.no_match(response)
    else:
        expect.absent(response)


def exactly(answers, search):
    """The search returns lists, and their matches together are exactly the expected ones."""
    for response in answers:
        expect.status(response, 200)
        expect.matches(response)
    uids = [uid for response in answers for uid in searches.found(response, search)]
    searches.same(uids, search.uids, answers[0])
