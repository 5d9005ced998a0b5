"""PS3.18 8.3.4.4: limit and offset, and the Warning that matches remain."""

from __future__ import annotations

import pytest

from conformance.dicomweb import warning_field
from conformance.dicomweb.wording import count
from conformance.kit import check, expect, given
from conformance.kit.verdicts import NotSupported, Observed
from conformance.query import searches
from conformance.query.searches import RESOURCES

XML = 'multipart/related; type="application/dicom+xml"'
PAGE = 2
PAST = 9999
every_resource = pytest.mark.parametrize("resource", RESOURCES)
across_studies = pytest.mark.parametrize("resource", ["studies", "series", "instances"])


@check("SEARCH-PAGING-001")
@every_resource
def test_limit_of_one(endpoint, stored, resource):
    """A search with several matches and limit=1 returns one of them."""
    search = searches.of(resource, stored)
    response = searches.page(endpoint, search, limit=1)

    has(1, response, search)


@check("SEARCH-PAGING-001", "two")
@across_studies
def test_limit_of_two(endpoint, stored, resource):
    """A search with at least seven matches and limit=2 returns two of them."""
    search = searches.of(resource, stored)
    response = searches.page(endpoint, search, limit=PAGE)

    has(min(PAGE, searches.most(endpoint, search)), response, search)


@check("SEARCH-PAGING-001", "xml")
def test_limit_in_xml(endpoint, stored):
    """A search in XML with several matches and limit=1 returns one of them."""
    given.claimed(endpoint, "xml")
    search = searches.of("studies", stored)
    whole = searches.answer(endpoint, search, XML)
    if whole.status != 200 or not searches.parts(whole):
        raise NotSupported(f"the search does not return XML, which SEARCH-MEDIA-002 judges ({whole.request})")
    response = endpoint.get(search.target, params={**search.params, "limit": "1"}, accept=XML)

    expect.status(response, 200)
    expect.equal("the number of parts", len(expect.parts(response)), 1, response)


@check("SEARCH-PAGING-003")
@every_resource
def test_order_stays(endpoint, stored, resource):
    """The same search, three times, returns the same list in the same order."""
    search = searches.of(resource, stored)
    first, *others = [searches.page(endpoint, search) for _ in range(3)]

    order = searches.found(first, search)
    for response in others:
        in_order(response, search, order)


@check("SEARCH-PAGING-002")
@across_studies
def test_offset_skips_matches(endpoint, stored, resource):
    """offset=2 and limit=2 return the third and the fourth match."""
    search = searches.of(resource, stored)
    whole = searches.whole(endpoint, search)
    response = searches.page(endpoint, search, offset=2, limit=PAGE)

    in_order(response, search, whole[2:4])


@check("SEARCH-PAGING-002", "alone")
@every_resource
def test_offset_without_limit(endpoint, stored, resource):
    """offset=1 without limit returns all matches but the first."""
    search = searches.of(resource, stored)
    whole = searches.whole(endpoint, search)
    response = searches.page(endpoint, search, offset=1)

    in_order(response, search, whole[1:])


@check("SEARCH-PAGING-002", "zero")
@every_resource
def test_offset_is_zero_by_default(endpoint, stored, resource):
    """offset=0 returns the same matches as no offset."""
    search = searches.of(resource, stored)
    whole = searches.whole(endpoint, search)
    response = searches.page(endpoint, search, offset=0)

    in_order(response, search, whole)


@check("SEARCH-PAGING-004")
@every_resource
def test_walk_over_all_pages(endpoint, stored, resource):
    """Pages of two matches return every match exactly once, and then an empty page."""
    search = searches.of(resource, stored)
    *pages, last = searches.walk(endpoint, search, PAGE)

    more = len(searches.found(last, search))
    found = [uid for page in pages for uid in searches.found(page, search)]
    wanted = f"0, as there are {len(search.uids)} in total"
    expect.that(not more, f"the number of matches after the first {len(found)}", more, wanted, last)
    searches.same(found, search.uids, last, "on the pages")


@check("SEARCH-PAGING-005")
@pytest.mark.parametrize("offset", ["at-the-end", "past-the-end"])
@every_resource
def test_offset_that_leaves_nothing(endpoint, stored, resource, offset):
    """An offset that skips every match returns no matches, and no error."""
    search = searches.of(resource, stored)
    skipped = len(search.uids) if offset == "at-the-end" else PAST
    response = searches.page(endpoint, search, offset=skipped)

    expect.no_match(response)


@check("SEARCH-PAGING-006")
@across_studies
def test_limit_of_zero(endpoint, stored, resource):
    """limit=0 returns no matches, and no error."""
    response = searches.page(endpoint, searches.of(resource, stored), limit=0)

    expect.no_match(response)


@check("SEARCH-PAGING-007")
@pytest.mark.parametrize(
    ("resource", "offset"), [("studies", 0), ("studies", 2), ("studies", 4), ("series", 2), ("instances", 4)]
)
def test_warning_that_matches_remain(endpoint, stored, resource, offset):
    """If matches remain after a page, a Warning 299 says how many."""
    search = searches.of(resource, stored)
    response = searches.page(endpoint, search, limit=PAGE, offset=offset)

    warns(response, len(search.uids) - offset - len(searches.found(response, search)))


