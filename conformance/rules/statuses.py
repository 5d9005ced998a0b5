"""PS3.18 8.5, RFC 9110 15: the header fields that a status comes with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered


def of(status: int) -> Callable[[Sequence[Answered]], list[Answered]]:
    """A selection of the responses with a status."""
    return lambda answers: [answer for answer in answers if answer.status == status]


def without_allow(answer: Answered) -> Difference | None:
    """A 405 lists the methods of the resource (RFC 9110 15.5.6); the list may be empty."""
    return None if answer.header("Allow") is not None else difference("Allow", None, "the methods of the resource")
