"""PS3.18 8.3, PS3.4 C.2.2.1.3: keys that a server need not support, and malformed values."""

from __future__ import annotations

import pytest

from conformance.dicomweb.wording import count
from conformance.kit import check, editions, expect
from conformance.kit.verdicts import Observed
from conformance.query import scopes
from conformance.query.scopes import scope


@check("SEARCH-STATUS-003")
@pytest.mark.parametrize(
    ("key", "value"),
    [("StudyDate", "abc"), ("StudyDate", "20240101-20240201-2"), ("StudyTime", "noon")],
    ids=["date", "range", "time"],
)
def test_bad_value_of_a_key_is_refused(endpoint, stored, key, value):
    """A value that is not a date, time or range returns 400, and is never ignored."""
    searched = scope(stored("archive"), "studies")

    response = endpoint.get("studies", params=searched.narrow | {key: value})

    if response.status in (200, 204):
        there = scopes.found(response, "study")
        found = f"{response.status} with {count(len(there), 'result')}"
        expect.that(not there, "status", found, 400, response)
    why = "8.3 requires 400, but another 4xx refuses the value too, and no match is correct too"
    expect.outcome(response, (400,), (200, 204, *expect.REFUSALS), why)


@check("SEARCH-STATUS-003", "asterisk")
@pytest.mark.parametrize("key", ["StudyDate", "StudyTime", "PatientBirthDate"])
def test_asterisk_as_a_date(endpoint, stored, key):
    """`*` as a date or time, where it is not a wildcard, is refused, or finds any studies or none: no server error."""
    searched = scope(stored("archive"), "studies")

    response = endpoint.get("studies", params=searched.narrow | {key: "*"})

    expect.status(response, 200, 204, *expect.REFUSALS)


@check("SEARCH-STATUS-003", "tag")
def test_tag_of_seven_digits(endpoint, stored):
    """0010002 is not a tag: it is ignored as an unknown parameter, or refused."""
    searched = scope(stored("archive"), "studies")
    plain = endpoint.fetch("studies", params=searched.narrow)

    response = endpoint.get("studies", params=searched.narrow | {"0010002": "x"})

    if response.status not in (200, 204):
        expect.bad_request(response)
    else:
        scopes.same(response, plain, "study")


@check("SEARCH-MATCH-022")
def test_private_key(endpoint, stored):
    """The response to a private key with its creator is recorded."""
    searched = scope(stored("archive"), "studies")
    response = endpoint.get("studies", params=searched.narrow | {"00110010": "DICOMWEB CONFORMANCE", "00111001": "1"})

    seen = len(scopes.found(response, "study")) if response.status in (200, 204) else "no"
    raise Observed(f"a private key returns {response.status}, with {seen} of {len(searched.entities)} studies")


@check("SEARCH-MATCH-025")
@pytest.mark.parametrize(
    ("resource", "key"),
    [("studies", "SOPInstanceUID"), ("studies", "Modality"), ("study-series", "StudyDate")],
    ids=["instance-key", "series-key", "study-key"],
)
def test_key_of_another_level(endpoint, stored, resource, key):
    """The response to a key of a level that the resource does not have is recorded."""
    searched = scope(stored("archive"), resource)
    value = next(scopes.values(next(iter(searched.entities.values())), key))

    response = endpoint.get(searched.target, params=searched.narrow | {key: scopes.nobodys(key, value)})

    seen = len(scopes.found(response, searched.resource.gives)) if response.status in (200, 204) else "no"
    raise Observed(
        f"{key} with an unused value returns {response.status}, with {seen} of {len(searched.entities)} matches"
    )


@check("SEARCH-MATCH-026")
@pytest.mark.parametrize(
    ("resource", "key"),
    [("studies", "PatientComments"), ("studies", "00104000"), ("study-series", "InstitutionName")],
    ids=["keyword", "tag", "series"],
)
def test_optional_key_is_matched_or_ignored(endpoint, stored, resource, key):
    """An optional key with an unused value finds nothing, or the same as without it."""
    searched = scope(stored("archive"), resource)
    plain = endpoint.fetch(searched.target, params=searched.narrow)

    response = endpoint.get(searched.target, params=searched.narrow | {key: "zzz"})

    if scopes.found(response, searched.resource.gives):
        scopes.same(response, plain, searched.resource.gives)


@check("SEARCH-MATCH-028")
@pytest.mark.parametrize("term", ["ISO_IR 192", "ISO_IR 100"], ids=["utf-8", "latin-1"])
def test_character_set_is_no_key(endpoint, stored, term):
    """SpecificCharacterSet does not limit the matches of a search, whatever the stored character set."""
    searched = scope(stored("archive"), "studies")
    plain = endpoint.fetch("studies", params=searched.narrow)

    response = endpoint.get("studies", params=searched.narrow | {"SpecificCharacterSet": term})

    scopes.same(response, plain, "study")


@check("SEARCH-MATCH-030")
def test_unknown_keyword_is_ignored(endpoint, stored):
    """A search with NoSuchKeyword=1 finds the same as without it."""
    searched = scope(stored("archive"), "studies")
    plain = endpoint.fetch("studies", params=searched.narrow)

    response = endpoint.get("studies", params=searched.narrow | {"NoSuchKeyword": "1"})

    scopes.same(response, plain, "study")


@check("SEARCH-MATCH-030", "tag")
def test_unknown_tag_is_ignored(endpoint, stored):
    """A search with a tag that is not in the dictionary finds the same as without it."""
    searched = scope(stored("archive"), "studies")
    plain = endpoint.fetch("studies", params=searched.narrow)

    response = endpoint.get("studies", params=searched.narrow | {"00189999": "1"})

    why = "8.3.1 may be read as not regarding a tag outside the dictionary as an attribute"
    expect.outcome(response, (200, 204), expect.REFUSALS, why)
    scopes.same(response, plain, "study")


@check("SEARCH-MATCH-031")
@pytest.mark.parametrize("resource", ["study-series", "study-instances", "series-instances"])
def test_patient_of_a_study(endpoint, stored, resource):
    """In a search below a study, its own Patient ID matches all; that of another patient nothing, or it is ignored."""
    archive = stored("archive")
    searched = scope(archive, resource)
    patient = str(archive[0].dataset.PatientID)
    plain = endpoint.fetch(searched.target, params=searched.narrow)
    scopes.offered(plain, searched.resource)

    own = endpoint.get(searched.target, params={"PatientID": patient})
    if own.status in expect.REFUSALS and endpoint.config.edition >= editions.PATIENT_OF_THE_STUDY:
        raise Observed(f"PatientID, a key of the study, is refused with {own.status} below one ({own.request})")
    other = endpoint.get(searched.target, params={"PatientID": f"{patient}-AB"})

    scopes.same(own, plain, searched.resource.gives)
    if scopes.found(other, searched.resource.gives):
        scopes.same(other, plain, searched.resource.gives)
