"""Removal of other people's data from the output of a run: from errors of checks, and from the results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.run.verdicts import Conclusion
from conformance.harness.wire.foreign import Foreign
from conformance.reporting import record as model
from conformance.reporting.record import Exchange, Results


def hide(error: BaseException | None, foreign: Foreign, exchanges: Iterable[Exchange]) -> None:
    """Take foreign values out of the error of a check; `exchanges` are those that it looked at."""
    if error is None or not (foreign.values or foreign.values.full):
        return
    weak = foreign.is_about(exchange.path for exchange in exchanges)
    text, about = str(error), None
    if isinstance(seen := getattr(error, "deviation", None), Deviation):
        error.deviation = hidden = foreign.deviation(seen, weak)  # type: ignore[attr-defined]
        if str(seen) in text:
            text, about = text.replace(str(seen), str(hidden)), ""
    if (shown := foreign.text(text, about, weak)) != str(error):
        error.args = (shown,)


def masked(conclusion: Conclusion, mask: Mask) -> Conclusion:
    """A conclusion without secrets, which a server may have returned: a baseline is written from it."""
    seen = conclusion.deviation
    if seen and mask:
        subject, found, wanted = map(mask.text, seen.difference)
        places = tuple(map(mask.text, seen.places))
        seen = Deviation(Difference(subject, found, wanted), mask.text(seen.sent), mask.text(seen.why), places)
    return replace(conclusion, summary=mask.text(conclusion.summary), deviation=seen)


def hide_in_report(report: pytest.TestReport, foreign: Foreign) -> None:
    """Take foreign values out of the traceback of an error of the suite, and out of its printed output."""
    if foreign.values and report.longrepr is not None and not isinstance(report.longrepr, tuple):
        report.longrepr = foreign.text(str(report.longrepr))
        report.sections = [(name, foreign.text(content)) for name, content in report.sections]


def conceal(results: Results, foreign: Foreign) -> None:
    """Take foreign values out of results, in place. Exchanges have none since they were recorded."""
    if not (foreign.values or foreign.values.full):
        return
    for check in results.every_check:
        weak = foreign.is_about(exchange.path for exchange in check.evidence)
        if check.summary != check.title:
            about = check.deviation.subject if check.deviation else None
            check.summary = foreign.text(check.summary, about, weak)
        check.reason = foreign.text(check.reason, weak=False)
        if check.deviation:
            check.deviation = _hidden(check.deviation, foreign, weak)
    for requirement in results.requirements:
        requirement.refused = foreign.text(requirement.refused, weak=False)
    for leftover in results.leftovers:
        leftover.why = foreign.text(leftover.why, weak=False)
    results.endpoint.server = foreign.text(results.endpoint.server, weak=False)
    results.preflight = [foreign.text(line, weak=False) for line in results.preflight]
    results.sentence = foreign.text(results.sentence, weak=False)


def _hidden(seen: model.Deviation, foreign: Foreign, weak: bool) -> model.Deviation:
    difference = Difference(seen.subject, seen.found, seen.wanted)
    hidden = foreign.deviation(Deviation(difference, seen.sent, seen.why, tuple(seen.places)), weak)
    return model.Deviation(*hidden.difference, hidden.sent, hidden.why, list(hidden.places))
