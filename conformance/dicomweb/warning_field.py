"""The Warning field, such as that of a search, which says that matches remain (PS3.18 8.3.4.4.1; RFC 7234 5.5)."""

from __future__ import annotations

import re

# 299, the service, and the text of the clause, with quotation marks (RFC 7234) or a colon before it (PS3.18).
_REMAINING = re.compile(r'\b299 \S+ "?There (?:are|is) (\d{1,18}) additional results? that can be requested', re.I)
_CODE = re.compile(r"\b299 ")
_MORE = re.compile(r"\b(?:additional|further|more|remaining) (?:match|result)", re.I)


def remaining(value: str | None) -> int | None:
    """The number of matches that remain, by the Warning; None if it does not use the words of PS3.18."""
    found = _REMAINING.search(value or "")
    return int(found[1]) if found else None


def unexplained(missing: list[str], value: str | None) -> list[str]:
    """What is missing from a list of matches; nothing if the Warning says that as many remain (8.3.4.4)."""
    return missing if len(missing) > (remaining(value) or 0) else []


def speaks_of_more(value: str | None) -> bool:
    """True if a Warning says, in whatever words, that there are more results."""
    warnings = (value or "").split(",")
    return any((code := _CODE.search(text)) and _MORE.search(text, code.end()) for text in warnings)


def says(value: str | None, words: str) -> bool:
    """True if a Warning of code 299, of which others may come first, has these words."""
    code = _CODE.search(value or "")
    return code is not None and words in (value or "")[code.end() :]


def is_miscellaneous(value: str | None) -> bool:
    """True if there is a Warning of code 299."""
    return bool(_CODE.search(value or ""))
