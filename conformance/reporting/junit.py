"""junit.xml, as pipelines read it: the same verdicts as results.json, a check by its id.

Profiles beside the verdict are test suites of their own, in which nothing fails: a check without a verdict is skipped.
If the run is red and no check is, such as for warnings that count (strict), the verdict itself is a failure in a suite
of its own.

A check that fails, or is stale, is a failure; one that could not be judged is an error; one that is known, or waits for
a known deviation, or is not claimed, is skipped; a warning passes, with its sentence in the output. The property
`verdict` has the word itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import msgspec

from conformance.reporting.exchanges import commands, entry, subject
from conformance.reporting.record import Check, Results, Verdict, worst_first
from conformance.reporting.sentences import waits_for_known
from conformance.reporting.text import visible
from conformance.reporting.words import clause

ELEMENTS: dict[Verdict, str] = {
    "fail": "failure",
    "stale": "failure",
    "blocked": "error",
    "error": "error",
    "known": "skipped",
    "not supported": "skipped",
}
COUNTED = ("tests", "failures", "errors", "skipped")


def render(results: Results) -> str:
    """The document, what failed first and by harm. No text of a server's is more than text in it."""
    facts = {"overall": results.overall, "sentence": results.sentence, "endpoint": results.endpoint.url}
    facts |= {"run": results.run, "server": results.endpoint.server, "operator": results.operator}
    facts |= msgspec.structs.asdict(results.tested)
    suites = [_suite(results.suite.name, results.checks, results, facts)]
    for item in results.beside:
        said = {viewer.name: viewer.sentence for viewer in item.viewers}
        suites.append(_suite(f"{results.suite.name}: {item.profile}", item.checks, results, said))
    if results.footer.exit and not any(int(suite.attrib[name]) for suite in suites for name in ("failures", "errors")):
        suites.append(_verdict(results))
    sums = {name: str(sum(int(suite.attrib[name]) for suite in suites)) for name in COUNTED}
    time = sum(check.seconds for check in results.every_check)
    root = Element("testsuites", sums | {"time": f"{time:.3f}"})
    root.extend(suites)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(name: str, checks: Sequence[Check], results: Results, facts: Mapping[str, str]) -> Element:
    """Checks as a test suite, with facts about it as its properties."""
    waiting = waits_for_known(checks)
    red = worst_first(check for check in checks if check.verdict in ("fail", "stale"))
    others = (check for check in checks if check.verdict not in ("fail", "stale"))
    cases = [_case(check, results, check.id in waiting) for check in (*red, *others)]
    kinds = [child.tag for case in cases for child in case]
    numbers = (len(cases), *(kinds.count(kind) for kind in ("failure", "error", "skipped")))
    attributes = dict(zip(COUNTED, map(str, numbers), strict=True))
    attributes |= {"time": f"{sum(check.seconds for check in checks):.3f}", "timestamp": results.started}
    suite = Element("testsuite", {"name": _safe(name)} | attributes)
    properties = SubElement(suite, "properties")
    for fact, value in facts.items():
        if value:
            SubElement(properties, "property", name=_safe(fact), value=_safe(value))
    suite.extend(cases)
    return suite


def _verdict(results: Results) -> Element:
    """The verdict of a run as a test case that fails."""
    name = f"{results.suite.name}: verdict"
    counted = {"tests": "1", "failures": "1", "errors": "0", "skipped": "0", "time": "0.000"}
    suite = Element("testsuite", {"name": _safe(name), **counted, "timestamp": results.started})
    case = SubElement(suite, "testcase", {"classname": _safe(results.suite.name), "name": "verdict", "time": "0.000"})
    SubElement(case, "failure", {"type": results.overall, "message": _safe(results.sentence)})
    return suite


def _case(check: Check, results: Results, waits: bool) -> Element:
    room = check.node.rpartition("::")[0].rpartition(".py")[0].replace("/", ".").replace("\\", ".")
    case = Element("testcase", {"classname": _safe(room), "name": check.id, "time": f"{check.seconds:.3f}"})
    properties = SubElement(case, "properties")
    for name in ("requirement", "clause", "level", "harm", "verdict"):
        SubElement(properties, "property", name=name, value=_safe(str(getattr(check, name))))
    element = "skipped" if waits or (check.beside and check.verdict in ELEMENTS) else ELEMENTS.get(check.verdict)
    if element:
        why = f"waits for a known deviation ({check.blocked_by}): " if waits else _why(check)
        message = f"{why}{check.title} [{clause(check.clause)}] {check.summary}"
        SubElement(case, element, {"type": check.verdict, "message": _safe(message)}).text = _safe(
            "\n".join(_text(check, results)), keep="\n"
        )
    elif check.verdict != "pass":
        SubElement(case, "system-out").text = _safe(f"{check.verdict}: {check.summary}")
    return case


def _why(check: Check) -> str:
    """What comes before the title of a check that did not pass."""
    return f"blocked by {check.blocked_by}: " if check.blocked_by else f"{check.verdict}: "


def _text(check: Check, results: Results) -> Iterable[str]:
    """What was seen, how to see it again, what a client suffers, and where the evidence is."""
    client = next((item.client for item in results.every_requirement if item.id == check.requirement), "")
    if seen := check.deviation:
        yield f"found:    {seen.subject}: {seen.found}"
        yield f"wanted:   {seen.wanted}"
        yield from [f"why:      {seen.why}"] if seen.why else []
        yield from (f"          at {place}" for place in seen.places)
    yield from [f"known:    {check.reason}"] if check.reason else []
    if exchange := subject(check):
        yield f"request:  {exchange.method} {exchange.url}"
        yield from (f"          {line}" for line in commands(exchange))
        yield f"evidence: {entry(exchange)} in evidence.zip"
    if client:
        yield f"a client: {client}"


def _safe(text: str, keep: str = "") -> str:
    """Text without a character that XML 1.0 cannot have, nor one that hides or turns what is written."""
    return visible(text, keep)
