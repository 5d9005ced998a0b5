"""The proof itself is tests/prove.py; here is what it rests on, with one fault and one requirement of each sort."""

from __future__ import annotations

import warnings
from dataclasses import replace
from operator import attrgetter

import pytest

from conformance.reference.faults import FAULTS
from conformance.reference.variants import GROUPS, VARIANTS
from conformance.reporting import qualification
from conformance.reporting.qualification import Basis
from conformance.requirements import requirements
from tests import prove
from tests.tools import judging, workers
from tests.tools.choosing import chosen
from tests.tools.digests import Source, of_fault

# Faults of a read, of two steps of the walk, and of another profile.
SOME = ("wadl-without-charset", "store-names-nothing", "frame-empty", "service-relative-address")
SOURCE = '''
from .altered import answer_fault

LIMIT = 3

@answer_fault("one", breaks=("A-1",), says="is one")
def one(request, answer):
    """The first."""

@answer_fault("two", breaks=("A-2",), says="is two")
def two(request, answer):
    """The second."""
'''


def test_scored_requirement_is_broken_by_a_fault():
    scored = [name for name, item in requirements().items() if judging.is_proven_here(item) and not item.not_tested]
    broken = {name for fault in FAULTS.values() for name in fault.breaks}

    assert [name for name in scored if name not in broken] == [], "a check needs a fault that proves that it can fail"


def test_fault_breaks_requirements_that_there_are():
    assert {name for fault in FAULTS.values() for name in fault.breaks} <= set(requirements())


def test_every_variant_is_in_a_group():
    assert sorted(name for group in GROUPS for name in group.split("+")) == sorted(VARIANTS)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The runs against some faults and the correct server, one after the other in one process."""
    correct = workers.Task("correct", attrgetter("url"), {"requirement": ["CAP-WADL-004", "STOW-RESP-010"]})
    tasks = [*(judging.against_fault(FAULTS[name]) for name in SOME), correct]
    return dict(workers.run(tasks, tmp_path_factory.mktemp("proof"), processes=1))


@pytest.mark.slow
@pytest.mark.parametrize("name", SOME)
def test_fault_is_caught(runs, name):
    assert judging.complaints(FAULTS[name], runs[name].checks) == []


@pytest.mark.slow
def test_no_run_is_left_in_the_next(runs):
    assert {check.verdict for check in runs["correct"].checks} == {"pass"}
    assert {run.footer.collected - run.footer.ran for run in runs.values()} == {0}
    assert len({run.run for run in runs.values()}) == len(runs)


def test_run_of_a_worker_is_the_run_of_the_command(runs, command, reference):
    name, fault = SOME[0], FAULTS[SOME[0]]
    words = [word for requirement in fault.breaks for word in ("--requirement", requirement)]

    theirs = command("run", reference.fault_url(name), *words).results

    assert [(item.id, item.verdict, item.deviation) for item in runs[name].checks] == [
        (item.id, item.verdict, item.deviation) for item in theirs.checks
    ]


@pytest.mark.slow
def test_fault_that_no_check_notices_is_a_complaint(runs):
    (complaint,) = judging.complaints(FAULTS[SOME[0]], runs["correct"].checks)

    assert "CAP-WADL-004 does not catch the fault wadl-without-charset" in complaint
    assert "python tests/prove.py wadl-without-charset" in complaint


@pytest.mark.slow
def test_fault_that_is_caught_for_another_reason_is_a_complaint(runs):
    (complaint,) = judging.complaints(replace(FAULTS[SOME[0]], says="the moon is full"), runs[SOME[0]].checks)

    assert "nothing says 'the moon is full'" in complaint


def test_record_knows_the_faults_of_today():
    """A fault without a record is no failure: it is named, with the command that proves it."""
    record = qualification.read(prove.RECORD)
    unproven = sorted(set(FAULTS) - {kill.fault for kill in record.kills})
    if unproven:
        warnings.warn(f"not in the record yet: {', '.join(unproven)} (python tests/prove.py --changed)", stacklevel=1)

    assert [kill.fault for kill in record.kills if kill not in record.caught] == []
    assert record.false_alarms == []


def basis(subject="a", checks="b", server="c", judge="d"):
    return Basis(subject, checks, server, judge)


def test_what_changed_is_proven_first_and_the_rest_in_the_order_of_the_commit():
    names = [f"fault-{number}" for number in range(20)]
    record = {name: basis() for name in names} | {"fault-4": basis(judge="another"), "fault-7": basis(checks="others")}
    today = {name: basis() for name in [*names, "new"]}

    one, again, another = (chosen(today, record, seed) for seed in ("c0ffee", "c0ffee", "decade"))

    assert (one.changed, one.older) == (["fault-7", "new"], ["fault-4"])
    assert one == again and one.sample != another.sample
    assert one.sample[0] == "fault-4" and sorted([*one.sample, *one.changed]) == sorted(today)


def test_digest_of_a_fault_is_not_that_of_its_neighbour():
    before, after = Source(SOURCE), Source(SOURCE.replace('"""The first."""', '"""The first one."""'))
    shared = Source(SOURCE.replace("LIMIT = 3", "LIMIT = 4"))

    assert sorted(before.own) == ["one", "two"]
    assert (before.own["one"] == after.own["one"], before.own["two"] == after.own["two"]) == (False, True)
    assert before.shared == after.shared != shared.shared
    assert before.imports == ["altered"]


def test_ids_that_are_computed_are_of_the_whole_module():
    module = Source('for key in KEYS:\n    fault(f"{key}-is-ignored", breaks=(key,), says="")(Ignoring)\n')

    assert module.computes and module.shared == module.text and not module.own


@pytest.mark.parametrize("name", ["accession-number-is-ignored", "wadl-without-charset"])
def test_every_part_of_a_basis_is_found(name):
    assert all(vars_of(of_fault(FAULTS[name])))
    assert of_fault(FAULTS[name]).subject != of_fault(FAULTS["bad-limit-is-ignored"]).subject


def vars_of(item):
    return [getattr(item, field) for field in item.__struct_fields__]


def test_numbers_of_a_readme_are_written_row_by_row():
    text = "| caught | 1 of 2 |\n| proven | 3 / 4 |\n| pass | 5 of 6 |\n"
    numbers = qualification.qualified()

    written = prove.with_numbers(text, numbers)

    assert written == (
        f"| caught | {numbers.caught} of {numbers.faults} |\n| proven | {numbers.proven} / {numbers.requirements} |\n"
        f"| pass | {numbers.conform} of {numbers.servers} |\n"
    )
