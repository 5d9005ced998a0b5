"""How long the server took to answer, by operation: for people to look at, no verdict depends on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.reporting.record import Check, Exchange

LOAD = "load"  # whose evidence are the exchanges of many clients at the same time
_BY_METHOD = {"POST": "Store", "DELETE": "Delete", "OPTIONS": "Capabilities"}
_BY_RESOURCE = {
    "studies": "Search",
    "series": "Search",
    "instances": "Search",
    "metadata": "Retrieve metadata",
    "rendered": "Retrieve rendered",
    "thumbnail": "Retrieve thumbnails",
}
# The order in which people read them.
_OPERATIONS = (
    *("Store", "Retrieve instances", "Retrieve metadata", "Retrieve frames", "Retrieve bulk data"),
    *("Retrieve rendered", "Retrieve thumbnails", "Search", "Delete", "Capabilities"),
)


@dataclass(frozen=True)
class Times:
    """The answers of one operation: how many, and the seconds that half of them, 95 % and all of them took at most."""

    operation: str
    number: int
    median: float
    p95: float
    slowest: float


@dataclass(frozen=True)
class Scale:
    """A logarithmic scale of whole powers of ten, in seconds."""

    low: int
    high: int

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]

    def at(self, seconds: float) -> float:
        """The place of a time, in per cent of the width."""
        return 100 * (math.log10(max(seconds, 10.0**self.low)) - self.low) / (self.high - self.low)


def times(checks: Iterable[Check], load: bool = False) -> list[Times]:
    """Of every exchange that a check judged, each once, where the answer was a success; those under load apart."""
    exchanges = {
        exchange.path: exchange
        for check in checks
        for exchange in check.evidence
        if exchange.path.startswith(f"evidence/{LOAD}/") == load
    }
    taken: dict[str, list[float]] = {}
    for exchange in exchanges.values():
        if exchange.status is not None and 200 <= exchange.status < 300 and exchange.method != "HEAD":
            taken.setdefault(_operation(exchange), []).append(exchange.seconds)
    return [
        Times(name, len(own), percentile(own, 50), percentile(own, 95), max(own))
        for name in _OPERATIONS
        if (own := sorted(taken.get(name, [])))
    ]


def percentile(ordered: Sequence[float], per_cent: int) -> float:
    """The smallest of these numbers, which are in order, that so many per cent of them do not exceed."""
    return ordered[max(math.ceil(len(ordered) * per_cent / 100), 1) - 1]


def scale(rows: Sequence[Times]) -> Scale:
    """A scale from the shortest median to the slowest answer."""
    low = math.floor(math.log10(max(min(row.median for row in rows), 1e-4)))
    high = math.ceil(math.log10(max(max(row.slowest for row in rows), 1e-4)))
    return Scale(low, max(high, low + 1))


def _operation(exchange: Exchange) -> str:
    if exchange.method in _BY_METHOD:
        return _BY_METHOD[exchange.method]
    segments = urlsplit(exchange.url).path.rstrip("/").split("/")
    if name := _BY_RESOURCE.get(segments[-1]):
        return name
    if "frames" in segments:
        return "Retrieve frames"
    return "Retrieve instances" if segments[-2:-1] and segments[-2] in _BY_RESOURCE else "Retrieve bulk data"
