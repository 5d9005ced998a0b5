"""Blocked checks after the last check: one that is blocked by a passed check fails itself, or waits for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.run.verdicts import BROKEN, Conclusion
from conformance.reporting.record import Check, Exchange, Verdict

PRECONDITION = "a precondition does not hold: "
HELD: frozenset[Verdict] = frozenset({"pass", "observed"})

Key = tuple[str, str, str]


def settle(checks: Sequence[Check], conclude: Callable[[Check, Conclusion], None]) -> None:
    """Let each blocked check wait for the failed one, or fail itself; `conclude` notes a new conclusion.

    The prerequisite was judged to hold, and does not hold here: no other check reports it, and the server is not
    incomplete but wrong. A refused store (4xx) may be allowed: it is a warning.
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
        last = check.evidence[-1]
        if cause := failed.get(_key(last)):
            check.blocked_by = cause.id
        elif causes:
            refused = last.method == "POST" and last.status in range(400, 500)
            verdict = "warn" if refused and check.tier == "core" else BROKEN[check.tier]
            passed = f"{check.blocked_by} passed, and what it shows does not hold here"
            summary = f"{check.summary.removeprefix(PRECONDITION)}; {passed}"
            conclude(check, Conclusion(verdict, summary, deviation=_own(check, last, passed)))


def _own(check: Check, last: Exchange, why: str) -> Deviation:
    """The deviation of a check that was blocked: that of its prerequisite, now its own."""
    if seen := check.deviation:
        return Deviation(Difference(seen.subject, seen.found, seen.wanted), seen.sent, why)
    missing = Difference("a precondition", f"not met ({check.summary.removeprefix(PRECONDITION)})", "met")
    return Deviation(missing, f"{last.method} {last.url}", why)


def _key(exchange: Exchange) -> Key:
    """The key of an exchange: two checks of the same request wait for the same."""
    accept = next((line for line in exchange.request_head.split("\n") if line.lower().startswith("accept:")), "")
    return exchange.method, exchange.url, accept
