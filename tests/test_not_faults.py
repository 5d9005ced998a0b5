"""What only looks like a fault stays green: variants of the correct server conform, several in one server.

The qualification record (tests/kill_matrix.py) has a run against each alone.
"""

from __future__ import annotations

from operator import methodcaller

import pytest

from conformance.reference.variants import GROUPS, VARIANTS
from tests.judging import LOAD, asked, judge, processes


@pytest.fixture(scope="module")
def runs(tmp_path_factory, request):
    root = tmp_path_factory.mktemp("variants")
    with processes(root) as pool:
        started = {
            name: pool.submit(judge, methodcaller("variant_url", name), root / name[:64], *LOAD, lacks=group.lacks)
            for name, group in GROUPS.items()
            if name in asked(request.session)
        }
        return {name: run.result(timeout=900) for name, run in started.items()}


@pytest.mark.parametrize("name", GROUPS)
def test_variants_conform(runs, name):
    checks = runs[name].checks

    assert [(check.id, check.summary) for check in checks if check.verdict in ("fail", "blocked", "error")] == []
    assert runs[name].overall == "conforms"


def test_every_variant_is_tried():
    assert sorted(name for group in GROUPS for name in group.split("+")) == sorted(VARIANTS)
