"""The amount of data that a run stores, before it has stored any."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cache

from conformance.kit.instances import Instance, Samples
from conformance.kit.kinds import KINDS, Label, UnmadeKind, made
from conformance.reporting import text
from conformance.reporting.text import count

# The fixture that stores kinds for all checks, and those that give a check instances of its own.
KINDS_OF, OWN = "stored", {"copies", "fresh", "images"}


def amount(samples: Samples, uses: Iterable[Iterable[str]]) -> str:
    """The most that checks store together, in words; `uses` are the names of the fixtures of each."""
    kinds = _of_kinds(tuple(KINDS))
    sample = _of(samples.all)
    used = [set(names) for names in uses]
    everybody = [*sample, *(kinds if any(KINDS_OF in names for names in used) else ())]
    own = [OWN & names for names in used]
    # Copies are of the sample study, what is fresh is of one kind, images are small.
    volume = sum(size for _, size in everybody) + sum(map(bool, own)) * sum(size for _, size in kinds)
    volume += sum("copies" in names for names in own) * sum(size for _, size in sample)
    studies = {study for study, _ in everybody}
    shared = f"{count(len(everybody), 'instance')} in {count(len(studies), 'study', 'studies')} that checks share"
    checks = sum(map(bool, own))
    more = f", and small studies of their own for {count(checks, 'check')}" if checks else ""
    return f"{shared}{more}: up to about {text.size(volume)}"


@cache
def _of_kinds(names: tuple[str, ...]) -> list[tuple[str, int]]:
    """The study and the size in bytes of each instance of these kinds."""
    found: list[tuple[str, int]] = []
    for name in names:
        with suppress(UnmadeKind):  # which a run reports as an error of the checks that need it
            found += _of(made(name, Label("probe", "")))
    return found


def _of(instances: Iterable[Instance]) -> list[tuple[str, int]]:
    return [(item.study_uid, len(item.content)) for item in instances]
