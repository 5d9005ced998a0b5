"""What a variant is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..app import Origin

VARIANTS: dict[str, Variant] = {}


@dataclass(frozen=True)
class Variant:
    """One variant. `seen` is where it was taken for a fault; `sentence` is what the server does.

    `lacks` are the features that it does not have, and so does not claim.
    """

    id: str
    seen: tuple[str, ...]
    sentence: str
    origin: type[Origin]
    lacks: tuple[str, ...] = ()


def variant(id: str, *seen: str, lacks: tuple[str, ...] = ()) -> Callable[[type[Origin]], type[Origin]]:
    """Register a class as a variant; its docstring is the sentence."""

    def register(origin: type[Origin]) -> type[Origin]:
        VARIANTS[id] = Variant(id, seen, origin.__doc__ or "", origin, lacks)
        return origin

    return register


def together(*names: str) -> Variant:
    """One server with several variants, which get on with each other; what is named first is applied last."""
    parts = [VARIANTS[name] for name in names]
    return Variant(
        "+".join(names),
        tuple(where for part in parts for where in part.seen),
        " ".join(part.sentence for part in parts),
        type("Together", tuple(part.origin for part in parts), {}),
        tuple(feature for part in parts for feature in part.lacks),
    )
