"""The exit code of a part of the suite, and under a baseline: silence is not success, and what was left out is said."""

from __future__ import annotations

import pytest

from tests.conftest import CHECKOUT

pytestmark = pytest.mark.slow
DELETES = CHECKOUT / "conformance" / "delete"
NOTHING = "nothing of what was asked for was judged, since it is not supported, or not claimed"


@pytest.mark.parametrize(
    "words",
    [
        ("--requirement", "DELETE-EXT-010"),
        ("--requirement", "RETRIEVE-THUMB-001", "--lacks", "thumbnails"),
        ("--requirement", "SEED-RETRIEVE-FRAME", "--lacks", "frames"),
    ],
    ids=["not claimed", "not claimed, and there", "only its prerequisites"],
)
def test_part_of_which_nothing_is_judged_is_incomplete(command, reference, words):
    run = command("run", reference.url, *words)

    assert (run.code, run.results.overall) == (6, "incomplete")
    assert NOTHING in run.results.sentence


def test_checks_that_are_left_out_are_said(command, reference):
    left_out = f"{DELETES / 'test_levels.py'}"

    run = command("run", reference.url, "--supports", "delete", DELETES, "--ignore", left_out)

    assert run.code == 0
    assert run.results.sentence.startswith(f"conforms in what was asked for (--ignore {left_out} ")


def test_whole_suite_without_some_checks_is_a_part(command, reference, tmp_path, monkeypatch):
    """A plugin may leave some out, as --deselect does."""
    (tmp_path / "leaving_out.py").write_text(
        "def pytest_collection_modifyitems(items):\n"
        "    items[:] = [item for item in items if 'test_levels' in item.nodeid][:1]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    run = command("run", reference.url, "--supports", "delete", "-p", "leaving_out")

    assert run.results.part.startswith("without ") and "in what was asked for (without" in run.results.sentence
    assert not (run.folder / "acceptance.html").exists()


def test_check_that_a_known_deviation_newly_blocks_is_not_excused(command, reference, tmp_path):
    """The baseline is of the known deviation alone, as if the other check had been judged at that time."""
    url = reference.fault_url("store-one-instance-a-series")
    run = ("run", url, "--requirement", "SEED-STORE-SERIES")
    assert command(*run, "--baseline-write", "known.toml").code == 1
    known = tmp_path / "known.toml"
    known.write_text(known.read_text().replace("to be completed", "the vendor mends it"))
    assert command(*run, "--baseline", "known.toml").code == 0

    more = (*run, "--requirement", "SEED-RETRIEVE-SERIES", "--baseline", "known.toml")
    blocked = command(*more)

    assert (blocked.code, blocked.results.overall) == (6, "incomplete")
    check = blocked.check("seed-retrieve-series")
    assert (check.verdict, check.blocked_by) == ("blocked", "the baseline")
    assert check.summary.endswith("known.toml does not list this check as unjudged")
    assert command(*more, "--baseline-write", "known.toml").code == 6
    assert command(*more).results.overall == "accepted"


def test_baseline_of_another_server_is_said_by_the_verdict(command, reference, tmp_path):
    (tmp_path / "known.toml").write_text('endpoint = "another"\n')

    run = command("run", reference.url, "--requirement", "SEED-STORE-STUDIES", "--baseline", "known.toml")

    assert 'known.toml was written for endpoint "another": it may accept what is new here' in run.results.sentence


def test_feature_that_is_not_claimed_any_more_is_not_excused(command, reference, tmp_path):
    run = ("run", reference.url, "--requirement", "SEED-RETRIEVE-FRAME", "--requirement", "SEED-STORE-STUDIES")
    assert command(*run, "--baseline-write", "known.toml").code == 0

    less = command(*run, "--lacks", "frames", "--baseline", "known.toml")

    assert (less.code, less.results.overall) == (6, "incomplete")
    assert less.check("seed-retrieve-frame").blocked_by == "the baseline"


def test_run_that_ends_at_its_first_failure_says_how_much_it_judged(command, reference):
    words = ("--requirement", "SEED-RETRIEVE-FRAME", "--requirement", "RETRIEVE-FRAMES-001", "-x")

    run = command("run", reference.fault_url("frame-shifted"), *words)

    ran, collected = run.results.footer.ran, run.results.footer.collected
    assert (run.code, ran < collected) == (1, True)
    assert f"only {ran} of {collected} checks ran" in run.results.sentence
