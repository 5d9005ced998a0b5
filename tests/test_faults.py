"""The proof: each fault of the reference server is caught by the checks that name its requirement, for its reason.

Every check whose verdict counts is caught out by at least one fault, and a fault does not turn everything red.
"""

from __future__ import annotations

from operator import methodcaller

import pytest

from conformance.reference.faults import FAULTS
from conformance.reporting.qualification import read
from conformance.requirements import requirements
from tests.conftest import CHECKOUT
from tests.judging import BROKEN, asked, broken, judge, kill, processes, profile_of, touched

HANDFUL = 6
RECORD = CHECKOUT / "reports" / "published" / "qualification" / "qualification.json"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory, request):
    """For each fault that is asked for, the checks of a run against it."""
    root = tmp_path_factory.mktemp("faults")
    with processes(root) as pool:
        runs = {
            name: pool.submit(
                judge, methodcaller("fault_url", name), root / name, *touched(fault), profile=profile_of(fault)
            )
            for name, fault in FAULTS.items()
            if name in asked(request.session)
        }
        return {name: run.result(timeout=900).checks for name, run in runs.items()}


@pytest.fixture(scope="module")
def record():
    """What the published record says of each fault."""
    return {item.fault: item for item in read(RECORD).kills}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_caught_for_its_reason(verdicts, name):
    fault, red = FAULTS[name], broken(verdicts[name])

    missed = [lost(requirement, fault, red) for requirement in fault.breaks if not catches(red, requirement, fault)]
    if missed:
        pytest.fail("\n".join(missed), pytrace=False)


@pytest.mark.parametrize("name", FAULTS)
def test_fault_does_not_turn_everything_red(verdicts, name):
    others = set(broken(verdicts[name])) - set(FAULTS[name].breaks)

    assert len(others) <= HANDFUL
    assert not [check for check in verdicts[name] if check.verdict == "error"]


@pytest.mark.parametrize("name", FAULTS)
def test_published_record_is_of_this_fault(verdicts, record, name):
    today = kill(FAULTS[name], verdicts[name])
    published = record[name]

    assert (published.sentence, published.breaks, published.caught) == (today.sentence, today.breaks, today.caught)


@pytest.mark.parametrize(
    "requirement", [item.id for item in requirements().values() if item.tier in BROKEN and not item.not_tested]
)
def test_scored_requirement_is_proven_by_a_fault(requirement):
    assert [name for name, fault in FAULTS.items() if requirement in fault.breaks]


def catches(red, requirement, fault):
    """Whether a check of the requirement turned red and says what is wrong with the server."""
    return any(fault.says in check.summary for check in red.get(requirement, []))


def lost(requirement, fault, red):
    """What to know, and to do, where the checks of a requirement miss a fault that they are there to catch."""
    said = "; ".join(f"{check.id} says {check.summary!r}" for check in red.get(requirement, []))
    return (
        f"{requirement} no longer catches the fault {fault.id} ({fault.sentence}): "
        f"{f'{said}, nothing says {fault.says!r}' if said else 'no check of it turned red'}. "
        f"Mend the check; where the fault is what changed, its `breaks` and `says`, and write the record anew: "
        f"python tests/kill_matrix.py {fault.id}"
    )
