"""The conclusion of a check, in the terms of pytest and its plugins."""

from __future__ import annotations

from traceback import clear_frames

import pytest

from conformance.harness.run.recorded import suite
from conformance.harness.run.run import Run
from conformance.harness.run.verdicts import Conclusion
from conformance.reporting import terminal

# Verdicts that pytest has its own words for, and the letter of each.
CATEGORIES = {"pass": "passed", "fail": "failed"}
LETTERS = {
    "pass": ".",
    "fail": "F",
    "warn": "w",
    "observed": "o",
    "not supported": "-",
    "blocked": "B",
    "known": "k",
}


def let_go(error: BaseException | None) -> None:
    """Clear the frames of an exception: their locals keep response bodies alive."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__


def tell(report: pytest.TestReport, item: pytest.Item, conclusion: Conclusion) -> None:
    """Give the verdict in pytest's own terms, for its counts and for pytest-html."""
    match conclusion.verdict:
        case "pass" | "warn" | "observed" if report.when == "call":
            report.outcome, report.longrepr = "passed", None
        case "known":
            report.outcome, report.longrepr = "skipped", (item.location[0], 0, conclusion.summary)
            report.wasxfail = conclusion.summary
        case "not supported" | "observed":
            report.outcome, report.longrepr = "skipped", (item.location[0], 0, conclusion.summary)
        case "error":
            pass
        case _:
            report.outcome, report.longrepr = "failed", conclusion.summary


def opening(run: Run) -> list[str]:
    """The first lines of a run: the endpoint, the account, and the observations of the preflight."""
    endpoint = run.endpoint
    head = (
        run.tested,
        suite(),
        endpoint.settings.profile,
        endpoint.edition,
        endpoint.settings.operator,
        str(run.folder),
    )
    return [*terminal.opening(run.described(), *head), *terminal.preflight(run.preflight), ""]


def status(verdict: str, silent: bool) -> tuple[str, str, str]:
    """The verdict as pytest counts and prints it: category, letter, word; the last two empty for `silent`."""
    category = CATEGORIES.get(verdict, verdict)
    return (category, "", "") if silent else (category, LETTERS.get(verdict, "E"), verdict.upper())
