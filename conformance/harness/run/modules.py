"""Selection of the modules of checks that a run imports: the requested ones, and those that they depend on.

Importing all of them takes longer than running one check.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Sequence
from functools import cache
from pathlib import Path

import pytest

from conformance.harness.run.options import PACKAGE, of_id
from conformance.harness.run.selection import ROOMS, before, requirement_of, within
from conformance.requirements import requirements

NAMED = re.compile(r'"([A-Z][A-Z0-9-]+)"')
DIRECT = re.compile(r'@check\(\s*"([A-Z][A-Z0-9-]+)"')
COMPUTED = re.compile(r"@check\(\s*[^\s\"]")


@cache
def modules() -> dict[Path, frozenset[str]]:
    """The modules of checks in the order of a run, each with the requirements that it may judge, by its text.

    A check names its requirement in its decorator; if the name is computed, it is anywhere in the module.
    """
    paths = (path for room in ROOMS for path in sorted((PACKAGE / room).glob("test_*.py")))
    return {path: _named(path.read_text(encoding="utf-8")) for path in paths}


def _named(text: str) -> frozenset[str]:
    found = {*DIRECT.findall(text), *(NAMED.findall(text) if COMPUTED.search(text) else ())}
    return frozenset(found & requirements().keys())


def judged(profiles: Collection[str], load: bool) -> frozenset[str]:
    """The requirements that have a check in a run under these profiles, with a load or without."""
    found = frozenset[str]().union(*modules().values())
    return frozenset(name for name in found if requirements()[name].asked_for(profiles, load))


def asked(clause: str | None, named: Sequence[str], judged: Collection[str]) -> frozenset[str]:
    """The requirements with a check that --clause and --requirement select; none if one of these is wrong."""
    wanted = set(map(of_id, named))
    if not wanted and not clause or not wanted <= set(judged):
        return frozenset()
    return frozenset(
        name
        for name in judged
        if (not wanted or name in wanted) and (not clause or within(requirements()[name], clause))
    )


class Narrowed:
    """A pytest plugin that imports only modules with a check to run.

    `paths` are files and folders; `wanted` the requested requirements. Modules are collected last to first: the
    prerequisites of a check are before it.
    """

    def __init__(self, paths: Sequence[Path], wanted: Collection[str]) -> None:
        self._paths = paths
        self._wanted = set(wanted)

    @classmethod
    def of(cls, arguments: Sequence[str], wanted: Collection[str], keyword: str = "") -> Narrowed | None:
        """None if all modules are needed: everything is requested, or something that does not exist.

        A keyword may be part of a computed id, unless it begins like the name of a test.
        """
        paths = [Path(argument.split("::")[0]).resolve() for argument in arguments]
        everywhere = all(path == PACKAGE or path in PACKAGE.parents for path in paths)
        if keyword:
            named = everywhere and not wanted and re.fullmatch(r"test_\w+", keyword)
            paths = [path for path in modules() if keyword.lower() in _text(path).lower()] if named else []
        elif everywhere:
            return cls((), wanted) if wanted else None
        there = paths and all(any(_holds(path, module) for module in modules()) for path in paths)
        return cls(paths, ()) if there else None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Collect folders from their end; a module that is not needed is empty, and is not imported."""
        if isinstance(collector, pytest.Module) and not self.needs(collector.path):
            collector.collect = list  # type: ignore[method-assign]
        report = yield
        if isinstance(collector, pytest.Directory):
            report.result.sort(key=_place, reverse=True)
        return report

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Want the prerequisites of a wanted check."""
        if self._asks_for(item.path) or requirement_of(item) in self._wanted:
            self._wanted.update(before(item))

    def needs(self, module: Path) -> bool:
        """True if a module may have a check to run; known once later modules are collected."""
        return self._asks_for(module) or not self._wanted.isdisjoint(modules()[module])

    def _asks_for(self, module: Path) -> bool:
        return any(_holds(path, module) for path in self._paths)


def _text(path: Path) -> str:
    return f"{path.name} {path.read_text(encoding='utf-8')}"


def _place(node: pytest.Item | pytest.Collector) -> tuple[int, str]:
    """The position of a folder or a module in the order of a run."""
    return ROOMS.index(node.name) if node.name in ROOMS else 0, node.path.name


def _holds(path: Path, module: Path) -> bool:
    return path == module or path in module.parents
