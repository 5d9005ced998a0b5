"""From the way a check ended to its verdict, and from the verdicts to that of the run."""

from __future__ import annotations

import pytest

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.run.verdicts import Conclusion, conclude, documented, overall
from conformance.kit.verdicts import Blocked, Deviates, NotSupported, Observed, Warn
from conformance.requirements import requirements

CORE = requirements()["SEED-RETRIEVE-FRAME"]
SEEN = Deviation(Difference("it", "A", "B"), "GET /studies", "the other reading")
EXTENDED = requirements()["SEED-WIRE-TYPE-UNQUOTED"]


@pytest.mark.parametrize(
    ("requirement", "error", "verdict"),
    [
        (CORE, None, "pass"),
        (CORE, Deviates(SEEN), "fail"),
        (EXTENDED, Deviates(SEEN), "warn"),
        (CORE, Warn(SEEN), "warn"),
        (CORE, Blocked("waits", "seed-store-study"), "blocked"),
        (CORE, NotSupported("not claimed"), "not supported"),
        (CORE, Observed("a fact"), "observed"),
        (CORE, KeyError("ours"), "error"),
        (CORE, AssertionError("without a request"), "error"),
    ],
)
def test_verdict_of_a_check(requirement, error, verdict):
    assert conclude(requirement, "title", error).verdict == verdict


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (
            "seed-store-study",
            "not judged, because a precondition failed (see seed-store-study): the store returned 409",
        ),
        (None, "not judged, because a precondition failed: the store returned 409"),
        ("the session", "the store returned 409"),
    ],
)
def test_blocked_check_names_the_check_that_it_waits_for(by, sentence):
    assert conclude(CORE, "title", Blocked("the store returned 409", by)).summary == sentence


@pytest.mark.parametrize(
    "seen",
    [
        Difference("status", "503", "200"),
        Difference("status of the second store", "500", "200"),
        Difference("the response", "absent (the server closed the connection)", "there"),
    ],
)
def test_failure_of_the_server_is_documented_by_no_profile(seen):
    conclusion = Conclusion("fail", str(seen), deviation=Deviation(seen, "GET /studies"))

    assert documented(conclusion, "common-mp-001", requirements()["COMMON-MP-001"], "azure") is conclusion


@pytest.mark.parametrize(("verdict", "expected"), [("fail", "known"), ("warn", "known"), ("pass", "pass")])
def test_deviation_that_a_profile_documents_is_known(verdict, expected):
    requirement = requirements()["COMMON-MP-001"]

    conclusion = documented(Conclusion(verdict, "type is absent"), "a-check", requirement, "azure")

    assert conclusion.verdict == expected
    if expected == "known":
        assert conclusion.summary == "type is absent"
        assert conclusion.reason.startswith(
            f"the verdict by the standard is {verdict}; the profile azure documents that "
        )


def test_deviation_is_not_excused_under_another_profile():
    conclusion = Conclusion("fail", "type is absent")

    assert documented(conclusion, "common-mp-001", requirements()["COMMON-MP-001"], "dicomweb") is conclusion
    assert documented(conclusion, "core", CORE, "azure") is conclusion


def test_deviation_may_excuse_one_check_of_a_requirement():
    conclusion, requirement = Conclusion("fail", "status is 400"), requirements()["SEARCH-INCL-003"]

    assert documented(conclusion, "search-incl-003.series", requirement, "azure").verdict == "known"
    assert documented(conclusion, "search-incl-003.study", requirement, "azure") is conclusion


@pytest.mark.parametrize(
    ("verdicts", "complete", "strict", "expected"),
    [
        ({"pass", "warn", "observed", "not supported"}, True, False, "conforms"),
        ({"pass", "warn", "observed", "not supported", "known"}, True, False, "accepted"),
        ({"pass", "warn"}, True, True, "deviates"),
        ({"pass", "fail", "blocked"}, True, False, "deviates"),
        ({"pass", "stale"}, True, False, "deviates"),
        ({"pass", "blocked"}, True, False, "incomplete"),
        ({"pass", "error"}, True, False, "incomplete"),
        ({"pass"}, False, False, "incomplete"),
        (set(), True, False, "incomplete"),
    ],
)
def test_verdict_of_a_run(verdicts, complete, strict, expected):
    assert overall(verdicts, complete, strict) == expected
