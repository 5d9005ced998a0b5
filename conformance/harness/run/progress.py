"""Progress of a run: a line for each finished room, and on a terminal one that counts until then.

In a pipe or a file nothing is written that would have to be erased.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import PurePosixPath

import pytest
from _pytest.terminal import TerminalReporter

from conformance.reporting import terminal
from conformance.reporting.record import Verdict

REFRESH = 0.1  # seconds


class Progress:
    """A plugin beside pytest's terminal reporter, which replaces its dots."""

    def __init__(self, reporter: TerminalReporter) -> None:
        self._reporter = reporter
        self._moving = reporter.isatty
        self._all: Counter[str] = Counter()
        self._counts: dict[str, Counter[Verdict]] = {}
        self._done: Counter[str] = Counter()
        self._took: dict[str, float] = {}
        self._room, self._started, self._shown = "", 0.0, 0.0
        # The percentage that pytest writes after its dots has no public switch except one for all runs of a folder.
        reporter._show_progress_info = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the checks of each room."""
        self._all = Counter(_room(item.nodeid) for item in session.items)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note the beginning of a check, and of its room if another was before it."""
        if self._room != (room := _room(nodeid)):
            self._pause()
            self._room, self._started = room, time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the verdict, which is in one of the reports of a check."""
        if check := getattr(report, "conformance", None):
            self._counts.setdefault(self._room, Counter())[check.verdict] += 1

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note the end of a check and, with the last of its room, of the room."""
        self._done[self._room] += 1
        if self._done[self._room] == self._all[self._room]:
            self._end(self._room)
        elif time.monotonic() - self._shown > REFRESH:
            counts = self._counts.get(self._room, Counter())
            self.show(terminal.moving(self._room, self._done[self._room], self._all[self._room], counts))

    def end(self) -> None:
        """Write the lines of the rooms that were begun."""
        for room in list(self._done):
            self._end(room)

    def _pause(self) -> None:
        """Note the time of the current room. Its other checks may come after those of other rooms."""
        if self._room:
            self._took[self._room] = self._took.get(self._room, 0.0) + time.monotonic() - self._started
        self._room = ""

    def _end(self, room: str) -> None:
        self._pause()
        if self._done.pop(room, 0):
            self.write(terminal.room(room, self._counts.pop(room, Counter()), self._all[room], self._took[room]))

    def show(self, line: str) -> None:
        """Show a line in place of the temporary one; nothing in a pipe."""
        if self._moving:
            self._reporter.rewrite(line, erase=True)
            self._reporter.flush()
            self._shown = time.monotonic()

    def write(self, line: str) -> None:
        """Write a permanent line, in place of the temporary one."""
        if self._moving:
            self.show("")
            self._reporter.rewrite("")
        self._reporter.write_line(line)
        self._reporter.flush()


def _room(nodeid: str) -> str:
    return PurePosixPath(nodeid.partition("::")[0]).parent.name
