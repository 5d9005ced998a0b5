"""A precondition of every check of this room: without a search that works, what is not found says nothing."""

from __future__ import annotations

import pytest

from conformance.kit import given


@pytest.fixture(autouse=True)
def sighted(endpoint, stored):
    """A search finds the sample study."""
    given.searchable(endpoint, stored("sample")[0])
