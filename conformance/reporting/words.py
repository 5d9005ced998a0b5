"""How the page names things: anchors, clauses, times, and the sentence that explains each verdict."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from conformance.reporting.record import KnownDeviation, Overall, Tested, Verdict

MEANING: dict[Verdict, str] = {
    "fail": "A required point is broken, or one that the endpoint claims. The run deviates.",
    "blocked": "Could not be judged, because something else failed first. Never counted as met.",
    "error": "Could not be judged, because of the suite itself or of the network. Never counted as met.",
    "stale": "The baseline lists a deviation that is gone, unknown or past its date: the entry has to be removed.",
    "known": "Broken, and listed with a reason: in the baseline of this endpoint, or as its profile documents it.",
    "warn": "A recommendation is not followed, or a rule on which the text leaves doubt. Not scored.",
    "pass": "The requirement is met.",
    "observed": "A choice that the standard leaves open, noted as a fact. Not scored.",
    "not supported": "Not claimed, and a control request agrees that it is absent; or what it needs is not stored.",
}

EXPLAINED: dict[Overall, str] = {
    "conforms": "All that was scored is as the standard demands. What was not scored is listed below.",
    "accepted": "The server deviates from the standard, and somebody has accepted each of these deviations in advance.",
    "deviates": "The server does not do all that it has to. Each deviation says what a client suffers by it.",
    "incomplete": "Nothing was found broken, but not all was judged: this run does not say that the server conforms.",
}

SYMBOL_OF: dict[Overall, Verdict] = {
    "conforms": "pass",
    "accepted": "known",
    "deviates": "fail",
    "incomplete": "blocked",
}


def anchor(name: str, kind: str = "check") -> str:
    """The id of an element of the page, of the characters [a-z0-9.-] only."""
    return f"{kind}-{slug(name)}"


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", name.lower())


def clause(clauses: str) -> str:
    """`PS3.18 10.4.1` for the clauses of PS3.18; others, such as `RFC 2046 5.1.1`, name their document themselves."""
    return f"PS3.18 {clauses}" if re.match(r"[0-9]|[A-Z]\.", clauses) else clauses


def utc(time: str) -> str:
    """`2026-11-21 09:14:07`, of an ISO 8601 time with its offset."""
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def product(tested: Tested) -> str:
    """`ExampleArchive version 4.2 (Example Inc., serial 4711), Central site, ticket PACS-1`; "" where nobody said"""
    name = " ".join(filter(None, [tested.product, tested.version and f"version {tested.version}"]))
    made = ", ".join(filter(None, [tested.vendor, tested.serial and f"serial {tested.serial}"]))
    named = " ".join(filter(None, [name, made and f"({made})"]))
    return ", ".join(filter(None, [named, tested.site, tested.ticket and f"ticket {tested.ticket}"]))


def accepted(entry: KnownDeviation) -> str:
    """`Accepted by PACS team on 2026-11-29, until 2027-06-30; ticket PACS-123.`; "" where nobody said anything."""
    when = " ".join(filter(None, [entry.by and f"by {entry.by}", entry.on and f"on {entry.on}"]))
    said = ", ".join(filter(None, [when, entry.expires and f"until {entry.expires}"]))
    parts = [said and f"accepted {said}", entry.issue and f"ticket {entry.issue}"]
    return sentence("; ".join(filter(None, parts))) if any(parts) else ""


def elapsed(started: str, finished: str) -> float:
    """Seconds between two ISO 8601 times."""
    return (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()


def sentence(text: str) -> str:
    """The text with a capital at its start and a full stop at its end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!", "…")) else ".")


def css_string(text: str) -> str:
    """The inside of a CSS string: all but letters and digits of ASCII is escaped, so that nothing can end it."""
    return "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text)
