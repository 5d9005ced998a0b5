"""Many readers and writers at the same time, where they are asked for."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from conformance.harness.run.options import PACKAGE
from conformance.kit.verdicts import Warn
from conformance.load import test_load as room
from conformance.reporting.exchanges import subject
from conformance.reporting.times import times
from tests.kit.test_expect import response
from tests.test_read_only import fill, sample, sent

LOAD = PACKAGE / "load"


def test_load_is_judged_where_it_is_asked_for(command):
    run = command("run", LOAD, "--load", "3")

    assert {check.verdict for check in run.results.checks} == {"pass"}
    assert run.results.load == "3 readers and 3 writers"
    assert "load          3 readers and 3 writers at the same time                          --load" in run.output
    assert "LOAD      3 readers and 3 writers, 95 % within: store " in run.output
    assert {row.operation: row.number for row in times(run.results.checks, load=True)} == {
        "Store": 9,
        "Retrieve instances": 9,
        "Retrieve metadata": 9,
        "Search": 9,
    }
    assert len(run.results.stored) == 4  # three copies, and what the readers read
    assert run.results.leftovers == []
    assert "Response time under load" in (run.folder / "conformance.html").read_text(encoding="utf-8")


def test_run_without_a_load_is_not_about_it_and_says_so(command):
    run = command("run", "-k", "test_store_blue")

    assert [item.id for item in run.results.requirements if item.id.startswith("LOAD-")] == []
    assert ("load", "none") in [(setting.name, setting.value) for setting in run.results.endpoint.settings]
    assert "LOAD " not in run.output


def test_where_nothing_may_be_stored_there_are_readers_only(command, reference):
    study = fill(reference.url, sample("under load"))

    run = command("run", reference.url, LOAD, "--profile", "read-only", "--study", study, "--load", "3")

    assert run.code == 0
    assert run.results.load == "3 readers"
    assert sent(run) <= {"GET", "HEAD", "OPTIONS"}
    verdicts = {check.id: check.verdict for check in run.results.checks if check.id.startswith("load-")}
    assert verdicts == {
        "load-answered": "pass",
        "load-stored.kept": "not supported",
        "load-stored.taken": "not supported",
        "load-read.instances": "pass",
        "load-read.metadata": "pass",
        "load-found.meanwhile": "pass",
        "load-found.afterwards": "not supported",
    }


def test_failure_under_load_is_shown_with_the_request_that_failed(command, reference):
    run = command("run", reference.fault_url("crowd-is-500"), LOAD, "--load", "8")

    assert run.verdicts("fail") == ["load-answered"]
    failed = run.check("load-answered")
    assert re.match(r"status is 500, should be 2xx, and \d+ more \(\w+ /studies.*; \d+ of \d+\)$", failed.summary)
    assert subject(failed).status == 500


def test_what_one_client_does_not_get_is_no_matter_of_load(command, reference):
    run = command("run", reference.fault_url("instance-pixel-changed"), LOAD, "--load", "2")

    assert run.verdicts("fail") == []
    waiting = {check.id: check.blocked_by for check in run.results.checks if check.verdict == "blocked"}
    assert waiting == dict.fromkeys(("load-stored.kept", "load-read.instances"), "seed-retrieve-instance")


@pytest.mark.parametrize("status", [429, 503])
def test_server_that_says_that_it_is_busy_is_warned_of(status):
    load = SimpleNamespace(responses=[response(200), response(status)], unanswered=[])

    with pytest.raises(Warn, match=rf"status is {status}, should be 2xx .* in 1 of 2 responses"):
        room.test_every_request_is_answered(load)


def test_baseline_may_name_a_check_that_runs_under_load_only(command, tmp_path):
    (tmp_path / "known.toml").write_text('[[known]]\ncheck = "load-stored.kept"\nreason = "one of ten is lost"\n')

    run = command("run", "-k", "test_store_blue", "--baseline", "known.toml")

    assert run.verdicts("stale") == run.verdicts("fail") == []
