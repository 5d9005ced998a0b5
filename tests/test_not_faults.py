"""What only looks like a fault stays green: every variant of the correct server conforms."""

from __future__ import annotations

import pytest

from conformance.reference.variants import VARIANTS
from tests.judging import asked, judge, processes


@pytest.fixture(scope="module")
def runs(reference, tmp_path_factory, request):
    root = tmp_path_factory.mktemp("variants")
    with processes() as pool:
        started = {
            name: pool.submit(judge, reference.variant_url(name), root / name, lacks=variant.lacks)
            for name, variant in VARIANTS.items()
            if name in asked(request.session)
        }
        return {name: run.result(timeout=900) for name, run in started.items()}


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_conforms(runs, name):
    checks = runs[name].checks

    assert [(check.id, check.summary) for check in checks if check.verdict in ("fail", "blocked", "error")] == []
    assert runs[name].overall == "conforms"
