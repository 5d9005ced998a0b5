"""The targets of requests that may be passed on."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

from conformance.dicomweb import uris

LONGEST = 4000  # characters of a target
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?|^`{}\[\]\\-]|%[0-9A-Fa-f]{2})*")
_SEARCH = re.compile(r"studies|series|instances|studies/[^/]+/(series|instances)|studies/[^/]+/series/[^/]+/instances")


def well_formed(path: str, query: str) -> bool:
    """True if a relative path leads nowhere but below its root, whoever decodes it how often, and can be sent."""
    if len(path) + len(query) > LONGEST or not _QUERY.fullmatch(query):
        return False
    return all(_SEGMENT.fullmatch(segment) and not _leads_away(unquote(segment)) for segment in path.split("/"))


def _leads_away(segment: str) -> bool:
    return uris.climbs(segment) or bool(re.search(r"[/\\%\x00-\x1f\x7f]", segment))


def is_search(path: str) -> bool:
    """True if a path is a resource of searches (PS3.18 10.6)."""
    return bool(_SEARCH.fullmatch(path))


def is_of(path: str, studies: Collection[str]) -> bool:
    """True if a path is of one of some studies, or a search among all, whose matches are then filtered."""
    words = path.split("/")
    return path in ("studies", "series", "instances") or (words[0] == "studies" and words[1] in studies)
