"""URI references in answers: RFC 3986 4.1."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

LONGEST = 8000  # characters of a URI that is followed (RFC 9110 4.1)


def resolved(reference: str, base: str = "") -> SplitResult | None:
    """Where a reference leads from a base (RFC 3986 5.2); None where it is no URI reference, or a very long one."""
    if len(reference) > LONGEST:
        return None
    try:
        return urlsplit(urljoin(base, reference))
    except ValueError:
        return None
