"""What stands before a server: one cause, waited for, renewed or named, and never charged to the server."""

from __future__ import annotations

import pytest

from conformance.harness.wire import front
from conformance.harness.wire.front import Limiter
from conformance.kit import stow
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, InFront, Unanswered
from tests.harness.conftest import OK
from tests.harness.test_connection import BLUE, connect

__all__ = ["connect"]
pytestmark = pytest.mark.usefixtures("short_waits")
LOGIN = b"HTTP/1.1 302 Found\r\nLocation: /login?next=/dicom-web/studies\r\nContent-Length: 0\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 35\r\n\r\n<html><title>Sign in</title></html>\n"
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
ABSENT = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def refusal(status, after=None):
    field = f"Retry-After: {after}\r\n" if after else ""
    return f"HTTP/1.1 {status} x\r\n{field}Content-Length: 0\r\n\r\n".encode()


# An ended session


@pytest.mark.parametrize(
    ("ended", "looks"),
    [(LOGIN, "302 to /login:"), (PAGE, r'a web page \(title "Sign in"\):'), (UNAUTHORIZED, "401:")],
    ids=["redirect", "page", "401"],
)
def test_ended_session_is_one_cause_with_its_onset(connect, scripted, ended, looks):
    endpoint = connect(scripted(OK, OK, ended).url)
    endpoint.get("studies")
    endpoint.get("series")

    with pytest.raises(Blocked, match=f"from request 3 on every response is {looks} the session has ended") as blocked:
        endpoint.get("studies/1/metadata")
    assert blocked.value.by == "the session"
    with pytest.raises(Blocked, match="from request 3 on"):
        endpoint.get("studies")


@pytest.mark.parametrize("refused", [LOGIN, PAGE, UNAUTHORIZED, refusal(403)], ids=["302", "page", "401", "403"])
def test_one_resource_that_is_refused_is_no_ended_session(connect, scripted, refused):
    server = scripted(OK, refused, OK)
    endpoint = connect(server.url)
    endpoint.get("studies")

    assert endpoint.get("studies/1/metadata").status in (200, 302, 401, 403)
    assert endpoint.patience.over is None
    assert len(server.requests) == (4 if refused is PAGE else 3)  # a page may be that of a front


def test_endpoint_that_never_let_the_run_in_is_said_by_others(connect, scripted):
    server = scripted(LOGIN)

    assert connect(server.url).get("studies").status == 302
    assert len(server.requests) == 1


def test_ended_session_is_renewed_once_where_it_can_be(connect, scripted, tmp_path):
    counter = tmp_path / "count"
    command = f'["sh", "-c", "echo x >> {counter}; echo token$(wc -l < {counter})"]'
    server = scripted(OK, LOGIN, LOGIN, LOGIN, OK)
    endpoint = connect(server.url, f'auth = {{ kind = "command", command = {command} }}')
    endpoint.get("studies")

    assert endpoint.get("studies/1/metadata").status == 200
    assert b"Authorization: Bearer token2" in server.requests[-1]
    assert endpoint.patience.over is None


def test_absent_resources_are_not_turned_away(connect, scripted):
    server = scripted(OK, ABSENT)
    endpoint = connect(server.url)
    endpoint.get("studies")
    endpoint.get("studies/1/metadata")

    assert len(server.requests) == 2


# A limiter


@pytest.mark.parametrize("limited", [refusal(429), refusal(429, 1), refusal(503, 1), refusal(503, "soon")])
def test_request_that_a_limiter_refused_is_sent_again(connect, scripted, limited):
    server = scripted(limited, limited, OK)

    assert connect(server.url).get("studies").status == 200
    assert len(server.requests) == 3


def test_store_that_a_limiter_refused_is_sent_again(connect, scripted):
    server = scripted(refusal(429), OK)

    assert connect(server.url).post("studies", stow.multipart([BLUE])).status == 200


