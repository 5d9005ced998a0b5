"""What a bounded proof tries: first what has changed since its record, then a sample that the commit decides."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.reporting.qualification import Basis
from tests.conftest import CHECKOUT


@dataclass(frozen=True)
class Choice:
    """The names of entries: `changed` are those without a record, or whose own source or checks are others by now;
    `older` those that were proven with another server or judge; `sample` are all that have not changed, older ones
    first, each part in an order of its own for each seed."""

    changed: list[str]
    older: list[str]
    sample: list[str]


def chosen(today: Mapping[str, Basis], record: Mapping[str, Basis | None], seed: str) -> Choice:
    """Compare what each entry would be proven with today with what its record was proven with."""
    changed = [name for name, basis in today.items() if not _same(record.get(name), basis)]
    rest = [name for name in today if name not in set(changed)]
    older = [name for name in rest if record[name] != today[name]]
    draw = random.Random(seed)
    fresh = [name for name in rest if name not in set(older)]
    return Choice(changed, older, draw.sample(older, len(older)) + draw.sample(fresh, len(fresh)))


def commit() -> str:
    """The commit that is checked out; nothing where this is no checkout."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True)
    return done.stdout.strip()


def _same(recorded: Basis | None, basis: Basis) -> bool:
    return recorded is not None and (recorded.subject, recorded.checks) == (basis.subject, basis.checks)
