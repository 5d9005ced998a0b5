"""The published pages are what today's templates make of the published data."""

from __future__ import annotations

import pytest

from tests.published_pages import PUBLISHED, pages


@pytest.mark.parametrize("path", pages())
def test_page_is_made_of_what_is_published_beside_it(path):
    same = (PUBLISHED / path).read_text(encoding="utf-8") == pages()[path]()

    assert same, "python tests/published_pages.py writes it again"
