"""What explains that a real viewer does not show something: checks of the same run that failed on the same resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.run.verdicts import Conclusion
from conformance.harness.viewer.parts import OHIF
from conformance.reporting.record import Check, Verdict

NAMED = 3
RED: frozenset[Verdict] = frozenset({"fail", "warn", "known"})
# A picture is made of the metadata, too.
PICTURES = ("-PICTURE", "-FRAMES")
OF_PICTURE = ("/studies/{uid}/series/{uid}/metadata", "/studies/{uid}/series/{uid}/instances/{uid}/metadata")
# What precedes the path below the root.
_ROOT = re.compile(r".*?(?=/studies\b|/series\b|/instances\b)")
_UID, _NUMBER = re.compile(r"(?<=/)[0-9.]{5,64}"), re.compile(r"(?<=/frames/)[0-9,]+")


def explain(checks: Sequence[Check], conclude: Callable[[Check, Conclusion], None]) -> None:
    """Name in each failed check of a viewer the other checks that failed on the same resource: with the same kind of
    instances, or the same Accept; those with both first. `conclude` notes that."""
    failed = [(check, *_sent(check)) for check in checks if check.verdict in RED and check.deviation]
    for check, *_ in failed:
        seen = check.deviation
        if check.beside != OHIF or seen is None:
            continue
        resource, accept = _sent(check)
        resources = {resource, *(OF_PICTURE if check.requirement.endswith(PICTURES) else ())}
        found = {
            other.id: (other_accept == accept) + bool(set(other.kinds) & set(check.kinds))
            for other, other_resource, other_accept in failed
            if other_resource in resources and other.beside != OHIF
        }
        ids = sorted((id for id in found if found[id]), key=lambda id: -found[id])
        if ids:
            more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
            why = f"only a warning: in this run {', '.join(ids[:NAMED])}{more} failed on the same resource"
            deviation = Deviation(Difference(seen.subject, seen.found, seen.wanted), seen.sent, why, tuple(seen.places))
            conclude(check, Conclusion(check.verdict, str(deviation), check.blocked_by, deviation, check.reason))


def _sent(check: Check) -> tuple[str, str]:
    """The path of the request that a deviation is about, without its UIDs and the number of a frame, and its Accept."""
    sent = check.deviation.sent if check.deviation else ""
    request, _, accept = sent.partition(", Accept: ")
    path = _ROOT.sub("", urlsplit(request.partition(" ")[2]).path, count=1)
    return _NUMBER.sub("{n}", _UID.sub("{uid}", path)), accept
