"""A baseline that a run writes is one that the next run takes."""

from __future__ import annotations

import hashlib
import re
from datetime import date

import pytest

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.baseline import Baseline, Known, read
from conformance.harness.run.baseline_file import BaselineFile
from conformance.harness.run.verdicts import Conclusion
from tests.reporting import factory

FAILED = ["seed-retrieve-frame", "seed-search-studies"]


def written(path, run, *entries, strict=False):
    """The entries of the file that a run with a baseline writes."""
    baseline = Baseline(entries, "")
    for check in run.checks:
        verdict = "fail" if check.verdict in ("stale", "known") else check.verdict
        seen = check.deviation
        deviation = seen and Deviation(Difference(seen.subject, seen.found, seen.wanted), seen.sent)
        baseline.of(check.id, Conclusion(verdict, check.summary, deviation=deviation))
    BaselineFile(path, baseline).write(run, strict)
    return {check: entry for entry in read(path).entries for check in entry.checks}


def known(check, reason, **more):
    """An entry of a check of the deviating run, for what it found there."""
    found = "the answer is a boundary that occurs in part 2, should be one that occurs nowhere"
    if check == "seed-wire-chunked":
        found = "the check passes, but the baseline lists it as a deviation"
    return Known(check.upper(), found, [check], reason, **more)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.toml"


def test_entry_for_each_check_that_failed_says_what_was_seen(path):
    entries = written(path, factory.deviating())

    assert list(entries) == FAILED
    assert entries["seed-search-studies"] == Known(
        "SEED-SEARCH-STUDIES",
        "the answer is 2 matches, should be 1 match, the study asked for",
        ["seed-search-studies"],
        "to be completed",
    )


def test_warnings_are_in_it_where_they_count(path):
    assert "seed-wire-type-unquoted" in written(path, factory.deviating(), strict=True)


def test_warning_that_others_wait_for_is_in_it(path):
    run = factory.deviating()
    checks = [factory.replace(check, blocked_by=check.blocked_by and "seed-wire-type-unquoted") for check in run.checks]

    assert list(written(path, factory.run(checks))) == [*FAILED, "seed-wire-type-unquoted"]


def test_entry_that_holds_is_kept_as_it_is_and_one_that_is_stale_is_dropped(path):
    more = dict(issue="PACS-1", by="PACS team", on=date(2026, 11, 29), expires=date(2999, 12, 31), places=["a"])
    kept = known("seed-retrieve-boundary", 'the "vendor"\nknows \\ \x7f \u202e', **more)
    stale = known("seed-wire-chunked", "not any more")

    entries = written(path, factory.deviating(), kept, stale)

    assert entries["seed-retrieve-boundary"] == kept
    assert list(entries) == ["seed-retrieve-boundary", *FAILED]


def test_entry_of_what_was_not_judged_is_kept(path):
    blocked, other = known("seed-wire-several", "known"), known("zzz-of-another-run", "known")

    entries = written(path, factory.deviating(), blocked, other)

    assert (entries["seed-wire-several"], entries["zzz-of-another-run"]) == (blocked, other)


def test_expired_entry_of_what_still_fails_is_to_be_completed_again(path):
    expired = known("seed-wire-chunked", "we know", issue="PACS-2", expires=date(2020, 1, 1))

    entry = written(path, factory.deviating(), expired)["seed-wire-chunked"]

    assert (entry.reason, entry.issue, entry.expires) == ("to be completed", "PACS-2", None)


def test_entry_that_a_run_that_only_reads_does_not_judge_is_kept(path):
    entry, run = known("seed-retrieve-frame", "we know"), factory.deviating()
    for check in run.checks:
        check.verdict = "not supported"

    assert written(path, run, entry) == {"seed-retrieve-frame": entry}


