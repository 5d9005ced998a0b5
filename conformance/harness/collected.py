"""The checks without a run: which there are, where they are written, and what each stands on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from conformance.harness.options import PACKAGE
from conformance.harness.run import Judged
from conformance.harness.selection import collect, in_order


@dataclass(frozen=True)
class Written:
    """A check as it is written: `place` is the file and line below the package, `uses` are the fixtures it asks for."""

    judged: Judged
    place: str
    uses: frozenset[str]


@dataclass
class _Collector:
    """A pytest plugin that keeps what was collected."""

    items: list[pytest.Item] = field(default_factory=list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def checks(paths: Iterable[str] = (str(PACKAGE),)) -> list[Written]:
    """The checks of some files or folders, in the order in which they run; nothing is sent."""
    kept = _Collector()
    own = ["-c", str(PACKAGE / "harness" / "run.toml"), "--rootdir", str(PACKAGE.parent)]
    plugins = ["-p", "conformance.harness.plugin", "-p", "no:cacheprovider", "-p", "no:terminal"]
    pytest.main([*own, *plugins, "--collect-only", *paths], plugins=[kept])
    judged = collect(in_order(kept.items))[0]
    return [
        Written(judged[item.nodeid], _place(item), frozenset(getattr(item, "fixturenames", ())))
        for item in in_order(kept.items)
        if item.nodeid in judged
    ]


def _place(item: pytest.Item) -> str:
    path, line, _ = item.location
    return f"{path}:{line + 1}" if line is not None else path
