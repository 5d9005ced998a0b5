"""PS3.18 8.3.4.5 and 8.3.4.6: emptyvaluematching and multiplevaluematching, which a server may support."""

from __future__ import annotations

import pytest

from conformance.dicomweb import warning_field
from conformance.kit import check, editions, expect
from conformance.kit.verdicts import NotSupported, Observed
from conformance.query import scopes
from conformance.query.scopes import scope

EMPTY = {"AccessionNumber": '""', "emptyvaluematching": "true"}
SEVERAL = {"ModalitiesInStudy": "CT,MR", "multiplevaluematching": "true"}


@pytest.fixture
def empty(endpoint, stored):
    """The studies without an Accession Number, and the response to a search for them."""
    if endpoint.config.edition < editions.SEARCH_MODES:
        raise NotSupported(f"emptyvaluematching is not in edition {endpoint.config.edition}")
    searched = scope(stored("archive"), "studies")
    wanted = {uid for uid, ds in searched.entities.items() if not ds.get("AccessionNumber")}
    return wanted, endpoint.fetch("studies", params=searched.narrow | EMPTY)


@pytest.fixture
def several(endpoint, stored):
    """The studies with both modalities, and the response to a search for them."""
    if endpoint.config.edition < editions.SEARCH_MODES:
        raise NotSupported(f"multiplevaluematching is not in edition {endpoint.config.edition}")
    searched = scope(stored("archive"), "studies")
    wanted = {
        uid for uid, ds in searched.entities.items() if {"CT", "MR"} <= set(scopes.values(ds, "ModalitiesInStudy"))
    }
    return wanted, endpoint.fetch("studies", params=searched.narrow | SEVERAL)


def supported_or_said(response, wanted, parameter):
    """The search finds what is wanted, or a Warning says that the parameter is not supported."""
    expect.status(response, 200, 204)
    there, warning = set(scopes.found(response, "study")), response.header("Warning")
    if not (there and there <= wanted) and not warning_field.says(warning, "not supported"):
        why = f"it is unknown if the server supports it: {len(there)} studies are found, {len(wanted)} match if it does"
        expect.doubt("Warning", warning, f"299, which says that {parameter} is not supported", response, why)


@check("SEARCH-EMPTY-001")
def test_empty_value_matching_or_a_warning(empty):
    """With emptyvaluematching=true "" finds the studies without a value, or a Warning says that it is not supported."""
    wanted, response = empty

    supported_or_said(response, wanted, "emptyvaluematching")


@check("SEARCH-EMPTY-002")
def test_empty_value_matching(empty):
    """Whether the value "" finds the studies without a value."""
    wanted, response = empty

    there = set(scopes.found(response, "study"))
    raise Observed(
        f'"" finds {len(there & wanted)} of {len(wanted)} studies without a value, and {len(there - wanted)} others'
    )


@check("SEARCH-MULTI-001")
def test_multiple_value_matching_or_a_warning(several):
    """With multiplevaluematching=true CT,MR finds the studies with both, or a Warning says that it is not supported."""
    wanted, response = several

    supported_or_said(response, wanted, "multiplevaluematching")


@check("SEARCH-MULTI-002")
def test_multiple_value_matching(several):
    """Whether CT,MR finds the studies that have both modalities."""
    wanted, response = several

    there = set(scopes.found(response, "study"))
    raise Observed(
        f"CT,MR finds {len(there & wanted)} of {len(wanted)} studies with both, and {len(there - wanted)} others"
    )
