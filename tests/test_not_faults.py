"""What only looks like a fault stays green: every variant of the correct server conforms."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from conformance.reference.variants import VARIANTS
from tests.test_faults import judge


@pytest.fixture(scope="module")
def runs(reference, tmp_path_factory, request):
    root = tmp_path_factory.mktemp("variants")
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        started = {
            name: pool.submit(judge, reference.variant_url(name), root / name, lacks=variant.lacks)
            for name, variant in VARIANTS.items()
            if name in asked
        }
        return {name: run.result(timeout=300) for name, run in started.items()}


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_conforms(runs, name):
    checks = runs[name].checks

    assert [(check.id, check.summary) for check in checks if check.verdict in ("fail", "blocked", "error")] == []
    assert runs[name].overall == "conforms"
