"""URI references in responses: RFC 3986 4.1."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

LONGEST = 8000  # characters of a URI that is followed (RFC 9110 4.1)
PORTS = {"http": 80, "https": 443}


def origin(uri: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of a URI (RFC 9110 4.3.1); None if they are not valid."""
    try:
        parts = urlsplit(uri)
        return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None


def resolved(reference: str, base: str = "") -> SplitResult | None:
    """The URI that a reference leads to from a base (RFC 3986 5.2); None if it is not a URI reference, or too long."""
    if len(reference) > LONGEST:
        return None
    try:
        return urlsplit(urljoin(base, reference))
    except ValueError:
        return None


def climbs(path: str) -> bool:
    """True if a path may lead out of the folder in which it begins, by `..`: for a server that decodes it twice, takes
    a backslash for a slash, or leaves out the parameters of a segment (RFC 3986 3.3)."""
    segments = re.split(r"[/\\]", unquote(unquote(path)))
    return any(segment.partition(";")[0].strip() in (".", "..") for segment in segments)
