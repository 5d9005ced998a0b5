"""junit.xml says what results.json says, by check, for pipelines."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

from conformance.reporting import junit
from conformance.reporting.record import worst_first
from tests.reporting import factory

ELEMENTS = ("failure", "error", "skipped")


def read(run):
    root = ElementTree.fromstring(junit.render(run))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    return root.find("testsuite"), cases


def element(case):
    return next((child for child in case if child.tag in ELEMENTS), None)


def test_every_check_is_a_case_by_its_id():
    run = factory.deviating()
    suite, cases = read(run)

    failed = [check.id for check in worst_first(run.checks) if check.verdict in ("fail", "stale")]
    assert list(cases) == [*failed, *(check.id for check in run.checks if check.id not in failed)]
    assert int(suite.get("tests")) == len(run.checks)
    for tag, plural in zip(ELEMENTS, ("failures", "errors", "skipped"), strict=True):
        assert int(suite.get(plural)) == sum(child.tag == tag for case in cases.values() for child in case)


def test_each_verdict_is_told_apart():
    run = factory.deviating()
    _, cases = read(run)
    found = Counter()
    for check in run.checks:
        child = element(cases[check.id])
        found[check.verdict, child.tag if child is not None else "passed"] += 1
        properties = {item.get("name"): item.get("value") for item in cases[check.id].iter("property")}
        assert properties["verdict"] == check.verdict

    assert set(found) == {
        ("pass", "passed"),
        ("warn", "passed"),
        ("observed", "passed"),
        ("fail", "failure"),
        ("stale", "failure"),
        ("blocked", "error"),
        ("error", "error"),
        ("known", "skipped"),
        ("not supported", "skipped"),
    }


def test_accepted_run_has_no_failure_and_no_error():
    run = factory.deviating()
    for check in run.checks:
        if check.verdict in ("fail", "error", "stale"):
            check.verdict = "known"
    suite, cases = read(run)

    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    waiting = element(cases["seed-wire-several"])
    assert waiting.get("message").startswith("waits for a known deviation (seed-store-series): ")


def test_failure_says_all_that_is_needed():
    child = element(read(factory.deviating())[1]["seed-search-studies"])

    assert "2 matches" in child.get("message")
    assert "PS3.18" in child.get("message") or "10.6" in child.get("message")
    for label in ("found: ", "wanted: ", "request: ", "curl ", "evidence: ", "a client: "):
        assert label in child.text


def test_what_a_hostile_server_sends_is_text():
    _, cases = read(factory.hostile())

    assert all(not list(child) for case in cases.values() for child in case if child.tag in ELEMENTS)


def test_suite_says_what_was_tested_and_by_whom_where_somebody_said():
    said, unsaid = (
        {item.get("name"): item.get("value") for item in read(run)[0].findall("properties/property")}
        for run in (factory.deviating(), factory.replace(factory.deviating(), tested=factory.Tested(), operator=""))
    )

    assert (said["product"], said["version"], said["ticket"]) == ("ExampleArchive", "4.2", "PACS-1")
    assert (said["operator"], said["server"]) == ("Integration team", "ExampleArchive/4.2")
    assert not {"product", "version", "operator", "notes"} & set(unsaid)
