"""The verdict of a run in one sentence, the verdict of each obligation that it counts, and the parts of a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from conformance.reporting.record import VERDICTS, Check, Overall, Requirement, Verdict
from conformance.reporting.text import count, listed

MET: frozenset[Overall] = frozenset({"conforms", "accepted"})
# What becomes of an obligation, by the gravest verdict of its checks, in the order in which people read them.
OBLIGATIONS: dict[Verdict, str] = {
    "pass": "met",
    "warn": "met with a warning",
    "fail": "broken",
    "stale": "with a stale baseline entry",
    "known": "known",
    "blocked": "blocked",
    "error": "in error",
}
NOTHING = "nothing of what was asked for was judged, since it is not supported, or not claimed"
NOT_SCORED: frozenset[Verdict] = frozenset({"observed", "not supported"})


class Claims(NamedTuple):
    """What an endpoint claims: by title `only` some transactions, or parts of them (empty for all three), and what else
    is `lacking`. `waived` is how many required obligations are about what the standard demands of it all the same."""

    only: Sequence[str] = ()
    lacking: Sequence[str] = ()
    waived: int = 0


def verdict(
    overall: Overall,
    checks: Sequence[Check],
    requirements: Sequence[Requirement],
    claims: Claims,
    refused: Mapping[str, str] = MappingProxyType({}),
    remarks: Sequence[str] = (),
    part: str = "",
    nothing: bool = False,
) -> str:
    """`Results.sentence`: the overall verdict, the counts behind it, remarks, and what the endpoint does not claim.

    `refused` says by required obligation what the server refused, so that the obligation was not judged; `part` is what
    of the suite was asked for, and `nothing` says that nothing of it was judged.
    """
    verdicts = obligations(checks, requirements)
    profile_of = {requirement.id: requirement.profile for requirement in requirements}
    waiting = waits_for_known(checks)
    reasons = [
        *_obligations(
            overall,
            [word for name, word in verdicts.items() if not profile_of[name]],
            claims.waived,
        ),
        *_of_profile(overall, {name: word for name, word in verdicts.items() if profile_of[name]}, profile_of),
        *_checks(overall, [check.verdict for check in checks if check.id not in waiting]),
        *_waiting(len(waiting)),
        *([] if part else _not_tested(requirements)),
        *_refused(refused),
        *([NOTHING] if nothing else []),
    ]
    of = f" in what was asked for ({part})" if part else ""
    claimed = [f"the server claims {listed(claims.only)} only"] if claims.only else []
    claimed += [f"{listed(claims.lacking)} {_are(len(claims.lacking))} not claimed"] if claims.lacking else []
    return f"{overall}{of}: {'; '.join([*(reasons or ['not every check was run']), *remarks, *claimed])}"


def waits_for_known(checks: Sequence[Check]) -> set[str]:
    """The ids of the blocked checks that wait for a known deviation, or for a check that does."""
    known = {name for check in checks if check.verdict == "known" for name in (check.id, check.requirement.lower())}
    blocked = {check.id: check.blocked_by for check in checks if check.verdict == "blocked" and check.blocked_by}
    waiting: set[str] = set()
    while more := {id for id, cause in blocked.items() if id not in waiting and cause in known | waiting}:
        waiting |= more
    return waiting


def unreasoned(number: int, known: int) -> str:
    """What a verdict says of known deviations for which nobody has written a reason."""
    return f"{number:,} of {count(known, 'known deviation')} {'has' if number == 1 else 'have'} no reason"


def unfinished(ran: int, collected: int) -> list[str]:
    """What a verdict says of a run that ended before its last check."""
    return [f"only {ran:,} of {count(collected, 'check')} ran"] if ran < collected else []


def only_read(by: str, unjudged: int) -> str:
    """What a verdict says of a run that only reads: what forbade it to store, and how much it could not judge."""
    return f"nothing is stored under {by}, so {count(unjudged, 'more required obligation')} {_are(unjudged)} not judged"


def obligations(checks: Iterable[Check], requirements: Iterable[Requirement]) -> dict[str, Verdict]:
    """The verdict of every scored obligation by requirement id: the gravest of the checks that judged it.

    An obligation is a requirement of tier core, or another one that a failed check broke. It is not scored where its
    checks only observed, or found that the endpoint does not support it.
    """
    judged: dict[str, set[Verdict]] = {}
    for check in checks:
        judged.setdefault(check.requirement, set()).add(check.verdict)
    scored = {requirement.id: judged.get(requirement.id, set()) - NOT_SCORED for requirement in requirements}
    return {
        requirement.id: min(scored[requirement.id], key=VERDICTS.index)
        for requirement in requirements
        if scored[requirement.id] and (requirement.tier == "core" or "fail" in scored[requirement.id])
    }


def sum_of_obligations(checks: Iterable[Check], requirements: Iterable[Requirement]) -> str:
    """The scored obligations, each counted once: "301 required obligations: 236 met + 62 known + 3 blocked"; empty for
    fewer than two."""
    counts = Counter(obligations(checks, requirements).values())
    if counts.total() < 2:
        return ""
    terms = [f"{counts[verdict]:,} {name}" for verdict, name in OBLIGATIONS.items() if counts[verdict]]
    return f"{count(counts.total(), 'required obligation')}: {' + '.join(terms)}"


def _of_profile(overall: Overall, verdicts: dict[str, Verdict], profile_of: dict[str, str | None]) -> list[str]:
    """What a profile demands beyond the standard, which is counted by itself."""
    if not verdicts:
        return []
    every, broken = len(verdicts), list(verdicts.values()).count("fail")
    noun = f"of the profile {profile_of[next(iter(verdicts))]}"
    if overall in MET:
        known = list(verdicts.values()).count("known")
        met = f"all {every:,}" if not known else f"{every - known:,} of {every:,}"
        return [f"{met} {noun} are met"]
    return [f"{broken:,} of {every:,} {noun} {_are(broken)} broken"] if broken else []


def documented(profile: str, seen: int, unseen: int) -> str:
    """What a verdict says of deviations that a profile documents: how many checks have one, how many were not seen."""
    also = f", {count(unseen, 'other')} {_were(unseen)} not seen" if unseen else ""
    return f"{count(seen, 'check')} {_deviate(seen)} from the standard as the profile {profile} documents it{also}"


def _obligations(overall: Overall, verdicts: list[Verdict], waived: int) -> list[str]:
    every, broken, known = len(verdicts), verdicts.count("fail"), verdicts.count("known")
    if overall in MET:
        return [_met(every, known, verdicts.count("blocked"), waived)]
    if not broken:
        return []
    also = f", {known:,} more {_are(known)} known" if known else ""
    return [f"{broken:,} of {count(every, 'required obligation')} {_are(broken)} broken{also}"]


def _met(every: int, known: int, waiting: int, waived: int) -> str:
    met = every - known - waiting
    if not every:
        return "no required obligation was judged"
    if known or waived:
        also = [f"{known:,} {'is a known deviation' if known == 1 else 'are known deviations'}"] if known else []
        also += [f"{waiting:,} not judged because of them"] if known and waiting else []
        also += [f"{waived:,} {_are(waived)} waived"] if waived else []
        return f"{met:,} of {count(every + waived, 'required obligation')} {_are(met)} met, {', '.join(also)}"
    return "the one required obligation is met" if every == 1 else f"all {every:,} required obligations are met"


def _checks(overall: Overall, verdicts: list[Verdict]) -> list[str]:
    stale, warned = verdicts.count("stale"), verdicts.count("warn")
    unjudged = verdicts.count("blocked") + verdicts.count("error")
    reasons = []
    if stale:
        reasons.append(f"{count(stale, 'baseline entry', 'baseline entries')} {_are(stale)} stale")
    if overall == "deviates" and warned and not stale and "fail" not in verdicts:
        reasons.append(f"{count(warned, 'warning')} {'counts' if warned == 1 else 'count'} as broken (strict)")
    if unjudged:
        reasons.append(f"{count(unjudged, 'check')} could not be judged")
    return reasons


def _waiting(number: int) -> list[str]:
    checks = f"{count(number, 'check')} {_were(number)}"
    return [f"{checks} not judged because of known deviations"] if number else []


def _not_tested(requirements: Iterable[Requirement]) -> list[str]:
    missing = sum(r.tier == "core" and r.feature is None and not r.checks for r in requirements)
    return [f"{count(missing, 'required obligation')} {_were(missing)} not tested"] if missing else []


def _refused(refused: Mapping[str, str]) -> list[str]:
    if not refused:
        return []
    what = listed(list(dict.fromkeys(refused.values())))
    number = len(refused)
    return [f"{count(number, 'required obligation')} {_were(number)} not judged: the server refuses {what}"]


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _deviate(number: int) -> str:
    return "deviates" if number == 1 else "deviate"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