def test_request_that_is_refused_again_and_again_is_not_judged(connect, scripted):
    server = scripted(refusal(429))

    with pytest.raises(InFront, match="GET /studies returns 429 again and again: a front limits the rate"):
        connect(server.url).get("studies")
    assert len(server.requests) == front.REPEATS + 1


def test_request_that_may_come_back_in_an_hour_is_not_repeated(connect, scripted):
    server = scripted(refusal(503, 3600))

    with pytest.raises(InFront, match="returns 503 again and again"):
        connect(server.url).get("studies")
    assert len(server.requests) == 1


def test_server_that_fails_with_503_is_soon_believed(connect, scripted):
    server = scripted(refusal(503))
    endpoint = connect(server.url)

    assert [endpoint.get("studies").status for _ in range(10)] == [503] * 10
    assert len(server.requests) == 10 + front.IN_VAIN * front.BARE_REPEATS


def test_store_that_returns_503_is_not_sent_again(connect, scripted):
    server = scripted(refusal(503))

    assert connect(server.url).post("studies", stow.multipart([BLUE])).status == 503
    assert len(server.requests) == 1


def test_pace_is_what_is_configured(connect, scripted):
    slept = []
    limiter = Limiter(10.0, lambda: 60.0, slept.append)
    limiter._wait()
    limiter._wait()
    limiter._wait()

    assert slept[0] == 0
    assert 0.05 < slept[1] <= 0.1
    assert 0.15 < slept[2] <= 0.2


def test_waits_end_with_the_budget(connect, scripted):
    slept = []
    limiter = Limiter(0.001, lambda: 2.0, slept.append)
    limiter._wait()
    limiter._wait()

    assert slept == [0, 2.0]


def test_run_is_quick_again_after_requests_that_nobody_refused(connect, scripted):
    endpoint = connect(scripted(refusal(429), OK).url)
    endpoint.get("studies")
    limiter = endpoint._door._limiter
    slow = limiter.interval
    for _ in range(3 * front.CLEAN):
        endpoint.get("studies")

    assert slow > 0
    assert limiter.interval < 0.8 * slow


# A gateway


def test_read_that_a_gateway_gave_up_is_sent_once_more(connect, scripted):
    server = scripted(refusal(504), OK)

    assert connect(server.url).get("studies").status == 200


def test_gateway_that_gives_up_again_is_named(connect, scripted):
    server = scripted(refusal(504))

    with pytest.raises(InFront, match="GET /studies returns 504: what stands before the server does not wait"):
        connect(server.url).get("studies")
    assert len(server.requests) == 2


def test_body_that_a_front_refuses_is_named_with_its_size(connect, scripted):
    endpoint = connect(scripted(OK, refusal(413)).url)
    large = Instance(BLUE.content + bytes(2_000_000))
    endpoint.post("studies", stow.multipart([BLUE]))

    with pytest.raises(InFront, match=r"a body of 1\d\.\d MB returns 413, one of \d\.\d MB was taken: a front limits"):
        endpoint.post("studies", stow.multipart([large] * 3))


def test_small_body_that_is_too_large_is_judged(connect, scripted):
    endpoint = connect(scripted(refusal(413)).url)

    assert endpoint.send("POST", "studies", accept=None, body=stow.Body("text/plain", b"x")).status == 413


# An outage


def test_read_waits_for_a_server_that_was_there(connect, scripted):
    server = scripted(OK, *[refusal(502)] * 5, OK)
    endpoint = connect(server.url)
    endpoint.get("studies")

    assert endpoint.get("studies/1/metadata").status == 200
    assert endpoint.patience.over is None


def test_store_waits_for_a_server_that_is_not_there(connect, scripted):
    server = scripted(OK, *[refusal(503)] * 5, OK)
    endpoint = connect(server.url)
    endpoint.get("studies")

    assert endpoint.post("studies", stow.multipart([BLUE])).status == 200


