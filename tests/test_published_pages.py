"""The published pages can be made of the data beside them by the templates of today."""

from __future__ import annotations

import warnings

import pytest

from tests.tools.published_pages import PUBLISHED, pages


@pytest.mark.parametrize("path", pages())
def test_page_can_be_made_of_what_is_published_beside_it(path):
    """One that was made by an older template is no failure: it is named, with the command that writes it again."""
    made = pages()[path]()

    if made != (PUBLISHED / path).read_text(encoding="utf-8"):
        warnings.warn(f"{path} is older than its template (python tests/tools/published_pages.py)", stacklevel=1)
    assert made.startswith(("<!doctype html>", "#", "|"))
