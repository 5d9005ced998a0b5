"""Processes that run the suite against server after server, each with a reference server of its own.

The checks are collected once a process. Everything after that is done as in any run, by the hooks of its plugin: it
reads its configuration, selects its checks, runs them, cleans up and writes its results.
"""

from __future__ import annotations

import contextlib
import gc
import io
import multiprocessing
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import parent_process
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from conformance.harness.run import plugin
from conformance.harness.run.options import PACKAGE, PYTEST
from conformance.harness.run.own import OF_OWN
from conformance.reference.server import Server
from conformance.reporting import results
from conformance.reporting.record import Results

CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class Task:
    """A run of the suite: its name, the URL of an application of the reference server, and options by their names."""

    name: str
    url: Callable[[Server], str]
    options: dict[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] = (str(PACKAGE),)


def pool(number: int = CORES) -> ProcessPoolExecutor:
    """A number of processes."""
    return ProcessPoolExecutor(number, multiprocessing.get_context("spawn"))


def run(
    tasks: Iterable[Task], folder: Path, until: float | None = None, processes: int = CORES
) -> Iterator[tuple[str, Results | None]]:
    """The results of each task by its name, as they come; None if its preflight stopped it.

    No run starts after `until`, a time of time.monotonic().
    """
    with multiprocessing.Manager() as manager, pool(processes) as workers:
        waiting, done = manager.Queue(), manager.Queue()
        for task in tasks:
            waiting.put(task)
        working = [workers.submit(_work, waiting, done, folder, until) for _ in range(processes)]
        try:
            while not (all(worker.done() for worker in working) and done.empty()):
                with contextlib.suppress(Empty):
                    yield done.get(timeout=0.1)
        finally:
            # Who breaks off waits for what has begun, and no more.
            with contextlib.suppress(Empty):
                while True:
                    waiting.get_nowait()
        for worker in working:
            worker.result()


def _work(waiting, done, folder, until):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*PYTEST, "--collect-only", str(PACKAGE)], plugins=[Session(waiting, done, folder, until)])
    if not parent_process().is_alive():
        os._exit(1)  # the pool would wait for ever for what is next
    if code:
        raise RuntimeError(said.getvalue())


class Session:
    """Collects once; then, in place of the loop over the tests, a run for each task."""

    def __init__(self, waiting, done, folder, until):
        self.waiting, self.done, self.folder, self.until = waiting, done, folder, until

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        config = session.config
        # These runs have no own objects, and their checks are listed once without a run.
        everything = [item for item in session.items if item.path.name != OF_OWN]
        config.option.collectonly = False
        options = dict(vars(config.option))
        # What is there by now stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        with Server() as server, contextlib.suppress(Empty):
            while (self.until is None or time.monotonic() < self.until) and parent_process().is_alive():
                task = self.waiting.get_nowait()
                folder = self.folder / task.name[:64]
                own = {"endpoint": task.url(server), "reports": str(folder), "leave": True}
                vars(config.option).update(options | own | task.options)
                config.args = list(task.paths)
                items = needed(everything, task.options.get("requirement"), task.options.get("every_answer", True))
                self.done.put((task.name, self._run(session, items, folder)))
                # Hundreds of runs would fill a disk, and the memory.
                shutil.rmtree(folder)
                gc.collect()
        session.items, session.testsfailed = [], 0
        return True

    def _run(self, session, items, folder):
        """The results; None if the preflight stopped the run."""
        config, plugins = session.config, session.config.pluginmanager
        session.testsfailed = 0
        session._shouldfail = session._shouldstop = False  # without the _ a session cannot go on once it has stopped
        before = plugins.get_plugins()
        plugin.pytest_configure(config)
        of_run = plugins.get_plugins() - before
        try:
            config.hook.pytest_collection_modifyitems(session=session, config=config, items=items)
            session.items = items
            with contextlib.suppress(pytest.Session.Failed):  # a task may ask for an end at the first failure
                plugins.subset_hook_caller("pytest_runtestloop", [self])(session=session)
            # That plugin removes the folder of temporary files, which the next run needs.
            finish = plugins.subset_hook_caller("pytest_sessionfinish", [plugins.get_plugin("tmpdir")])
            finish(session=session, exitstatus=0)
        finally:
            for one in of_run:
                if hasattr(one, "pytest_unconfigure"):
                    one.pytest_unconfigure()
                plugins.unregister(one)
                vars(one).clear()  # pytest keeps what was ever registered, and with it all that a run has stored
        found = next(folder.glob("*/*/results.json"), None)
        return results.read(found) if found else None


def needed(items, requirements, every_answer=True):
    """The items that judge some requirements, or that these need: a run that selects among few is begun much sooner.

    Without `every_answer`: those that judge every response of a run only for requirements that have no other check.
    """
    if not requirements:
        return list(items)
    marks = [(item, item.get_closest_marker("check")) for item in items]
    if not every_answer:
        asking = {mark.args[0] for _, mark in marks if not mark.kwargs["follows"]}
        marks = [(item, mark) for item, mark in marks if not mark.kwargs["follows"] or mark.args[0] not in asking]
    before = defaultdict(set)
    for _, mark in marks:
        before[mark.args[0]].update(mark.kwargs["after"], mark.kwargs["follows"])
    wanted, more = set(), set(requirements)
    while more:
        wanted |= more
        more = {name for requirement in more for name in before[requirement]} - wanted
    return [item for item, mark in marks if mark.args[0] in wanted]
