"""A request and the response to it, as a check reads them (RFC 9110 6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from conformance.dicomweb.buffers import Buffer

Fields = tuple[tuple[str, str], ...]
TARGET = 400  # characters of a target that a message shows
SURPLUS_LIMIT = 1024  # bytes that belong to no request


@dataclass(frozen=True)
class Request:
    """A request that was sent. `target` is the URL below the endpoint's root, as the reader of a message knows it."""

    method: str
    url: str
    target: str
    headers: Fields

    def __str__(self) -> str:
        accept = header(self.headers, "Accept")
        target = self.target if len(self.target) <= TARGET else f"{self.target[:TARGET]}…"
        return f"{self.method} {target}" + (f", Accept: {accept}" if accept else "")


@dataclass(frozen=True)
class Response:
    """A response. `content` is the body without transfer coding and without a content coding that was not accepted.

    `redirected` are the URLs that redirected here, the first one first; the request is the last that was sent.
    """

    status: int
    reason: str
    headers: Fields
    content: bytes
    request: Request
    spooled: Buffer | None = None
    redirected: tuple[str, ...] = ()

    @property
    def body(self) -> Buffer:
        """The body, whether it is in memory (`content`) or in a file (`spooled`, then `content` is empty)."""
        return self.content if self.spooled is None else self.spooled

    def header(self, name: str) -> str | None:
        """The value of a header field, several lines joined by a comma (RFC 9110 5.3); None when it is absent."""
        return self._fields.get(name.lower())

    @cached_property
    def _fields(self) -> dict[str, str]:
        return _by_name(self.headers)


@dataclass(frozen=True, eq=False)
class Answered:
    """One exchange of the run, for checks over all of them: equal only to itself.

    `path` is that of its evidence; `content` is None for a body over 1 MiB, of an own object, or once the run has kept
    64 MiB; `size` is that of the body; `head` is the response's head as it went over the wire; `status` is None, and
    `error` a sentence, if no response was complete. `surplus` holds the first SURPLUS_LIMIT bytes that came after the
    response and before the next request of the connection: they grow after the exchange. `content` is without a content
    coding that the request did not ask for, or `undecodable` says why it is not.
    """

    check: str
    path: str
    method: str
    url: str
    request_headers: Fields
    status: int | None
    headers: Fields
    size: int
    content: bytes | None
    head: bytes
    error: str | None
    surplus: bytearray
    undecodable: str | None = None

    def header(self, name: str) -> str | None:
        """The value of a response header field, as in Response."""
        return self._fields.get(name.lower())

    @cached_property
    def _fields(self) -> dict[str, str]:
        return _by_name(self.headers)


def header(headers: Fields, name: str) -> str | None:
    """The value of a header field, several lines joined by a comma (RFC 9110 5.3); None when it is absent."""
    return _by_name(headers).get(name.lower())


@lru_cache(1024)  # many checks read the fields of the same responses
def _by_name(headers: Fields) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return {name: ", ".join(lines) for name, lines in values.items()}
