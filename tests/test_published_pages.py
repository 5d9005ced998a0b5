"""The published pages are what today's templates make of the published data."""

from __future__ import annotations

import pytest

from tests.published_pages import RECORD, RUNS, of_record, of_run


@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_page_of_a_run(folder):
    same = (folder / "conformance.html").read_text(encoding="utf-8") == of_run(folder)

    assert same, "python tests/published_pages.py writes it again"


def test_page_of_the_record():
    same = (RECORD / "index.html").read_text(encoding="utf-8") == of_record()

    assert same, "python tests/published_pages.py writes it again"
