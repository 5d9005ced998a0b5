"""Blocked checks after the last check: one whose precondition is judged by a passed check fails itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.run.verdicts import BROKEN, UNJUDGED, Conclusion, unjudged
from conformance.reporting.record import Check, Exchange, Verdict

_UNJUDGED = re.compile(rf"{UNJUDGED}(?: \(see [^)]*\))?: ")
HELD: frozenset[Verdict] = frozenset({"pass", "observed"})

Key = tuple[str, str, str]


def settle(checks: Sequence[Check], conclude: Callable[[Check, Conclusion], None]) -> None:
    """Name the failed check that each blocked check waits for, or let the blocked check fail; `conclude` notes that.

    If the check that judges the precondition passed, no other check reports the deviation. A refused store (4xx) may be
    allowed, so it is a warning.
    """
    named: dict[str, list[Check]] = {}
    failed: dict[Key, Check] = {}
    for check in checks:
        named.setdefault(check.id, []).append(check)
        named.setdefault(check.requirement.lower(), []).append(check)
        if check.verdict in ("fail", "warn", "known") and check.evidence:
            failed.setdefault(_key(check.evidence[-1]), check)
    for check in checks:
        if check.verdict != "blocked" or not check.evidence:
            continue
        causes = named.get(check.blocked_by or "", [])
        if check.blocked_by and not (causes and {cause.verdict for cause in causes} <= HELD):
            continue
        last, reason = check.evidence[-1], _UNJUDGED.sub("", check.summary, 1)
        if cause := failed.get(_key(last)):
            check.blocked_by, check.summary = cause.id, unjudged(reason, cause.id)
        elif causes:
            refused = last.method == "POST" and last.status in range(400, 500)
            verdict = "warn" if refused and check.tier == "core" else BROKEN[check.tier]
            passed = f"{check.blocked_by}, which judges this precondition, passed; so the deviation counts here"
            conclude(check, Conclusion(verdict, f"{reason}; {passed}", deviation=_own(check, reason, passed)))


def _own(check: Check, reason: str, why: str) -> Deviation:
    """The deviation of a check that was blocked: that of its prerequisite, now its own."""
    if seen := check.deviation:
        return Deviation(Difference(seen.subject, seen.found, seen.wanted), seen.sent, why)
    last = check.evidence[-1]
    return Deviation(Difference("a precondition", f"not met ({reason})", "met"), f"{last.method} {last.url}", why)


def _key(exchange: Exchange) -> Key:
    """The key of an exchange: two checks of the same request wait for the same."""
    accept = next((line for line in exchange.request_head.split("\n") if line.lower().startswith("accept:")), "")
    return exchange.method, exchange.url, accept
