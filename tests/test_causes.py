"""Single causes: the data say of checks that there are what each may change; some are tried, all in tests/prove.py."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from conformance.harness.run import facts
from conformance.harness.run.options import PACKAGE
from conformance.kit.resources import RESOURCES
from conformance.reference.causes import CAUSES
from tests.tools import causes, ids, workers
from tests.tools.judging import claims

# Of the cheapest, with the parts of the suite that show them.
SOME = {
    "one-malformed-element": ("scenario/test_sample_study.py", "query/test_media_types.py"),
    "no-store-to-a-study": ("scenario/test_sample_study.py", "store/test_targets.py"),
}


def test_every_cause_has_its_data():
    assert set(causes.allowed()) == set(CAUSES)


@pytest.mark.parametrize("name", CAUSES)
def test_what_a_cause_may_change_are_checks_each_with_a_reason(name):
    may = causes.allowed()[name]
    known = ids.kept()

    for line, reason in (may.red | may.waits).items():
        for pattern in line.split():
            assert any(causes.Allowed({pattern: reason}, {}).may_be_red(check) for check in known), pattern
        assert len(reason) > 8


def test_judges_of_what_checks_stand_on_are_checks():
    known = ids.kept()
    judges = {judge for fact in (*RESOURCES, *facts.REPRESENTATIONS, *facts.QUERIES) for judge in fact.judges}

    assert judges <= set(known) | {check.partition(".")[0] for check in known}


def check(id, verdict, by=None, sent=""):
    requirement, deviation = id.partition(".")[0].upper(), SimpleNamespace(sent=sent)
    return SimpleNamespace(
        id=id, requirement=requirement, verdict=verdict, blocked_by=by, summary="why", deviation=deviation
    )


def told(*checks):
    return causes.complaints("no-frames", checks, {one.id: "pass" for one in checks})


RED, WAITING, OTHER = "retrieve-frames-001.1", "retrieve-frames-003", "seed-search-studies"


def test_what_a_cause_may_do_is_no_complaint():
    assert told(check(RED, "fail"), check(WAITING, "blocked", RED), check(OTHER, "pass")) == []


@pytest.mark.parametrize(
    ("path", "waits"),
    [("/frames/1, Accept: */*", True), ("/frames/1?accept=*/*", True), ("/frames/1/rendered", False), ("", False)],
)
def test_who_asked_for_a_missing_resource_waits(path, waits):
    sent = f"GET /studies/1.2/series/1.3/instances/1.4{path}"

    assert bool(told(check(RED, "fail"), check(OTHER, "blocked", RED, sent))) is not waits


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ([check(RED, "fail"), check(OTHER, "warn")], "seed-search-studies is warn: why"),
        ([check(RED, "fail"), check(WAITING, "fail")], "retrieve-frames-003 is fail: why"),
        ([check(RED, "fail"), check(OTHER, "blocked", RED)], "it should be judged"),
        ([check(RED, "fail"), check(OTHER, "not supported")], "it should be judged"),
        ([check(RED, "fail"), check(WAITING, "blocked", OTHER), check(OTHER, "pass")], "which is not red"),
        ([check(RED, "pass"), check(WAITING, "pass")], "turns nothing red"),
    ],
)
def test_what_a_cause_may_not_do_is_a_complaint(checks, said):
    (complaint,) = told(*checks)

    assert said in complaint


@pytest.mark.slow
def test_some_causes_over_a_part_of_the_suite(tmp_path):
    every = {path for paths in SOME.values() for path in paths}
    tasks = [
        workers.Task(name, causes.against(name).url, claims(), tuple(str(PACKAGE / path) for path in sorted(paths)))
        for name, paths in {causes.CORRECT: every, **SOME}.items()
    ]
    runs = dict(workers.run(tasks, tmp_path, processes=1))

    correct = {one.id: one.verdict for one in runs[causes.CORRECT].checks}
    for name in SOME:
        assert causes.complaints(name, runs[name].checks, correct) == []
