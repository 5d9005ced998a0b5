"""A blocked check waits for what failed; where that holds, it is a failure of its own."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.harness.run.settling import settle
from conformance.harness.run.verdicts import unjudged
from conformance.reporting.sentences import waits_for_known
from tests.reporting import factory

SEARCH, METADATA, FRAME = "seed-search-studies", "seed-retrieve-instance-metadata", "seed-retrieve-frame"


def run(**checks):
    """The conforming run with other checks: a verdict, what blocks it, the URL and method of its last exchange."""
    found = []
    for check in factory.conforming().checks:
        verdict, by, url, method = checks.get(check.id.replace("-", "_"), (check.verdict, None, check.id, "GET"))
        exchange = replace(check.evidence[0], url=f"http://pacs/{url}", method=method, status=404)
        summary = unjudged("status is 404, should be 200 (GET /x)", by)
        found.append(
            replace(
                check,
                verdict=verdict,
                blocked_by=by,
                evidence=[exchange],
                summary=summary if verdict == "blocked" else check.summary,
            )
        )
    return found


def settled(**checks):
    found = run(**checks)
    anew = {}
    settle(found, lambda check, conclusion: anew.__setitem__(check.id, conclusion))
    return {check.id: check for check in found}, anew


def test_check_that_waits_for_one_that_failed_stays_blocked():
    checks, anew = settled(
        seed_search_studies=("fail", None, "a", "GET"), seed_retrieve_frame=("blocked", SEARCH, "b", "GET")
    )

    assert not anew
    assert checks[FRAME].blocked_by == SEARCH


def test_check_that_waits_for_one_that_passed_fails_itself():
    _, anew = settled(seed_retrieve_frame=("blocked", SEARCH, "b", "GET"))

    assert anew[FRAME].verdict == "fail"
    assert anew[FRAME].summary == (
        "status is 404, should be 200 (GET /x);"
        " seed-search-studies, which judges this precondition, passed; so the deviation counts here"
    )


@pytest.mark.parametrize("by", [SEARCH, None])
def test_check_that_asked_the_same_as_one_that_failed_waits_for_that(by):
    checks, anew = settled(
        seed_retrieve_instance_metadata=("fail", None, "same", "GET"),
        seed_retrieve_frame=("blocked", by, "same", "GET"),
    )

    assert not anew
    assert checks[FRAME].blocked_by == METADATA
    assert checks[FRAME].summary == (
        f"not judged, because a precondition failed (see {METADATA}): status is 404, should be 200 (GET /x)"
    )


def test_store_that_is_refused_is_a_warning():
    _, anew = settled(seed_retrieve_frame=("blocked", SEARCH, "b", "POST"))

    assert anew[FRAME].verdict == "warn"


@pytest.mark.parametrize("by", ["the session", "what stands before the server", None])
def test_check_that_waits_for_no_check_stays_blocked(by):
    checks, anew = settled(seed_retrieve_frame=("blocked", by, "b", "GET"))

    assert not anew
    assert checks[FRAME].blocked_by == by


def test_check_that_waits_for_a_known_deviation_is_not_judged():
    found = run(
        seed_search_studies=("known", None, "a", "GET"),
        seed_retrieve_frame=("blocked", SEARCH, "b", "GET"),
        seed_retrieve_series=("blocked", FRAME, "c", "GET"),
        seed_store_series=("blocked", "the session", "d", "GET"),
    )

    assert waits_for_known(found) == {FRAME, "seed-retrieve-series"}
