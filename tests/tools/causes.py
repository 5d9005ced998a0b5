"""What single causes may change (tests/causes.toml), and what a run against one changes beyond that."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from operator import attrgetter, methodcaller
from pathlib import Path

from conformance.reference.causes import CAUSES
from conformance.reference.causes.resources import Failing
from conformance.reporting.qualification import Single
from tests.tools.digests import of_cause
from tests.tools.judging import claims
from tests.tools.workers import Task

DATA = Path(__file__).parents[1] / "causes.toml"
CORRECT = "the correct server"
RED = ("fail", "warn", "error")
HOLDS = ("pass", "observed")
ROOT = r"https?://[^/]+/c/[^/]+"


@dataclass(frozen=True)
class Allowed:
    """The checks that a cause may turn red, and those that may wait for them: patterns of ids, with the reason."""

    red: dict[str, str]
    waits: dict[str, str]

    def may_be_red(self, check: str) -> bool:
        return _matches(check, self.red)

    def may_wait(self, check: str) -> bool:
        return _matches(check, self.waits) or self.may_be_red(check)


def _matches(check: str, patterns: dict[str, str]) -> bool:
    return any(fnmatchcase(check, each) for line in patterns for each in line.split())


@cache
def allowed() -> dict[str, Allowed]:
    """What each cause may change; `like` adds what others may."""
    table = tomllib.loads(DATA.read_text(encoding="utf-8"))

    def of(name: str) -> Allowed:
        entry = table[name]
        others = [of(other) for other in entry.get("like", ())]
        red, waits = entry.get("red", {}), entry.get("waits", {})
        for other in others:
            red, waits = other.red | red, other.waits | waits
        return Allowed(red, waits)

    return {name: of(name) for name in table}


def basis(name: str):
    """What a cause is proven with today: its server, what it may change, the checks, the judge."""
    return of_cause(name, repr(allowed().get(name)))


def single(name: str, checks, held: bool) -> Single:
    """What one cause did."""
    red = sorted({check.requirement for check in checks if check.verdict in RED})
    waiting = sum(check.verdict == "blocked" for check in checks)
    return Single(name, CAUSES[name].sentence, red, waiting, held, basis(name))


def against(name: str) -> Task:
    """The run of all checks against a cause, or against the correct server."""
    url = attrgetter("url") if name == CORRECT else methodcaller("cause_url", name)
    return Task(name, url, claims())  # a load would double the time, and shows no cause


def _missing(name: str) -> re.Pattern[str]:
    """What asks for the resources of a cause: a method and a path below the root. Nothing does for other causes."""
    origin = CAUSES[name].origin
    if not issubclass(origin, Failing):
        return re.compile("(?!)")
    paths = (re.sub(r"{[^}]+}", "[^/?]+", path.rstrip("/")) for path in origin.resource)
    return re.compile(rf"{origin.method} ({'|'.join(paths)})([?,]|$)")


def _sent(check) -> str:
    """The request that a check is blocked because of."""
    if check.deviation:
        return check.deviation.sent
    last = check.evidence[-1] if check.evidence else None
    return f"{last.method} {re.sub(ROOT, '', last.url)}" if last else ""


def complaints(name: str, checks, correct: dict[str, str]) -> list[str]:
    """What a cause changed that it may not, as sentences. `correct`: the verdicts on the correct server, by id.

    A check that does not depend on the cause has the verdict of the correct server; one that waits is blocked by a red
    one; and at least one check is red where some may be. Who asked for a missing resource may wait for it.
    """
    may, ids, missing = allowed()[name], {check.id: check for check in checks}, _missing(name)
    red = {check.id for check in checks if check.verdict in RED}
    found = []
    for check in checks:
        said = f"{check.id} is {check.verdict}: {check.summary}"
        if check.verdict in RED and not may.may_be_red(check.id):
            found.append(f"{name}: {said}")
        elif check.verdict == "blocked" and missing.match(_sent(check)):
            pass
        elif check.verdict not in (*RED, *HOLDS) and correct[check.id] in HOLDS and not may.may_wait(check.id):
            by = f", by {check.blocked_by}" if check.blocked_by else ""
            found.append(f"{name}: {said}{by}; it should be judged")
        elif check.verdict == "blocked" and check.blocked_by not in red | {ids[one].requirement.lower() for one in red}:
            found.append(f"{name}: {said}, by {check.blocked_by}, which is not red")
    if may.red and not any(may.may_be_red(one) for one in red):
        found.append(f"{name} turns nothing red, should turn one of {', '.join(may.red)}")
    return found
