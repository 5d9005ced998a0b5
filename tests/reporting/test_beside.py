"""Two responses beside each other."""

from __future__ import annotations

from hashlib import sha256

import pytest

from conformance.reporting.beside import beside
from conformance.reporting.record import Body

from . import factory


def exchange(head="HTTP/1.1 200 OK\nContent-Type: application/json", text="[1]", **changes):
    recorded = factory.deviating().checks[0].evidence[0]
    body = Body(size=len(text), sha256=sha256(text.encode()).hexdigest(), text=text, **changes)
    return factory.replace(recorded, status=200, reason="OK", error=None, response_head=head, response_body=body)


def test_same_responses_have_no_mark_and_their_body_once():
    lines = beside(exchange(), exchange())

    assert [line for line in lines if "≠" in line] == []
    assert "  the body, both times:" in lines


def test_what_differs_is_marked_and_the_texts_are_compared():
    lines = beside(exchange(), exchange("HTTP/1.1 200 OK\nContent-Type: text/plain\nX: 1", "[2]"))

    assert [line.split()[0] for line in lines if "≠" in line] == ["content-type", "x", "body"]
    assert lines[-4:] == ["     [", "    - 1", "    + 2", "     ]"]


def test_response_that_did_not_come_is_said():
    none = factory.replace(exchange(text=""), status=None, error="the connection is refused", response_head="")

    assert any("≠ no response: the connection is refused" in line for line in beside(exchange(), none))


def test_boundaries_that_differ_are_said():
    kinds = [f'HTTP/1.1 200 OK\nContent-Type: multipart/related; boundary="{name}"' for name in ("a", "b")]

    lines = beside(*(exchange(head) for head in kinds))

    assert "  the bodies have different boundaries, so their digests differ in any case" in lines


@pytest.mark.parametrize("text", ["\x1b[31mred", "::error::P", "x" * 100_000, "[" * 5000])
def test_hostile_texts_break_no_terminal(text):
    lines = beside(exchange(f"HTTP/1.1 200 OK\nX: {text}", text), exchange(text="[]"))

    assert not any("\x1b" in line or len(line) > 130 for line in lines)
    assert len(lines) < 80
