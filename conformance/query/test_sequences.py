"""PS3.4 C.2.2.2.6: sequence matching, whose keys are paths with a dot (PS3.18 8.3.1)."""

from __future__ import annotations

import pytest

from conformance.kit import check
from conformance.query import scopes
from conformance.query.scopes import scope

STEP = "RequestAttributesSequence.ScheduledProcedureStepID"
PROCEDURE = "RequestAttributesSequence.RequestedProcedureID"


@check("SEARCH-MATCH-017")
@pytest.mark.parametrize("resource", ["study-series", "series"])
@pytest.mark.parametrize(
    "keys",
    [{STEP: "A"}, {scopes.tag(PROCEDURE): "D"}, {"RequestAttributesSequence.00400009": "A*"}, {STEP: "B"}],
    ids=["keywords", "tags", "mixed", "none"],
)
def test_key_within_a_sequence(endpoint, stored, resource, keys):
    """A dotted path finds exactly the series that have the value in an item of the sequence."""
    searched = scope(stored("archive"), resource)

    response = endpoint.get(searched.target, params=searched.narrow | keys)

    scopes.offered(response, searched.resource)
    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-018")
@pytest.mark.parametrize(("step", "procedure"), [("A", "B"), ("A", "D"), ("C", "B")], ids=["a-b", "a-d", "c-b"])
def test_keys_of_one_sequence_match_in_one_item(endpoint, stored, step, procedure):
    """Two keys within a sequence find the series in which one item has both values."""
    searched, keys = scope(stored("archive"), "series"), {STEP: step, PROCEDURE: procedure}

    response = endpoint.get("series", params=searched.narrow | keys)

    scopes.offered(response, searched.resource)
    scopes.exactly(response, searched, keys)
