"""report.html, the run log: pytest-html with our columns, and nothing of a server's in it unescaped.

pytest-html 4.2 writes test ids and cells as they are, so a server's text that reached an id would run as script: the
cells that hold text are therefore written anew here. It knows no `outcome` but pytest's own (another one crashes it),
so the verdict is a column of ours, and its column Result stays, hidden, because its filter and colours live by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from conformance.reporting.results import VERDICTS
from conformance.reporting.text import shorten, visible

_TEXT_CAP = 300
_STYLE = files(__package__) / "templates" / "runlog.css"


class RunLog:
    """The plugin that the harness registers. It reads `report.conformance` of the reports that checks leave.

    That is a dict of id, requirement, level, verdict, title and summary, all of them text. A report without it, that of
    an ordinary test, shows its outcome and its id.
    """

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()

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
        facts = getattr(report, "conformance", None) or {"verdict": report.outcome, "id": report.nodeid}
        if facts["verdict"] in VERDICTS and (report.when == "call" or report.outcome != "passed"):
            self.verdicts[facts["verdict"]] += 1
        cells[:] = [
            f'<td class="col-verdict col-result">{_safe(facts["verdict"])}</td>',
            result.replace("<td ", "<td hidden "),
            f'<td class="col-check">{_check(facts)}</td>',
            f'<td class="col-requirement">{_safe(facts.get("requirement", ""))}</td>',
            f'<td class="col-level">{_safe(facts.get("level", ""))}</td>',
            duration,
        ]

    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        # The row says what a check concluded; only an error of the suite itself needs its traceback.
        facts = getattr(report, "conformance", None)
        kept = data if facts is None or facts["verdict"] == "error" else []
        data[:] = [visible(text, keep="\n\t") for text in kept]

    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        # Not through pytest-html's own option for styles, which writes the path of the file into the page.
        prefix.append(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")
        counts = ", ".join(f"{self.verdicts[verdict]:,} {verdict}" for verdict in VERDICTS if self.verdicts[verdict])
        prefix.append(f"<p>{counts or 'No check was judged'}.</p>")
        prefix.append('<p>This is the log of the run; <a href="conformance.html">conformance.html</a> explains it.</p>')


def _head(name: str) -> str:
    return f'<th class="sortable" data-column-type="{name}">{name.capitalize()}</th>'


def _check(facts: Mapping[str, Any]) -> str:
    # A check that passes has its title for a summary.
    texts = dict.fromkeys((facts["id"], facts.get("title", ""), facts.get("summary", "")))
    return "<br>".join(_safe(shorten(text, _TEXT_CAP)) for text in texts if text)


def _safe(text: str) -> str:
    return escape(visible(text))
