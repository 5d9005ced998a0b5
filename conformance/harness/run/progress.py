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
        self._counts: Counter[Verdict] = Counter()
        self._room, self._done, self._started, self._shown = "", 0, 0.0, 0.0
        # The percentage that pytest writes after its dots has no public switch except one for all runs of a folder.
        reporter._show_progress_info = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the checks of each room."""
        self._all = Counter(_room(item.nodeid) for item in session.items)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note the beginning of a check and, with the first of its room, of the room."""
        if self._room != (room := _room(nodeid)):
            self._room, self._done, self._started = room, 0, time.monotonic()
            self._counts.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the verdict, which is in one of the reports of a check."""
        if check := getattr(report, "conformance", None):
            self._counts[check.verdict] += 1

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note the end of a check and, with the last of its room, of the room."""
        self._done += 1
        if self._done == self._all[self._room]:
            self.end()
        elif time.monotonic() - self._shown > REFRESH:
            self.show(terminal.moving(self._room, self._done, self._all[self._room], self._counts))

    def end(self) -> None:
        """Write the line of the current room, if one was begun."""
        if self._room:
            took = time.monotonic() - self._started
            self.write(terminal.room(self._room, self._counts, self._all[self._room], took))
        self._room = ""

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
