"""Several servers behind one address, of which one is not up to date."""

from __future__ import annotations

import time

import pytest

from conformance.harness.wire import nodes, visibility
from conformance.kit import stow
from conformance.kit.verdicts import InFront
from tests.harness.conftest import OK
from tests.harness.test_connection import BLUE, connect

__all__ = ["connect"]
ABSENT = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
STORED = OK.replace(b"Content-Length: 2\r\n\r\n[]", b"Content-Length: 8\r\n\r\n[{},{} ]")
MOVED = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: moved\r\nContent-Length: 0\r\n\r\n"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
PATH = f"{BLUE.study_path}/metadata"


def stored(connect, scripted, *answers):
    """A connection over which an instance was stored, and the server, with its answers to what is asked then."""
    server = scripted(OK, *answers)
    endpoint = connect(server.url)
    endpoint.post("studies", stow.multipart([BLUE]))
    return endpoint, server


def test_read_that_finds_what_was_stored_and_then_not_is_not_judged(connect, scripted):
    endpoint, server = stored(connect, scripted, ABSENT, STORED, ABSENT, ABSENT, STORED)

    with pytest.raises(InFront, match=f"GET /{PATH} finds what was stored or not, .* several servers respond at this"):
        endpoint.get(PATH)
    with pytest.raises(InFront):
        endpoint.get("studies/1.2.3/metadata")  # once it was seen, every read is repeated
    assert len(server.requests) == 1 + 3 + 2


def test_what_becomes_visible_was_not_visible_before(connect, scripted):
    endpoint, _ = stored(connect, scripted, ABSENT, STORED)

    assert endpoint.get(PATH).status == 404


@pytest.mark.parametrize("absent", [ABSENT, OK, ABSENT.replace(b"404 Not Found", b"410 Gone")])
def test_server_that_never_finds_it_is_soon_believed(connect, scripted, absent):
    endpoint, server = stored(connect, scripted, absent)

    for _ in range(10):
        assert endpoint.get(PATH).status in (200, 404, 410)
    assert len(server.requests) == 1 + 10 + nodes.IN_VAIN * nodes.AGAIN


@pytest.mark.parametrize(
    "target", ["studies/1.2.3/metadata", "studies?PatientID=4711", f"{BLUE.study_path}/series/1.2.3"]
)
def test_what_was_not_stored_is_not_looked_for_again(connect, scripted, target):
    endpoint, server = stored(connect, scripted, ABSENT)

    endpoint.get(target)

    assert len(server.requests) == 2


def test_what_was_removed_is_not_looked_for_again(connect, scripted):
    endpoint, server = stored(connect, scripted, OK, ABSENT)
    endpoint.delete(BLUE.study_path)

    endpoint.get(PATH)

    assert len(server.requests) == 3


ACCEPTED = OK.replace(b"200 OK", b"202 Accepted")


def test_what_was_only_accepted_may_come_later(connect, scripted, monkeypatch):
    server = scripted(ACCEPTED, ABSENT, ABSENT, STORED, ACCEPTED, STORED)
    endpoint = connect(server.url)
    endpoint.post("studies", stow.multipart([BLUE]))
    monkeypatch.setattr(visibility, "LONGEST", 5.0)

    assert endpoint.get(PATH).status == 200
    assert endpoint.visibility.learnt > 0

    endpoint.post("studies", stow.multipart([BLUE]))
    method, path, *_ = server.requests[-1].decode().split()
    assert method == "HEAD" and path.endswith(BLUE.path)


@pytest.mark.parametrize("first", [MOVED, FAILED], ids=["redirect", "error"])
def test_what_does_not_find_it_is_not_what_comes_later(connect, scripted, monkeypatch, first):
    """A redirect is followed, and an error of the server says nothing about what was stored."""
    endpoint = connect(scripted(ACCEPTED, ABSENT, first, ABSENT, first, STORED).url)
    endpoint.post("studies", stow.multipart([BLUE]))
    monkeypatch.setattr(visibility, "LONGEST", 5.0)

    response = endpoint.get(PATH)

    assert (response.status, len(response.content)) == (200, 8)


def test_what_was_accepted_and_never_comes_is_waited_for_once(connect, scripted, monkeypatch):
    endpoint = connect(scripted(ACCEPTED, ABSENT).url)
    endpoint.post("studies", stow.multipart([BLUE]))
    monkeypatch.setattr(visibility, "LONGEST", 0.2)

    endpoint.get(PATH)
    began = time.monotonic()

    assert endpoint.get(PATH).status == 404
    assert time.monotonic() - began < 0.2
