"""Values of the record, made from those of a run: the tool, a deviation, the obligations."""

from __future__ import annotations

import platform
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.metadata import version
from types import MappingProxyType

import conformance
from conformance.dicomweb.differences import Deviation
from conformance.dicomweb.wording import abridged
from conformance.harness.viewer.viewer import Viewer
from conformance.kit.views import View
from conformance.reporting import qualification
from conformance.reporting import record as model
from conformance.reporting.sentences import NOT_SCORED
from conformance.requirements import Requirement, readings

TEXT = 1000  # characters of each text of a deviation
# Of the verdicts of a kind in a viewer, the one that counts.
GRAVEST: tuple[model.Verdict, ...] = ("error", "blocked", "fail", "warn", "observed", "pass")
PLACES = 50  # that a deviation lists
OF_CATALOGUE = ("id", "clause", "level", "tier", "transaction", "statement", "client", "feature", "profile", "viewers")
PACKAGES = ("httpx", "hypothesis", "jinja2", "msgspec", "pydicom", "pytest", "pytest-html", "starlette", "uvicorn")


def suite() -> model.Suite:
    """This tool, and its dependencies."""
    return model.Suite(
        name="dicomweb-conformance",
        version=conformance.__version__,
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        qualified=qualification.qualified(),
    )


def deviation(seen: Deviation | None) -> model.Deviation | None:
    """A deviation for the record, shortened to the beginning and the end: a server may have written megabytes of it."""
    if seen is None:
        return None
    subject, found, wanted, sent, why = (abridged(text, TEXT) for text in (*seen.difference, seen.sent, seen.why))
    places = [abridged(place, TEXT) for place in seen.places[:PLACES]]
    return model.Deviation(subject, found, wanted, sent, why, places)


def shown(viewer: Viewer, checks: Sequence[model.Check]) -> list[model.Shown]:
    """The kinds that were opened in real viewers, each with the gravest verdict of some checks."""
    found: dict[str, set[model.Verdict]] = {kind: {"pass"} for kind in viewer.views}
    for check in checks:
        for kind in check.kinds:
            found.get(kind, set()).add(check.verdict)
    return [
        model.Shown(
            kind=kind,
            verdict=next(verdict for verdict in GRAVEST if verdict in found[kind]),
            picture=b64encode(viewer.strips.get(kind, b"")).decode(),
            requests=len(view.requests),
            failed=[f"{item.outcome}: {item.request}" for item in view.failed],
            viewer=view.viewer,
        )
        for kind, view in viewer.views.items()
        if isinstance(view, View) and view.own
    ]


def unsupported(checks: Collection[model.Check], unclaimed: Collection[str]) -> set[str]:
    """The requirements of which no check judged anything, since the server does not support it; without those of which
    the `unclaimed` checks are, that requested an unclaimed feature."""
    judged = {check.requirement for check in checks if check.verdict not in NOT_SCORED}
    absent = (check for check in checks if check.verdict == "not supported" and check.id not in unclaimed)
    return {check.requirement for check in absent} - judged


def requirements(
    items: Iterable[Requirement],
    checks: Iterable[model.Check],
    claims: Collection[str],
    not_run: Mapping[str, str],
    refused: Mapping[str, str] = MappingProxyType({}),
) -> list[model.Requirement]:
    """Obligations of an endpoint with these claims, each with its checks, or the reason why none ran. `refused` says
    what the server refused where that left one unjudged."""
    ran: dict[str, list[str]] = {}
    for check in checks:
        ran.setdefault(check.requirement, []).append(check.id)
    return [
        model.Requirement(
            **{name: getattr(item, name) for name in OF_CATALOGUE},
            checks=ran.get(item.id, []),
            harm=item.harm.title,
            waived=item.is_waived(frozenset(claims)),
            refused=refused.get(item.id, ""),
            not_tested=None if item.id in ran else not_run.get(item.id) or item.not_tested or "no check yet",
            readings=readings(item.id),
        )
        for item in items
    ]
