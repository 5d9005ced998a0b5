"""A run bears with a server that does not answer, but not for ever."""

from __future__ import annotations

import pytest

from conformance.harness.connection import Ask
from conformance.harness.ledger import Entry
from conformance.harness.patience import Patience
from conformance.harness.removal import SILENCES, remove
from conformance.kit.verdicts import Blocked, Unanswered
from tests.harness.test_connection import UNAUTHORIZED, connect

__all__ = ["connect"]


def test_requests_without_an_answer_may_take_ten_deadlines_together():
    patience = Patience(1.0)
    patience.lost(9.0, "GET /studies: silence")
    patience.ask()

    patience.lost(2.0, "GET /series: silence")

    with pytest.raises(Blocked, match="2 requests without an answer took 11 s, more than 10 times deadline"):
        patience.ask()
    patience.renew()
    patience.ask()


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

    removed, leftovers = remove(connect(server.url), [Entry(f"1.{n}", "1", "1", True) for n in range(9)])

    assert removed == []
    assert len(leftovers) == 9
    assert "closed the connection" in leftovers[0].why
    assert leftovers[-1].why == "its removal was not tried, since the server does not answer"
    assert len(server.requests) == SILENCES


def test_what_the_server_does_not_show_is_not_taken_for_removed(connect, scripted):
    endpoint = connect(scripted(UNAUTHORIZED).url)

    removed, (leftover,) = remove(endpoint, [Entry("1.2", "1", "1", True)])

    assert removed == []
    assert leftover.why == "nobody knows whether it is still there, a search for it is answered 401"


def test_token_that_cannot_be_had_is_no_answer(connect, scripted):
    server = scripted()
    endpoint = connect(server.url, 'auth = { kind = "command", command = ["no-such-command"] }')

    with pytest.raises(Unanswered, match="no token: auth.command cannot be started: No such file or directory"):
        endpoint.get("studies")

    assert server.requests == []
