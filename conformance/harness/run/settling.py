"""Checks after the last one: what one cause did to many is said by the check that judges it, and the others wait.

A blocked check whose precondition is judged by a passed check fails itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.run import facts
from conformance.harness.run.facts import Representation
from conformance.harness.run.verdicts import BROKEN, UNJUDGED, Conclusion, unjudged
from conformance.reporting.record import Check, Exchange, Verdict

_UNJUDGED = re.compile(rf"{UNJUDGED}(?: \(see [^)]*\))?: ")
HELD: frozenset[Verdict] = frozenset({"pass", "observed"})
RED: frozenset[Verdict] = frozenset({"fail", "warn", "known"})
# Subjects of a deviation that says no more than that a representation is absent.
OF_REPRESENTATION = frozenset({"status", "Content-Type", "the media type"})
# Checks of the form of every response, also of an error.
OF_ALL = "test_whole_run"
POPULATION = "evidence/population."

Key = tuple[str, str, str]
Named = dict[str, list[Check]]
Conclude = Callable[[Check, Conclusion], None]


def settle(checks: Sequence[Check], conclude: Conclude) -> None:
    """Name the failed check that each other check waits for, or let a blocked check fail; `conclude` notes that."""
    named = _named(checks)
    _charge(checks, named, conclude)
    _wait(checks, named, conclude)


def charged(checks: Sequence[Check]) -> set[str]:
    """The paths of the exchanges that stand on what no response shows, and what a check says to be missing."""
    named = _named(checks)
    said = {fact for fact in _missing(checks) if any(check.verdict in RED for check in _judges(fact, named))}
    every = (exchange for check in checks for exchange in check.evidence)
    return {exchange.path for exchange in every if said.intersection(facts.asked_for(exchange))}


def _named(checks: Sequence[Check]) -> Named:
    """The checks by their ids and requirements."""
    named: Named = {}
    for check in checks:
        for name in {check.id, check.requirement.lower()}:
            named.setdefault(name, []).append(check)
    return named


def _missing(checks: Sequence[Check]) -> set[facts.Fact]:
    return facts.not_shown(exchange for check in checks for exchange in check.evidence)


def _charge(checks: Sequence[Check], named: Named, conclude: Conclude) -> None:
    """Charge a resource that no response of the run shows to the check that judges it: each other check of it waits."""
    causes: dict[facts.Fact, Check] = {}
    missing = _missing(checks)

    def waits(check: Check) -> tuple[bool, int]:
        """The more a check stands on of what is missing, the less it is a cause itself."""
        return check.verdict == "blocked", len(missing.intersection(_stands_on(check)))

    for fact in missing:
        judges = [check for check in _judges(fact, named) if check.verdict == "blocked" or fact in _stands_on(check)]
        if judges:
            causes[fact] = min(judges, key=waits)
    for check in checks:
        cause = next((causes[fact] for fact in _stands_on(check) if fact in causes), None)
        if cause is None or cause is check or (check.verdict == "pass" and _is_earned(check, causes)):
            continue
        if check.verdict == "blocked" and (cause.verdict in RED or not check.blocked_by):
            _name(check, cause.id)
        elif cause.verdict in RED and check.verdict in ("fail", "warn", "pass", "not supported"):
            seen = check.deviation or cause.deviation
            deviation = Deviation(Difference(seen.subject, seen.found, seen.wanted), seen.sent) if seen else None
            summary = unjudged(str(deviation or cause.summary), cause.id)
            conclude(check, Conclusion("blocked", summary, cause.id, deviation))


def _judges(fact: facts.Fact, named: Named) -> list[Check]:
    """The checks that may say that a resource is missing: those that it names, then others of their requirements, such
    as one of all kinds; blocked ones last."""
    found = [check for id in fact.judges for check in named.get(id, []) if check.verdict in (*RED, "blocked")]
    return sorted(found, key=lambda check: (check.verdict == "blocked", check.id not in fact.judges))


def _stands_on(check: Check) -> list[facts.Fact]:
    """The facts of the exchange that a check is about: that of its deviation, else the last."""
    if not check.evidence or OF_ALL in check.node:
        return []
    seen = check.deviation
    sent = seen.sent.partition(", Accept: ")[0].partition(" ")[2] if seen else ""
    about = [item for item in check.evidence if sent and item.url.endswith(sent)] or check.evidence
    # "status of any pixel object", too
    of_form = seen and seen.subject.partition(" of ")[0] in OF_REPRESENTATION
    return [fact for fact in facts.asked_for(about[-1]) if of_form or not isinstance(fact, Representation)]


def _is_earned(check: Check, causes: Collection[facts.Fact]) -> bool:
    """Whether a check has looked at a resource that is there, too."""
    own = [item for item in check.evidence if item.method == "GET" and not item.path.startswith(POPULATION)]
    return any(fact not in causes for item in own for fact in facts.asked_for(item)[:1])


def _wait(checks: Sequence[Check], named: Named, conclude: Conclude) -> None:
    """Let a blocked check wait for what failed in the end, or fail itself.

    If the check that judges the precondition passed, no other check reports the deviation. A refused store (4xx) may be
    allowed, so it is a warning.
    """
    failed: dict[Key, Check] = {}
    for check in checks:
        if check.verdict in RED and check.evidence:
            failed.setdefault(_key(check.evidence[-1]), check)
    for check in checks:
        if check.verdict != "blocked":
            continue
        _name(check, _first(check, named))
        causes = named.get(check.blocked_by or "", [])
        if not check.evidence or check.blocked_by and not (causes and {cause.verdict for cause in causes} <= HELD):
            continue
        last = check.evidence[-1]
        if cause := failed.get(_key(last)):
            _name(check, cause.id)
        elif causes:
            refused = last.method == "POST" and last.status in range(400, 500)
            verdict = "warn" if refused and check.tier == "core" else BROKEN[check.tier]
            passed = f"{check.blocked_by}, which judges this precondition, passed; so the deviation counts here"
            conclude(check, Conclusion(verdict, f"{_reason(check)}; {passed}", deviation=_own(check, passed)))


def _name(check: Check, by: str | None) -> None:
    """Note the check that a blocked check waits for."""
    if by and by != check.blocked_by:
        check.blocked_by, check.summary = by, unjudged(_reason(check), by)


def _first(check: Check, named: Named) -> str | None:
    """What a blocked check waits for in the end, if that waits itself."""
    by, seen = check.blocked_by, {check.id}
    while by and by not in seen and (causes := named.get(by)) and {cause.verdict for cause in causes} == {"blocked"}:
        seen.add(by)
        by = causes[0].blocked_by
    return by


def _reason(check: Check) -> str:
    return _UNJUDGED.sub("", check.summary, 1)


def _own(check: Check, why: str) -> Deviation:
    """The deviation of a check that was blocked: that of its prerequisite, now its own."""
    if seen := check.deviation:
        return Deviation(Difference(seen.subject, seen.found, seen.wanted), seen.sent, why)
    last = check.evidence[-1]
    missing = Difference("a precondition", f"not met ({_reason(check)})", "met")
    return Deviation(missing, f"{last.method} {last.url}", why)


def _key(exchange: Exchange) -> Key:
    """The key of an exchange: two checks of the same request wait for the same."""
    accept = next((line for line in exchange.request_head.split("\n") if line.lower().startswith("accept:")), "")
    return exchange.method, exchange.url, accept
