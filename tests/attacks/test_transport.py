"""A server that floods or drips: every exchange ends within its bounds, in time and in memory."""

from __future__ import annotations

import socket
import threading
import time
import tracemalloc
from contextlib import suppress

import pytest

from conformance.harness.wire import client, wire
from conformance.harness.wire.connection import Ask, Connection, Unanswered
from conformance.harness.wire.spool import collect
from conformance.kit import stow
from conformance.kit.verdicts import Blocked
from tests.harness.conftest import OK, scripted
from tests.harness.test_connection import connect

__all__ = ["connect", "scripted"]

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n\r\n"
LONG_HEAD = "the head of the response is longer than 64 kB, or never ends"
LONG_LINE = "the line of a chunk, or the trailer, is longer than 100 kB, or never ends"

FLOODS = {
    "interim responses": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 4000, LONG_HEAD),
    "interim responses of a size": ((b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 9000 + b"\r\n\r\n") * 9, LONG_HEAD),
    "head": (JSON + b"X-Filler: " + b"x" * 100_000, LONG_HEAD),
    "reason": (b"HTTP/1.1 200 " + b"x" * 100_000, LONG_HEAD),
    "folded lines": (JSON + b"X-Filler: x\r\n" + b" x\r\n" * 30_000, LONG_HEAD),
    "fields": (JSON + b"x:\r\n" * 300 + b"Content-Length: 2\r\n\r\n[]", "the response has more than 256 header fields"),
    "line of a chunk": (CHUNKED + b"2;" + b"x" * 150_000, LONG_LINE),
    "trailer": (CHUNKED + b"0\r\n" + b"x: y\r\n" * 30_000, LONG_LINE),
    "size of a chunk": (CHUNKED + b"1" * 30 + b"\r\n", "illegal chunk header"),
    "digits of a length": (JSON + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", "bad Content-Length"),
    "negative length": (JSON + b"Content-Length: -2\r\n\r\n[]", "bad Content-Length"),
    "two lengths": (JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]", "conflicting Content-Length headers"),
    "switch of protocols": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nx", "switches protocols (101)"),
    "document": (JSON + b"\r\n" + b" " * 1_100_000, "the document is larger than 1 MB, the most that is read of JSON"),
    "untyped": (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_100_000, "the document is larger than 1 MB"),
    "picture": (
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + b" " * 1_100_000,
        "the picture is larger than 1 MB, the most that is read of images and videos",
    ),
}


@pytest.mark.parametrize("name", FLOODS)
def test_flood_ends_with_a_sentence(connect, scripted, monkeypatch, name):
    monkeypatch.setattr(client, "IN_MEMORY", 1)
    flood, sentence = FLOODS[name]
    endpoint = connect(scripted([flood]).url)

    with pytest.raises(Unanswered) as error:
        endpoint.get("studies")

    assert sentence in str(error.value)
    (exchange,) = endpoint._recorder.exchanges["preflight"]
    assert len(exchange.response_head) <= wire.HEAD_LIMIT


@pytest.mark.parametrize("kind", ["multipart/related; boundary=b", "application/dicom", "Application/DICOM; x=y"])
def test_instances_may_be_larger_than_documents(connect, scripted, monkeypatch, kind):
    monkeypatch.setattr(client, "IN_MEMORY", 1)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 1100000\r\n\r\n".encode()

    assert len(connect(scripted([head + bytes(1_100_000)]).url).get("studies/1").body) == 1_100_000


def test_head_below_the_limit_is_kept_whole(connect, scripted):
    head = JSON + b"X-Filler: " + b"x" * 60_000 + b"\r\nContent-Length: 2"
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100
    endpoint = connect(scripted([interim + head + b"\r\n\r\n[]"]).url)

    endpoint.get("studies")

    assert endpoint._recorder.answers[0].head == head


def test_heads_that_are_large_together_have_to_be_smaller(connect, scripted, monkeypatch):
    monkeypatch.setattr(wire, "HEADS_TOGETHER", 10_000)
    large = OK.replace(b"\r\n", b"\r\nX-Filler: %s\r\n" % (b"x" * 12_000), 1)
    endpoint = connect(scripted([large], [OK], [large]).url)

    endpoint.get("studies")
    endpoint.get("studies")

    with pytest.raises(Unanswered, match="the head of the response is longer than 8 kB, or never ends"):
        endpoint.get("studies")


def test_small_chunks_take_the_memory_of_their_bytes():
    tracemalloc.start()

    body = collect(b"%d" % (number % 90 + 10) for number in range(200_000))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(body) == 400_000
    assert peak < 1_500_000


def test_responses_at_the_same_time_share_the_memory(connect, scripted, monkeypatch):
    monkeypatch.setattr(client, "TOGETHER", 4)
    document = JSON + b"Content-Length: 2000000\r\n\r\n" + b" " * 2_000_000
    instances = document.replace(b"application/dicom+json", b"multipart/related; boundary=b")

    def outcomes(response, number):
        return connect(scripted([response]).url).clients([[Ask("GET", "studies")]] * number)

    assert [len(one.content) for (one,) in outcomes(document, 2)] == [2_000_000] * 2
    assert [str(one).partition(", ")[0] for (one,) in outcomes(document, 4)] == [
        "GET /studies: the document is larger than 1 MB"
    ] * 4
    assert [(len(one.body), one.content) for (one,) in outcomes(instances, 4)] == [(2_000_000, b"")] * 4


def test_server_that_takes_its_time_to_read_meets_the_deadline(connect):
    listener = socket.create_server(("127.0.0.1", 0))

    def drain():
        taken, _ = listener.accept()
        with suppress(OSError):
            while taken.recv(65536):
                time.sleep(0.05)

    threading.Thread(target=drain, daemon=True).start()
    endpoint = connect(f"http://127.0.0.1:{listener.getsockname()[1]}", "timeout = 0.4\ndeadline = 0.5")
    started = time.monotonic()

    with pytest.raises(Unanswered, match="did not end within deadline = 0.5 s"):
        endpoint.send("POST", "studies", accept=None, body=stow.Body("", bytes(16_000_000)))

    assert time.monotonic() - started < 2
    listener.close()


def test_silence_on_a_kept_connection_is_waited_for_once(connect, scripted):
    server = scripted([OK], [5.0])
    endpoint = connect(server.url, "timeout = 0.2")
    endpoint.get("studies")

    with pytest.raises(Unanswered, match="silent for timeout"):
        endpoint.get("studies")

    assert len(server.requests) == 2


def test_exchange_takes_no_longer_than_what_is_left_of_the_budget(connect, scripted):
    server = scripted([5.0])
    made = connect(server.url)
    endpoint = Connection(made.config, made._client, made._recorder, made._ledger, budget=0.36)

    with pytest.raises(Unanswered, match=r"did not end within the 0\.3 s left of the budget"):
        endpoint.get("studies")
    with pytest.raises(Blocked, match=r"the run has used 0\.3 of its 0\.4 seconds, the rest is kept for the cleanup"):
        endpoint.get("studies")

    assert len(server.requests) == 1


@pytest.mark.parametrize("name", [b"Set-Cookie ", b"set-cookie\t", b"Authorization "])
def test_cookie_in_a_head_that_is_not_valid_is_not_quoted(connect, scripted, name):
    endpoint = connect(scripted([b"HTTP/1.1 200 OK\r\n" + name + b": a=51c7e2d0a9\r\nContent-Length: 0\r\n\r\n"]).url)

    with pytest.raises(Unanswered) as error:
        endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    assert "illegal header line" in str(error.value)
    assert "51c7e2d0a9" not in f"{error.value} {exchange.error} {exchange.response_head}"
