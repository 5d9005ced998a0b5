"""The wording of values and attributes in messages."""

from __future__ import annotations

import html
import re

from pydicom.datadict import keyword_for_tag

LIMIT = 60
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_START = 64 * 1024  # bytes of a page that are searched for its title
_TITLE = re.compile(rb"<title[^<>]*>([^<]*)</title", re.IGNORECASE)


def shown(text: str) -> str:
    """A text in quotes, at most 60 characters of it, control characters as their code; "empty" when it is."""
    if not text:
        return "empty"
    cut = text[:LIMIT] + "…" if len(text) > LIMIT else text
    return "'" + _CONTROLS.sub(lambda found: f"<{ord(found.group()):02X}>", cut) + "'"


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 item", "2 items"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def abridged(text: str, most: int = 2000) -> str:
    """A text, shortened to its beginning and its end (which is ours): a server may have written megabytes of it."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} … {text[-half:]}"


def title(page: bytes) -> str:
    """The title of an HTML page, at most 60 characters of it; empty if its first 64 kB have none."""
    found = _TITLE.search(page[:_START])
    return html.unescape(found[1].decode("utf-8", "replace")).strip()[:LIMIT] if found else ""


def name(tag: int) -> str:
    """The keyword of an attribute (PS3.6), for one without it the tag as (gggg,eeee)."""
    return keyword_for_tag(tag) or digits(tag)


def name_and_tag(tag: int) -> str:
    """An attribute for a reader who sees only its tag, such as "StudyDate (0008,0020)"."""
    return f"{keyword_for_tag(tag)} {digits(tag)}".strip()


def digits(tag: int) -> str:
    """A tag as (gggg,eeee)."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
