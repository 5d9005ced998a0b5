"""report.html, the run log: pytest-html with our columns, and nothing of a server's in it unescaped.

pytest-html 4.2 writes test ids and cells as they are, so a server's text that reached an id would run as script: the
cells that hold text are therefore written anew here. It knows no `outcome` but pytest's own (another one crashes it),
so the verdict is a column of ours, and its column Result stays, hidden, because its filter and colours live by it.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import pytest
from pytest_html.basereport import BaseReport  # type: ignore[import-untyped]

from conformance.reporting.record import VERDICTS
from conformance.reporting.text import shorten, visible

_TEXT_CAP = 300
_STYLE = files(__package__) / "templates" / "runlog.css"


class Concluded(Protocol):
    """The texts of a check in the log."""

    id: str
    requirement: str
    level: str
    verdict: str
    title: str
    summary: str
    beside: str


class RunLog:
    """The plugin that the harness registers. It reads the check in `report.conformance` of each report of a check.

    A report without it, that of an ordinary test, shows its outcome and its id. A check may get another verdict after
    the last one has run: pytest-html is told of all reports only then.
    """

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.beside: Counter[str] = Counter()
        self._html: Any = None
        self._reports: list[pytest.TestReport] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        manager = session.config.pluginmanager
        self._html = next((plugin for plugin in manager.get_plugins() if isinstance(plugin, BaseReport)), None)
        if self._html:
            manager.unregister(self._html)
            self._html.pytest_sessionstart(session)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self._html:
            return
        self._html.pytest_collection_finish(session)
        for report in self._reports:
            self._html.pytest_runtest_logreport(report)
        self._html.pytest_sessionfinish(session)

    def pytest_html_report_title(self, report: Any) -> None:
        report.title = "Run log, dicomweb-conformance"

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        cells[:] = [
            _head("verdict"),
            '<th class="sortable" data-column-type="result" hidden>Result</th>',
            _head("check"),
            _head("requirement"),
            _head("level"),
            _head("duration"),
        ]

    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        result, _, duration, _ = cells
        check = getattr(report, "conformance", None)
        if check and check.verdict in VERDICTS and (report.when == "call" or report.outcome != "passed"):
            (self.beside if check.beside else self.verdicts)[check.verdict] += 1
        cells[:] = [
            f'<td class="col-verdict col-result">{_safe(check.verdict if check else report.outcome)}</td>',
            result.replace("<td ", "<td hidden "),
            f'<td class="col-check">{_check(check) if check else _safe(report.nodeid)}</td>',
            f'<td class="col-requirement">{_safe(check.requirement if check else "")}</td>',
            f'<td class="col-level">{_safe(check.level if check else "")}</td>',
            duration,
        ]

    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        # The row says what a check concluded; only an error of the suite itself needs its traceback.
        check = getattr(report, "conformance", None)
        kept = data if check is None or check.verdict == "error" else []
        data[:] = [visible(text, keep="\n\t") for text in kept]

    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        # Not through pytest-html's own option for styles, which writes the path of the file into the page.
        prefix.append(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")
        prefix.append(f"<p>{_counts(self.verdicts) or 'No check was judged'}.</p>")
        prefix += [f"<p>Beside the verdict: {_counts(self.beside)}.</p>"] if self.beside else []
        prefix.append('<p>This is the log of the run; <a href="conformance.html">conformance.html</a> explains it.</p>')


def lighten(path: Path) -> None:
    """Put the attribute with all rows between apostrophes, so that a quotation mark in it is one byte and not five.

    pytest-html escapes both.
    """
    before, mark, after = path.read_text(encoding="utf-8").partition('data-jsonblob="')
    rows, end, rest = after.partition('"')
    if end and "'" not in rows:
        rows = rows.replace("&#34;", '"')
        path.write_text(f"{before}{mark[:-1]}'{rows}'{rest}", encoding="utf-8")


def _counts(verdicts: Counter[str]) -> str:
    return ", ".join(f"{verdicts[verdict]:,} {verdict}" for verdict in VERDICTS if verdicts[verdict])


def _head(name: str) -> str:
    return f'<th class="sortable" data-column-type="{name}">{name.capitalize()}</th>'


def _check(check: Concluded) -> str:
    # A check that passes has its title for a summary.
    texts = dict.fromkeys((check.id, check.title, check.summary))
    return "<br>".join(_safe(shorten(text, _TEXT_CAP)) for text in texts if text)


def _safe(text: str) -> str:
    return escape(visible(text))
