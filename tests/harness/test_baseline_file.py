"""A baseline that a run writes is one that the next run takes."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.baseline import Baseline, Known, read
from conformance.harness.run.baseline_file import BaselineFile
from conformance.harness.run.options import PACKAGE
from conformance.harness.run.verdicts import Conclusion
from tests.reporting import factory

FAILED = ["seed-retrieve-frame", "seed-search-studies"]


def written(path, run, *entries, strict=False):
    """The entries of the file that a run with a baseline writes."""
    baseline = Baseline(entries, "")
    for check in run.checks:
        baseline.of(check.id, Conclusion("fail" if check.verdict == "stale" else check.verdict, check.summary))
    BaselineFile(path, baseline).write(run, strict)
    return {entry.check: entry for entry in read(path).entries}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.toml"


def test_entry_for_each_check_that_failed_says_what_was_seen(path):
    entries = written(path, factory.deviating())

    assert list(entries) == FAILED
    assert entries["seed-search-studies"].reason == (
        "to be completed: the answer is 2 matches, should be 1 match, the study asked for"
    )


def test_warnings_are_in_it_where_they_count(path):
    assert "seed-wire-type-unquoted" in written(path, factory.deviating(), strict=True)


def test_warning_that_others_wait_for_is_in_it(path):
    run = factory.deviating()
    checks = [factory.replace(check, blocked_by=check.blocked_by and "seed-wire-type-unquoted") for check in run.checks]

    assert list(written(path, factory.run(checks))) == [*FAILED, "seed-wire-type-unquoted"]


def test_entry_that_holds_is_kept_as_it_is_and_one_that_is_stale_is_dropped(path):
    kept = Known("seed-retrieve-boundary", 'the "vendor"\nknows \\ \x7f \u202e', "PACS-1", date(2999, 12, 31))
    stale = Known("seed-wire-chunked", "not any more")

    entries = written(path, factory.deviating(), kept, stale)

    assert entries["seed-retrieve-boundary"] == kept
    assert list(entries) == ["seed-retrieve-boundary", *FAILED]


def test_entry_of_what_was_not_judged_is_kept(path):
    blocked, other = Known("seed-wire-several", "known"), Known("zzz-of-another-run", "known")

    assert written(path, factory.conforming(), blocked, other) == {
        "seed-wire-several": blocked,
        "zzz-of-another-run": other,
    }


def test_expired_entry_of_what_still_fails_is_to_be_completed_again(path):
    expired = Known("seed-wire-chunked", "we know", "PACS-2", date(2020, 1, 1))

    entry = written(path, factory.deviating(), expired)["seed-wire-chunked"]

    assert (entry.reason.startswith("to be completed: "), entry.issue, entry.expires) == (True, "PACS-2", None)


def test_hostile_text_stays_text(path):
    entries = written(path, factory.hostile())

    text = path.read_text(encoding="utf-8")
    assert list(entries) == FAILED
    assert text.replace("\n", "").isprintable()
    assert "document.title='owned'" in entries["seed-search-studies"].reason


def test_file_says_which_requirement_an_entry_is_about(path):
    written(path, factory.deviating(), Known("zzz-of-another-run", "known"))

    headings = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")][2:]
    assert [heading.split(",")[0] for heading in headings] == [
        "# SEED-RETRIEVE-FRAME",
        "# SEED-SEARCH-STUDIES",
        "# Not judged by this run",
    ]


def test_only_the_baseline_of_the_run_is_overwritten(path, tmp_path):
    path.write_text("")
    other = tmp_path / "other.toml"
    other.write_text("")

    BaselineFile(path, Baseline([], str(path)))
    with pytest.raises(ConfigurationError, match="new.toml is there, and not the baseline of this run; name another"):
        BaselineFile(path, Baseline([], str(other)))
    with pytest.raises(ConfigurationError, match="none is no folder that can be written into"):
        BaselineFile(tmp_path / "none" / "new.toml", Baseline())


def test_refusal_is_exit_code_four_before_anything_is_sent(command, reference, tmp_path):
    (tmp_path / "notes.toml").write_text("mine")

    run = command("run", reference.url, "--baseline-write", "notes.toml")

    assert (run.code, run.results) == (4, None)
    assert "notes.toml is there, and not the baseline of this run" in run.output
    assert (tmp_path / "notes.toml").read_text() == "mine"


def test_run_with_the_baseline_that_a_run_wrote_conforms(command, endpoints, reference, tmp_path):
    url = reference.fault_url("delete-looks-at-the-last-uid")
    endpoints(f'[pacs]\nurl = "{url}"\nsupports = ["delete"]\nbaseline = "known.toml"\n')
    one = ("run", "pacs", "--requirement", "DELETE-EXT-010")

    first = command(*one, "--baseline-write", "known.toml")
    assert (first.code, len(first.verdicts("fail"))) == (1, 3)
    assert "BASELINE  known.toml: 3 entries to be completed, 0 kept, 0 dropped" in first.output

    assert "3 of 3 known deviations have no reason" in " ".join(command(*one).output.split())
    assert command(*one, "--ratchet").code == 0
    written = (tmp_path / "known.toml").read_text()
    (tmp_path / "known.toml").write_text(written.replace("to be completed: ", ""))
    room = command("run", "pacs", PACKAGE / "delete")
    assert (room.code, room.results.overall) == (0, "accepted")
    assert room.verdicts("known") == first.verdicts("fail")

    _, *entries = (tmp_path / "known.toml").read_text().split("[[known]]")
    (tmp_path / "known.toml").write_text("[[known]]".join(["", *entries[1:]]))
    assert command(*one).code == 1
