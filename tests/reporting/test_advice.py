"""Advice is given where most of a run suffers from one cause, and only then."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.reporting import page, terminal
from conformance.reporting.advice import advice
from tests.reporting import factory

RETRIEVE_URL = '[{"00081190":{"vr":"UR","Value":["%s/studies/1.2"]}}]'


def answered(share=1.0, text="", **changes):
    """The conforming run with other answers to a part of its requests, the first ones."""
    run = factory.conforming()
    number = round(share * len(run.checks))
    for check in run.checks[:number]:
        body = replace(check.evidence[0].response_body, size=len(text), text=text)
        check.evidence = [replace(check.evidence[0], **{"response_body": body, **changes})]
    return run


def test_run_in_which_nothing_stands_out_has_no_advice():
    assert advice(factory.conforming()) == advice(factory.deviating()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"status": 401}, "on 100 % of {} requests: the token or password is wrong or has expired"),
        ({"status": 403}, "on 100 % of {} requests: this account may not do what the suite does"),
        ({"status": 302}, "on 100 % of {} requests: they lead out of the endpoint"),
        ({"status": 500}, "on 100 % of {} requests: the server fails, its log may say why"),
        ({"response_head": "HTTP/1.1 200 OK\nContent-Type: text/html"}, "a proxy or a page to sign in stands before"),
    ],
)
def test_cause_of_most_answers_is_named(changes, sentence):
    run = answered(**changes)

    assert [sentence.format(len(run.checks)) in found for found in advice(run)] == [True]
    assert advice(answered(0.3, **changes)) == []


def test_without_credentials_it_is_they_that_are_missing():
    run = answered(status=401)
    run.endpoint.settings = []

    assert advice(run)[0].endswith('no credentials are configured, see "auth"')


def test_requests_without_an_answer_in_time():
    silent = "the server was silent for timeout = 10 s"

    (sentence,) = advice(answered(0.4, status=None, error=silent))

    assert sentence.endswith(f"had no answer, {silent}: if it is only slow, set timeout higher")


@pytest.mark.parametrize("form", [RETRIEVE_URL, '<DicomAttribute tag="00081190" vr="UR"><Value number="1">%s</Value>'])
def test_url_that_every_retrieve_url_names_instead_of_the_endpoint(form):
    (sentence,) = advice(answered(text=form % "http://localhost"))

    assert sentence == (
        "every RetrieveURL names http://localhost, not http://127.0.0.1:8042: the server's public URL is not configured"
    )
    assert advice(answered(text=form % factory.URL)) == advice(answered(text=form % "http://[")) == []


@pytest.mark.parametrize(("verdict", "blocked_by"), [("fail", None), ("blocked", "seed-search-studies")])
def test_search_that_finds_later_what_it_did_not_find(verdict, blocked_by):
    run = factory.conforming()
    first, second = [check for check in run.checks if check.transaction == "search"][:2]
    first.verdict, first.blocked_by = verdict, blocked_by
    body = replace(second.evidence[0].response_body, size=2, text='[{"0020000D":{"vr":"UI","Value":["1.2"]}}]')
    second.evidence = [replace(second.evidence[0], response_body=body)]
    second.started = "2026-11-21T09:14:11Z"

    assert advice(run) == ["a search that found nothing finds something 3.0 s later: set visibility_delay"]


def test_search_that_finds_what_its_own_check_stored_in_between_is_no_advice():
    run = factory.conforming()
    check = next(check for check in run.checks if check.transaction == "search")
    body = replace(check.evidence[0].response_body, size=2, text='[{"0020000D":{"vr":"UI","Value":["1.2"]}}]')
    check.verdict, check.evidence = "fail", [check.evidence[0], replace(check.evidence[0], response_body=body)]

    assert advice(run) == []


def test_advice_is_on_the_terminal_and_the_page():
    run = answered(status=401)

    lines = terminal.closing(run, "reports/pacs/run")

    assert [line for line in lines if line.startswith("ADVICE    401 on 100 %")]
    assert len(lines) <= terminal.LINES
    assert "<strong>Advice:</strong> 401 on 100 %" in page.render(run, factory.SHA)
