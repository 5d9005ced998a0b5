"""PS3.18 8.3.4.2: fuzzymatching, which a server may support."""

from __future__ import annotations

import pytest

from conformance.dicomweb import warning_field
from conformance.kit import check, expect, given
from conformance.kit.verdicts import NotSupported
from conformance.query import scopes
from conformance.query.scopes import scope

SENTENCE = "The fuzzymatching parameter is not supported. Only literal matching has been performed."


@check("SEARCH-FUZZY-001")
@pytest.mark.parametrize("name", ["Roe", "Doe^John", "Doe^John^Quincy^Dr."], ids=["one", "two", "four"])
def test_fuzzy_search_finds_what_a_literal_one_does(endpoint, stored, name):
    """A search with fuzzymatching=true succeeds, and finds everything found without it."""
    searched = scope(stored("archive"), "studies")
    keys = searched.narrow | {"ReferringPhysicianName": name}

    literal = endpoint.fetch("studies", params=keys)
    fuzzy = endpoint.fetch("studies", params=keys | {"fuzzymatching": "true"})

    given.searched(literal)
    there = scopes.found(fuzzy, "study")
    for uid in scopes.found(literal, "study"):
        entity = scopes.described(searched, uid, {"ReferringPhysicianName": name})
        expect.that(uid in there, entity, "missing", "found, as without fuzzymatching", fuzzy)


@check("SEARCH-FUZZY-001", "wildcard")
def test_fuzzy_search_with_a_wildcard(endpoint, stored):
    """A search with fuzzymatching=true and a wildcard finds some of what is found without fuzzymatching."""
    searched = scope(stored("archive"), "studies")
    keys = searched.narrow | {"ReferringPhysicianName": "Do*"}

    literal = endpoint.fetch("studies", params=keys)
    fuzzy = endpoint.fetch("studies", params=keys | {"fuzzymatching": "true"})

    given.searched(literal)
    without = scopes.found(literal, "study")
    if without and not set(without) & set(scopes.found(fuzzy, "study")):
        why = "8.3.4.2 does not say how a wildcard and fuzzy matching go together"
        expect.doubt("the matches", "none of those without fuzzymatching", "some of them", fuzzy, why)


@check("SEARCH-FUZZY-002")
def test_warning_where_only_literal_matching_was_done(endpoint, stored):
    """A server that does not support fuzzymatching returns a Warning that says so."""
    searched = scope(stored("archive"), "studies")
    keys = searched.narrow | {"ReferringPhysicianName": "Doe"}

    literal = endpoint.fetch("studies", params=keys)
    fuzzy = endpoint.fetch("studies", params=keys | {"fuzzymatching": "true"})

    given.searched(literal)
    given.searched(fuzzy)
    if set(scopes.found(fuzzy, "study")) != set(scopes.found(literal, "study")):
        raise NotSupported("fuzzymatching finds more than literal matching, so the server supports it")
    warning = fuzzy.header("Warning")
    if not warning_field.says(warning, SENTENCE):
        why = "only a server without fuzzymatching must send this Warning, and this search does not show if it is one"
        expect.doubt("Warning", warning, f"299 with '{SENTENCE}'", fuzzy, why)


@check("SEARCH-FUZZY-003")
@pytest.mark.parametrize("name", ["Roe", "Doe", "Do*"], ids=["whole", "component", "wildcard"])
def test_fuzzymatching_false_is_the_default(endpoint, stored, name):
    """A search with fuzzymatching=false finds the same as one without the parameter."""
    searched = scope(stored("archive"), "studies")
    keys = searched.narrow | {"ReferringPhysicianName": name}

    plain = endpoint.fetch("studies", params=keys)
    literal = endpoint.get("studies", params=keys | {"fuzzymatching": "false"})

    scopes.same(literal, plain, "study")
