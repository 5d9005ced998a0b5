"""PS3.18 10.4.2, 10.5.2, 10.6.2: generated histories (Hypothesis), against a model of the expected state."""

from __future__ import annotations

from conformance.kit import check
from conformance.kit.questions import RETRIEVES, SEARCHES

READ_BACK = ("SEED-STORE-READ-BACK",)
DELETED = ("SEED-DELETE-INSTANCE", "SEED-DELETE-SERIES", "SEED-DELETE-STUDY")


@check("STATE-001", after=READ_BACK)
def test_retrieves_after_stores(sequences):
    """After stores in any order, repeated ones included, every instance is retrieved once, as it was stored."""
    sequences(RETRIEVES)


@check("STATE-002", after=READ_BACK)
def test_searches_after_stores(sequences):
    """After stores in any order, repeated ones included, everything is found once, and counts are right."""
    sequences(SEARCHES)


@check("STATE-003", after=READ_BACK + DELETED)
def test_answers_after_deletes(sequences):
    """After stores and deletes in any order, searches, counts and retrieves agree with what is stored."""
    sequences(SEARCHES + RETRIEVES, deletes=True)
