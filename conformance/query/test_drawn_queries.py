"""PS3.18 10.6.2, 10.6.3.3: generated queries (Hypothesis), against a model of matching."""

from __future__ import annotations

import pytest

from conformance.kit import check, given
from conformance.kit.verdicts import Deviates
from conformance.query import scopes
from conformance.query.queries import queries
from conformance.query.scopes import KEYS, RESOURCES, scope


@pytest.fixture
def drawn(endpoint, stored, examples):
    """`drawn(judge)`: the judge is called with the response to a drawn query, its scope and its keys.

    If a query has a key that the server may ignore, the response has to be right with it or without.
    """
    names = [name for name, each in RESOURCES.items() if "relational-search" in endpoint.claims or not each.relational]
    searched = [scope(stored("archive"), name) for name in names]
    there = [each for each in searched if offers(endpoint, each)]

    def ask(judge):
        def asked(query):
            response = endpoint.fetch(query.scope.target, params=query.params)
            given.searched(response, by=refused(endpoint, query) if response.status == 400 else None)
            try:
                judge(response, query.scope, query.keys | query.optional)
            except Deviates:
                if not query.optional:
                    raise
                judge(response, query.scope, query.keys)

        examples(queries(there, tags=reads_tags(endpoint, searched[0])), asked)

    return ask


def refused(endpoint, query):
    """The check of the first key that the endpoint refuses alone; None if there is no such key."""
    for key, value in (query.keys | query.optional).items():
        alone = endpoint.fetch(query.scope.target, params=query.scope.narrow | {key: value})
        if alone.status == 400:
            level = next((level for level, keys in KEYS.items() if key in keys), None)
            return f"search-key-{level}-{scopes.tag(key).replace('.', '-')}".lower() if level else "search-match-026"
    return None


def reads_tags(endpoint, searched):
    """Whether a tag finds what its keyword finds, as SEARCH-MATCH-002 judges."""
    value = searched.plain("StudyDate")
    asked = [searched.narrow | {name: value} for name in ("StudyDate", scopes.tag("StudyDate"))]
    by_keyword, by_tag = (endpoint.fetch("studies", params=params) for params in asked)
    return by_tag.status == by_keyword.status == 200 and by_tag.content == by_keyword.content


def offers(endpoint, searched):
    """Whether the endpoint has a resource."""
    response = endpoint.fetch(searched.target, params=searched.narrow)
    return not searched.resource.relational or response.status not in (404, 405, 501)


@check("SEARCH-RESP-002")
def test_nothing_is_found_that_does_not_match(drawn):
    """Each result of a generated query matches its keys."""
    drawn(scopes.nothing_else)


@check("SEARCH-RESP-003")
def test_all_that_matches_is_found(drawn):
    """The results of a generated query contain each entity that matches its keys."""
    drawn(scopes.nothing_missing)


@check("SEARCH-RESP-003", "all")
@pytest.mark.parametrize("resource", RESOURCES)
def test_all_of_a_patient_is_found(endpoint, stored, resource):
    """A search by patient, or below a path, without further keys finds all studies, series or instances."""
    searched = scope(stored("archive"), resource)

    response = endpoint.fetch(searched.target, params=searched.narrow)

    scopes.offered(response, searched.resource)
    scopes.nothing_missing(response, searched, {})
