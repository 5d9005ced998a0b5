"""Unique identifiers: PS3.5 chapter 9 and B.2."""

from __future__ import annotations

import hashlib
import re
import uuid

_NUMBER = r"(?:0|[1-9][0-9]*)"
_UID = re.compile(rf"(?:[01]\.(?:[1-3][0-9]|[0-9])|2\.{_NUMBER})(?:\.{_NUMBER})*")


def derived(*sources: str) -> str:
    """The UID "2.25.<128 bit integer>" (PS3.5 B.2) that is derived from these sources, always the same."""
    digest = hashlib.sha256("\0".join(sources).encode()).digest()
    # Version 4 sets the variant and version bits, so that the integer has the shape of a UUID (RFC 9562).
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def is_valid(uid: str) -> bool:
    """True if a text is a UID: at most 64 characters, numbers without leading zeros, an ISO root (PS3.5 9.1)."""
    return len(uid) <= 64 and _UID.fullmatch(uid) is not None
