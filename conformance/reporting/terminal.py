"""What a run says in the terminal: plain text that is safe to print, whatever the server sent."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from textwrap import wrap

from conformance.reporting.advice import advice
from conformance.reporting.exchanges import commands, entry, subject
from conformance.reporting.record import (
    VERDICTS,
    Check,
    Endpoint,
    Exchange,
    Leftover,
    Results,
    Suite,
    Tested,
    Verdict,
    worst_first,
)
from conformance.reporting.text import count, duration, listed, shorten, visible
from conformance.reporting.times import times
from conformance.reporting.words import product

WIDTH = 120
LINES = 25
ADVICE = 2  # sentences
CAUSES = 3  # of blocked checks, the greatest first
VIEWERS = 8  # with unmet needs

_NAME, _VALUE = 14, 64
_ROOM, _COUNTS = 10, 74
BAD: tuple[Verdict, ...] = ("fail", "blocked", "error", "stale")


def opening(
    endpoint: Endpoint, tested: Tested, suite: Suite, profile: str, edition: str, operator: str, folder: str
) -> list[str]:
    """The settings that this run goes by, a line each: name, value, and where the value came from."""
    rows = {
        "endpoint": (endpoint.name, ""),
        "tested": (product(tested), ""),
        "url": (endpoint.url, ""),
        **{setting.name: (setting.value, setting.source) for setting in endpoint.settings},
        "profile": (f"{profile}, PS3.18 {edition}", ""),
        "not claimed": (listed(endpoint.not_claimed) or "nothing", ""),
        "operator": (operator, ""),
        "folder": (folder, ""),
    }
    return [
        f"{suite.name} {suite.version}, Python {suite.python}",
        *(
            visible(f"  {name:<{_NAME}}{value:<{_VALUE}}  {source}".rstrip())
            for name, (value, source) in rows.items()
            if value
        ),
    ]


def preflight(seen: Sequence[str]) -> list[str]:
    """What was seen before the first check."""
    return wrap(visible(f"preflight: {'; '.join(seen)}"), WIDTH, subsequent_indent=" " * 11)


def room(name: str, counts: Mapping[Verdict, int], checks: int, seconds: float) -> str:
    """What became of the checks of a room, in one line; fewer verdicts than checks say that it was broken off."""
    verdicts = [f"{verdict} {counts[verdict]}" for verdict in VERDICTS if counts.get(verdict)]
    judged = sum(counts.values())
    verdicts += [f"not run {checks - judged}"] if judged < checks else []
    return line(f"  {name:<{_ROOM}}{checks:>5}  {'  '.join(verdicts):<{_COUNTS}}  {duration(seconds):>8}")


def moving(name: str, done: int, checks: int, counts: Mapping[Verdict, int]) -> str:
    """How far a room is, and what in it needs somebody: `  store 120/370 · 4 fail`."""
    bad = [f"{counts[verdict]} {verdict}" for verdict in BAD if counts.get(verdict)]
    return visible(" · ".join([f"  {name} {done}/{checks}", *bad]))


def cleaned(gone: Sequence[str], stored: Sequence[str], seconds: float) -> str:
    """What the cleanup did, in a line like that of a room. Both are Study Instance UIDs."""
    proven = len(set(gone).intersection(stored))
    said = f"of {count(len(stored), 'study', 'studies')} proven gone"
    return line(f"  {'cleanup':<{_ROOM}}{proven:>5}  {said:<{_COUNTS}}  {duration(seconds):>8}")


def left(leftovers: Sequence[Leftover], notes: Sequence[str], folder: str, target: str) -> list[str]:
    """Every study that may still be on the server, by reason, and how it can be removed."""
    lines = [text for note in notes for text in _wrapped(f"  {note}")]
    if not leftovers:
        return lines
    reasons: dict[str, list[str]] = {}
    for leftover in leftovers:
        reasons.setdefault(leftover.why, []).append(leftover.study)
    lines.append(f"LEFT OVER {count(len(leftovers), 'study', 'studies')}, or perhaps left over:")
    for why, studies in reasons.items():
        lines += [*_wrapped(f"  {why}:"), *_wrapped(f"    {', '.join(studies)}")]
    return [*lines, f"  {cleanup(folder, target)}"] if target else lines


def cleanup(folder: str, target: str) -> str:
    """The command that removes later what a run could not. `target` is what --endpoint was."""
    return f"dicomweb-conformance cleanup {shlex.quote(folder)} --endpoint {shlex.quote(target)}"


def _wrapped(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    return wrap(visible(text), WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def closing(results: Results, folder: str, expiring: Sequence[str] = (), unwritten: int | None = None) -> list[str]:
    """The end of a run in at most LINES lines, of which only curl lines and the path may be wider than WIDTH.

    It has the verdict, a table of transactions and verdicts, the first failures, what could not be judged and why,
    advice, what is left on the server, and the page to open. `expiring` says which known deviations are known for long
    no more; `unwritten` is the exit code of a run whose page could not be written.
    """
    verdicts = _by_verdict(results.checks)
    start = [*_verdict(results), *_table(results.checks)]
    causes = 1 if verdicts["fail"] else CAUSES  # what failed matters more
    end = [
        *_blocked(verdicts["blocked"], causes),
        *_named("ERROR", verdicts["error"]),
        *_named("STALE", verdicts["stale"]),
    ]
    end += [*_beside(results), *_load(results)]
    end += [text for sentence in advice(results)[:ADVICE] for text in _labelled("ADVICE", sentence)]
    end += [*_known(verdicts["known"], expiring), _left_over(results, folder)]
    end.append(_report(results, folder, unwritten))
    return [*start, *_failures(verdicts["fail"], folder, LINES - len(start) - len(end)), *end]


def _by_verdict(checks: Sequence[Check]) -> dict[Verdict, list[Check]]:
    return {verdict: [check for check in checks if check.verdict == verdict] for verdict in VERDICTS}


def _verdict(results: Results) -> list[str]:
    said = results.overall.upper() + results.sentence.removeprefix(results.overall)
    return [
        *wrap(visible(said), WIDTH, subsequent_indent="  ", max_lines=3, placeholder=" …"),
        *(f"  {text}" for text in wrap(visible(_tested(results)), WIDTH - 2, max_lines=2, placeholder=" …")),
        line(f"  {results.endpoint.url}, profile {results.profile}, PS3.18 {results.edition}"),
    ]


def _tested(results: Results) -> str:
    """What was tested, as somebody said and as the server names itself; "" where neither did."""
    itself = results.endpoint.server and f'names itself "{results.endpoint.server}"'
    return "; ".join(filter(None, [product(results.tested), itself]))


def _table(checks: Sequence[Check]) -> list[str]:
    columns = {verdict: max(6, len(verdict) + 2) for verdict, own in _by_verdict(checks).items() if own}
    transactions = dict.fromkeys(check.transaction for check in checks)
    return [
        " " * _NAME + "".join(f"{verdict:>{width}}" for verdict, width in columns.items()) + f"{'all':>6}",
        *(_row(name, [check for check in checks if check.transaction == name], columns) for name in transactions),
        _row("all", checks, columns),
    ]


def _row(name: str, checks: Sequence[Check], columns: Mapping[Verdict, int]) -> str:
    counts = Counter(check.verdict for check in checks)
    cells = "".join(f"{counts[verdict] or '.':>{width}}" for verdict, width in columns.items())
    return line(f"{name:<{_NAME}}{cells}{len(checks):>6}")


def _failures(failed: Sequence[Check], folder: str, room: int) -> list[str]:
    """The first failed check of each requirement, by harm and as room allows, with the curl line of its request."""
    first: dict[str, Check] = {}
    for check in worst_first(failed):
        first.setdefault(check.requirement, check)
    lines, before, shown = ["FAILURES"] if failed else [], "", 0
    for check in first.values():
        own = [f"  {check.harm}:"] if check.harm != before else []
        own.append(line(f"  {check.id}  {check.clause}  {check.summary}"))
        sent = [_request(exchange, folder)] if (exchange := subject(check)) else []
        if len(lines) + len(own) + (len(sent) if shown else 0) >= room:
            break
        own += sent if len(lines) + len(own) + len(sent) < room else []  # the first may be without it
        lines, before, shown = [*lines, *own], check.harm, shown + 1
    if len(first) > shown:
        others = count(len(first) - shown, "more requirement" if shown else "requirement")
        lines.append(f"  {'and ' if shown else ''}{others}: conformance.html#deviations")
    return lines


def _request(exchange: Exchange, folder: str) -> str:
    """The curl line of an exchange, if it fits; else its beginning, its URL, and the command that prints the whole."""
    whole = f"    {one_line(exchange)}"
    if len(whole) <= WIDTH:
        return whole
    return visible(f"    curl … {exchange.url}  (whole: unpack {folder.rstrip('/')} {entry(exchange)})")


def _blocked(checks: Sequence[Check], most: int) -> list[str]:
    waiting: dict[str, list[str]] = {}
    for check in checks:
        waiting.setdefault(check.blocked_by or check.summary, []).append(check.id)
    causes = sorted(waiting.items(), key=lambda item: -len(item[1]))
    lines = [line(f"BLOCKED   {len(ids)} by {cause}: {', '.join(ids)}") for cause, ids in causes[:most]]
    more = sum(len(ids) for _, ids in causes[most:])
    return [*lines, f"          and {more} by {count(len(causes) - most, 'other cause')}"] if more else lines


def _labelled(label: str, text: str) -> list[str]:
    """A sentence after a word that says what it is, in as many lines as it takes."""
    return wrap(visible(f"{label:<10}{text}"), WIDTH, subsequent_indent=" " * 10, max_lines=3, placeholder=" …")


def _named(label: str, checks: Sequence[Check]) -> list[str]:
    facts = "; ".join(f"{check.id}: {check.summary}" for check in checks)
    return [line(f"{label:<10}{facts}")] if checks else []


def _beside(results: Results) -> list[str]:
    """What profiles beside the verdict say of viewers: a line for each with an unmet need, one for all others."""
    lines = []
    for item in results.beside:
        label = shorten(item.profile.upper(), 9)
        lacking = [viewer for viewer in item.viewers if viewer.unmet or viewer.unjudged]
        met = listed([viewer.name for viewer in item.viewers if viewer not in lacking])
        lines += [line(f"{visible(label):<10}{viewer.sentence}") for viewer in lacking[:VIEWERS]]
        lines += _labelled(label, f"all needs are met of {met}") if met else []
    return lines


def _load(results: Results) -> list[str]:
    rows = times(results.checks, load=True)
    took = ", ".join(f"{row.operation.removeprefix('Retrieve ').lower()} {duration(row.p95)}" for row in rows)
    return [line(f"LOAD      {results.load}, 95 % within: {took}")] if rows else []


def _known(checks: Sequence[Check], expiring: Sequence[str]) -> list[str]:
    if not checks:
        return []
    said = [f"{count(len({check.requirement for check in checks}), 'obligation')} in {count(len(checks), 'check')}"]
    return [line(f"KNOWN     {'; '.join([*said, *expiring])}")]


def _left_over(results: Results, folder: str) -> str:
    stored = f"{count(len(results.stored), 'study', 'studies')} stored"
    stored += f" with {count(results.instances, 'instance')}" if results.instances else ""
    if not results.leftovers:
        return f"CLEAN     {stored}, nothing left over"
    studies = count(len(results.leftovers), "study", "studies")
    target = results.endpoint.target
    # The command has to be whole, however long it is.
    how = f": {cleanup(folder, target)}" if target else ""
    return visible(f"LEFT OVER {studies}, {stored}{how}")


def _report(results: Results, folder: str, unwritten: int | None) -> str:
    seconds = datetime.fromisoformat(results.finished) - datetime.fromisoformat(results.started)
    took = duration(seconds.total_seconds())
    if unwritten is not None:
        return visible(f"REPORT    none: conformance.html is not in {folder}  ({took}, exit {unwritten})")
    return visible(f"REPORT    {folder.rstrip('/')}/conformance.html  ({took}, exit {results.footer.exit})")


def one_line(exchange: Exchange) -> str:
    """What sends an exchange again in the folder of the run, on one line."""
    return visible(" && ".join(commands(exchange)))


def line(text: str) -> str:
    """A line that is safe to print, and not wider than WIDTH."""
    return shorten(visible(text), WIDTH)
