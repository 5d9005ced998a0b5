"""junit.xml, as pipelines read it: the same verdicts as results.json, a check by its id.

A check that fails, or is stale, is a failure; one that could not be judged is an error; one that is known, or waits for
a known deviation, or is not claimed, is skipped; a warning passes, with its sentence in the output. The property
`verdict` has the word itself.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def render(results: Results) -> str:
    """The document, what failed first and by harm. No text of a server's is more than text in it."""
    waiting = waits_for_known(results.checks)
    red = worst_first(check for check in results.checks if check.verdict in ("fail", "stale"))
    others = (check for check in results.checks if check.verdict not in ("fail", "stale"))
    cases = [_case(check, results, check.id in waiting) for check in (*red, *others)]
    kinds = [child.tag for case in cases for child in case]
    attributes = {
        "name": results.suite.name,
        "tests": str(len(cases)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(check.seconds for check in results.checks):.3f}",
        "timestamp": results.started,
    }
    suite = Element("testsuite", attributes)
    properties = SubElement(suite, "properties")
    facts = {"overall": results.overall, "sentence": results.sentence, "endpoint": results.endpoint.url}
    facts |= {"run": results.run, "server": results.endpoint.server, "operator": results.operator}
    for name, value in (facts | msgspec.structs.asdict(results.tested)).items():
        if value:
            SubElement(properties, "property", name=name, value=_safe(value))
    suite.extend(cases)
    root = Element("testsuites", {key: attributes[key] for key in attributes if key not in ("name", "timestamp")})
    root.append(suite)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(check: Check, results: Results, waits: bool) -> Element:
    room = check.node.rpartition("::")[0].rpartition(".py")[0].replace("/", ".").replace("\\", ".")
    case = Element("testcase", {"classname": _safe(room), "name": check.id, "time": f"{check.seconds:.3f}"})
    properties = SubElement(case, "properties")
    for name in ("requirement", "clause", "level", "harm", "verdict"):
        SubElement(properties, "property", name=name, value=_safe(str(getattr(check, name))))
    element = "skipped" if waits else ELEMENTS.get(check.verdict)
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
    client = next((item.client for item in results.requirements if item.id == check.requirement), "")
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
