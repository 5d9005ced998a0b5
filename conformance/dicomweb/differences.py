"""The value in which every judgement ends: what something is, and what it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Difference(NamedTuple):
    """X is A, should be B: `subject` is what it is about, `found` and `wanted` are values or short phrases."""

    subject: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.subject} is {self.found}, should be {self.wanted}"

    def of(self, whole: str) -> Difference:
        """The same, of a part of `whole`."""
        return self._replace(subject=f"{self.subject} of {whole}")


@dataclass(frozen=True)
class Deviation:
    """A difference that a server has shown: in the response to `sent` (method, target, Accept), and the places where it
    was seen.

    `places` are all of them, a few words each, where a check looks at many; `why` is, for a warning, the other reading
    of the text, or the doubt.
    """

    difference: Difference
    sent: str
    why: str = ""
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = f", and {len(self.places) - 1} more" if len(self.places) > 1 else ""
        return f"{self.difference}{more} ({self.sent})" + (f"; {self.why}" if self.why else "")


class Malformed(ValueError):
    """Content that cannot be read. `difference` is the first place that breaks its grammar."""

    def __init__(self, subject: str, found: object, wanted: object) -> None:
        self.difference = difference(subject, found, wanted)
        super().__init__(str(self.difference))


def difference(subject: str, found: object, wanted: object) -> Difference:
    """A difference between any values: None becomes "absent", "" becomes "empty", a sequence "A, B or C"."""
    return Difference(subject, worded(found), worded(wanted))


def either(words: Sequence[str]) -> str:
    """Words as a choice, such as "404, 410 or 400"; "none" if there are none."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:]))) or "none"


def worded(value: object) -> str:
    """A value as a message has it."""
    if value is None:
        return "absent"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return either(list(map(worded, value)))
    return str(value) or "empty"
