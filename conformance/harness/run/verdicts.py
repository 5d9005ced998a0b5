"""From the end of a check to its verdict: pure rules, DESIGN's table in code."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.dicomweb.differences import Deviation
from conformance.dicomweb.wording import abridged
from conformance.harness.data.objects import of_any
from conformance.kit.verdicts import Blocked, Deviates, NotSupported, Observed, Warn
from conformance.reporting.record import Overall, Verdict
from conformance.requirements import Requirement, profiles

BROKEN: dict[str, Verdict] = {"core": "fail", "extended": "warn", "info": "observed"}  # by tier
UNJUDGED = "not judged, because a precondition failed"
HOLDS: frozenset[Verdict] = frozenset({"pass", "warn", "observed", "known"})


@dataclass(frozen=True)
class Conclusion:
    """A verdict with its sentence. `deviation` is that of the server, or that of a blocked check's prerequisite;
    `blocked_by` names the prerequisite; `reason` is why a deviation is known."""

    verdict: Verdict
    summary: str
    blocked_by: str | None = None
    deviation: Deviation | None = None
    reason: str = ""


def conclude(requirement: Requirement, title: str, error: BaseException | None) -> Conclusion:
    """The verdict of a check that returned (error is None) or raised."""
    if error is None:
        return Conclusion("observed" if requirement.tier == "info" else "pass", title)
    sentence = abridged((str(error).strip() or type(error).__name__).split("\n")[0])
    match error:
        case Blocked():
            return Conclusion("blocked", unjudged(sentence, error.by), error.by, error.deviation)
        case NotSupported():
            return Conclusion("not supported", sentence)
        case Observed():
            return Conclusion("observed", sentence)
        case Warn():
            return Conclusion("warn", sentence, deviation=error.deviation)
        case Deviates():
            return Conclusion(BROKEN[requirement.tier], sentence, deviation=error.deviation)
        case _:
            return Conclusion("error", sentence)


def unjudged(reason: str, by: str | None) -> str:
    """The sentence of a blocked check: `by` is the check that judges its precondition, or in two words something else,
    which the reason then explains."""
    if by and " " in by:
        return reason
    return f"{UNJUDGED}{f' (see {by})' if by else ''}: {reason}"


def documented(conclusion: Conclusion, check: str, requirement: Requirement, profile: str) -> Conclusion:
    """The conclusion under a profile that documents a deviation: known, with the standard's verdict before it. No
    service documents that it fails (5xx) or does not respond."""
    deviates = profiles()[profile].deviates
    reason = deviates.get(requirement.id) or deviates.get(of_any(check))
    if reason is None or conclusion.verdict not in ("fail", "warn") or _fails(conclusion.deviation):
        return conclusion
    why = f"the verdict by the standard is {conclusion.verdict}; the profile {profile} documents that {reason}"
    return replace(conclusion, verdict="known", reason=why)


def _fails(seen: Deviation | None) -> bool:
    """True if the server failed, or did not respond."""
    if seen is None:
        return False
    subject, found, _ = seen.difference
    return (subject.partition(" of ")[0] == "status" and found.startswith("5")) or (
        subject == "the response" and found.startswith("absent")
    )


def overall(verdicts: set[Verdict], complete: bool, strict: bool) -> Overall:
    """The verdict of the run; `complete`: every collected check ran.

    `verdicts` exclude those of checks blocked by a known deviation: they are accepted with it.
    """
    if verdicts & {"fail", "stale"} or (strict and "warn" in verdicts):
        return "deviates"
    if verdicts & {"blocked", "error"} or not complete or verdicts <= {"not supported"}:
        return "incomplete"
    return "accepted" if "known" in verdicts else "conforms"
