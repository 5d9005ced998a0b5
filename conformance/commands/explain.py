"""`explain ID`: what a requirement or a check demands, by which clause, how it is judged, and what proves that.

    dicomweb-conformance explain SEARCH-PAGING-001
    dicomweb-conformance explain search-paging-001.two

An ID is that of a requirement or of a check, as reports name them, in upper or lower case. Nothing is sent.

exit codes: 0 explained, 4 there is no such ID
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from conformance.commands.output import say
from conformance.harness.data.objects import of_any
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.collected import Written, checks
from conformance.harness.run.options import PACKAGE
from conformance.harness.run.selection import ROOMS
from conformance.reference.faults import FAULTS
from conformance.reporting.text import count, nearest
from conformance.reporting.words import clause
from conformance.requirements import Requirement, features, profiles, readings, requirements

WIDTH, LABEL = 110, 12
CASES = 6
TIERS = {
    "core": "if it is not met, the verdict is fail",
    "extended": "if it is not met, the verdict is warn",
    "info": "recorded as a fact, never scored",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the option: the ID of a requirement or a check."""
    parser.add_argument("id", metavar="ID", help="a requirement (SEARCH-PAGING-001) or a check (search-paging-001.two)")


def main(options: argparse.Namespace) -> int:
    """Exit code 0. Raises ConfigurationError if nothing has that ID."""
    requirement, written = find(options.id)
    tier = requirement.tier
    level = f"{requirement.level} (derived)" if requirement.basis == "derived" else requirement.level
    say(f"{requirement.id}  {clause(requirement.clause)}, {level}, {tier}: {TIERS[tier]}")
    say(_filled("", requirement.statement) + "\n")
    for label, text in (*_facts(requirement), *_judged(requirement, written), *_proven(requirement)):
        say(_filled(f"{label:<{LABEL}}", text))
    return 0


def _filled(label: str, text: str) -> str:
    first, more = f"  {label}", " " * (2 + len(label))
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=more, break_on_hyphens=False)


def find(name: str) -> tuple[Requirement, list[Written]]:
    """The requirement of an ID and its checks: all of them, or those that the ID names. Raises ConfigurationError."""
    wanted = of_any(name.lower())
    within = [item for item in requirements().values() if f"{wanted}.".startswith(f"{item.id.lower()}.")]
    for requirement in sorted(within, key=lambda item: len(item.id), reverse=True):
        written = [item for item in checks(*_files(requirement)) if item.judged.requirement.id == requirement.id]
        named = [item for item in written if f"{item.judged.id}.".startswith(f"{wanted}.")]
        if named or wanted == requirement.id.lower():
            return requirement, named
    ids = [*(item.lower() for item in requirements()), *(item.judged.id for item in checks())]
    raise ConfigurationError(f'there is no requirement and no check "{name}"{nearest(wanted, ids)}')


def _files(requirement: Requirement) -> list[str]:
    """The modules that contain the checks of a requirement."""
    modules = (path for room in ROOMS for path in sorted((PACKAGE / room).glob("test_*.py")))
    return [str(path) for path in modules if f'"{requirement.id}"' in path.read_text(encoding="utf-8")]


def _facts(requirement: Requirement) -> Iterator[tuple[str, str]]:
    """The facts that the catalogue gives about it."""
    if requirement.client:
        yield "client", requirement.client
    yield "harm", f"at worst: {requirement.harm.title}"
    if requirement.basis == "derived":
        yield (
            "basis",
            "derived: it follows from the clause, which does not say it in these words",
        )
    if requirement.condition:
        yield "condition", requirement.condition
    if requirement.feature:
        feature = features()[requirement.feature]
        yield "feature", f"scored where {feature.title} is claimed ({requirement.feature}); {feature.standard}"
    if requirement.viewers:
        yield "viewers", f"needed by {', '.join(requirement.viewers)}"
    if requirement.profile:
        what = f"an obligation of the profile {requirement.profile}, not of the standard"
        beside = f"a need of the profile {requirement.profile}, judged beside the verdict: --also {requirement.profile}"
        yield "profile", beside if profiles()[requirement.profile].beside else what
    for reading in readings(requirement.id):
        yield "texts", reading
    for name, profile in profiles().items():
        if why := profile.deviates.get(requirement.id):
            yield "deviates", f"under the profile {name}, which documents it: {why}"


def _judged(requirement: Requirement, written: Sequence[Written]) -> Iterator[tuple[str, str]]:
    """The way it is judged: in general, and by each check, in the sentence that reports show."""
    if requirement.judged:
        yield "judged", requirement.judged
    if requirement.not_tested:
        yield "not judged", requirement.not_tested
    for place in dict.fromkeys(item.place for item in written):
        ids = [item.judged.id for item in written if item.place == place]
        title = next(item.judged.title for item in written if item.place == place)
        yield "check", f"{title} ({place}; {_named(ids)})"


def _named(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:CASES])
    return shown if len(ids) <= CASES else f"{count(len(ids), 'case')}: {shown}, ..."


def _proven(requirement: Requirement) -> Iterable[tuple[str, str]]:
    """The faults of the reference server that its checks must catch."""
    for fault in FAULTS.values():
        if requirement.id in fault.breaks:
            seen = f" Seen in {', '.join(fault.seen)}." if fault.seen else ""
            yield "fault", f"{fault.id}: {' '.join(fault.sentence.split())}{seen}"
