"""What is another one between two runs, by check: a pure function of two results.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.reporting.exchanges import subject
from conformance.reporting.record import HARMS, VERDICTS, Check, Results, Verdict
from conformance.reporting.sentences import NOT_SCORED
from conformance.reporting.terminal import line, one_line
from conformance.reporting.text import count, listed, visible
from conformance.reporting.words import clause

RED: frozenset[Verdict] = frozenset({"fail", "blocked", "error", "stale"})
NOT_JUDGED: frozenset[Verdict] = frozenset({"blocked", "error", "not supported"})
SCORED: frozenset[Verdict] = frozenset({"pass", "fail", "warn", "known", "stale"})
MET: frozenset[Verdict] = frozenset({"pass", "observed"})
NAMED = 20


@dataclass(frozen=True)
class Change:
    """A check whose verdict is not what it was. `was` is None where the old run has no such check."""

    was: Verdict | None
    check: Check


@dataclass(frozen=True)
class Difference:
    """What lies between two runs.

    `red` makes a run red and did not before, `fixed` was broken and is met, `changed` has another verdict otherwise.
    `lost` are the checks that the old run judged and the new one does not have, as one of a part of the suite has not,
    or that it does not score any more, as if a feature is not claimed any more;
    `removed` are the others that only the old run has, `added` those that only the new one has. `unlike` is what else
    the runs do not share.
    """

    old: Results
    new: Results
    red: list[Change]
    fixed: list[Change]
    changed: list[Change]
    unchanged: int
    added: list[Check]
    lost: list[Check]
    removed: list[Check]
    unlike: list[str]

    @property
    def is_red(self) -> bool:
        """Whether something is worse than before: newly red, or not judged any more."""
        return bool(self.red or self.lost)


def compare(old: Results, new: Results) -> Difference:
    """What changed from one run to another."""
    before = {check.id: check.verdict for check in old.checks}
    after = {check.id for check in new.checks}
    changes = [Change(before.get(check.id), check) for check in new.checks]
    unscored = {change.check.id for change in changes if _unscored(change)}
    moved = [change for change in changes if change.was not in (None, change.check.verdict)]
    moved = [change for change in moved if change.check.id not in unscored]
    gone = [check for check in old.checks if check.id not in after]
    return Difference(
        old=old,
        new=new,
        red=[change for change in changes if _newly_red(change)],
        fixed=[change for change in moved if _fixed(change)],
        changed=[change for change in moved if not _newly_red(change) and not _fixed(change)],
        unchanged=sum(change.was == change.check.verdict for change in changes),
        added=[check for check in new.checks if check.id not in before],
        lost=[
            *(check for check in gone if check.verdict not in NOT_JUDGED),
            *(check for check in old.checks if check.id in unscored),
        ],
        removed=[check for check in gone if check.verdict in NOT_JUDGED],
        unlike=[*unlike([old, new]), *(["NEW began before OLD"] if new.started < old.started else [])],
    )


def _newly_red(change: Change) -> bool:
    return change.check.verdict in RED and change.was not in RED


def _unscored(change: Change) -> bool:
    return change.was in SCORED and change.check.verdict in NOT_SCORED


def _fixed(change: Change) -> bool:
    return change.was in RED | {"known"} and change.check.verdict in MET


def unlike(runs: Sequence[Results]) -> list[str]:
    """A sentence for each circumstance that the runs do not share, and that may be why they differ.

    What nobody said of a run is not taken for another product or version.
    """
    facts = {
        "products": [run.tested.product for run in runs if run.tested.product],
        "versions of the product": [run.tested.version for run in runs if run.tested.version],
        "endpoint URLs": [run.endpoint.url for run in runs],
        "editions of PS3.18": [run.edition for run in runs],
        "profiles": [run.profile for run in runs],
        "versions of the suite": [run.suite.version for run in runs],
    }
    return [
        f"the runs are of different {name}: {listed(list(dict.fromkeys(values)))}"
        for name, values in facts.items()
        if len(set(values)) > 1
    ]


def by_requirement(changes: Iterable[Change]) -> list[tuple[Change, int]]:
    """The first check of each requirement that is red and not blocked, gravest first, and how many more there are."""
    groups: dict[str, list[Change]] = {}
    for change in sorted(changes, key=_gravity):
        if change.check.verdict != "blocked":
            groups.setdefault(change.check.requirement, []).append(change)
    return [(own[0], len(own) - 1) for own in groups.values()]


def by_cause(changes: Iterable[Change]) -> dict[str, list[Check]]:
    """The blocked checks by what they wait for."""
    groups: dict[str, list[Check]] = {}
    for change in changes:
        if change.check.verdict == "blocked":
            groups.setdefault(change.check.blocked_by or change.check.summary, []).append(change.check)
    return groups


def by_step(changes: Iterable[Change]) -> dict[tuple[Verdict | None, Verdict], list[Check]]:
    """The checks by what they were and what they are, gravest first."""
    groups: dict[tuple[Verdict | None, Verdict], list[Check]] = {}
    for change in sorted(changes, key=_gravity):
        groups.setdefault((change.was, change.check.verdict), []).append(change.check)
    return groups


def named(checks: Iterable[Check]) -> dict[str, list[Check]]:
    """The checks by their requirement."""
    groups: dict[str, list[Check]] = {}
    for check in checks:
        groups.setdefault(check.requirement, []).append(check)
    return groups


def _gravity(change: Change) -> tuple[int, int]:
    """The order in which people read changes: by verdict, then by what a client suffers at worst."""
    harm = change.check.harm
    return VERDICTS.index(change.check.verdict), HARMS.index(harm) if harm in HARMS else len(HARMS)


def numbers(found: Difference) -> str:
    """The result in one sentence."""
    return ", ".join(
        [
            f"{len(found.red):,} newly red",
            f"{len(found.lost):,} not judged any more",
            f"{len(found.fixed):,} fixed",
            f"{len(found.changed):,} changed otherwise",
            f"{found.unchanged:,} unchanged",
            f"{count(len(found.removed), 'check')} only in the old run",
            f"{len(found.added):,} only in the new one",
        ]
    )


def was(verdict: Verdict | None) -> str:
    """What a check was before, in words."""
    return f"was {verdict}" if verdict else "was not there"


def lines(found: Difference) -> list[str]:
    """The difference for a terminal. The curl lines are to be run in the folder of the new run."""
    return [
        *(visible(f"  {label}  {_run(run)}") for label, run in (("old", found.old), ("new", found.new))),
        *(visible(f"NOTE      {sentence}") for sentence in found.unlike),
        numbers(found),
        *_red(found.red),
        *_lost(found.lost),
        *_named("FIXED", found.fixed),
        *_named("CHANGED", found.changed),
        *_only("ONLY IN OLD", found.removed),
        *_only("ONLY IN NEW", found.added),
    ]


def _run(run: Results) -> str:
    ran = f"{run.footer.ran:,} of {count(run.footer.collected, 'check')}"
    return f"{run.endpoint.name} {run.run}: {run.overall}, {ran}, {run.endpoint.url}"


def _red(changes: Sequence[Change]) -> list[str]:
    found = ["NEWLY RED"] if changes else []
    for change, more in by_requirement(changes):
        check = change.check
        also = f", and {count(more, 'more check')} of {check.requirement}" if more else ""
        found.append(visible(f"  {check.id}  {check.verdict}, {was(change.was)}; {clause(check.clause)}{also}"))
        found.append(visible(f"    {check.summary}"))
        if exchange := subject(check):
            found.append(f"    {one_line(exchange)}")
    for cause, waiting in by_cause(changes).items():
        found.append(line(f"  {count(len(waiting), 'check')} blocked by {cause}: {_ids(waiting)}"))
    return found


def lost(checks: Sequence[Check]) -> str:
    """How many checks the new run does not have, or does not score."""
    are = "is" if len(checks) == 1 else "are"
    return f"{count(len(checks), 'check')} that the old run judged {are} not judged in the new one"


def _lost(checks: Sequence[Check]) -> list[str]:
    """What is not judged any more, a line for each requirement; of many the first."""
    groups = list(named(checks).items())
    found = ["NOT JUDGED ANY MORE", f"  {lost(checks)}:"] if checks else []
    found += [line(f"  {requirement}: {_ids(own)}") for requirement, own in groups[:NAMED]]
    return [*found, f"  and {count(len(groups) - NAMED, 'more requirement')}"] if len(groups) > NAMED else found


def _named(label: str, changes: Sequence[Change]) -> list[str]:
    """Checks by what they were and are, a line each; of many the first."""
    found = []
    for (before, after), checks in by_step(changes).items():
        found.append(
            f"{label:<10}{count(len(checks), 'check')} {'is' if len(checks) == 1 else 'are'} {after}, {was(before)}"
        )
        found += [line(f"  {check.id}  {check.summary}") for check in checks[:NAMED]]
        found += [f"  and {len(checks) - NAMED:,} more"] if len(checks) > NAMED else []
    return found


def _only(label: str, checks: Sequence[Check]) -> list[str]:
    return [line(f"{label} {count(len(checks), 'check')}: {_ids(checks)}")] if checks else []


def _ids(checks: Iterable[Check]) -> str:
    return ", ".join(check.id for check in checks)
