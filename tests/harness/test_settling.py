"""A blocked check waits for what failed; where that holds, it is a failure of its own."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.harness.run import settling
from conformance.harness.run.settling import settle
from conformance.harness.run.verdicts import unjudged
from conformance.reporting.record import Deviation
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


def exchanged(check, url, status=404, size=0, accept="application/dicom+json", kind=""):
    exchange = replace(
        check.evidence[0],
        path=f"evidence/{check.id}/01.http",
        method="GET",
        url=f"http://pacs/rs{url}",
        status=status,
        request_head=f"GET {url} HTTP/1.1\nAccept: {accept}",
        response_head=f"HTTP/1.1 {status}\nContent-Type: {kind}",
        response_body=replace(check.evidence[0].response_body, size=size),
    )
    return replace(check, evidence=[exchange])


def deviating(subject, url, found="404", wanted="200"):
    return Deviation(subject, found, wanted, f"GET {url}, Accept: application/dicom+json")


STUDIES, LATER = "/studies?PatientID=1", "/studies?PatientName=A"


def charged(*checks):
    anew = {}
    settle(list(checks), lambda check, conclusion: anew.__setitem__(check.id, conclusion))
    return {name: (item.verdict, item.blocked_by) for name, item in anew.items()}


@pytest.fixture
def three():
    """The judge of searches for studies, and two other checks."""
    first, second, third, *_ = factory.conforming().checks
    judge = replace(
        first, id=SEARCH, requirement=SEARCH.upper(), verdict="fail", deviation=deviating("status", STUDIES)
    )
    others = (
        replace(check, id=f"{name}-001", requirement=f"{name.upper()}-001")
        for check, name in ((second, "a"), (third, "b"))
    )
    return judge, *others


def test_resource_that_is_never_there_is_charged_to_its_judge(three):
    judge, failed, passed = three
    failed = replace(failed, verdict="warn", deviation=deviating("status", LATER, "404", "400"))

    found = charged(*(exchanged(check, url) for check, url in ((judge, STUDIES), (failed, LATER), (passed, LATER))))

    assert found == {"a-001": ("blocked", SEARCH), "b-001": ("blocked", SEARCH)}


def test_resource_is_charged_to_the_check_that_is_named_not_to_one_of_all_kinds_before_it(three):
    judge, *_ = three
    other = replace(judge, id=f"{SEARCH}.by-factors", deviation=deviating("status", STUDIES))

    found = charged(exchanged(other, STUDIES), exchanged(judge, STUDIES))

    assert found == {f"{SEARCH}.by-factors": ("blocked", SEARCH)}


@pytest.mark.parametrize(("status", "size"), [(200, 30), (302, 9)])
def test_resource_that_is_there_once_is_nobodys_cause(three, status, size):
    judge, failed, passed = three
    failed = replace(failed, verdict="fail", deviation=deviating("status", LATER))

    assert charged(exchanged(judge, STUDIES), exchanged(failed, LATER), exchanged(passed, LATER, status, size)) == {}


def test_list_that_is_always_empty_shows_nothing(three):
    judge, failed, passed = three
    failed = replace(failed, verdict="fail", deviation=deviating("the number of matches", LATER, "0", "1"))

    found = charged(exchanged(judge, STUDIES, 200, 2), exchanged(failed, LATER, 200, 2), passed)

    assert found == {"a-001": ("blocked", SEARCH)}


def test_what_no_judge_found_broken_is_no_cause(three):
    judge, failed, passed = three
    failed = replace(failed, verdict="fail", deviation=deviating("status", LATER))

    assert charged(exchanged(replace(judge, verdict="pass"), STUDIES), exchanged(failed, LATER), passed) == {}


def test_check_that_looked_at_something_else_too_has_earned_its_pass(three):
    judge, _, passed = three
    both = exchanged(passed, "/studies/1.2").evidence + exchanged(passed, LATER).evidence

    assert charged(exchanged(judge, STUDIES), replace(passed, evidence=both)) == {}


def test_content_is_judged_whatever_its_media_type_is_called(three):
    judge, labelled, judged = three
    judge = replace(
        judge, id="json-struct-001", requirement="JSON-STRUCT-001", deviation=deviating("Content-Type", STUDIES)
    )
    labelled = replace(labelled, verdict="fail", deviation=deviating("the media type", STUDIES))
    judged = replace(judged, verdict="fail", deviation=deviating("PatientName", STUDIES))

    found = charged(*(exchanged(check, STUDIES, 200, 90, kind="text/plain") for check in (judge, labelled, judged)))

    assert found == {"a-001": ("blocked", "json-struct-001")}


def test_checks_of_every_response_judge_errors_too(three):
    judge, whole, _ = three
    whole = replace(whole, verdict="fail", node="test_whole_run.py::test_x", deviation=deviating("the body", LATER))

    assert charged(exchanged(judge, STUDIES), exchanged(whole, LATER)) == {}


def test_check_waits_for_what_the_one_before_it_waits_for():
    checks, _ = settled(
        seed_store_study=("fail", None, "a", "POST"),
        seed_search_studies=("blocked", "seed-store-study", "b", "GET"),
        seed_retrieve_frame=("blocked", SEARCH, "c", "GET"),
    )

    assert checks[FRAME].blocked_by == "seed-store-study"


def test_cause_of_a_missing_form_is_a_check_that_stands_on_no_other(three):
    _, other, shown = three
    both, alone, later = f"{STUDIES}&limit=2&offset=2", f"{STUDIES}&offset=1", f"{STUDIES}&offset=7"
    zero = "search-paging-002.zero"

    def failing(id, url):
        deviation = deviating("status", url)
        requirement = id.partition(".")[0].upper()
        return exchanged(replace(other, id=id, requirement=requirement, verdict="fail", deviation=deviation), url)

    found = charged(
        failing("search-paging-001", f"{STUDIES}&limit=2"),
        failing("search-paging-002.studies", both),
        failing("search-paging-002.alone", alone),
        failing("search-paging-005", later),
        exchanged(shown, STUDIES, 200, 30),
        exchanged(replace(other, id=zero, requirement="SEARCH-PAGING-002", verdict="blocked"), LATER),
    )

    assert found == {
        "search-paging-002.studies": ("blocked", "search-paging-001"),
        "search-paging-005": ("blocked", "search-paging-002.alone"),
    }


def test_exchanges_of_what_is_said_to_be_missing(three):
    judge, other, shown = three
    paged, plain = f"{STUDIES}&limit=2", STUDIES
    noting = replace(exchanged(other, paged), verdict="observed")
    judge = exchanged(replace(judge, id="search-paging-001", requirement="SEARCH-PAGING-001"), paged)
    found = exchanged(shown, plain, 200, 30)
    noted = noting.evidence[-1].path

    assert noted in settling.charged([replace(judge, verdict="fail"), noting, found])
    assert noted not in settling.charged([replace(judge, verdict="pass"), noting, found])
    assert found.evidence[-1].path not in settling.charged([replace(judge, verdict="fail"), found])
