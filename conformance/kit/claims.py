"""The feature that a request needs: requests for unclaimed features are not sent."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from conformance.dicomweb.messages import Response
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Missing

# The resources of a study besides its files.
PARTS = ("metadata", "frames", "rendered", "rendered-series", "thumbnails")

_STUDY, _SERIES = r"studies/[^/]+", r"studies/[^/]+/series/[^/]+"
_INSTANCE = rf"{_SERIES}/instances/[^/]+"
_ANY = rf"({_INSTANCE}|{_SERIES}|{_STUDY})"
_READS = [
    (re.compile(pattern), feature)
    for pattern, feature in (
        (rf"studies|{_STUDY}/series|{_SERIES}/instances", "search"),
        (rf"series|instances|{_STUDY}/instances", "relational-search"),
        (rf"{_ANY}/metadata", "metadata"),
        (rf"{_ANY}(/frames/[^/]+)?/thumbnail", "thumbnails"),
        (rf"{_INSTANCE}(/frames/[^/]+)?/rendered", "rendered"),
        (rf"{_ANY}/rendered", "rendered-series"),
        (rf"{_INSTANCE}/frames/[^/]*", "frames"),
        (rf"{_ANY}(/bulkdata(/.*)?|/pixeldata)?", "retrieve"),
    )
]


def needed(method: str, target: str) -> str | None:
    """The feature to which a resource below the endpoint's root belongs; None if it belongs to none."""
    path = unquote(urlsplit(target.lstrip("/")).path).strip("/")
    if method in ("POST", "PUT"):
        return "store" if re.fullmatch(rf"studies|{_STUDY}", path) else None
    if method not in ("GET", "HEAD"):
        return None
    return next((feature for pattern, feature in _READS if pattern.fullmatch(path)), None)


def deletable(response: Response, claims: frozenset[str]) -> None:
    """Raises Missing if the response to a DELETE of a series or instance says that only studies can be deleted.

    No edition has DELETE, so a server that claims it need not have it at every level.
    """
    if "delete" in claims and "/series/" in response.request.url and response.status in (405, 501):
        raise Missing(f"only studies can be deleted: status is {response.status} ({response.request})")


def instance_search(instance: Instance, claims: frozenset[str]) -> str:
    """The search that finds an instance by its UID: among all instances if relational ones are claimed, else in its
    series."""
    return "instances" if "relational-search" in claims else f"{instance.series_path}/instances"


def unclaimed(method: str, target: str, claims: frozenset[str]) -> str | None:
    """The unclaimed feature that a request needs; None if it may be sent.

    A part of retrieve, such as metadata, may always be requested if retrieve is claimed: its own checks judge it.
    """
    feature = needed(method, target)
    if feature is None or feature in claims or (feature in PARTS and "retrieve" in claims):
        return None
    return feature
