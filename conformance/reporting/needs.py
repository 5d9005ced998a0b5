"""What a profile beside the verdict found: the needs of each viewer that are not met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.reporting.record import Beside, Check, Requirement, Shown, Verdict, Viewer
from conformance.reporting.text import count

UNMET: frozenset[Verdict] = frozenset({"fail", "warn"})
UNJUDGED: frozenset[Verdict] = frozenset({"blocked", "error"})


def verdicts(checks: Iterable[Check], alone: bool = False) -> set[Verdict]:
    """What checks beside the verdict add to those that it depends on: a need that is not met is a warning, everything
    else a fact. If they are `alone`, the run is incomplete without one that could not be judged."""
    unjudged: Verdict = "blocked" if alone else "observed"
    return {
        "warn" if check.verdict in UNMET else unjudged if check.verdict in UNJUDGED else "observed" for check in checks
    }


def counted(item: Beside) -> str:
    """The sentence of a profile in a verdict for which a warning is a deviation."""
    unmet = any(viewer.unmet for viewer in item.viewers)
    return f"{item.sentence}, which counts as broken (strict)" if unmet else item.sentence


def summed(
    profile: str, checks: Sequence[Check], requirements: Sequence[Requirement], shown: Sequence[Shown] = ()
) -> Beside:
    """The checks of a profile, and what they say of each viewer; `shown` are the kinds that were opened in one.

    A need applies if one of its checks judged it, or could not: not if all were only observed, or are not supported.
    """
    found = {item.id: {check.verdict for check in checks if check.requirement == item.id} for item in requirements}
    needs = [item for item in requirements if found[item.id] & {"pass", *UNMET, *UNJUDGED}]
    unmet = [item.id for item in needs if found[item.id] & UNMET]
    unjudged = [item.id for item in needs if found[item.id] & UNJUDGED and item.id not in unmet]
    names = dict.fromkeys(name for item in needs for name in item.viewers)
    return Beside(
        profile=profile,
        sentence=f"beside this verdict, {_said(len(needs), len(unmet), len(unjudged), f' of the profile {profile}')}"
        + _opened(shown),
        viewers=[_viewer(name, [item.id for item in needs if name in item.viewers], unmet, unjudged) for name in names],
        checks=list(checks),
        requirements=list(requirements),
        shown=list(shown),
    )


def _opened(shown: Sequence[Shown]) -> str:
    """How many kinds each viewer shows: "; OHIF shows 38 of 41 kinds, and 2 otherwise than stored with any server"."""
    said = ""
    for viewer in dict.fromkeys(item.viewer for item in shown):
        own = [item.verdict for item in shown if item.viewer == viewer]
        limits = own.count("observed")
        also = f", and {limits} otherwise than stored with any server" if limits else ""
        said += f"; {viewer or 'the viewer'} shows {own.count('pass')} of {count(len(own), 'kind')}{also}"
    return said


def _viewer(name: str, needs: list[str], unmet: Sequence[str], unjudged: Sequence[str]) -> Viewer:
    missing, unknown = [need for need in needs if need in unmet], [need for need in needs if need in unjudged]
    named = ", ".join([*missing, *unknown])
    sentence = f"{name}: {_said(len(needs), len(missing), len(unknown))}"
    return Viewer(name, needs, missing, unknown, f"{sentence}: {named}" if named else sentence)


def _said(needs: int, unmet: int, unjudged: int, whose: str = "") -> str:
    """The state of needs in words: "2 of 19 needs are not met, 1 could not be judged"."""
    if not needs:
        return f"no need{whose} was judged"
    if needs == 1 and not unmet and not unjudged:
        return f"the one need{whose} is met"
    unknown = f", {unjudged:,} could not be judged" if unjudged else ""
    if unmet:
        return f"{unmet:,} of {count(needs, 'need')}{whose} {'is' if unmet == 1 else 'are'} not met{unknown}"
    met = f"{needs - unjudged:,} of {count(needs, 'need')}" if unjudged else f"all {count(needs, 'need')}"
    return f"{met}{whose} are met{unknown}"
