"""acceptance.html: the paper that people sign, a pure function of results.json.

Its body has ten pages of A4 at most, whatever the server: texts are cut, and the deviations and lists for which there
is no room stand in annexes. conformance.html has every text in full, and the evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from conformance.reporting.page import environment, styled
from conformance.reporting.record import (
    HARMS,
    Baseline,
    Check,
    KnownDeviation,
    Requirement,
    Results,
    Verdict,
    entry_of,
    worst_first,
)
from conformance.reporting.sentences import NOT_SCORED, obligations, sum_of_obligations
from conformance.reporting.text import brief, columns

MOST = 30  # deviations in the body
LINES = 330  # that they may take there
GROUPS = 10  # of a list of the body
WIDTH = 66  # characters of a line of a deviation
NARROW = 6  # lines of its first column
# Characters of a text of a deviation.
STATEMENT, VALUE, CLIENT, REASON, NAME = 200, 120, 160, 200, 40
# What an item is in the sum of obligations.
STATES = ("broken", "stale entry", "known", "known, and counted as not judged", "known, and not scored")


@dataclass(frozen=True)
class Item:
    """An obligation that is broken or known, to be decided on, once: `check` is the first of its `checks` that say so.

    `entry` is that of the baseline, `reasons` how many different ones its checks have. `scored` is its verdict in the
    sum of obligations; None for what is not scored.
    """

    requirement: Requirement
    checks: Sequence[Check]
    scored: Verdict | None
    entry: KnownDeviation | None = None
    reasons: int = 0

    @property
    def check(self) -> Check:
        """The check whose finding is shown."""
        return self.checks[0]

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.entry is None:
            return "broken" if self.check.verdict == "fail" else "stale entry"
        also = "" if self.scored == "known" else ", and counted as not judged" if self.scored else ", and not scored"
        return f"known{also}"

    @property
    def lines(self) -> int:
        """How many lines it takes on paper, about."""
        seen, known = self.check.deviation, self.entry
        texts = [(self.requirement.statement, STATEMENT), (self.requirement.client, CLIENT)]
        texts += [(f"{seen.subject} {seen.found}", 2 * VALUE), (seen.wanted, VALUE)] if seen else []
        texts += [] if seen else [(self.check.summary, 2 * VALUE)]
        texts += [(known.reason, REASON), ("." * WIDTH, WIDTH), (known.by + known.issue, 2 * NAME)] if known else []
        return 1 + max(NARROW, sum(_lines(brief(text, most)) for text, most in texts))


@dataclass(frozen=True)
class Group:
    """Requirements that were left open for one reason; `demanded` are those that the server should have met."""

    why: str
    requirements: Sequence[Requirement]
    demanded: Sequence[Requirement]


@dataclass(frozen=True)
class Left:
    """What was left open under one heading. `demanded` says of some of it why it counts; "" where none of it does."""

    title: str
    groups: Sequence[Group]
    demanded: str = ""


def render(results: Results, results_sha256: str) -> str:
    """The page as HTML. `results_sha256` is the digest of the results.json that it is made from, in hex."""
    broken, known = deviating(results, "fail", "stale"), deviating(results, "known")
    every = [*broken, *known]
    shown = _shown(every)
    style, digest = styled("acceptance.css", results=results, results_sha256=results_sha256)
    return environment.get_template("acceptance.html").render(
        style=style,
        style_hash=digest,
        results=results,
        results_sha256=results_sha256,
        broken=broken,
        known=known,
        numbers={item.requirement.id: number for number, item in enumerate(every, 1)},
        body=(broken[:shown], known[: max(0, shown - len(broken))]),
        annex=(broken[shown:], known[max(0, shown - len(broken)) :]),
        states=[state for state in STATES if state in ("broken", "known") or state in _states(every)],
        sum_of_obligations=sum_of_obligations(results.checks, results.requirements),
        left=left(results),
        groups=GROUPS,
        statement=STATEMENT,
        value=VALUE,
        client=CLIENT,
        reason=REASON,
        name=NAME,
    )


def deviating(results: Results, *verdicts: Verdict) -> list[Item]:
    """The obligations of which a check has one of the verdicts, by harm; none that one of a graver verdict has."""
    scored = obligations(results.checks, results.requirements)
    graver = {check.requirement for check in results.checks if check.verdict in ("fail", "stale")}
    found: dict[str, list[Check]] = {}
    for check in worst_first(check for check in results.checks if check.verdict in verdicts):
        if "known" not in verdicts or check.requirement not in graver:
            found.setdefault(check.requirement, []).append(check)
    requirements = {requirement.id: requirement for requirement in results.requirements}
    return [_item(requirements[name], own, scored.get(name), results.baseline) for name, own in found.items()]


def _item(requirement: Requirement, checks: list[Check], scored: Verdict | None, baseline: Baseline | None) -> Item:
    if checks[0].verdict != "known":
        return Item(requirement, sorted(checks, key=lambda check: check.verdict), scored)  # fail, stale
    entries = [entry_of(check, baseline) for check in checks]
    return Item(requirement, checks, scored, entries[0], len({(entry.reason, entry.issue) for entry in entries}))


def left(results: Results) -> list[Left]:
    """What was not judged, not claimed (some of it waived), not supported and not tested, by reason."""
    ran: dict[str, list[Check]] = {}
    for check in results.checks:
        ran.setdefault(check.requirement, []).append(check)
    verdicts = obligations(results.checks, results.requirements)
    unjudged: list[tuple[str, Requirement]] = []
    unclaimed, unsupported, untested = list(unjudged), list(unjudged), list(unjudged)
    for item in results.requirements:
        checks = ran.get(item.id, [])
        found = {check.verdict for check in checks}
        if not checks:
            untested.append((item.not_tested or "", item))
        elif item.refused:
            unjudged.append((f"the server refuses {item.refused}", item))
        elif verdicts.get(item.id) in ("blocked", "error"):
            check = next(check for check in checks if check.verdict == verdicts[item.id])
            unjudged.append((f"blocked by {check.blocked_by}" if check.blocked_by else check.summary, item))
        elif found <= NOT_SCORED and item.feature and item.feature in results.endpoint.not_claimed:
            unclaimed.append((item.feature, item))
        elif found == {"not supported"}:
            unsupported.append((item.transaction, item))
    waived = "waived: the standard demands it of a server with these claims"
    lists = [
        Left("Not judged", _groups(unjudged), "required"),
        Left("Not claimed, and so not scored", _groups(unclaimed, waived=True), waived),
        Left("Not supported, by the server's own responses, and so not scored", _groups(unsupported)),
        Left("Not tested", _groups(untested), "required"),
    ]
    return [own for own in lists if own.groups]


def _groups(pairs: Iterable[tuple[str, Requirement]], waived: bool = False) -> list[Group]:
    """Requirements by reason; the reason of most that are required, or `waived`, comes first."""
    found: dict[str, list[Requirement]] = {}
    for why, requirement in pairs:
        found.setdefault(why, []).append(requirement)
    groups = [
        Group(why, own, [item for item in own if (item.waived if waived else item.tier == "core")])
        for why, own in found.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.demanded), -len(group.requirements)))


def _shown(items: Sequence[Item]) -> int:
    """How many of the gravest items the body has room for."""
    lines = 0
    for number, item in enumerate(items[:MOST]):
        lines += item.lines
        if lines > LINES:
            return number
    return min(len(items), MOST)


def _states(items: Iterable[Item]) -> Counter[str]:
    """How many items there are of each of STATES."""
    return Counter(item.state for item in items)


def _lines(text: str) -> int:
    """How many lines a text takes beside its word, such as Found."""
    return len(wrap(text, WIDTH * len(text) // columns(text))) if text else 0


def _by_harm(items: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    """Items by what a client suffers at worst, the gravest first; "" for a run that does not say."""
    items = list(items)
    for harm in (*HARMS, ""):
        if own := [item for item in items if (item.requirement.harm if item.requirement.harm in HARMS else "") == harm]:
            yield harm, own


environment.filters.update(items_by_harm=_by_harm, states=_states)
