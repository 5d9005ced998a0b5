"""The findings of checks, in words that are the same in the next run: without UIDs, hosts, times and random values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.harness.run.verdicts import Conclusion

# Patterns of texts that differ from run to run, and the word for each; the first that matches is taken.
_VARYING = (
    (re.compile(r"(\{[0-9A-F]{8}(?: [A-Z]{2}, [0-9,]+ characters?)?)(?:, [0-9a-f]{6})?\}"), r"\1}"),
    (re.compile(r"https?://[^\s/'\"]+"), "{host}"),
    (re.compile(r"(?<![\w.])(?!1\.2\.840\.10008\.)[0-2](?:\.\d+){2,}\b"), "{UID}"),
    (re.compile(r"\b\d{8}T?\d{6}(?:\.\d+)?\b|\b\d\d:\d\d:\d\d(?:\.\d+)?\b"), "{time}"),
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), "{run}"),
    (re.compile(r"\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{12,})\b", re.IGNORECASE), "{id}"),
    (re.compile(r"\b(?:\d{1,3}(?:,\d{3})+|\d{3,})( bytes\b)"), r"{number}\1"),
)
# A UID of the standard, such as that of a transfer syntax, is a part of the finding.
_STANDARD = re.compile(r"\b1\.2\.840\.10008(?:\.\d+)+\b")


@dataclass(frozen=True)
class Finding:
    """A finding, as "X is A, should be B", and its places if a check looks at many."""

    found: str
    places: tuple[str, ...] = ()

    @property
    def older(self) -> Finding:
        """The same as older baselines have it, which leave out the UIDs of the standard."""
        return Finding(_STANDARD.sub("{UID}", self.found), tuple(_STANDARD.sub("{UID}", item) for item in self.places))

    @classmethod
    def of(cls, conclusion: Conclusion, label: str = "") -> Finding:
        """The finding of a conclusion, or its sentence if it has no deviation; `label` marks the data of the run."""
        seen = conclusion.deviation
        if seen is None:
            return cls(stable(conclusion.summary, label))
        places = dict.fromkeys(stable(place, label) for place in seen.places)
        return cls(stable(str(seen.difference), label), tuple(places))


def stable(text: str, label: str = "") -> str:
    """A text without the parts that differ from run to run."""
    text = text.replace(label, "{run}") if label else text
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text
