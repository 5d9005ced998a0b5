"""The checks without a run: their list, their places, and the checks that each depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import pytest

from conformance.harness.run.options import PACKAGE, PYTEST, alone
from conformance.harness.run.run import Judged
from conformance.harness.run.selection import collect, in_order


@dataclass(frozen=True)
class Written:
    """A check as it is written: `place` is the file and line below the package, `uses` are the names of its
    fixtures."""

    judged: Judged
    place: str
    uses: frozenset[str]


@dataclass
class _Collector:
    """A pytest plugin that keeps what was collected."""

    items: list[pytest.Item] = field(default_factory=list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


@cache
def checks(*paths: str) -> tuple[Written, ...]:
    """The checks of some files or folders, or of all, in the order in which they run; nothing is sent."""
    kept = _Collector()
    with alone():
        pytest.main([*PYTEST, "-p", "no:terminal", "--collect-only", *(paths or (str(PACKAGE),))], plugins=[kept])
    judged = collect(in_order(kept.items))[0]
    return tuple(
        Written(judged[item.nodeid], _place(item), frozenset(getattr(item, "fixturenames", ())))
        for item in in_order(kept.items)
        if item.nodeid in judged
    )


def _place(item: pytest.Item) -> str:
    path, line, _ = item.location
    return f"{path}:{line + 1}" if line is not None else path
