"""A request that was sent and the answer to it, as a check reads them (RFC 9110 6)."""

from __future__ import annotations

from dataclasses import dataclass

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """What was sent. `target` is the URL below the endpoint's root, as the reader of a message knows it."""

    method: str
    url: str
    target: str
    headers: Fields

    def __str__(self) -> str:
        accept = header(self.headers, "Accept")
        return f"{self.method} {self.target}" + (f", Accept: {accept}" if accept else "")


@dataclass(frozen=True)
class Response:
    """What came back. `content` is the body without transfer coding, in bytes."""

    status: int
    reason: str
    headers: Fields
    content: bytes
    request: Request

    def header(self, name: str) -> str | None:
        """The value of a header field, several lines joined by a comma (RFC 9110 5.3); None when it is absent."""
        return header(self.headers, name)


def header(headers: Fields, name: str) -> str | None:
    """The value of a header field, several lines joined by a comma (RFC 9110 5.3); None when it is absent."""
    values = [value for key, value in headers if key.lower() == name.lower()]
    return ", ".join(values) if values else None
