"""The proof: each fault of the reference server is caught by the checks that name its requirement, for its reason.

Every check whose verdict counts is caught out by at least one fault, and a fault does not turn everything red.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.reference.faults import FAULTS
from conformance.reporting import results
from conformance.requirements import features, requirements

BROKEN = {"core": "fail", "extended": "warn"}
HANDFUL = 6


def judge(url, folder):
    """Run the suite in this process; the results."""
    claims = [word for feature in features() for word in ("--supports", feature)]
    with contextlib.redirect_stdout(io.StringIO()):
        main(["run", url, "--reports", str(folder), *claims])
    return results.read(next(Path(folder).glob("*/*/results.json")))


@pytest.fixture(scope="module")
def verdicts(reference, tmp_path_factory):
    """For each fault the checks of a run against it; a process for each core, since a run is mostly waiting."""
    root = tmp_path_factory.mktemp("faults")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        runs = {name: pool.submit(judge, reference.fault_url(name), root / name) for name in FAULTS}
        return {name: run.result(timeout=120).checks for name, run in runs.items()}


def broken(checks):
    return {check.requirement: check for check in checks if check.verdict == BROKEN[check.tier]}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_caught_for_its_reason(verdicts, name):
    fault, caught = FAULTS[name], broken(verdicts[name])

    assert set(fault.breaks) <= set(caught)
    for requirement in fault.breaks:
        assert fault.says in caught[requirement].summary


@pytest.mark.parametrize("name", FAULTS)
def test_fault_does_not_turn_everything_red(verdicts, name):
    assert len(broken(verdicts[name])) <= HANDFUL
    assert not [check for check in verdicts[name] if check.verdict == "error"]


@pytest.mark.parametrize("requirement", [item.id for item in requirements().values() if item.tier in BROKEN])
def test_scored_requirement_is_proven_by_a_fault(requirement):
    assert [name for name, fault in FAULTS.items() if requirement in fault.breaks]
