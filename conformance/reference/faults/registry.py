"""The form of a fault, and the list of all faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..app import Origin

FAULTS: dict[str, Fault] = {}


@dataclass(frozen=True)
class Fault:
    """One seeded fault.

    `breaks` are the requirements that it breaks; `says` is part of what a check says about it; `seen` is where a real
    server had it; `sentence` is what the server does; `origin` is the server that does it.
    """

    id: str
    breaks: tuple[str, ...]
    says: str
    seen: tuple[str, ...]
    sentence: str
    origin: type[Origin]


def fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[type[Origin]], type[Origin]]:
    """Register a class as a fault; its docstring is the sentence."""

    def register(origin: type[Origin]) -> type[Origin]:
        if id in FAULTS:
            raise ValueError(f"there are two faults {id}")
        FAULTS[id] = Fault(id, breaks, says, seen, origin.__doc__ or "", origin)
        return origin

    return register
