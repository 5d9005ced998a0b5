"""URI references in answers: RFC 3986 4.1."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

LONGEST = 8000  # characters of a URI that is followed (RFC 9110 4.1)


def resolved(reference: str, base: str = "") -> SplitResult | None:
    """The URI that a reference leads to from a base (RFC 3986 5.2); None if it is not a URI reference, or very long."""
    if len(reference) > LONGEST:
        return None
    try:
        return urlsplit(urljoin(base, reference))
    except ValueError:
        return None
