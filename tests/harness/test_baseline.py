"""A baseline excuses what it names, and nothing else, for as long as it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.baseline import Baseline, Known, read
from conformance.harness.run.findings import Finding
from conformance.harness.run.verdicts import Conclusion
from tests.reporting import factory

SEEN = Deviation(Difference("status", "400", "406"), "GET /studies")
OTHER = Deviation(Difference("status", "500", "406"), "GET /studies")
FAIL = Conclusion("fail", str(SEEN), deviation=SEEN)


def known(*checks, found=str(OTHER.difference), reason="the vendor knows", **more):
    return Known("SEED-RETRIEVE-FRAME", found, list(checks) or ["seed-retrieve-frame"], reason, **more)


def baseline(**more):
    return Baseline([known(**{"found": str(SEEN.difference)} | more)], "pacs.toml")


def test_failure_that_is_listed_is_known():
    conclusion = baseline(issue="PACS-1").of("seed-retrieve-frame", FAIL)

    assert conclusion == replace(FAIL, verdict="known", reason="the vendor knows (PACS-1)")


def test_another_finding_at_a_check_that_is_listed_is_red():
    conclusion = baseline().of("seed-retrieve-frame", Conclusion("fail", str(OTHER), deviation=OTHER))

    assert conclusion.verdict == "fail"
    assert conclusion.deviation.why == "pacs.toml lists another finding of this check (status is 400, should be 406)"


def test_place_that_is_not_listed_is_red():
    two = replace(SEEN, places=("GET /studies: status is 400", "GET /series?limit: status is 400"))
    both = baseline(places=list(two.places))
    conclusion = Conclusion("fail", str(two), deviation=two)

    assert both.of("seed-retrieve-frame", conclusion).verdict == "known"
    red = baseline(places=list(two.places[:1])).of("seed-retrieve-frame", conclusion)
    assert (red.verdict, red.deviation.why) == ("fail", "pacs.toml does not list GET /series?limit: status is 400")


def test_any_of_the_places_may_be_the_first():
    first = replace(SEEN, places=("status is 400, should be 406", "status is 500, should be 406"))
    conclusion = Conclusion("fail", "", deviation=replace(first, difference=OTHER.difference))

    assert baseline(places=list(first.places)).of("seed-retrieve-frame", conclusion).verdict == "known"


def test_last_of_many_places_is_known():
    listed = baseline(places=[str(SEEN.difference), str(OTHER.difference)])

    assert listed.of("seed-retrieve-frame", Conclusion("fail", str(OTHER), deviation=OTHER)).verdict == "known"


def test_data_of_the_run_are_those_of_the_next():
    listed = Baseline([known(found="PatientName is {run}-A, should be B")], "pacs.toml")
    listed.label = "DWC7D62"
    seen = replace(SEEN, difference=Difference("PatientName", "DWC7D62-A", "B"))

    assert listed.of("seed-retrieve-frame", Conclusion("fail", "", deviation=seen)).verdict == "known"


def test_fewer_places_than_are_listed_are_known():
    one = Conclusion("fail", str(SEEN), deviation=replace(SEEN, places=("a",)))

    assert baseline(places=["a", "b"]).of("seed-retrieve-frame", one).verdict == "known"


@pytest.mark.parametrize(
    "varies",
    [
        ("http://127.0.0.1:8042/a", "http://127.0.0.1:9042/a"),
        ("1.2.826.0.1.3680043.10.1", "2.25.81705874942333230036623644232708652199"),
        ("2,892,946 bytes", "2,892,944 bytes"),
        ("b5148959852743cd6b1acf96799bd050", "a5148959852743cd6b1acf96799bd050"),
        ("{00100020 LO, 8 characters, 3fa9c1}", "{00100020 LO, 8 characters, 0fa9c2}"),
    ],
)
def test_finding_is_the_same_in_another_run(varies):
    first, second = (replace(SEEN, difference=Difference("it", text, "another")) for text in varies)
    listed = Baseline([known(found=Finding.of(Conclusion("fail", "", deviation=first)).found)], "pacs.toml")

    assert listed.of("seed-retrieve-frame", Conclusion("fail", "", deviation=second)).verdict == "known"


@pytest.mark.parametrize(
    "varies",
    [
        ("404", "500"),
        ("7", "1"),
        ("'CT'", "'MR'"),
        ("0 bytes", "526 bytes"),
        ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80"),
    ],
)
def test_status_number_and_value_tell_findings_apart(varies):
    first, second = (replace(SEEN, difference=Difference("it", text, "another")) for text in varies)

    assert Finding.of(Conclusion("fail", "", deviation=first)) != Finding.of(Conclusion("fail", "", deviation=second))


def test_uids_of_the_standard_are_left_out_in_older_files_only():
    syntax = replace(SEEN, difference=Difference("the syntax", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.1"))
    conclusion = Conclusion("fail", str(syntax), deviation=syntax)

    older = Baseline([known(found="the syntax is {UID}, should be {UID}")], "pacs.toml")
    newer = Baseline([known(found="the syntax is 1.2.840.10008.1.2, should be 1.2.840.10008.1.2.1")], "pacs.toml")

    assert older.of("seed-retrieve-frame", conclusion).verdict == "known"
    assert newer.of("seed-retrieve-frame", conclusion).verdict == "fail"


def test_file_of_another_endpoint_edition_or_profile_says_so(tmp_path):
    entry = '[[known]]\nrequirement = "A"\nfound = "b"\nchecks = ["c"]\nreason = "d"\n'
    (tmp_path / "of.toml").write_text(f'endpoint = "pacs"\nedition = "2025c"\n{entry}')
    listed = read(tmp_path / "of.toml")

    assert listed.remarks("pacs", "2025c", "azure") == []
    (other,) = listed.remarks("staging", "2026c", "azure")
    assert other.endswith('of.toml was written for endpoint "pacs" and edition "2025c": it may accept what is new here')


def test_failure_that_is_not_listed_stays():
    assert baseline().of("seed-retrieve-study", FAIL) is FAIL


@pytest.mark.parametrize("verdict", ["pass", "observed", "not supported"])
def test_entry_of_what_does_not_fail_is_stale(verdict):
    conclusion = baseline().of("seed-retrieve-frame", Conclusion(verdict, ""))

    assert conclusion == Conclusion("stale", f"the verdict is {verdict}: remove this check from pacs.toml")


def test_entry_that_has_expired_is_stale():
    conclusion = baseline(expires=date(2020, 1, 1)).of("seed-retrieve-frame", FAIL)

    assert conclusion.verdict == "stale"
    assert conclusion.summary == f"the entry of pacs.toml expired on 2020-01-01: {FAIL.summary}"


def test_entry_of_the_older_form_excuses_what_its_check_finds_and_has_no_reason_yet(tmp_path):
    (tmp_path / "old.toml").write_text('[[known]]\ncheck = "seed-retrieve-frame"\nreason = "we know"\n')
    old = read(tmp_path / "old.toml")

    assert old.of("seed-retrieve-frame", FAIL).reason == "we know"
    assert old.unreasoned(["seed-retrieve-frame"]) == 1
    assert old.remarks("pacs", "2026c", "dicomweb")[0].endswith(
        "lists checks without what they found, and so excuses whatever they find: --baseline-write corrects it"
    )


def test_finding_about_generated_data_is_compared_too():
    drawn = Baseline([known("json-null-001.drawn")], "pacs.toml")

    assert drawn.of("json-null-001.drawn", Conclusion("fail", str(OTHER), deviation=OTHER)).verdict == "known"
    assert drawn.of("json-null-001.drawn", FAIL).verdict == "fail"
    assert drawn.of("json-null-001.drawn", Conclusion("pass", "")).verdict == "stale"


@pytest.mark.parametrize("reason", ["", " ", "\n", "To be completed", " to be confirmed: we know"])
def test_reason_that_nobody_wrote_is_none(reason):
    listed = baseline(reason=reason)
    listed.of("seed-retrieve-frame", FAIL)

    assert listed.unreasoned(["seed-retrieve-frame"]) == 1


FRAME, SERIES, STUDY = "seed-retrieve-frame", "seed-retrieve-series", "seed-retrieve-study"
REFUSED = "seed-retrieve-instance"


def blocked(listed):
    """The causes of the blocked checks under a baseline that lists some as blocked: one that is known blocks two."""
    checks = [check for check in factory.conforming().checks if check.id in (FRAME, SERIES, STUDY)]
    checks = [factory.replace(check, verdict="blocked", blocked_by=FRAME, summary="no") for check in checks]
    checks[[check.id for check in checks].index(FRAME)].verdict = "known"
    Baseline([known()], "pacs.toml", unjudged=listed).limit(checks, {REFUSED})
    return {check.id: (check.blocked_by, check.summary) for check in checks if check.verdict == "blocked"}


def test_refusal_that_is_not_listed_is_not_excused():
    (refused,) = (check for check in factory.conforming().checks if check.id == REFUSED)
    refused.verdict = "not supported"

    Baseline([], "pacs.toml", unjudged=[REFUSED]).limit([refused], {REFUSED})
    assert refused.verdict == "not supported"
    Baseline([], "pacs.toml", unjudged=[]).limit([refused])
    assert refused.verdict == "not supported"
    Baseline([], "pacs.toml").limit([refused], {REFUSED})
    assert refused.verdict == "not supported", "a file without the list excuses what it blocks"
    Baseline([], "pacs.toml", unjudged=[]).limit([refused], {REFUSED})
    assert (refused.verdict, refused.blocked_by) == ("blocked", "the baseline")


@pytest.mark.parametrize(
    ("listed", "now", "is_excused"),
    [
        (["STOW-RESP-018"], {"STOW-RESP-018"}, True),
        ([], {"STOW-RESP-018"}, False),
        (None, {"STOW-RESP-018"}, True),  # a file of before
        ([], None, True),  # a part of a run does not say it
        ([], set(), True),  # another check of it judged something
    ],
)
def test_requirement_of_which_nothing_is_supported_any_more_is_not_excused(listed, now, is_excused):
    (check,) = (check for check in factory.conforming().checks if check.id == REFUSED)
    check.verdict, check.requirement = "not supported", "STOW-RESP-018"

    Baseline([], "pacs.toml", unjudged=[], unsupported=listed).limit([check], unsupported=now)

    assert check.verdict == ("not supported" if is_excused else "blocked")
    assert is_excused or check.summary.endswith("; pacs.toml does not list STOW-RESP-018 as unjudged")


def test_requirement_that_does_not_exist_is_refused_with_the_nearest(tmp_path):
    (tmp_path / "pacs.toml").write_text('[unjudged]\nrequirements = ["STOW-RESP-0018"]\n')
    listed = read(tmp_path / "pacs.toml")

    with pytest.raises(ConfigurationError, match='there is no requirement "STOW-RESP-0018".*STOW-RESP-018'):
        listed.check_ids([])


@pytest.mark.parametrize("verdict", ["not supported", "observed"])
@pytest.mark.parametrize(("claims", "is_excused"), [({"retrieve"}, False), ({"frames"}, True), (None, True)])
def test_check_of_a_feature_that_is_not_claimed_any_more_is_not_excused(claims, is_excused, verdict):
    (frame,) = (check for check in factory.conforming().checks if check.id == FRAME)
    frame.verdict = verdict

    Baseline([], "pacs.toml", claims=["frames"]).limit([frame], claims=None if claims is None else frozenset(claims))

    assert frame.verdict == (verdict if is_excused else "blocked")


def test_known_deviation_blocks_only_the_checks_that_are_listed():
    assert blocked([SERIES, STUDY]) == {SERIES: (FRAME, "no"), STUDY: (FRAME, "no")}
    assert blocked([SERIES]) == {
        SERIES: (FRAME, "no"),
        STUDY: ("the baseline", "no; pacs.toml does not list this check as unjudged"),
    }


def test_list_of_unjudged_checks_is_read(tmp_path):
    (tmp_path / "pacs.toml").write_text(f'[unjudged]\nchecks = ["{SERIES}"]\n')
    listed = read(tmp_path / "pacs.toml")

    assert listed.unjudged == {SERIES}
    with pytest.raises(ConfigurationError, match=f'there is no check "{SERIES}"'):
        listed.check_ids([FRAME])


def test_entry_of_another_requirement_is_refused():
    wrong = Baseline([known(FRAME, SERIES)], "pacs.toml")

    with pytest.raises(
        ConfigurationError, match=f"SEED-RETRIEVE-FRAME lists {SERIES}, which is of another requirement"
    ):
        wrong.check_ids([FRAME, SERIES])


@pytest.mark.parametrize("verdict", ["blocked", "error"])
def test_what_was_not_judged_is_not_excused(verdict):
    conclusion = Conclusion(verdict, "")

    assert baseline().of("seed-retrieve-frame", conclusion) is conclusion


def test_entry_without_a_check_is_refused_with_the_nearest():
    with pytest.raises(
        ConfigurationError, match='there is no check "seed-retrieve-frame", did you mean "seed-retrieve-frames"'
    ):
        baseline().check_ids(["seed-retrieve-frames"])


def test_entry_of_an_own_object_may_be_of_another_run():
    Baseline([known("seed-retrieve-frame.own.object-3fa9c1d2")], "pacs.toml").check_ids(["seed-retrieve-frame"])


@pytest.mark.parametrize(
    "text",
    [
        "[[known]]\ncheck = 1\nreason = ''",
        "[[known]]\nreason = ''",
        "[[known]]\nrequirement = 'A'\nfound = ''\nchecks = ['a']\nreason = ''",
        "[[known]]\nrequirement = 'A'\nfound = 'x'\nchecks = []\nreason = ''",
        "[[knwon]]\ncheck = 'a'\nreason = ''",
        "[unjudged]\ncheck = ['a']",
        "[[unjudged]]\nchecks = ['a']",
        "unjudged = ['a']",
        "claims = 'frames'",
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
    old = '[[known]]\ncheck = "seed-retrieve-frame"\nreason = "the vendor knows"\nexpires = 2999-12-31\n'
    (tmp_path / "known.toml").write_text(old)
    url = reference.fault_url("frame-shifted")
    endpoints(f'[pacs]\nurl = "{url}"\nsupports = ["delete"]\nbaseline = "known.toml"\n')
    run = command("run", "pacs", "-k", "test_retrieve_frame", "--baseline-write", "known.toml")
    assert (run.verdicts("known"), run.results.overall) == (["seed-retrieve-frame"], "deviates")
    assert "lists checks without what they found" in run.output

    confirmed = (tmp_path / "known.toml").read_text().replace("to be confirmed: ", "")
    (tmp_path / "known.toml").write_text(confirmed)
    run = command("run", "pacs", "-k", "test_retrieve_frame")
    assert run.verdicts("known") == ["seed-retrieve-frame"]
    assert run.check("seed-retrieve-frame").reason == "the vendor knows"
    assert run.results.overall != "deviates"

    (tmp_path / "known.toml").write_text("")
    assert command("run", "pacs", "-k", "test_retrieve_frame").code == 1


def test_entries_that_expire_within_a_month_are_named():
    entries = [Known(f"R-{day}", "x", ["a"], "why", expires=date(2026, 3, day)) for day in (31, 10, 1)]

    listed = Baseline([*entries, known()], "pacs.toml")

    assert listed.expiring(date(2026, 3, 1)) == [
        "R-1 expires in 0 days",
        "R-10 expires in 9 days",
        "R-31 expires in 30 days",
    ]
    assert listed.expiring(date(2026, 3, 11)) == ["R-31 expires in 20 days"]
