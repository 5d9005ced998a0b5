"""Selection of checks: every check names a requirement, and a selected one brings its prerequisites along."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.harness.run.options import of_id
from conformance.harness.run.own import OF_OWN
from conformance.harness.run.run import Judged
from conformance.reporting.text import nearest
from conformance.requirements import Requirement, profiles, requirements

ROOMS = ("scenario", "store", "query", "delete", "retrieve", "model", "profiles", "load", "common", "viewers", "ohif")
IDENTIFIER = re.compile(r"[a-z0-9.-]+")


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The scenario room first, the whole-run checks last but for those that no verdict depends on; within a room in the
    order of files and functions.

    Own objects come after all other data: what they and the run's own have in common is known then not to be foreign.
    """
    rooms: dict[str, float] = {name: number for number, name in enumerate(ROOMS)}

    def place(item: pytest.Item) -> tuple[float, str]:
        room = rooms.get(item.path.parent.name, len(rooms))
        return max(room, rooms["load"] - 0.5) if item.path.name == OF_OWN else room, item.path.name

    return sorted(items, key=place)


def of_run(
    items: Sequence[pytest.Item], profiles: Collection[str], load: bool, quick: bool = False
) -> list[pytest.Item]:
    """The items without those whose requirement belongs to another profile, or to a load that is not requested.

    `quick`: also without those of the covering array.
    """
    others = {name for name, requirement in requirements().items() if not requirement.asked_for(profiles, load)}
    found = [item for item in items if requirement_of(item) not in others]
    return [item for item in found if not _is_long(item)] if quick else found


def _is_long(item: pytest.Item) -> bool:
    return "array" in getattr(item, "fixturenames", ())


def asked_for(
    items: Sequence[pytest.Item], paths: Sequence[str], everything: Sequence[pytest.Item]
) -> list[pytest.Item]:
    """The items of the paths, or node ids, of the command line. Raises UsageError for one without items.

    `everything` includes those that this run leaves out.
    """
    found: list[pytest.Item] = []
    for argument in paths:
        name, *parts = argument.split("::")
        path = Path(name).resolve()
        within = [item for item in everything if path == item.path or path in item.path.parents]
        named = [item for item in within if re.split(r"::|(?=\[)", item.nodeid)[1:][: len(parts)] == parts]
        if not named:
            raise pytest.UsageError(f"there is no check in {argument}")
        if not set(named) & set(items) and all(map(_is_long, named)):
            raise pytest.UsageError(f"--quick leaves out what is in {argument}")
        if not set(named) & set(items):
            raise pytest.UsageError(f"what is in {argument} {_needs(_judged(named[0]).requirement)}")
        found += named
    chosen = set(found)
    return [item for item in items if item in chosen]


def collect(
    everything: Sequence[pytest.Item],
    selected: list[pytest.Item] | None = None,
    clause: str | None = None,
    named: Sequence[str] = (),
    known: Collection[str] = (),
) -> tuple[dict[str, Judged], dict[str, str]]:
    """The checks by node id, and why a requirement of those `known` to have checks is not judged by this run.

    `selected` is reduced to a clause and to named requirements, and then completed, in place, with the prerequisites of
    its checks. Raises UsageError if a check and the catalogue do not agree, or nothing has that clause or name.
    """
    checks = {item.nodeid: _judged(item) for item in everything if item.get_closest_marker("check")}
    _unique(checks)
    if selected is None:
        return checks, {}
    if clause:
        parts = {part for judged in checks.values() for part in _clauses(judged.requirement)}
        selected[:] = [
            item for item in selected if item.nodeid in checks and within(checks[item.nodeid].requirement, clause)
        ]
        if not selected:
            raise pytest.UsageError(f"no check is of clause {clause}{nearest(clause, parts)}")
    for name in named:
        ids = {judged.requirement.id for judged in checks.values()}
        if of_id(name) not in ids and of_id(name) in requirements():
            raise pytest.UsageError(f"{of_id(name)} {_needs(requirements()[of_id(name)])}")
        if of_id(name) not in ids:
            raise pytest.UsageError(f"no check is of the requirement {name}{nearest(of_id(name), ids)}")
        own = [judged.id for judged in checks.values() if judged.requirement.id == of_id(name)]
        if name.upper() != of_id(name) and name.lower() not in own:
            raise pytest.UsageError(f"there is no check {name}{nearest(name.lower(), own)}")
    if named:
        words = {name.lower() for name in named}
        selected[:] = [
            item for item in selected if words & {checks[item.nodeid].id, checks[item.nodeid].requirement.id.lower()}
        ]
    wanted = {item.nodeid for item in selected}
    asked = frozenset(wanted)
    places = {item.nodeid: place for place, item in enumerate(everything)}
    nodes: dict[str, list[str]] = {}
    for node, check in checks.items():
        nodes.setdefault(check.requirement.id, []).append(node)
    for item in reversed(everything):
        if item.nodeid in wanted and item.nodeid in checks:
            first = (node for name in before(item) for node in nodes.get(name, ()))
            wanted.update(node for node in first if places[node] < places[item.nodeid])
    selected[:] = [item for item in everything if item.nodeid in wanted]
    judged = {node: replace(check, asked=node in asked) for node, check in checks.items() if node in wanted}
    running = {check.requirement.id for check in judged.values()}
    return judged, {name: "left out of this run" for name in requirements() if name in known and name not in running}