def test_store_that_the_server_may_have_had_is_not_sent_again(connect, scripted):
    server = scripted(OK, *[refusal(502)] * 5, OK)
    endpoint = connect(server.url)
    endpoint.get("studies")

    with pytest.raises(InFront, match="POST /studies has no response of the server, which was not there for a while"):
        endpoint.post("studies", stow.multipart([BLUE]))
    assert [request[:4] for request in server.requests].count(b"POST") == 1


@pytest.mark.parametrize("refused", [refusal(502), refusal(503), refusal(503, 3600), refusal(429)])
def test_server_that_does_not_come_back_is_one_cause_with_its_onset(connect, scripted, refused):
    endpoint = connect(scripted(OK, refused).url)
    endpoint.get("studies")

    with pytest.raises(Blocked, match=r"from request 2 on every response is \d+: (the server, or|a front)") as end:
        endpoint.get("studies/1/metadata")
    assert end.value.by == "the outage"
    with pytest.raises(Blocked, match="from request 2 on every response is"):
        endpoint.get("studies")


def test_one_request_that_returns_502_is_judged(connect, scripted):
    endpoint = connect(scripted(OK, refusal(502), OK).url)
    endpoint.get("studies")

    assert endpoint.get("studies/1/metadata").status == 502


# A filter


def test_read_that_a_filter_refuses_with_a_page_is_not_judged(connect, scripted):
    page = PAGE.replace(b"200 OK", b"403 Forbidden")
    endpoint = connect(scripted(OK, page, OK, page).url)
    endpoint.get("studies")

    for _ in range(2):
        with pytest.raises(InFront, match="GET /studies/1/series returns 403 with a web page: a filter"):
            endpoint.get("studies/1/series")


def test_read_that_returns_a_page_in_between_is_sent_again(connect, scripted):
    endpoint = connect(scripted(OK, PAGE, OK, OK).url)
    endpoint.get("studies")

    assert endpoint.get("studies/1/metadata").header("Content-Type") != "text/html"


def test_server_whose_resource_is_a_page_is_soon_believed(connect, scripted):
    server = scripted(OK, *[PAGE, OK] * 20)
    endpoint = connect(server.url)
    endpoint.get("studies")
    endpoint._door._pages = front.IN_VAIN

    assert "html" in endpoint.get("studies/1/metadata").header("Content-Type")
    assert len(server.requests) <= 3


def test_response_that_a_proxy_changed_is_that_of_the_server(connect, scripted):
    changed = OK.replace(b"200 OK", b"203 Non-Authoritative Information")

    assert connect(scripted(changed).url).get("studies").status == 200


# A limiter that closes connections


def test_read_whose_connection_is_closed_is_sent_again(connect, scripted):
    server = scripted(OK, None, None, OK)
    endpoint = connect(server.url)
    endpoint.get("studies")

    assert endpoint.get("studies/1/metadata").status == 200
    assert endpoint._door._limiter.interval > 0


def test_server_that_never_responds_to_a_read_is_soon_believed(connect, scripted):
    server = scripted(OK, None)
    endpoint = connect(server.url)
    endpoint.get("studies")

    for _ in range(5):
        with pytest.raises(Unanswered, match="closed the connection without a response"):
            endpoint.get("studies/1/metadata")
    assert len(server.requests) <= 2 + 5 + front.IN_VAIN * front.DROPPED_REPEATS


# A kept connection


def test_store_that_meets_the_close_of_a_kept_connection_is_sent_again(connect, scripted):
    server = scripted(OK, None, OK)
    endpoint = connect(server.url)
    endpoint.get("studies")

    assert endpoint.post("studies", stow.multipart([BLUE])).status == 200
    assert server.connections == 2


def test_connection_on_which_a_server_failed_is_not_used_again(connect, scripted):
    server = scripted(refusal(500), OK)
    endpoint = connect(server.url)
    endpoint.get("studies")
    endpoint.get("studies")

    assert server.connections == 2
