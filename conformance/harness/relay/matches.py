"""Matches of a search: only those of some studies."""

from __future__ import annotations

import json
from collections.abc import Collection

STUDY = "0020000D"


def of_studies(content: bytes, studies: Collection[str], below: bool) -> bytes | None:
    """A DICOM JSON list with the matches of these studies only, unchanged if it has only these; None if it is not
    such a list.

    `below`: the search was among the entities of one of these studies, so that a match need not name it. A body of zero
    length has no matches.
    """
    if not content:
        return content
    try:
        listed = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(listed, list) or not all(isinstance(match, dict) for match in listed):
        return None
    kept = [match for match in listed if _study(match) in studies or (below and STUDY not in match)]
    return content if len(kept) == len(listed) else json.dumps(kept).encode()


def _study(match: dict[str, object]) -> str | None:
    """The study that a match names; None if it names none, or several."""
    element = match.get(STUDY)
    value = element.get("Value") if isinstance(element, dict) else None
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) else None
