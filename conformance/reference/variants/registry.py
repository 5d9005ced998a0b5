"""The form of a variant, and the list of all variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..app import Origin

VARIANTS: dict[str, Variant] = {}


@dataclass(frozen=True)
class Variant:
    """One variant. `seen` is where it was taken for a fault; `sentence` is what the server does.

    `lacks` are the features that it does not have, and so does not claim. `breaks` are the only requirements that it
    may be told to break: one of a message's form or status, which must not be charged to what the message is about.
    """

    id: str
    seen: tuple[str, ...]
    sentence: str
    origin: type[Origin]
    lacks: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()


def variant(
    id: str, *seen: str, lacks: tuple[str, ...] = (), breaks: tuple[str, ...] = ()
) -> Callable[[type[Origin]], type[Origin]]:
    """Register a class as a variant; its docstring is the sentence."""

    def register(origin: type[Origin]) -> type[Origin]:
        VARIANTS[id] = Variant(id, seen, origin.__doc__ or "", origin, lacks, breaks)
        return origin

    return register


def together(*names: str) -> Variant:
    """One server with several compatible variants; the first named is applied last."""
    parts = [VARIANTS[name] for name in names]
    return Variant(
        "+".join(names),
        tuple(where for part in parts for where in part.seen),
        " ".join(part.sentence for part in parts),
        type("Together", tuple(part.origin for part in parts), {}),
        tuple(feature for part in parts for feature in part.lacks),
        tuple(requirement for part in parts for requirement in part.breaks),
    )
