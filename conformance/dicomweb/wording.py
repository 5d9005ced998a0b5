"""How values and attributes look in messages."""

from __future__ import annotations

import re

from pydicom.datadict import keyword_for_tag

LIMIT = 60


def shown(text: str) -> str:
    """A text in quotes, at most 60 characters of it, control characters as their code; "empty" when it is."""
    if not text:
        return "empty"
    cut = text[:LIMIT] + "…" if len(text) > LIMIT else text
    return "'" + re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", lambda found: f"<{ord(found.group()):02X}>", cut) + "'"


def name(tag: int) -> str:
    """The keyword of an attribute (PS3.6), for one without it the tag as (gggg,eeee)."""
    return keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
