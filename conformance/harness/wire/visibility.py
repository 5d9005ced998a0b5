"""How long after a store or a delete searches and reads may still show what was before: configured, or learnt from the
first."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SECONDS = 0.2
SHORTEST = 0.02  # seconds before the second request
LONGEST = 5.0  # seconds for which a change that no search shows is looked for
MARGIN = 4  # times what the first change took: later ones may take longer


class Visibility:
    """Waits until searches, or reads, show a change. The seconds that they may take, `delay`, are those configured; if
    none are, those of the first store and the first delete decide. `learnt` is the longest of these, 0 if all show
    them at once.

    PS3.18 does not say when a search has to show a store, and an index may be written a moment later.
    """

    def __init__(self, configured: float) -> None:
        self.delay = configured
        self.learnt = 0.0
        self._unknown = set() if configured else {(True, 0), (False, 0), (True, 1)}

    def wait(self, present: bool, shows: Callable[[], bool | None], asked: int = 0) -> None:
        """Ask again until `shows` is as `present` says; None ends it, as it tells nothing. `asked`: how many times
        the caller has asked before."""
        began = time.monotonic()
        learns = (present, asked) in self._unknown
        self._unknown.discard((present, asked))
        longest = max(self.delay, LONGEST if learns else 0.0)
        while (waited := time.monotonic() - began) < longest:
            seen = shows()
            asked += 1
            if seen is present and learns and asked > 1:
                self.learnt = max(self.learnt, waited)
                self.delay = max(self.delay, MARGIN * waited + POLL_SECONDS)
            if seen is present or seen is None:
                return
            time.sleep(min(POLL_SECONDS, SHORTEST + waited / 2))
