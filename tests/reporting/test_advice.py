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


def exchanged(*changes):
    """The conforming run with other exchanges, all of them in its first check."""
    run = factory.conforming()
    (exchange, *_) = run.checks[0].evidence
    for check in run.checks:
        check.evidence = []
    run.checks[0].evidence = [replace(exchange, path=f"{number}.http", **each) for number, each in enumerate(changes)]
    return run


def posted(*answers):
    """The conforming run with stores: the status of each, and the bytes that were sent."""
    body = factory.conforming().checks[0].evidence[0].request_body
    return exchanged(
        *({"method": "POST", "status": status, "request_body": replace(body, size=size)} for status, size in answers)
    )


@pytest.mark.parametrize("status", [405, 501])
def test_endpoint_that_takes_nothing_may_be_for_reading(status):
    (sentence,) = advice(posted((status, 10), (status, 10)))

    assert sentence == (
        f'every POST returns {status}: where the endpoint is only for reading, profile = "read-only" judges that'
    )
    assert advice(posted((status, 10), (200, 10))) == []


def test_limits_of_a_front_are_named_with_their_sizes():
    assert advice(posted((413, 8_700_000), (200, 2_900_000))) == [
        "a POST of 8.7 MB returns 413, one of 2.9 MB was taken: a front limits bodies"
    ]
    assert advice(posted((429, 1), (203, 1), (504, 1))) == [
        "1 request returned 429: a front limits the rate; pace = 5, say, asks for less",
        "1 response had 203: a proxy changes what the server returns, and that is judged",
        "1 request returned 504: a front does not wait as long as the server takes",
    ]


@pytest.mark.parametrize(("got", "said"), [("json", 1), ("xml", 0)])
def test_accept_that_is_replaced_on_the_way(got, said):
    found = advice(
        exchanged(
            *(
                {
                    "method": "GET",
                    "status": 200,
                    "url": f"http://x/{number}",
                    "request_head": f"GET / HTTP/1.1\nAccept: application/dicom+{wanted}",
                    "response_head": f"HTTP/1.1 200 OK\nContent-Type: application/dicom+{sent}",
                }
                for number in range(5)
                for wanted, sent in (("json", "json"), ("xml", got))
            )
        )
    )

    assert ["does something before the server replace Accept" in sentence for sentence in found] == [True] * said


@pytest.mark.parametrize(("status", "said"), [(404, 1), (200, 0)])
def test_path_that_every_retrieve_url_has_and_that_leads_nowhere(status, said):
    texts = [RETRIEVE_URL % f"{factory.URL.removesuffix('/dicom-web')}/internal"] * 5
    body = factory.conforming().checks[0].evidence[0].response_body
    links = ({"method": "GET", "status": 200, "response_body": replace(body, size=9, text=text)} for text in texts)
    there = {"method": "GET", "status": status, "url": f"{factory.URL.removesuffix('/dicom-web')}/internal/studies/1"}

    found = advice(exchanged(*links, there))

    assert ["the server does not know its public path" in sentence for sentence in found] == [True] * said


def test_pages_of_a_front_in_between_are_named():
    html, json = ({"response_head": f"HTTP/1.1 200 OK\nContent-Type: {kind}"} for kind in ("text/html", "text/json"))
    read = {"method": "GET", "status": 200}
    pairs = [read | {"url": f"http://x/{number}"} | form for number in range(2) for form in (html, json)]

    found = advice(exchanged(*pairs))

    assert ["2 reads returned a web page, and what was asked for" in sentence for sentence in found] == [True]
    assert not [sentence for sentence in advice(exchanged(*pairs[:2])) if "what was asked for" in sentence]


@pytest.mark.parametrize(("by_tag", "said"), [("1.1", 1), ("1.2", 0)])
def test_letters_of_a_url_that_are_changed_on_the_way(by_tag, said):
    body = factory.conforming().checks[0].evidence[0].response_body
    searches = [*(("StudyInstanceUID", "1.2") for _ in range(5)), ("0020000D", by_tag)]

    found = advice(
        exchanged(
            *(
                {
                    "method": "GET",
                    "status": 200,
                    "url": f"http://x/studies?{key}=1.1",
                    "response_body": replace(body, size=9, text=f'[{{"0020000D":{{"vr":"UI","Value":["{uid}"]}}}}]'),
                }
                for key, uid in searches
            )
        )
    )

    assert ["does something before the server change the letters" in sentence for sentence in found] == [True] * said


@pytest.mark.parametrize(("size", "said"), [(0, 1), (9, 0)])
def test_options_that_a_front_answers(size, said):
    body = replace(factory.conforming().checks[0].evidence[0].response_body, size=size)

    found = advice(exchanged(*({"method": "OPTIONS", "status": 204, "response_body": body} for _ in range(2))))

    assert ["does something before the server answer it" in sentence for sentence in found] == [True] * said


def read_around(method, status, size):
    """A check that reads the same before and after a store or a DELETE."""
    plain = factory.conforming().checks[0].evidence[0]
    answer = replace(plain.response_body, size=size, sha256=f"{size:064}")
    read = replace(plain, method="GET", url="http://x/studies/1.1", status=status, response_body=answer)
    return [read, replace(plain, method=method, url="http://x/studies/1.1", status=200), read]


@pytest.mark.parametrize(
    ("reads", "verdict", "said"),
    [
        ((("POST", 404, 9), ("DELETE", 200, 99)), "fail", 1),
        ((("POST", 404, 9), ("DELETE", 200, 99)), "pass", 0),
        ((("DELETE", 200, 99), ("DELETE", 200, 98)), "fail", 0),
        ((("POST", 404, 9),), "fail", 0),
    ],
)
def test_responses_that_a_cache_kept_without_saying_so(reads, verdict, said):
    run = factory.conforming()
    for check, read in zip(run.checks, reads, strict=False):
        check.verdict, check.evidence = verdict, read_around(*read)

    assert ["does a cache before the server keep" in sentence for sentence in advice(run)] == [True] * said
