"""The suite run against some of the servers that lie, one of each sort; python tests/prove.py has them all."""

from __future__ import annotations

import pytest

from tests.tools.lies import complaints

SOME = (
    "always-404",
    "login-page",
    "hang",
    "gzip-bomb",
    "redirect-elsewhere",
    "nothing-found, to searches",
    "dies, in the middle",
    "reset-after-head, afterwards",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", SOME)
def test_run_against_a_liar_ends_as_it_should(name, tmp_path):
    assert complaints(name, tmp_path / "run") == []
