"""A baseline excuses what it names, and nothing else, for as long as it says."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.baseline import Baseline, Known, read
from conformance.harness.run.verdicts import Conclusion

FAIL = Conclusion("fail", "status is 400, should be 406")


def baseline(**more):
    return Baseline([Known("seed-retrieve-frame", "the vendor knows", **more)], "pacs.toml")


def test_failure_that_is_listed_is_known():
    conclusion = baseline(issue="PACS-1").of("seed-retrieve-frame", FAIL)

    assert conclusion == Conclusion("known", FAIL.summary, reason="the vendor knows (PACS-1)")


def test_failure_that_is_not_listed_stays():
    assert baseline().of("seed-retrieve-study", FAIL) is FAIL


@pytest.mark.parametrize("verdict", ["pass", "observed", "not supported"])
def test_entry_of_what_does_not_fail_is_stale(verdict):
    conclusion = baseline().of("seed-retrieve-frame", Conclusion(verdict, ""))

    assert conclusion == Conclusion("stale", f"the verdict is {verdict}: remove this check from pacs.toml")


def test_entry_that_has_expired_is_stale():
    conclusion = baseline(expires=date(2020, 1, 1)).of("seed-retrieve-frame", FAIL)

    assert conclusion == Conclusion("stale", f"the entry of pacs.toml expired on 2020-01-01: {FAIL.summary}")


@pytest.mark.parametrize("verdict", ["blocked", "error"])
def test_what_was_not_judged_is_not_excused(verdict):
    conclusion = Conclusion(verdict, "")

    assert baseline().of("seed-retrieve-frame", conclusion) is conclusion


def test_entry_without_a_check_is_refused_with_the_nearest():
    with pytest.raises(
        ConfigurationError, match='there is no check "seed-retrieve-frame", did you mean "seed-retrieve-frames"'
    ):
        baseline().check_ids(["seed-retrieve-frames"])


@pytest.mark.parametrize(
    "text",
    [
        "[[known]]\ncheck = 1\nreason = ''",
        "[[known]]\nreason = ''",
        "[[knwon]]\ncheck = 'a'\nreason = ''",
        "known = 1",
        "[",
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(tmp_path, text):
    (tmp_path / "pacs.toml").write_text(text)

    with pytest.raises(ConfigurationError, match="the baseline .*pacs.toml") as error:
        read(tmp_path / "pacs.toml")

    assert "\n" not in str(error.value)


def test_run_with_its_baseline_is_green_and_without_an_entry_red(command, endpoints, reference, tmp_path):
    known = '[[known]]\ncheck = "seed-retrieve-frame"\nreason = "the vendor knows"\nexpires = 2999-12-31\n'
    (tmp_path / "known.toml").write_text(known)
    url = reference.fault_url("frame-shifted")
    endpoints(f'[pacs]\nurl = "{url}"\nsupports = ["delete"]\nbaseline = "known.toml"\n')

    run = command("run", "pacs", "-k", "test_retrieve_frame")
    assert run.verdicts("known") == ["seed-retrieve-frame"]
    assert run.results.overall != "deviates"

    (tmp_path / "known.toml").write_text("")
    assert command("run", "pacs", "-k", "test_retrieve_frame").code == 1


def test_entries_that_expire_within_a_month_are_named():
    entries = [Known(f"check-{day}", "why", expires=date(2026, 3, day)) for day in (31, 10, 1)]

    known = Baseline([*entries, Known("for-ever", "why")], "pacs.toml")

    assert known.expiring(date(2026, 3, 1)) == [
        "check-1 expires in 0 days",
        "check-10 expires in 9 days",
        "check-31 expires in 30 days",
    ]
    assert known.expiring(date(2026, 3, 11)) == ["check-31 expires in 20 days"]
