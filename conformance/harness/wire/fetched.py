"""The responses that a run keeps, because several checks judge them."""

from __future__ import annotations

from conformance.dicomweb.messages import Response
from conformance.reporting.record import Exchange

TOGETHER = 32 * 1024 * 1024  # bytes of bodies

Key = tuple[object, ...]
Kept = tuple[Response, list[Exchange]]


class Fetched:
    """Responses with their exchanges, by request. Of those whose bodies take more than TOGETHER, those that were used
    last."""

    def __init__(self) -> None:
        self._kept: dict[Key, Kept] = {}
        self._size = 0

    def get(self, key: Key) -> Kept | None:
        """What is kept for a request, which is then the one that was used last."""
        if key not in self._kept:
            return None
        found = self._kept[key] = self._kept.pop(key)
        return found

    def keep(self, key: Key, response: Response, exchanges: list[Exchange]) -> None:
        """Keep the response to a request of which none is kept, and drop those that were used longest ago."""
        self._kept[key] = response, exchanges
        self._size += len(response.body)
        while self._size > TOGETHER:
            dropped, _ = self._kept.pop(next(iter(self._kept)))
            self._size -= len(dropped.body)
