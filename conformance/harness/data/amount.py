"""The amount of data that a run stores, before it has stored any."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from conformance.kit.instances import Instance, Samples
from conformance.kit.kinds import KINDS, Label, UnmadeKind, made
from conformance.reporting.text import count, size

# The fixture that stores kinds for all checks, and those that give a check instances of its own.
KINDS_OF, OWN = "stored", {"copies", "fresh", "images"}


def amount(samples: Samples, uses: Iterable[Iterable[str]]) -> str:
    """The most that checks store together, in words; `uses` are the names of the fixtures of each."""
    kinds: list[Instance] = []
    for name in KINDS:
        with suppress(UnmadeKind):  # which a run reports as an error of the checks that need it
            kinds += made(name, Label("probe", ""))
    used = [set(names) for names in uses]
    everybody = [*samples.all, *(kinds if any(KINDS_OF in names for names in used) else ())]
    own = [OWN & names for names in used]
    # Copies are of the sample study, what is fresh is of one kind, images are small.
    volume = sum(len(item.content) for item in everybody) + sum(map(bool, own)) * sum(
        len(item.content) for item in kinds
    )
    volume += sum("copies" in names for names in own) * sum(len(item.content) for item in samples.all)
    studies = {item.study_uid for item in everybody}
    shared = f"{count(len(everybody), 'instance')} in {count(len(studies), 'study', 'studies')} that checks share"
    checks = sum(map(bool, own))
    more = f", and small studies of their own for {count(checks, 'check')}" if checks else ""
    return f"{shared}{more}: up to about {size(volume)}"
