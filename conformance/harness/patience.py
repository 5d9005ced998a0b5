"""How long a run bears with a server that does not answer, so that it ends also where request after request hangs."""

from __future__ import annotations

from conformance.kit.verdicts import Blocked

DEADLINES = 10


class Patience:
    """Counts the requests without an answer and the time they took; `over` says why nothing is sent any more."""

    def __init__(self, deadline: float) -> None:
        self._most = DEADLINES * deadline
        self._failed = 0
        self._lost = 0.0
        self.over: str | None = None

    def ask(self) -> None:
        """Raises Blocked once patience is over."""
        if self.over:
            raise Blocked(self.over, by="the server")

    def lost(self, seconds: float, what: str) -> None:
        """A request had no answer, and that took so long."""
        self._failed += 1
        self._lost += seconds
        if self._lost > self._most:
            took = f"{self._failed} requests without an answer took {self._lost:.0f} s"
            self.end(f"{took}, more than {DEADLINES} times deadline; the last: {what}")

    def end(self, why: str) -> None:
        """Nothing is sent any more, for this reason, or for the first that was given."""
        self.over = self.over or why

    def renew(self) -> None:
        """Begin anew: cleaning up is tried in any case."""
        self._failed, self._lost, self.over = 0, 0.0, None
