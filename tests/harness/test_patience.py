"""A run ends: within its budget, and where request after request has no answer."""

from __future__ import annotations

import time

import pytest

from conformance.dicomweb.messages import Request, Response
from conformance.harness.data.removal import SILENCES, remove
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.options import seconds
from conformance.harness.wire.connection import Ask
from conformance.harness.wire.front import Limiter
from conformance.harness.wire.ledger import Entry
from conformance.harness.wire.patience import Patience
from conformance.kit.verdicts import Blocked, Unanswered
from tests.harness.test_connection import UNAUTHORIZED, connect

__all__ = ["connect"]


def test_requests_without_an_answer_may_take_ten_deadlines_together():
    patience = Patience(1.0)
    patience.lost(9.0, "GET /studies: silence")
    patience.ask()

    patience.lost(2.0, "GET /series: silence")

    with pytest.raises(Blocked, match="2 requests without a response took 11 s, more than 10 times deadline"):
        patience.ask()
    patience.renew()
    patience.ask()


def refused(ask, **fields):
    return Response(429, "", tuple(fields.items()), b"", Request("GET", ask.target, f"/{ask.target}", ()))


def test_limiter_is_given_time_and_then_twice_as_much_unless_it_asks_for_more():
    asked, slept = {"Retry-After": "5"}, []
    limiter = Limiter(0, lambda: 3600.0, slept.append)

    limiter.ask(Ask("GET", "studies"), refused)
    limiter.ask(Ask("GET", "studies"), lambda ask: refused(ask, **asked))

    assert slept == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, *[5.0] * 5, 8.0]


def test_limiter_is_waited_for():
    left = iter([0.2])
    began = time.monotonic()

    Limiter(0, lambda: next(left, 0.0)).ask(Ask("GET", "studies"), refused)

    assert 0.2 <= time.monotonic() - began < 2


class Clock:
    """Says what it is told."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def blocked(patience):
    """Why nothing is sent any more, and by what; None where it is."""
    try:
        return patience.ask()
    except Blocked as error:
        return str(error), error.by


def test_checks_have_five_sixths_of_the_budget_and_the_cleanup_has_the_rest():
    clock = Clock()
    patience = Patience(60.0, 3600.0, clock)

    clock.now += 2999
    assert (blocked(patience), patience.left()) == (None, 1)
    clock.now += 1
    why = "the run has used 50 of its 60 minutes, the rest is kept for the cleanup (see --budget)"
    assert (blocked(patience), patience.over, patience.left()) == ((why, "the budget"), why, 0)
    patience.renew()
    assert (blocked(patience), patience.over, patience.left()) == (None, None, 600)
    clock.now += 600
    assert blocked(patience) == ("the run has used all of its 60 minutes (see --budget)", "the budget")


@pytest.mark.parametrize(("used", "left"), [(100, 3500), (2990, 610), (3600, 600), (9000, 600)])
def test_cleanup_has_the_rest_of_the_budget_and_at_least_the_reserve(used, left):
    clock = Clock()
    patience = Patience(60.0, 3600.0, clock)

    clock.now += used
    patience.renew()

    assert patience.left() == left
    clock.now += left - 1
    patience.renew()
    assert patience.left() == 1


def test_budget_does_not_hide_why_the_run_was_given_up_before():
    clock = Clock()
    patience = Patience(60.0, 3600.0, clock)
    patience.end("the server stopped answering")

    clock.now += 3600

    assert blocked(patience) == ("the server stopped answering", "the server")


@pytest.mark.parametrize(
    ("budget", "sentence"),
    [
        (60.0, "the run has used 50 of its 60 seconds, "),
        (150.0, "the run has used 2.1 of its 2.5 minutes, "),
        (360_000.0, "the run has used 5000 of its 6000 minutes, "),
    ],
)
def test_budget_is_said_in_its_unit(budget, sentence):
    clock = Clock()
    patience = Patience(60.0, budget, clock)

    clock.now += budget

    assert blocked(patience)[0].startswith(sentence)


@pytest.mark.parametrize(("budget", "number"), [("60", 3600.0), ("0.5", 30.0), ("007", 420.0)])
def test_budget_is_given_in_minutes(budget, number):
    assert seconds(budget) == number


@pytest.mark.parametrize("budget", ["0", "0.0", "-1", "", "an hour", "1e3", "nan", "inf", "5m", "1,5", "٣", "9999999"])
def test_budget_that_is_no_number_of_minutes_is_named(budget):
    with pytest.raises(ConfigurationError, match="--budget is .*, should be a number of minutes, such as 60 or 7.5"):
        seconds(budget)


def test_removal_ends_with_the_budget_and_names_what_is_left(connect, scripted):
    endpoint = connect(scripted().url)
    endpoint.patience = Patience(60.0, 3600.0, clock := Clock())
    endpoint.patience.renew()
    clock.now += 3600

    removed = remove(endpoint, [Entry(f"1.{n}", "1", "1", True) for n in range(3)], {})

    assert (removed.gone, len(removed.left)) == ([], 3)
    assert {left.why for left in removed.left} == {"the run has used all of its 60 minutes (see --budget)"}


def test_nothing_is_sent_once_patience_is_over(connect, scripted):
    server = scripted()
    endpoint = connect(server.url)
    endpoint.patience.end("the server stopped answering")

    with pytest.raises(Blocked, match="stopped answering"):
        endpoint.get("studies")
    with pytest.raises(Blocked, match="stopped answering"):
        endpoint.together(["studies"], accept=None)
    with pytest.raises(Blocked, match="stopped answering"):
        endpoint.abandon("studies", accept=None)

    assert server.requests == []


def test_clients_that_wait_at_the_same_time_wait_once(connect, scripted):
    endpoint = connect(scripted([1.0, None]).url, "deadline = 0.2")

    outcomes = endpoint.clients([[Ask("GET", "studies"), Ask("GET", "series")]] * 20)

    # Twenty times the deadline together; and nobody goes on after that.
    assert [len(outcome) for outcome in outcomes] == [1] * 20
    endpoint.patience.ask()


def test_removal_is_not_tried_for_ever(connect, scripted):
    server = scripted([None])

    removed = remove(connect(server.url), [Entry(f"1.{n}", "1", "1", True) for n in range(9)], {})

    assert (removed.gone, len(removed.left)) == ([], 9)
    assert "closed the connection" in removed.left[0].why
    assert removed.left[-1].why == "its removal was not tried, since the server does not respond"
    assert len(server.requests) == SILENCES


def test_what_the_server_does_not_show_is_not_taken_for_removed(connect, scripted):
    endpoint = connect(scripted(UNAUTHORIZED).url)

    removed = remove(endpoint, [Entry("1.2", "1", "1", True)], {})

    assert removed.gone == []
    assert "401" in removed.left[0].why


def test_token_that_cannot_be_had_is_no_answer(connect, scripted):
    server = scripted()
    endpoint = connect(server.url, 'auth = { kind = "command", command = ["no-such-command"] }')

    with pytest.raises(Unanswered, match="no token: auth.command cannot be started: No such file or directory"):
        endpoint.get("studies")

    assert server.requests == []
