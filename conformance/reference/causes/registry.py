"""The form of a cause, and the list of all causes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..app import Origin

CAUSES: dict[str, Cause] = {}


@dataclass(frozen=True)
class Cause:
    """One cause: `sentence` is what the server does, `origin` is the server that does it."""

    id: str
    sentence: str
    origin: type[Origin]


def cause(id: str) -> Callable[[type[Origin]], type[Origin]]:
    """Register a class as a cause; its docstring is the sentence."""

    def register(origin: type[Origin]) -> type[Origin]:
        CAUSES[id] = Cause(id, origin.__doc__ or "", origin)
        return origin

    return register
