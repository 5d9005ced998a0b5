"""PS3.18 10.6.3.1, 8.3.4.4.1: the status of a search that matches, and of one that matches nothing."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given
from conformance.query import searches
from conformance.query.searches import RESOURCES

XML = 'multipart/related; type="application/dicom+xml"'
every_resource = pytest.mark.parametrize("resource", RESOURCES)


@check("SEARCH-STATUS-001")
@every_resource
def test_search_that_matches(endpoint, stored, resource):
    """A search with matches returns 200 with the list of them."""
    response = searches.answer(endpoint, searches.of(resource, stored))

    expect.status(response, 200)
    expect.that(expect.matches(response), "the number of matches", 0, "1 or more", response)


@check("SEARCH-STATUS-001", "cut")
@every_resource
def test_search_with_more_matches_than_asked_for(endpoint, stored, resource):
    """A search with more matches than its limit returns 200 too: the list is what was asked for."""
    response = searches.page(endpoint, searches.of(resource, stored), limit=1)

    expect.status(response, 200)
    expect.that(expect.matches(response), "the number of matches", 0, 1, response)


@check("SEARCH-STATUS-002")
@every_resource
def test_search_that_matches_nothing(endpoint, stored, absent_uid, resource):
    """A search without matches succeeds: 204, or 200 with an empty list or an empty body."""
    search = searches.of(resource, stored)
    response = searches.page(endpoint, search, **{search.keyword: absent_uid})

    expect.no_match(response)


@check("SEARCH-STATUS-002", "patient")
@pytest.mark.parametrize("resource", ["studies", "series", "instances"])
def test_search_for_a_patient_whom_nobody_knows(endpoint, stored, absent_uid, resource):
    """A search for a Patient ID that nobody has succeeds: 204, or 200 with an empty list or an empty body."""
    response = searches.page(endpoint, searches.of(resource, stored), PatientID=absent_uid)

    expect.no_match(response)


@check("SEARCH-STATUS-002", "xml")
def test_search_that_matches_nothing_in_xml(endpoint, stored, absent_uid):
    """A search for XML without matches succeeds: 204, or 200 without a part."""
    given.claimed(endpoint, "xml")
    given.present(searches.ask(endpoint, searches.of("studies", stored), XML), by="search-media-002.studies")
    response = endpoint.get("studies", accept=XML, params={"StudyInstanceUID": absent_uid})

    expect.status(response, 200, 204)
    expect.equal("the number of parts", len(searches.parts(response)), 0, response)
