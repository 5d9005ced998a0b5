"""Runs as Markdown, for the job summary of a CI system and for people who read repositories.

What a server sent reaches it in one way only: through `prose` or `code`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from conformance.reporting import diff
from conformance.reporting.diff import Change, Difference
from conformance.reporting.exchanges import href, subject
from conformance.reporting.matrix import Cell, Matrix, Row, total
from conformance.reporting.record import VERDICTS, Beside, Check, Results, Verdict
from conformance.reporting.terminal import one_line
from conformance.reporting.text import count, visible
from conformance.reporting.words import clause, product, sentence

SYMBOLS: dict[Verdict, str] = {
    "fail": "✗",
    "blocked": "⊘",
    "error": "‼",
    "stale": "↺",
    "known": "≈",
    "warn": "△",
    "pass": "✓",
    "observed": "○",
    "not supported": "–",
}
# A job summary may have a megabyte; nobody reads the fiftieth deviation there.
SHOWN = 50

_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~&@$!]")
_ADDRESSES = re.compile(r"(https?|ftp|mailto|www)(?=[:.])", re.IGNORECASE)


def prose(text: str) -> str:
    """The text as it is, on one line: no mark-up of its own, no link, nobody mentioned."""
    escaped = _MARKS.sub(r"\\\g<0>", visible(text))
    return _ADDRESSES.sub(lambda found: found[0] + "\\", escaped)


def code(text: str) -> str:
    """The text as code on one line, also inside of a table."""
    text = visible(text).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def block(text: str) -> list[str]:
    """The text as a block of code."""
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return [f"{fence}sh", text, fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> list[str]:
    """A table of Markdown cells; the first `words` columns are at the left, the others, numbers, at the right."""
    rule = ["---" if number < words else "--:" for number in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def summary(run: Results) -> str:
    """A run: the verdict, the table of transactions, and what is red."""
    overall, _, reasons = run.sentence.partition(":")
    groups = {"all": run.checks} | {name: [] for name in dict.fromkeys(check.transaction for check in run.checks)}
    for check in run.checks:
        groups[check.transaction].append(check)
    groups["all"] = groups.pop("all")
    changes = [Change(None, check) for check in run.checks if check.verdict in diff.RED]
    return _document(
        [f"## {overall[:1].upper()}{overall[1:]}: {prose(run.endpoint.name)}"],
        [prose(sentence(reasons))],
        [
            *([f"{prose(product(run.tested))}; "] if product(run.tested) else []),
            *([f"names itself {code(run.endpoint.server)}; "] if run.endpoint.server else []),
            f"{code(run.endpoint.url)}, profile {prose(run.profile)}, PS3.18 {prose(run.edition)}, "
            f"{prose(run.suite.name)} {prose(run.suite.version)}, run {code(run.run)}",
        ],
        _counts("Transaction", {prose(name): _tally(checks) for name, checks in groups.items()}),
        _red("Deviations", changes),
        *(_beside(item) for item in run.beside),
    )


def _beside(item: Beside) -> list[str]:
    """A profile beside the verdict: a line for each viewer."""
    lines = (f"- {prose(viewer.sentence)}" for viewer in item.viewers)
    return [f"### Beside the verdict: {prose(item.profile)}", "", *lines]


def difference(found: Difference) -> str:
    """What changed between two runs."""
    steps = [*diff.by_step(found.fixed).items(), *diff.by_step(found.changed).items()]
    rows = [[f"{_word(was) if was else ''} → {_word(now)}", f"{len(checks):,}"] for (was, now), checks in steps]
    named = [
        line
        for (was, now), checks in steps
        for line in _details(f"{was} → {now}: {count(len(checks), 'check')}", [code(check.id) for check in checks])
    ]
    lost = [f"{code(name)} ({count(len(own), 'check')})" for name, own in diff.named(found.lost).items()]
    result = "Newly red" if found.red else "Not judged any more" if found.lost else "Nothing is newly red"
    return _document(
        [f"## {result}: {prose(found.new.endpoint.name)}"],
        [f"{diff.numbers(found)}. From run {code(found.old.run)} to run {code(found.new.run)}."],
        [f"- Note: {prose(text)}" for text in found.unlike],
        _red("Newly red", found.red),
        ["### Not judged any more", f"{diff.lost(found.lost)}, of these requirements: {_first(lost)}."] if lost else [],
        ["### Fixed, and changed otherwise", *table(["Change", "Checks"], rows)] if rows else [],
        named,
    )


def matrix(found: Matrix) -> str:
    """Several servers side by side."""
    titles = [prose(server.title) for server in found.servers]
    counts = {
        f"[{title}]({href(server.page)})" if server.page else title: Counter(server.run.counts)
        for title, server in zip(titles, found.servers, strict=True)
    }
    return _document(
        ["# Servers side by side"],
        _counts("Server", counts),
        [f"- **{title}**: {prose(server.run.sentence)}" for title, server in zip(titles, found.servers, strict=True)],
        [f"- Note: {prose(text)}" for text in found.unlike],
        _section(f"Where they differ: {count(total(found.differing), 'requirement')}", titles, found.differing),
        _section("By kind of instance", titles, found.kinds),
        _section(f"Where they agree: {count(total(found.agreeing), 'requirement')}", titles, found.agreeing),
    )


def _document(*parts: list[str]) -> str:
    """Parts with an empty line between them."""
    return "\n\n".join("\n".join(part) for part in parts if part)


def _word(verdict: Verdict) -> str:
    return f"{SYMBOLS[verdict]} {verdict}"


def _tally(checks: Iterable[Check]) -> Counter[str]:
    return Counter(check.verdict for check in checks)


def _counts(what: str, tallies: Mapping[str, Counter[str]]) -> list[str]:
    """A table with a column for each verdict that there is."""
    columns = [verdict for verdict in VERDICTS if any(tally[verdict] for tally in tallies.values())]
    rows = [
        [name, *(f"{tally[verdict]:,}" if tally[verdict] else "" for verdict in columns), f"{tally.total():,}"]
        for name, tally in tallies.items()
    ]
    return table([what, *map(_word, columns), "all"], rows)


def _red(title: str, changes: Sequence[Change]) -> list[str]:
    """What is red: by requirement with clause, sentence and curl line, then by what it waits for."""
    judged, waiting = diff.by_requirement(changes), diff.by_cause(changes)
    lines = [f"### {title}", ""] if changes else []
    for change, more in judged[:SHOWN]:
        check = change.check
        also = f", and {count(more, 'more check')} of this requirement" if more else ""
        lines += [f"**{_word(check.verdict)}** {code(check.id)}, {prose(clause(check.clause))}{also}:  "]
        lines += [prose(check.summary), ""]
        exchange = subject(check)
        lines += [*block(one_line(exchange)), ""] if exchange else []
    if len(judged) > SHOWN:
        lines += [f"And {count(len(judged) - SHOWN, 'more requirement')}: conformance.html has them all.", ""]
    for cause, checks in waiting.items():
        lines.append(f"- {count(len(checks), 'check')} blocked by {code(cause)}")
    return lines


def _details(title: str, items: Sequence[str]) -> list[str]:
    return ["<details>", f"<summary>{title}</summary>", "", _first(items), "", "</details>", ""]


def _first(items: Sequence[str]) -> str:
    """The first SHOWN of some items, and how many more there are."""
    return ", ".join([*items[:SHOWN], *([f"and {len(items) - SHOWN:,} more"] if len(items) > SHOWN else [])])


def _section(title: str, titles: Sequence[str], rows: Mapping[str, Sequence[Row]]) -> list[str]:
    lines = [f"## {title}"] if rows else []
    for transaction, own in rows.items():
        cells = [[_subject(row), *map(_cell, row.cells)] for row in own]
        head = ["Requirement" if own[0].requirement else "Kind of instance", *titles]
        lines += ["", f"### {prose(transaction.capitalize())}", "", *table(head, cells, len(head))]
    return lines


def _subject(row: Row) -> str:
    item = row.requirement
    return f"{code(item.id)} {prose(clause(item.clause))}: {prose(item.statement)}" if item else prose(row.title)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "no check"
    words = _word(cell.verdict) + (f" {cell.number} of {cell.of}" if cell.number < cell.of else "")
    return f"[{words}]({cell.link})" if cell.link else words
