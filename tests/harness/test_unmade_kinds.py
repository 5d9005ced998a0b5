"""A kind whose function raises is an error of the checks that need it, which names it; all else runs."""

from __future__ import annotations

import os

import pytest

from conformance.commands import probe
from conformance.harness.endpoint.endpoints import Endpoint, Settings
from conformance.harness.run.collected import checks
from conformance.harness.run.options import SAMPLES
from conformance.kit.instances import read_samples
from conformance.kit.kinds import KINDS, Label, UnmadeKind, made
from conformance.kit.kinds.kind import kind
from tests.conftest import CHECKOUT, command_in

LABEL = Label("a run", "DWC1234-")
# A plugin of pytest, so that the kind is broken before any check is collected.
BREAKING = """
from conformance.kit.kinds import KINDS
from conformance.kit.kinds.kind import kind

before = dict(KINDS)
whole = KINDS.pop("name-latin1")

@kind(whole.name, whole.title, whole.sop_class, whole.transfer_syntax, tuple(whole.traits))
def broken(study):
    yield from ()
    raise KeyError("no such frame")

KINDS.update({name: KINDS.pop(name) for name in before})
"""


@pytest.fixture
def broken():
    """A kind that makes one instance and then raises."""

    @kind("broken", "Broken", "1.2.3", "1.2.840.10008.1.2.1")
    def broken(study):
        yield from ()
        raise ValueError("a frame is missing")

    checks.cache_clear()
    yield "broken"
    del KINDS["broken"]
    checks.cache_clear()


def test_error_names_the_kind_and_why(broken):
    with pytest.raises(UnmadeKind, match="^the kind broken cannot be made: ValueError: a frame is missing$"):
        made(broken, LABEL)


def test_kind_that_does_not_exist_is_named():
    with pytest.raises(UnmadeKind, match="^there is no kind ct-17$"):
        made("ct-17", LABEL)


def test_probe_says_what_a_run_would_store_all_the_same(broken):
    endpoint = Endpoint("pacs", Settings(url="http://127.0.0.1:1"), frozenset({"store"}))

    lines = dict(probe._of_a_run(endpoint, read_samples(SAMPLES)))

    assert "instances in" in lines["a run stores"]


def test_run_reports_an_error_where_the_kind_is_needed_and_judges_the_rest(tmp_path):
    (tmp_path / "breaking.py").write_text(BREAKING, encoding="utf-8")
    path = os.pathsep.join([str(CHECKOUT), str(tmp_path)])

    run = command_in(tmp_path, "run", "--requirement", "JSON-CHARSET-001", "-p", "breaking", env={"PYTHONPATH": path})

    errors = [check for check in run.results.checks if check.verdict == "error"]
    assert {check.id for check in errors} == {"json-charset-001.name-latin1", "json-charset-001.search.name-latin1"}
    assert all("the kind name-latin1 cannot be made: KeyError: 'no such frame'" in check.summary for check in errors)
    assert len(run.verdicts("pass")) == len(run.results.checks) - len(errors) > 10
    assert run.code == 6
