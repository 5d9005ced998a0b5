"""What rules read in an exchange is read once: many rules over thousands of exchanges read the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from conformance.dicomweb.messages import Answered

Read = TypeVar("Read")


def once(read: Callable[[Answered], Read]) -> Callable[[Answered], Read]:
    """A reading of exchanges whose result, which should be small, is kept as long as the exchange."""
    found: WeakKeyDictionary[Answered, Read] = WeakKeyDictionary()

    @wraps(read)
    def kept(answer: Answered) -> Read:
        if answer not in found:
            found[answer] = read(answer)
        return found[answer]

    return kept
