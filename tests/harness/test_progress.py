"""What is seen while a run goes on: on a terminal a line that moves, in a pipe only lines that stay."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from conformance.harness.run import progress
from tests.conftest import CHECKOUT

CHECKS = [f"conformance/{room}/test_a.py::test_{number}" for room in ("store", "query") for number in (1, 2)]


class Reporter:
    """Keeps what pytest's terminal reporter is asked to write."""

    def __init__(self, isatty):
        self.isatty = isatty
        self.written = []

    def rewrite(self, line, **markup):
        self.written.append("\r" + line)

    def write_line(self, line):
        self.written.append(line + "\n")

    def flush(self):
        pass


def judged(reporter, verdicts, checks=CHECKS):
    shown = progress.Progress(reporter)
    shown.pytest_collection_finish(SimpleNamespace(items=[SimpleNamespace(nodeid=node) for node in CHECKS]))
    for node, verdict in zip(checks, verdicts, strict=False):
        shown.pytest_runtest_logstart(node)
        shown.pytest_runtest_logreport(SimpleNamespace(conformance=SimpleNamespace(verdict=verdict)))
        shown.pytest_runtest_logreport(SimpleNamespace())
        shown.pytest_runtest_logfinish(node)
    shown.end()
    return "".join(reporter.written)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "REFRESH", -1)


def test_line_moves_on_a_terminal_and_is_replaced_by_that_of_the_room():
    text = judged(Reporter(isatty=True), ["pass", "pass", "fail", "pass"])

    assert text.startswith("\r  store 1/2\r\r  store         2  pass 2")
    assert "\r  query 1/2 · 1 fail\r\r  query         2  fail 1  pass 1" in text


def test_only_lines_that_stay_are_written_in_a_pipe():
    text = judged(Reporter(isatty=False), ["pass", "pass", "fail", "pass"])

    assert "\r" not in text
    assert [line.split()[:2] for line in text.splitlines()] == [["store", "2"], ["query", "2"]]


def test_room_that_was_broken_off_has_its_line():
    assert "query         2  pass 1  not run 1" in judged(Reporter(isatty=False), ["pass", "pass", "pass"])


def test_room_whose_last_checks_come_later_has_one_line():
    """Own objects come after all other data."""
    text = judged(Reporter(isatty=False), ["pass", "pass", "fail", "warn"], [CHECKS[at] for at in (0, 2, 1, 3)])

    assert [line.split()[:2] for line in text.splitlines()] == [["store", "2"], ["query", "2"]]
    assert "fail 1  pass 1" in text.splitlines()[0] and "warn 1  pass 1" in text.splitlines()[1]


def test_run_in_a_pipe_has_a_line_a_room_and_no_dots(command):
    run = command("run", CHECKOUT / "conformance" / "scenario" / "test_wire_forms.py")

    lines = [line.split() for line in run.output.splitlines()]
    assert ["scenario", str(len(run.results.checks))] in [line[:2] for line in lines]
    assert ["cleanup", str(len(run.results.stored))] in [line[:2] for line in lines]
    assert "\r" not in run.output
    assert "...." not in run.output
