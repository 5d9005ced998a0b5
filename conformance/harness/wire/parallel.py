"""Simultaneous clients, each of which sends its requests one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from conformance.harness.wire.client import Answer

Send = Callable[[], Answer]


def answers(clients: Sequence[Sequence[Send]]) -> list[list[Answer]]:
    """The results of the requests of each client. A client without a response sends nothing more; Ctrl-C ends them
    all."""
    stop = Event()

    def served(sends: Sequence[Send]) -> list[Answer]:
        found: list[Answer] = []
        for send in sends:
            if stop.is_set() or (found and found[-1].error is not None):
                break
            found.append(send())
        return found

    with ThreadPoolExecutor(len(clients)) as pool:
        try:
            return list(pool.map(served, clients))
        except BaseException:
            stop.set()
            raise
