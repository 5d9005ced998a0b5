"""A server that answers twice, or speaks before it is asked: one response belongs to one request."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from itertools import count
from urllib.parse import urlsplit

import pytest

from conformance.harness.run.options import PACKAGE
from conformance.harness.wire import client
from conformance.harness.wire.connection import Ask, Unanswered
from conformance.harness.wire.wire import WireStream
from conformance.kit import stow
from conformance.reporting import results
from conformance.requirements import features
from conformance.rules.responses import payload, surplus
from tests.conftest import wait_until
from tests.harness.conftest import OK, Scripted, scripted
from tests.harness.test_connection import BLUE, connect
from tests.harness.test_tls import Secure, authority
from tests.tools.judging import broken
from tests.tools.liars import read

__all__ = ["authority", "connect", "scripted"]

SECOND = OK.replace(b"[]", b"{}")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
LAST = OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate"
TIMED_OUT_LAST = TIMED_OUT.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
TIMED_OUT_1_0 = b"HTTP/1.0 408 Request Time-out\r\nContent-Type: text/html\r\n\r\n<html>late</html>"


@pytest.fixture
def rested(monkeypatch):
    """Wait until the connection that came to rest last has something to read, or is closed."""
    streams = []
    rest = WireStream.rest
    monkeypatch.setattr(WireStream, "rest", lambda self, *words: (streams.append(self), rest(self, *words))[1])

    def wait():
        sock = streams[-1]._stream.get_extra_info("socket")
        wait_until(lambda: sock.fileno() < 0 or readable(sock), 5)

    return wait


def readable(sock):
    sock.settimeout(0.1)
    try:
        return sock.recv(1, socket.MSG_PEEK) is not None
    except TimeoutError:
        return False


def told(endpoint):
    """What the check says of the surplus of each answer of the run."""
    return [surplus(answer) for answer in endpoint._recorder.answers]


SURPLUS = {
    "second response": ("GET", OK, SECOND, "78 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "half a response": ("GET", OK, SECOND[:20], "20 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "garbage": ("GET", OK, b"\0garbage", r"8 bytes that belong to no request: '\x00garbage'"),
    "line end": ("GET", OK, b"\r\n", r"2 bytes that belong to no request: '\r\n'"),
    "longer body": ("GET", OK, b" ]", "2 bytes that belong to no request: ' ]'"),
    "interim response": (
        "GET",
        OK,
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        "28 bytes that belong to no request: HTTP",
    ),
    "after chunks": ("GET", CHUNKED, SECOND, "78 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "after the last chunk": ("GET", CHUNKED, b"0\r\n\r\n", "5 bytes that belong to no request: '0"),
    "after 204": ("GET", NO_CONTENT, SECOND, "78 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "after 304": ("GET", NOT_MODIFIED, SECOND, "78 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "after HEAD": ("HEAD", HEAD, SECOND, "78 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "after POST": ("POST", OK, SECOND, "78 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "after Connection: close": ("GET", LAST, SECOND, "78 bytes that belong to no request: HTTP/1.1 200 OK …"),
    "after HTTP/1.0": ("GET", OK.replace(b"1.1", b"1.0"), SECOND, "78 bytes that belong to no request: HTTP/1.1"),
    "a megabyte": (
        "GET",
        OK,
        SECOND * 11_000,
        "at least 1,024 bytes that belong to no request: HTTP/1.1 200 OK …",
    ),
}


@pytest.mark.parametrize("name", SURPLUS)
def test_surplus_with_the_response_is_never_the_next_response(connect, scripted, name):
    method, response, more, said = SURPLUS[name]
    server = scripted([response + more], [OK])
    endpoint = connect(server.url)

    endpoint.send(method, "studies", accept=None)
    second = endpoint.get("series")

    assert (second.status, second.content) == (200, b"[]")
    assert server.connections == 2
    assert [request.split(b" ")[1] for request in server.requests] == [b"/dicom-web/studies", b"/dicom-web/series"]
    first, after = told(endpoint)
    assert first.startswith(said) and after == ""


@pytest.mark.parametrize("name", SURPLUS)
def test_surplus_that_comes_later_is_never_the_next_response(connect, scripted, rested, name):
    method, response, more, said = SURPLUS[name]
    server = scripted([response, 0.01, more], [OK])
    endpoint = connect(server.url)

    endpoint.send(method, "studies", accept=None)
    rested()
    second = endpoint.get("series")

    assert (second.status, second.content, server.connections) == (200, b"[]", 2)
    first, after = told(endpoint)
    if name not in ("after Connection: close", "after HTTP/1.0"):  # our own close may be first
        assert first.startswith(said.split(" ")[0])
    assert after == ""


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    ("method", "head"), [("HEAD", HEAD), ("GET", NO_CONTENT), ("GET", NOT_MODIFIED)], ids=["HEAD", "204", "304"]
)
def test_payload_that_may_not_be_there_is_no_surplus_and_closes_the_connection(
    connect, scripted, rested, method, head, later
):
    server = scripted([head, 0.01, b"9 bytes!!"] if later else [head + b"9 bytes!!"], [OK])
    endpoint = connect(server.url)

    endpoint.send(method, "studies", accept=None)
    rested()
    endpoint.get("series")

    assert server.connections == 2
    assert told(endpoint) == ["", ""]
    assert [payload(answer) for answer in endpoint._recorder.answers] == ["9 bytes", "2 bytes"]


@pytest.mark.parametrize("after", [None, 0.01], ids=["at once", "later"])
@pytest.mark.parametrize(
    "late", [TIMED_OUT_LAST, TIMED_OUT_1_0, TIMED_OUT, b""], ids=["says so", "1.0", "408", "close"]
)
def test_idle_connection_may_be_closed_with_a_408_or_without(connect, scripted, rested, late, after):
    response = [OK + late, None] if after is None else [OK, after, late, None]
    server = scripted(response, [OK])
    endpoint = connect(server.url)

    endpoint.get("studies")
    rested()
    second = endpoint.post("studies", stow.multipart([BLUE]))

    assert (second.status, second.content, server.connections) == (200, b"[]", 2)
    assert told(endpoint) == ["", ""]


@pytest.mark.parametrize("more", [TIMED_OUT, TIMED_OUT_LAST + SECOND], ids=["stays open", "says more"])
def test_408_that_is_not_the_end_is_surplus(connect, scripted, more):
    server = scripted([OK + more], [OK])
    endpoint = connect(server.url)

    endpoint.get("studies")
    second = endpoint.get("studies")

    assert (second.content, server.connections) == (b"[]", 2)
    assert "bytes that belong to no request: HTTP/1.1 408 Request Timeout" in told(endpoint)[0]


@pytest.mark.parametrize("number", [2, 25])
def test_surplus_is_seen_through_tls_and_records_without_data_are_not(connect, authority, tmp_path, number):
    """Session tickets come with the first response, close_notify with the close."""
    (tmp_path / "ca.pem").write_bytes((authority[1] / "ca.pem").read_bytes())
    large = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (number * 16384, bytes(number * 16384))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    server = Secure([[large], [OK, None], [large, SECOND], [OK]], context)
    endpoint = connect(server.url.replace("http:", "https:"), 'tls = { ca = "ca.pem" }')

    contents = [len(endpoint.get("studies").content) for _ in range(4)]

    server.close()
    assert contents == [number * 16384, 2, number * 16384, 2]
    assert [bool(text) for text in told(endpoint)] == [False, False, True, False]
    assert server.connections == 3


def test_surplus_is_seen_behind_a_proxy(connect, scripted):
    proxy = scripted([OK + SECOND], [OK])
    endpoint = connect("http://pacs.invalid/dicom-web", f'proxy = "http://127.0.0.1:{proxy.port}"')

    contents = [endpoint.get("studies").content for _ in range(2)]

    assert (contents, proxy.connections) == ([b"[]", b"[]"], 2)
    assert [bool(text) for text in told(endpoint)] == [True, False]


class Greeting(Scripted):
    """Sends something before it has read a request."""

    def _serve(self, connection):
        connection.sendall(self.answers[0])
        super()._serve(connection)


@pytest.fixture
def greets(monkeypatch):
    """A server whose greeting is there before the request is sent."""
    servers = []
    greeted = WireStream._greeted

    def wait(self):
        sock = self._stream.get_extra_info("socket")
        wait_until(lambda: readable(sock), 5)
        greeted(self)

    monkeypatch.setattr(WireStream, "_greeted", wait)
    yield lambda greeting: servers.append(Greeting([greeting])) or servers[-1]
    for server in servers:
        server.close()


def test_response_before_the_first_request_is_no_answer(connect, greets):
    endpoint = connect(greets(SECOND).url)

    with pytest.raises(Unanswered, match="the server sent a response before it had a request: HTTP/1.1 200 OK$"):
        endpoint.get("studies")


def test_refusal_of_a_connection_is_an_answer(connect, greets):
    endpoint = connect(greets(b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").url)

    assert endpoint.get("studies").status == 503


def test_other_protocol_is_named(connect, greets):
    endpoint = connect(greets(b"220 ready\r\n\r\n").url)

    with pytest.raises(Unanswered, match="the response is not HTTP, it begins with '220 ready"):
        endpoint.get("studies")


def test_response_of_which_no_byte_came_after_the_request_is_no_answer(connect, scripted, monkeypatch):
    monkeypatch.setattr(client, "_beyond", lambda response: b"")
    endpoint = connect(scripted([OK + SECOND], [OK]).url)
    endpoint.get("studies")

    with pytest.raises(Unanswered, match="a response came before the request was sent"):
        endpoint.get("studies")

    assert endpoint.get("studies").content == b"[]"


def test_connection_that_is_disturbed_at_the_last_moment_is_not_used(connect, scripted, monkeypatch):
    """The pool has taken it, and the request has not gone out: it goes over another, and a store does too."""
    server = scripted()
    endpoint = connect(server.url)
    endpoint.get("studies")
    looks = iter([False, True])  # of the pool, of the stream
    disturbed = WireStream._disturbed
    monkeypatch.setattr(WireStream, "_disturbed", lambda self: next(looks, None) or disturbed(self))

    response = endpoint.post("studies", stow.multipart([BLUE]))

    assert (response.status, server.connections, len(server.requests)) == (200, 2, 2)


def test_every_request_has_a_connection_of_its_own_once_it_is_asked_for(connect, scripted):
    server = scripted()
    endpoint = connect(server.url)
    endpoint.get("studies")
    endpoint.get("studies")
    assert server.connections == 1

    endpoint.alone()
    for _ in range(3):
        endpoint.get("studies")

    assert server.connections == 4


class Echo(Scripted):
    """Answers each request with its target, each third one twice."""

    def _serve(self, connection):
        with connection:
            connection.settimeout(10)
            while (request := self._request(connection)) is not None:
                target = request.split(b" ")[1]
                answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target)
                self.requests.append(target)
                connection.sendall(answer * (2 if target.endswith((b"0", b"3", b"6", b"9")) else 1))


def test_clients_at_the_same_time_have_their_own_responses(connect):
    server = Echo([])
    endpoint = connect(server.url)
    targets = [[f"studies/{client}.{number}" for number in range(20)] for client in range(8)]

    outcomes = endpoint.clients([[Ask("GET", target) for target in own] for own in targets])

    server.close()
    contents = [[outcome.content.decode() for outcome in own] for own in outcomes]
    assert contents == [[f"/dicom-web/{target}" for target in own] for own in targets]
    answered = endpoint._recorder.answers
    twice = [answer.url for answer in answered if answer.surplus]
    assert twice == [answer.url for answer in answered if answer.url.endswith(("0", "3", "6", "9"))]
    assert all(answer.surplus.endswith(urlsplit(answer.url).path.encode()) for answer in answered if answer.surplus)


@pytest.fixture
def doubled(reference):
    """The reference server behind a proxy that answers every fifth request twice."""
    honest, numbers = urlsplit(reference.url), count(1)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def serve(connection):
        with connection:
            while request := read(connection):
                raw = relayed(request)
                connection.sendall(raw * (2 if next(numbers) % 5 == 0 else 1))

    def relayed(request):
        with socket.create_connection((honest.hostname, honest.port)) as other:
            other.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            head, end, body = b"".join(iter(lambda: other.recv(2**20), b"")).partition(b"\r\n\r\n")
        return re.sub(rb"(?i)\r\nconnection: close", b"", head) + end + body

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}{honest.path}"
    listener.close()


@pytest.mark.slow
def test_server_that_answers_twice_breaks_one_obligation(doubled, call):
    check = f"{PACKAGE / 'common' / 'test_whole_run.py'}::test_nothing_but_responses_to_requests_is_sent"

    claims = [word for feature in features() for word in ("--supports", feature)]

    run = results.read(call("run", doubled, PACKAGE / "scenario" / "test_sample_study.py", check, *claims).folder)

    assert list(broken(run.checks)) == ["COMMON-RESP-007"]
    (said,) = [check.summary for check in run.checks if check.requirement == "COMMON-RESP-007"]
    assert re.match(r"what follows the response is (at least )?[\d,]+ bytes that belong to no request: HTTP", said)
    assert {check.verdict for check in run.checks} <= {"pass", "observed", "not supported", "fail"}
    assert run.leftovers == []
