"""conformance.html: what people read of a run, a pure function of results.json.

The page loads nothing and runs no script; its Content Security Policy allows one stylesheet, by hash, and nothing else.
What a server sent reaches it in one way only: Jinja2 autoescape, behind `visible`, which every expression goes through.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.reporting.advice import advice
from conformance.reporting.exchanges import (
    Budget,
    answer,
    commands,
    entry,
    excerpt,
    href,
    is_cut,
    lines,
    proof,
    request_line,
    subject,
)
from conformance.reporting.record import (
    HARMS,
    VERDICTS,
    Baseline,
    Check,
    KnownDeviation,
    Results,
    Verdict,
    entry_of,
    worst_first,
)
from conformance.reporting.sentences import sum_of_obligations
from conformance.reporting.text import brief, count, duration, listed, number, size, visible
from conformance.reporting.times import scale, times
from conformance.reporting.words import (
    EXPLAINED,
    MEANING,
    SYMBOL_OF,
    accepted,
    anchor,
    clause,
    css_string,
    elapsed,
    product,
    sentence,
    slug,
    utc,
)

EXCHANGES_SHOWN = 20  # of a check, with a line each; a page of many checks still has to open
# The names of kinds of the covering array begin so, and their titles are long.
COVERING, COVERED = "pixels-", "Pixel objects, every pair of properties"
RUN_FILES = (
    ("results.json", "what this page is made from"),
    ("acceptance.html", "the same in a few pages, to be signed"),
    ("report.html", "the log of the run, a row per check"),
    ("junit.xml", "the same for CI"),
    ("evidence.zip", "the exchanges as they went over the wire, a folder per check"),
    ("ledger.jsonl", "what the run was about to store, written before it was stored"),
    ("SHA256SUMS", "digests of all files"),
)
JUDGED: tuple[Verdict, ...] = ("fail", "stale", "warn", "known")  # shown in full, with what should be
NOT_JUDGED_HERE = "not judged here: "
ALWAYS_COUNTED: tuple[Verdict, ...] = ("fail", "blocked", "error", "pass")


@dataclass(frozen=True)
class Section:
    """A numbered part of the page. It tells of `checks`, and stands there without any only if `always`.

    `verdicts`, those of its checks, are the filters that leave it in view.
    """

    id: str
    title: str
    checks: Sequence[Check] = ()
    always: bool = False

    @property
    def verdicts(self) -> list[Verdict]:
        found = {check.verdict for check in self.checks}
        return [verdict for verdict in VERDICTS if verdict in found]


def render(results: Results, results_sha256: str) -> str:
    """The page as HTML. `results_sha256` is the digest of the results.json that it is made from, in hex."""
    deviating = {check.harm for check in results.checks if check.verdict in JUDGED}
    harms = [harm for harm in HARMS if harm in deviating]
    style, digest = styled("page.css", results=results, results_sha256=results_sha256, harms=harms)
    counts = _tally(results.checks)
    return environment.get_template("page.html").render(
        style=style,
        style_hash=digest,
        results=results,
        results_sha256=results_sha256,
        sections=_sections(results),
        counts=counts,
        counted=[verdict for verdict in VERDICTS if counts[verdict] or verdict in ALWAYS_COUNTED],
        requirements={requirement.id: requirement for requirement in results.every_requirement},
        check_ids={check.id for check in results.every_check},
        sum_of_obligations=sum_of_obligations(results.checks, results.requirements),
        harms=harms,
        in_full=Budget(),
        advice=advice(results),
    )


def styled(name: str, **values: Any) -> tuple[Markup, str]:
    """A stylesheet, to stand in a page, and its digest for the Content Security Policy."""
    text = environment.get_template(name).render(**values)
    return Markup(text), b64encode(sha256(text.encode()).digest()).decode()


def _sections(results: Results) -> list[Section]:
    """The sections that have something to say, in reading order: what needs people first comes first."""
    checks, beside = results.checks, results.beside
    names = [item.profile for item in beside]
    found = [
        Section("verdict", "Verdict", always=True),
        Section("deviations", "Deviations", worst_first(_with(checks, "fail", "stale"))),
        Section("known", "Known deviations", worst_first(_with(checks, "known"))),
        Section("unjudged", "What could not be judged", _with(checks, "blocked", "error")),
        Section("summary", "Summary", always=True),
        Section("objects", "Own objects", _of_objects(results)),
        Section("beside", f"Beside the verdict: {listed(names)}", [check for item in beside for check in item.checks]),
        Section("walk", "The sample study, step by step", [check for check in checks if "scenario/" in check.node]),
        Section("warnings", "Warnings", worst_first(_with(checks, "warn"))),
        Section("tested", "What was tested, with what, by whom", always=True),
        Section("unsupported", "Not supported", _with(checks, "not supported")),
        Section("untested", "Not tested", always=any(item.not_tested for item in results.requirements)),
        Section("met", "What is met, and what was observed", _with(checks, "pass", "observed")),
        Section("data", "Data stored and removed", always=True),
        Section("files", "Environment and files", always=True),
        Section("acceptance", "Acceptance", always=True),
    ]
    return [section for section in found if section.checks or section.always]


def _of_objects(results: Results) -> list[Check]:
    """The checks of own objects."""
    names = {item.name for item in results.objects.taken} if results.objects else set()
    return [check for check in results.checks if not names.isdisjoint(check.kinds)]


def _with(checks: Iterable[Check], *verdicts: Verdict) -> list[Check]:
    return [check for check in checks if check.verdict in verdicts]


def _tally(checks: Iterable[Check]) -> Counter[Verdict]:
    return Counter(check.verdict for check in checks)


def _gravest(checks: Iterable[Check]) -> Verdict:
    """The verdict that people read first."""
    return min((check.verdict for check in checks), key=VERDICTS.index)


def _bar(counts: Counter[Verdict], whole: int) -> list[tuple[Verdict, float, float]]:
    """Verdict, start and width of each piece of a bar, in per cent of `whole` checks."""
    pieces, start = [], 0
    for verdict in VERDICTS:
        if counts[verdict]:
            pieces.append((verdict, 100 * start / whole, 100 * counts[verdict] / whole))
            start += counts[verdict]
    return pieces


def _runs(checks: Iterable[Check]) -> list[tuple[str, list[Check]]]:
    """Checks in the order in which they ran, cut where the transaction changes."""
    return [(transaction, list(own)) for transaction, own in groupby(checks, key=lambda check: check.transaction)]


def _by_cause(checks: Iterable[Check]) -> dict[str, list[Check]]:
    waiting: dict[str, list[Check]] = {}
    for check in checks:
        waiting.setdefault(check.blocked_by or check.summary, []).append(check)
    return waiting


def _by_harm(checks: Iterable[Check]) -> list[tuple[str, list[Check]]]:
    """Checks that are sorted by harm, a list for each."""
    return [(harm, list(own)) for harm, own in groupby(checks, key=lambda check: check.harm)]


def _by_reason(checks: Iterable[Check], baseline: Baseline | None) -> list[tuple[KnownDeviation, list[Check]]]:
    """Known checks by reason, and by who accepted it when: the first entry of each."""
    accepted: dict[tuple[str, ...], tuple[KnownDeviation, list[Check]]] = {}
    for check in checks:
        if check.reason:
            entry = entry_of(check, baseline)
            key = (entry.reason, entry.by, entry.on, entry.expires, entry.issue)
            accepted.setdefault(key, (entry, []))[1].append(check)
    return list(accepted.values())


def _by_kind(checks: Iterable[Check]) -> dict[tuple[str, str], list[Check]]:
    """The checks that used a kind of instances, by kind and transaction."""
    used: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        for kind in check.kinds:
            used.setdefault((kind, check.transaction), []).append(check.of(kind))
    return used


def _needs(used: dict[tuple[str, str], list[Check]], kind: str) -> list[Check]:
    """The checks of a kind that somebody has to look at, the gravest verdict first."""
    found = _with((check for (name, _), own in used.items() if name == kind for check in own), *VERDICTS[:6])
    return sorted(worst_first(found), key=lambda check: VERDICTS.index(check.verdict))


def _not_judged_here(used: dict[tuple[str, str], list[Check]], kind: str) -> list[str]:
    """What was not judged of a kind, because something is missing here, each reason once."""
    said = (check.summary for (name, _), own in used.items() if name == kind for check in own)
    return list(dict.fromkeys(text for text in said if text.startswith(NOT_JUDGED_HERE)))


def _apart(kinds: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
    """The titles of kinds by name, and under a heading of their own those of the covering array."""
    own = {name: title for name, title in kinds.items() if name.startswith(COVERING)}
    groups = [("", {name: title for name, title in kinds.items() if name not in own}), (COVERED, own)]
    return [group for group in groups if group[1]]


def _shown(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value, keep="\n\t")


_WORDS: tuple[Callable[..., Any], ...] = (
    *(accepted, anchor, answer, brief, clause, commands, count, css_string, duration, elapsed, entry, entry_of),
    *(excerpt, href, is_cut, lines, listed, number, product, proof, request_line, scale, sentence, size, slug),
    *(subject, times, utc),
)

environment = Environment(
    loader=PackageLoader("conformance.reporting"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals.update(
    exchanges_shown=EXCHANGES_SHOWN,
    verdicts=VERDICTS,
    meaning=MEANING,
    explained=EXPLAINED,
    symbol_of=SYMBOL_OF,
    run_files=RUN_FILES,
    judged=JUDGED,
)
environment.filters.update({function.__name__: function for function in _WORDS})
environment.filters.update(bar=_bar, gravest=_gravest, runs=_runs, tally=_tally, worst_first=worst_first)
environment.filters.update(needs=_needs, not_judged_here=_not_judged_here, apart=_apart)
environment.filters.update(by_cause=_by_cause, by_harm=_by_harm, by_kind=_by_kind, by_reason=_by_reason)
