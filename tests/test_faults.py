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
from conformance.harness.options import PACKAGE
from conformance.reference.faults import FAULTS
from conformance.reporting import results
from conformance.requirements import features, requirements

BROKEN = {"core": "fail", "extended": "warn"}
HANDFUL = 6


def judge(url, folder, *words, profile=None):
    """Run the suite in this process; the results. All features are claimed, or what a profile claims."""
    claims = [word for feature in features() for word in ("--supports", feature)]
    claims = ["--profile", profile] if profile else claims
    with contextlib.redirect_stdout(io.StringIO()):
        main(["run", url, "--reports", str(folder), *claims, *words])
    return results.read(next(Path(folder).glob("*/*/results.json")))


def profile_of(fault):
    """The profile whose requirements a fault breaks; None where they are the standard's."""
    (profile,) = {requirements()[name].profile for name in fault.breaks}
    return profile


def touched(fault):
    """The checks that a fault is judged by: the whole walk where it breaks a step of it, else those it breaks."""
    if any(requirement.startswith("SEED-") for requirement in fault.breaks):
        return [str(PACKAGE / "scenario")]
    return [word for requirement in fault.breaks for word in ("--requirement", requirement)]


@pytest.fixture(scope="module")
def verdicts(reference, tmp_path_factory, request):
    """For each fault that is asked for, the checks of a run against it; a process for each core."""
    root = tmp_path_factory.mktemp("faults")
    context = multiprocessing.get_context("spawn")
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        runs = {
            name: pool.submit(judge, reference.fault_url(name), root / name, *touched(fault), profile=profile_of(fault))
            for name, fault in FAULTS.items()
            if name in asked
        }
        return {name: run.result(timeout=600).checks for name, run in runs.items()}


def broken(checks):
    """The checks that a fault turned red (core) or yellow (extended), by requirement."""
    found = {}
    for check in checks:
        if check.verdict in ("fail", "warn") and check.tier in BROKEN:
            found.setdefault(check.requirement, []).append(check)
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_caught_for_its_reason(verdicts, name):
    fault, caught = FAULTS[name], broken(verdicts[name])

    for requirement in fault.breaks:
        summaries = [check.summary for check in caught.get(requirement, [])]
        assert [summary for summary in summaries if fault.says in summary], (requirement, fault.says, summaries)


@pytest.mark.parametrize("name", FAULTS)
def test_fault_does_not_turn_everything_red(verdicts, name):
    others = set(broken(verdicts[name])) - set(FAULTS[name].breaks)

    assert len(others) <= HANDFUL
    assert not [check for check in verdicts[name] if check.verdict == "error"]


@pytest.mark.parametrize(
    "requirement", [item.id for item in requirements().values() if item.tier in BROKEN and not item.not_tested]
)
def test_scored_requirement_is_proven_by_a_fault(requirement):
    assert [name for name, fault in FAULTS.items() if requirement in fault.breaks]