@check("SEARCH-PAGING-007", "beside-another")
def test_warning_beside_another(endpoint, stored):
    """The Warning that matches remain is there beside one about fuzzymatching, if the server sends that."""
    search = searches.of("studies", stored)
    response = searches.page(endpoint, search, limit=PAGE, fuzzymatching="true")

    warns(response, len(search.uids) - len(searches.found(response, search)))


@check("SEARCH-PAGING-008", "whole")
@every_resource
def test_no_warning_with_all_matches(endpoint, stored, resource):
    """A list of all matches has no Warning that matches remain."""
    search = searches.of(resource, stored)
    response = searches.answer(endpoint, search)

    found = len(searches.found(response, search))
    if found < len(search.uids):
        raise NotSupported(f"the server returns only {found} of {len(search.uids)} matches at a time")
    silent(response)


@check("SEARCH-PAGING-008", "last")
@pytest.mark.parametrize("offset", ["last-match", "past-the-end"])
@across_studies
def test_no_warning_on_the_last_page(endpoint, stored, resource, offset):
    """The page with the last match, and a page past it, have no Warning that matches remain."""
    search = searches.of(resource, stored)
    skipped = len(search.uids) - 1 if offset == "last-match" else PAST
    response = searches.page(endpoint, search, limit=PAGE, offset=skipped)

    searches.found(response, search)
    silent(response)


@check("SEARCH-PAGING-012")
@across_studies
def test_warning_with_limit_of_zero(endpoint, stored, resource):
    """With limit=0, which leaves every match, a Warning 299 says how many there are."""
    search = searches.of(resource, stored)
    response = searches.page(endpoint, search, limit=0)
    if response.status not in (200, 204) or searches.found(response, search):
        raise NotSupported(
            f"limit=0 does not return an empty page, which SEARCH-PAGING-006 judges ({response.request})"
        )

    if response.status == 204 and not response.header("Warning"):
        why = "up to 2025 a 204 means that nothing matches, so nothing can remain"
        expect.doubt("Warning", None, f"299 with {count(len(search.uids), 'additional result')}", response, why)
    warns(response, len(search.uids))


@check("SEARCH-PAGING-009")
def test_limit_of_the_server(endpoint, stored):
    """The number of matches, of 101, that the server returns without a limit is recorded."""
    search = searches.of("series-instances", stored, "many")
    response = searches.answer(endpoint, search)

    found = len(searches.found(response, search))
    if found < len(search.uids):
        warns(response, len(search.uids) - found)
    raise Observed(f"without a limit the server returns {found} of {len(search.uids)} matches")


@check("SEARCH-RESP-003", "of-a-series")
def test_all_of_a_long_series_are_found(endpoint, stored):
    """A search for the instances of a series of 101 finds each of them, or says how many remain."""
    search = searches.of("series-instances", stored, "many")
    response = searches.answer(endpoint, search)

    found = searches.found(response, search)
    if lost := searches.unexcused([uid for uid in search.uids if uid not in found], response):
        there = len(search.uids) - len(lost)
        expect.deviates("the number of matches", there, f"{len(search.uids)}, or a Warning", response)


@check("SEARCH-PAGING-010")
@pytest.mark.parametrize("value", ["-1", "abc", "1.5"])
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_value_that_is_no_unsigned_integer(endpoint, stored, name, value):
    """A limit or offset that is not an unsigned integer returns 400."""
    response = searches.page(endpoint, searches.of("studies", stored), **{name: value})

    expect.bad_request(response)


@check("SEARCH-PAGING-011")
@across_studies
def test_limit_above_that_of_the_server(endpoint, stored, resource):
    """limit=100000 returns the matches, up to the maximum of the server."""
    search = searches.of(resource, stored)
    response = searches.page(endpoint, search, limit=100_000)

    expect.status(response, 200)
    expect.that(searches.found(response, search), "the number of matches", 0, "1 or more", response)


@check("SEARCH-PAGING-011", "32-bits")
def test_limit_of_more_than_32_bits(endpoint, stored):
    """limit=4294967296 returns the matches, up to the maximum of the server."""
    search = searches.of("studies", stored)
    response = searches.page(endpoint, search, limit=2**32)

    expect.outcome(response, (200,), expect.REFUSALS, "a server may refuse a number that it cannot hold")
    expect.that(searches.found(response, search), "the number of matches", 0, "1 or more", response)


def has(number, response, search):
    """The response has so many matches."""
    expect.equal("the number of matches", len(searches.found(response, search)), number, response)


def in_order(response, search, expected):
    """The matches are the expected ones in their order, or their beginning where the server says that more remain."""
    uids = searches.found(response, search)
    for at, (uid, should) in enumerate(zip(uids, expected, strict=False), 1):
        expect.equal(f"match {at}", uid, should, response)
    cut = 0 < len(uids) < len(expected) and warning_field.speaks_of_more(response.header("Warning"))
    expect.that(cut or len(uids) == len(expected), "the number of matches", len(uids), len(expected), response)


def warns(response, remaining):
    """A Warning 299 says how many matches remain."""
    value = response.header("Warning")
    said = warning_field.remaining(value)
    wanted = f"299 with {count(remaining, 'additional result')}"
    if said is None and warning_field.is_miscellaneous(value):
        expect.doubt("Warning", value, wanted, response, "10.6.3.1 has the URL of a Search Status report there")
    expect.that(said == remaining, "Warning", value or None, wanted, response)


def silent(response):
    """No Warning says that matches remain."""
    value = response.header("Warning")
    more = warning_field.speaks_of_more(value)
    expect.that(not more, "Warning", value, "absent, or not about additional results", response)