def test_checks_that_its_deviations_block_are_listed(path):
    run = factory.deviating()
    series, several = (check for check in run.checks if check.verdict == "blocked")
    series.blocked_by, several.blocked_by = "seed-search-studies", "the session"

    written(path, run)

    assert read(path).unjudged == {series.id}


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [(None, None, None), (None, {"B", "A"}, {"A", "B"}), (["A"], set(), set()), (["A"], None, {"A"})],
)
def test_requirements_of_which_nothing_is_supported_are_listed_by_a_whole_run(path, before, now, after):
    BaselineFile(path, Baseline(unsupported=before)).write(factory.conforming(), False, (), now)

    assert read(path).unsupported == after


def test_hostile_text_stays_text(path):
    entries = written(path, factory.hostile())

    text = path.read_text(encoding="utf-8")
    assert list(entries) == FAILED
    assert text.replace("\n", "").isprintable()
    assert "document.title='owned'" in entries["seed-search-studies"].found


def test_file_says_of_which_endpoint_it_is(path):
    run = factory.deviating()
    written(path, run)

    assert read(path).remarks(run.endpoint.name, run.edition, run.profile) == []
    assert read(path).claims == set(run.endpoint.claims)
    assert "was written for" in read(path).remarks("another", run.edition, run.profile)[0]


def test_file_says_which_requirement_an_entry_is_about(path):
    written(path, factory.deviating(), known("zzz-of-another-run", "known"))

    headings = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")][3:]
    assert [heading.split(",")[0] for heading in headings] == [
        "# SEED-RETRIEVE-FRAME",
        "# SEED-SEARCH-STUDIES",
        "# ZZZ-OF-ANOTHER-RUN: not judged here",
    ]


def test_only_the_baseline_of_the_run_is_overwritten(path, tmp_path):
    path.write_text("")
    other = tmp_path / "other.toml"
    other.write_text("")

    BaselineFile(path, Baseline([], str(path)))
    with pytest.raises(
        ConfigurationError, match="new.toml exists, and is not the baseline of this run; name another file"
    ):
        BaselineFile(path, Baseline([], str(other)))
    with pytest.raises(ConfigurationError, match="none is not a folder that can be written to"):
        BaselineFile(tmp_path / "none" / "new.toml", Baseline())


def test_nothing_is_written_through_a_link_beside_it(path, tmp_path):
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / f"{path.name}.part").symlink_to(other)

    assert list(written(path, factory.deviating())) == FAILED
    assert other.read_text() == "mine"


def test_refusal_is_exit_code_four_before_anything_is_sent(command, reference, tmp_path):
    (tmp_path / "notes.toml").write_text("mine")

    run = command("run", reference.url, "--baseline-write", "notes.toml")

    assert (run.code, run.results) == (4, None)
    assert "notes.toml exists, and is not the baseline of this run" in run.output
    assert (tmp_path / "notes.toml").read_text() == "mine"


def test_run_with_the_baseline_that_a_run_wrote_conforms(command, endpoints, reference, tmp_path):
    url = reference.fault_url("delete-looks-at-the-last-uid")
    endpoints(f'[pacs]\nurl = "{url}"\nsupports = ["delete"]\nbaseline = "known.toml"\n')
    one = ("run", "pacs", "--requirement", "DELETE-EXT-010")

    first = command(*one, "--baseline-write", "known.toml")
    assert (first.code, len(first.verdicts("fail"))) == (1, 3)
    assert re.search(r"BASELINE  known.toml: \d entr(y|ies) to be completed, 0 kept, 0 checks dropped", first.output)

    assert "3 of 3 known deviations have no reason" in " ".join(command(*one).output.split())
    assert command(*one, "--ratchet").code == 0
    written = (tmp_path / "known.toml").read_text()
    (tmp_path / "known.toml").write_text(written.replace("to be completed", "the vendor mends it"))
    again = command(*one)
    assert (again.code, again.results.overall) == (0, "accepted")
    assert again.verdicts("known") == first.verdicts("fail")
    assert again.results.baseline.sha256 == hashlib.sha256((tmp_path / "known.toml").read_bytes()).hexdigest()

    (tmp_path / "known.toml").write_text(written.replace("status is 200", "status is 201"))
    assert command(*one).code == 1
