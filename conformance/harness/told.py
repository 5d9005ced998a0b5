"""What a check concluded, in the terms of pytest and its plugins, and reports that they cannot write."""

from __future__ import annotations

from collections.abc import Generator
from traceback import clear_frames

import pytest

from conformance.harness.verdicts import Conclusion
from conformance.requirements import requirements


class Guard:
    """Keeps a report that pytest or one of its plugins cannot write from ending the run without its last words."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """The innermost of all wrappers: around those that write."""
        try:
            yield
        except OSError as error:
            self.problems.append(f"{error.filename or 'a report'} cannot be written: {error.strerror}")
        except Exception as error:
            self.problems.append(f"a report cannot be made: {type(error).__name__}: {error}")


def let_go(error: BaseException | None) -> None:
    """Free what the functions had in hand that an error came through: bodies, which else wait for the collector."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__


def tell(report: pytest.TestReport, item: pytest.Item, conclusion: Conclusion) -> None:
    """The verdict in pytest's own terms, for its exit code, pytest-html and JUnit.

    Properties are set once: JUnit takes them from the report of the teardown, which is made from the item.
    """
    mark = next(item.iter_markers("check"))
    requirement = requirements()[mark.args[0]]
    properties = {"requirement": requirement.id, "level": requirement.level, "verdict": conclusion.verdict}
    item.user_properties += properties.items()
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
