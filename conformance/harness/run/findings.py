"""What a check found, in words that are the same in the next run: without UIDs, hosts, times and random values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.harness.run.verdicts import Conclusion

# What differs from run to run, and the word that stands for it; the first that matches is taken.
_VARYING = (
    (re.compile(r"https?://[^\s/'\"]+"), "{host}"),
    (re.compile(r"\b[0-2](?:\.\d+){2,}\b"), "{UID}"),
    (re.compile(r"\b\d{8}T?\d{6}(?:\.\d+)?\b|\b\d\d:\d\d:\d\d(?:\.\d+)?\b"), "{time}"),
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), "{run}"),
    (re.compile(r"\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{12,})\b", re.IGNORECASE), "{id}"),
    (re.compile(r"\b(?:\d{1,3}(?:,\d{3})+|\d{3,})( bytes\b)"), r"{number}\1"),
)


@dataclass(frozen=True)
class Finding:
    """What was found, as "X is A, should be B", and at which places where a check looks at many."""

    found: str
    places: tuple[str, ...] = ()

    @classmethod
    def of(cls, conclusion: Conclusion) -> Finding:
        """The finding of a conclusion; its sentence, where it has no deviation."""
        if conclusion.deviation is None:
            return cls(stable(conclusion.summary))
        places = dict.fromkeys(map(stable, conclusion.deviation.places))
        return cls(stable(str(conclusion.deviation.difference)), tuple(places))


def stable(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text
