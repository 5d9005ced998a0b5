"""Two responses to one request beside each other, as lines for a terminal: the recorded one, and the one of now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice
from textwrap import wrap

from conformance.reporting.record import Body, Exchange
from conformance.reporting.text import shorten, size, visible

NAME, VALUE, WIDTH = 30, 40, 120
LINES = 60  # of the difference of two bodies
SAME = 12  # of a body that is the same
CHANGING = {"date"}  # fields that say nothing about the response


def beside(recorded: Exchange, now: Exchange) -> list[str]:
    """Status, header fields and bodies in two columns, a ≠ between those that differ; the difference of two texts."""
    rows = [("", "recorded", "now"), ("status", _status(recorded), _status(now))]
    first, second = _fields(recorded.response_head), _fields(now.response_head)
    rows += [(name, first.get(name, ""), second.get(name, "")) for name in dict.fromkeys([*first, *second])]
    rows.append(("body", _body(recorded.response_body), _body(now.response_body)))
    lines = [
        visible(f"  {name:<{NAME}}{_cell(one):<{VALUE}} {_mark(name, one, two)} {_cell(two)}".rstrip())
        for name, one, two in rows
    ]
    return [*lines, *_difference(recorded.response_body, now.response_body)]


def _mark(name: str, one: str, two: str) -> str:
    return " " if one == two or name in ("", *CHANGING) else "≠"


def _cell(value: str) -> str:
    return shorten(visible(value), VALUE)


def _status(exchange: Exchange) -> str:
    return f"{exchange.status} {exchange.reason}".strip() if exchange.status else f"no response: {exchange.error}"


def _fields(head: str) -> dict[str, str]:
    """The header fields of a head by their names in lower case; values of one name with a comma between them."""
    found: dict[str, str] = {}
    for line in head.replace("\r\n", "\n").split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            found[key] = f"{found[key]}, {value.strip()}" if key in found else value.strip()
    return found


def _body(body: Body) -> str:
    return f"{size(body.size)}, sha256 {body.sha256[:12]}…" if body.size else "none"


def _difference(recorded: Body, now: Body) -> Iterator[str]:
    """Lines of the difference of two texts: - is the recorded one, + that of now."""
    if recorded.text is None or now.text is None or not now.size:
        return
    if recorded.text == now.text:
        yield "  the body, both times:"
        yield from (f"    {shorten(visible(line), WIDTH - 4)}" for line in _lines(now)[:SAME])
        return
    of = " of their beginnings" if recorded.cut or now.cut else ""
    changes = list(islice(unified_diff(_lines(recorded), _lines(now), n=1, lineterm=""), 2, 3 + LINES))
    yield f"  the difference of the bodies{of} (- recorded, + now):"
    yield from (f"    {shorten(visible(line), WIDTH - 4)}" for line in changes[:LINES])
    if len(changes) > LINES:
        yield "    …"


def _lines(body: Body) -> list[str]:
    """The lines of a text; JSON with one value on a line."""
    text = body.text or ""
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        return [part for line in text.splitlines() for part in wrap(line, WIDTH - 8) or [""]]
