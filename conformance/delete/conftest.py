"""The precondition of every check of this room: if searches find nothing at all, what they do not find is no proof."""

from __future__ import annotations

import pytest

from conformance.kit import given


@pytest.fixture(autouse=True)
def sighted(endpoint, stored):
    """A search finds the sample study."""
    given.searchable(endpoint, stored("sample")[0])
