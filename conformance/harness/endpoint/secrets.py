"""Masks for the secrets of a run in everything that it writes or prints, in whatever form a server returns them.

A server, a proxy or an error page may return what it was sent: unchanged, escaped, in base64, folded over lines, in
another letter case, or cut short (needles.py).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.needles import SHORT, Needle, needles, pattern, plain
from conformance.reporting.curl import MASK as MASK
from conformance.reporting.record import Exchange

TOKENS = 32  # fetched tokens that are remembered, for a server that wants another one for each request
PIECE, WINDOW = 8 * 1024, 64 * 1024

T = TypeVar("T")


class Mask:
    """All secrets of a run. Without any, every text is returned unchanged, at no cost."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: dict[str, list[Needle]] = {}
        self._tokens: deque[str] = deque()
        for secret in secrets:
            self.hide(secret)

    @classmethod
    def of(cls, endpoint: Endpoint) -> Mask:
        """The mask of the secrets in the configuration of an endpoint."""
        return cls(endpoint.concealed.values())

    def hide(self, secret: str) -> None:
        """Mask a text from now on, unless it is shorter than SHORT."""
        if len(secret) >= SHORT and secret not in self._secrets:
            self._secrets[secret] = needles(secret)
            self._compiled()

    def hide_authorization(self, value: str) -> None:
        """Mask the value of an Authorization field from now on: the part after the scheme, or all of it if that is
        short."""
        _, _, credentials = value.partition(" ")
        secret = credentials if len(credentials) >= SHORT else value
        if secret not in self._secrets:
            if len(self._tokens) == TOKENS:
                self._secrets.pop(self._tokens.popleft(), None)
            self._tokens.append(secret)
            self.hide(secret)

    def text(self, text: str) -> str:
        """A text with every secret in it masked."""
        if not self._secrets:
            return text
        content = text.encode("utf-8", "surrogatepass")
        masked = self.octets(content)
        return text if masked is content else masked.decode("utf-8", "replace")

    def octets(self, content: bytes) -> bytes:
        """Bytes with every secret in them masked."""
        if not self._secrets:
            return content
        windows = (content[at : at + WINDOW + self._longest] for at in range(0, len(content), WINDOW))
        if not any(map(self._may_be_in, windows)):
            return content
        masked = b"".join(self.pieces([content]))
        return content if masked == content else masked

    def pieces(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """Bytes that come in pieces, with every secret masked, even one that spans pieces."""
        if not self._secrets:
            yield from content
            return
        rest = b""
        for piece, last in _lookahead(_split(content, self._piece)):
            rest += piece
            # The rest that is kept back is as long as a secret can be: a secret that begins before it is complete.
            keep = 0 if last else self._longest
            done, shown = 0, []
            for start, end in self._spans(rest, last):
                if start >= len(rest) - keep:
                    break
                shown += [rest[done:start], MASK.encode()]
                done = end
            upto = max(done, len(rest) - keep, 0)
            yield b"".join([*shown, rest[done:upto]])
            rest = rest[upto:]

    def tree(self, value: T) -> T:
        """Results, or a part of them, with every secret masked, in place."""
        if self._secrets:
            self._mask(value, {})
        return value

    def holds(self, content: Iterable[bytes]) -> bool:
        """True if a secret is in bytes that come in pieces."""
        rest = b""
        for piece, last in _lookahead(_split(content, self._piece)):
            rest += piece
            if self._spans(rest, last):
                return True
            rest = rest[-self._longest :]
        return False

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def _mask(self, value: Any, done: dict[int, Any]) -> Any:
        """A masked value; `done` are the structures already masked, which are kept and changed in place.

        An exchange was masked when it was recorded.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Exchange) or id(value) in done:
            return value
        done[id(value)] = value
        if isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                before = getattr(value, name)
                if (after := self._mask(before, done)) is not before:
                    setattr(value, name, after)
        elif isinstance(value, list):
            value[:] = [self._mask(item, done) for item in value]
        elif isinstance(value, dict):
            items = [(self._mask(key, done), self._mask(item, done)) for key, item in value.items()]
            value.clear()
            value.update(items)
        return value

    def _compiled(self) -> None:
        self._needles = list(dict.fromkeys(item for found in self._secrets.values() for item in found))
        anchors = dict.fromkeys(anchor for item in self._needles for anchor in item.anchors)
        self._anchors = [item for item in anchors if not any(other in item and other != item for other in anchors)]
        self._longest = max(16 * len(item.units) for item in self._needles)
        self._piece = max(PIECE, 4 * self._longest)
        self.__dict__.pop("_heads", None)

    @cached_property
    def _heads(self) -> tuple[re.Pattern[bytes], list[list[Needle]]]:
        return pattern(self._needles)

    def _may_be_in(self, content: bytes) -> bool:
        text = plain(content)
        return any([anchor in text for anchor in self._anchors])  # a list is quicker than a generator

    def _spans(self, content: bytes, last: bool) -> list[tuple[int, int]]:
        """The places of secrets, in order; `last` says that nothing follows."""
        if not self._may_be_in(content):
            return []
        heads, begun = self._heads
        spans, at = [], 0
        while found := heads.search(content, at):
            start = found.start()
            at = start + 1
            for candidates in (begun[found.lastindex or 0], self._needles):
                if end := max(item.end(content, start, last) for item in candidates):
                    spans.append((start, end))
                    at = end
                    break
        return spans


def _split(content: Iterable[bytes], size: int) -> Iterator[bytes]:
    for piece in content:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _lookahead(content: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each piece, and True if it is the last."""
    before = next(content, None)
    for piece in content:
        if before is not None:
            yield before, False
        before = piece
    if before is not None:
        yield before, True
