"""A precondition of every check of this room: without a search that works, missing matches prove nothing."""

from __future__ import annotations

import pytest

from conformance.kit import given


@pytest.fixture(autouse=True)
def sighted(endpoint, stored):
    """Block unless a search finds the sample study."""
    given.searchable(endpoint, stored("sample")[0])
