"""The limits of a run: its budget, and the time that it waits for an unresponsive server."""

from __future__ import annotations

import time
from collections.abc import Callable

from conformance.kit.verdicts import Blocked

DEADLINES = 10
BUDGET = 3600.0  # seconds
RESERVE = 1 / 6  # of the budget, for the cleanup


class Patience:
    """Decides when nothing is sent any more: `over` is the reason, `by` its source.

    The checks have the budget (seconds) without its reserve, the cleanup the rest of it, and at least the reserve.
    Requests without a response may take ten times `deadline` in total in each of the two.
    """

    def __init__(self, deadline: float, budget: float = BUDGET, clock: Callable[[], float] = time.monotonic) -> None:
        self.over: str | None = None
        self.by = ""
        self._most = DEADLINES * deadline
        self._failed = 0
        self._lost = 0.0
        self._clock = clock
        self._reserve = budget * RESERVE
        self._ends = clock() + budget
        self._until = self._ends - self._reserve
        unit, name = (60, "minutes") if budget >= 120 else (1, "seconds")
        self._whole = f"{round(budget / unit, 1):g} {name}"
        used = round((budget - self._reserve) / unit, 1)
        self._used = f"the run has used {used:g} of its {self._whole}, the rest is kept for the cleanup (see --budget)"

    def ask(self) -> None:
        """Raises Blocked once nothing is sent any more."""
        if not self.left():
            self.end(self._used, by="the budget")
        if self.over:
            raise Blocked(self.over, by=self.by)

    def left(self) -> float:
        """The seconds until the checks, or the cleanup, have to end."""
        return max(0.0, self._until - self._clock())

    def lost(self, seconds: float, what: str) -> None:
        """Note a request without a response, and the seconds that it took."""
        self._failed += 1
        self._lost += seconds
        if self._lost > self._most:
            took = f"{self._failed} requests without a response took {self._lost:.0f} s"
            self.end(f"{took}, more than {DEADLINES} times deadline; the last: {what}")

    def end(self, why: str, by: str = "the server") -> None:
        """Send nothing any more, for this reason, or for the first that was given."""
        if not self.over:
            self.over, self.by = why, by

    def renew(self) -> None:
        """Begin the cleanup, which is always tried; it begins once."""
        self._failed, self._lost, self.over = 0, 0.0, None
        if self._until < self._ends:
            self._until = max(self._ends, self._clock() + self._reserve)
            self._used = f"the run has used all of its {self._whole} (see --budget)"