def nothing_selected(keyword: str, names: Sequence[str]) -> str:
    """The reason why no check of these names, which are node ids, is selected."""
    if not keyword:
        return "no check is selected"
    words = {word for name in names for word in re.split(r"\W+|_", name.lower()) if len(word) > 2}
    meant = nearest(keyword.lower(), sorted(words)) if keyword.isalnum() else ""
    return f'no check is selected: "-k {keyword}" matches none{meant}'


def _needs(requirement: Requirement) -> str:
    """The option that makes a run judge a requirement that this run leaves out, as the end of a sentence."""
    if requirement.not_tested:
        return f"is not judged: {requirement.not_tested}"
    also = requirement.profile and profiles()[requirement.profile].beside
    how = "--load N" if requirement.load else f"--{'also' if also else 'profile'} {requirement.profile}"
    return f"is judged only with {how}"


def requirement_of(item: pytest.Item) -> str | None:
    """The id of the requirement that a check names."""
    mark = item.get_closest_marker("check")
    return mark.args[0] if mark else None


def before(item: pytest.Item) -> tuple[str, ...]:
    """The requirements whose checks run before a check."""
    mark = item.get_closest_marker("check")
    return (*mark.kwargs["after"], *mark.kwargs["follows"]) if mark else ()


def _judged(item: pytest.Item) -> Judged:
    mark = next(item.iter_markers("check"))
    name = mark.args[0]
    for key in (name, *before(item)):
        if key not in requirements():
            meant = nearest(key, requirements())
            raise pytest.UsageError(f"{item.nodeid} names {key}, which is not in the catalogue{meant}")
    callspec = getattr(item, "callspec", None)
    identifier = ".".join(filter(None, [name.lower(), mark.kwargs["name"], callspec.id.lower() if callspec else ""]))
    if not IDENTIFIER.fullmatch(identifier):
        raise pytest.UsageError(f'{item.nodeid}: the id "{identifier}" should be made of a-z, 0-9, "." and "-"')
    document = (getattr(item, "obj", None).__doc__ or "").strip()
    if not document:
        raise pytest.UsageError(f"{item.nodeid} has no docstring: one sentence that says what it expects")
    return Judged(identifier, item.nodeid, requirements()[name], " ".join(document.split("\n\n")[0].split()))


def _unique(checks: dict[str, Judged]) -> None:
    nodes: dict[str, str] = {}
    for node, judged in checks.items():
        if judged.id in nodes:
            raise pytest.UsageError(f"{node} and {nodes[judged.id]} are both the check {judged.id}")
        nodes[judged.id] = node


def within(requirement: Requirement, clause: str) -> bool:
    """True if a requirement is of a clause or of one below it: 10.6 includes 10.6.1."""
    return any(part == clause or part.startswith(clause + ".") for part in _clauses(requirement))


def _clauses(requirement: Requirement) -> list[str]:
    return re.findall(r"[0-9A-Z]+(?:\.[0-9]+)+", requirement.clause)
