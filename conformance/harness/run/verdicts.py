"""From the way a check ended to its verdict: pure rules, DESIGN's table in code."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.dicomweb.wording import abridged
from conformance.kit.verdicts import Blocked, NotSupported, Observed, Warn
from conformance.reporting.results import Overall, Verdict
from conformance.requirements import Requirement, profiles

HOLDS: frozenset[Verdict] = frozenset({"pass", "warn", "observed", "known"})


@dataclass(frozen=True)
class Conclusion:
    """A verdict with its sentence; `blocked_by` names what a blocked check waits for."""

    verdict: Verdict
    summary: str
    blocked_by: str | None = None


def conclude(requirement: Requirement, title: str, error: BaseException | None) -> Conclusion:
    """The verdict of a check that returned (error is None) or raised."""
    if error is None:
        return Conclusion("observed" if requirement.tier == "info" else "pass", title)
    sentence = abridged((str(error).strip() or type(error).__name__).split("\n")[0])
    match error:
        case Blocked():
            return Conclusion("blocked", sentence, error.by)
        case NotSupported():
            return Conclusion("not supported", sentence)
        case Observed():
            return Conclusion("observed", sentence)
        case Warn():
            return Conclusion("warn", sentence)
        case AssertionError():
            verdicts: dict[str, Verdict] = {"core": "fail", "extended": "warn", "info": "observed"}
            return Conclusion(verdicts[requirement.tier], sentence)
        case _:
            return Conclusion("error", sentence)


def documented(conclusion: Conclusion, check: str, requirement: Requirement, profile: str) -> Conclusion:
    """What a conclusion is under a profile that documents a deviation: known, with the standard's verdict before it."""
    deviates = profiles()[profile].deviates
    reason = deviates.get(requirement.id) or deviates.get(check)
    if reason is None or conclusion.verdict not in ("fail", "warn"):
        return conclusion
    why = f"{conclusion.verdict} by the standard, documented under the profile {profile}: {reason}"
    return Conclusion("known", f"{conclusion.summary}; {why}")


def overall(verdicts: set[Verdict], complete: bool, strict: bool) -> Overall:
    """The verdict of the run; `complete` says that every collected check ran.

    `verdicts` are without those of checks that wait for a known deviation: they are accepted with it.
    """
    if verdicts & {"fail", "stale"} or (strict and "warn" in verdicts):
        return "deviates"
    if verdicts & {"blocked", "error"} or not complete or not verdicts:
        return "incomplete"
    return "accepted" if "known" in verdicts else "conforms"
