"""What holds for every check of this room: what is not found says nothing where nothing is ever found."""

from __future__ import annotations

import pytest

from conformance.kit import given


@pytest.fixture(autouse=True)
def sighted(endpoint, stored):
    """A search finds the sample study."""
    given.searchable(endpoint, stored("sample")[0])
