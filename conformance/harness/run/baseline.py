"""The known deviations of one endpoint, each with its reason: what is known is not red, what is stale is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.verdicts import Conclusion
from conformance.reporting.text import count, nearest

SOON = 30  # days
TO_COMPLETE = "to be completed"  # what a reason begins with that nobody has written


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One known deviation: the id of the check, why it is accepted, where it is followed up, and until when."""

    check: str
    reason: str
    issue: str = ""
    expires: date | None = None


class Baseline:
    """Known deviations by check id. `expired` are the checks that deviate still, past the date of their entry."""

    def __init__(self, entries: Iterable[Known] = (), file: str = "") -> None:
        self._entries = {entry.check: entry for entry in entries}
        self._file = file
        self.expired: set[str] = set()

    @property
    def file(self) -> str:
        """Where it was read from; empty where there is none."""
        return self._file

    @property
    def entries(self) -> list[Known]:
        """The entries as they stand in the file."""
        return list(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, check: str, conclusion: Conclusion) -> Conclusion:
        """What a conclusion becomes when the check is in the baseline: known when it fails, stale when it does not."""
        entry = self._entries.get(check)
        if entry is None or conclusion.verdict in ("blocked", "error"):
            return conclusion
        if conclusion.verdict not in ("fail", "warn"):
            return Conclusion("stale", f"the verdict is {conclusion.verdict}: remove this check from {self._file}")
        if entry.expires and entry.expires < datetime.now(UTC).date():
            self.expired.add(check)
            why = f"the entry of {self._file} expired on {entry.expires}: {conclusion.summary}"
            return replace(conclusion, verdict="stale", summary=why)
        issue = f" ({entry.issue})" if entry.issue else ""
        return replace(conclusion, verdict="known", reason=f"{entry.reason}{issue}")

    def unreasoned(self, known: Iterable[str]) -> int:
        """How many of the checks that are known have no reason that somebody wrote."""
        entries = (self._entries.get(check) for check in known)
        return sum(bool(entry) and entry.reason.startswith(TO_COMPLETE) for entry in entries if entry)

    def expiring(self, today: date) -> list[str]:
        """The entries that are known for SOON days at most, a few words each, the next one first."""
        dated = sorted((entry.expires, entry.check) for entry in self._entries.values() if entry.expires)
        days = [((expires - today).days, check) for expires, check in dated]
        return [f"{check} expires in {count(left, 'day')}" for left, check in days if 0 <= left <= SOON]

    def check_ids(self, ids: Iterable[str]) -> None:
        """Raises ConfigurationError where an entry names no check: it would be a silenced check that nobody runs."""
        known = list(ids)
        for check in self._entries:
            if check not in known:
                raise ConfigurationError(f'{self._file}: there is no check "{check}"{nearest(check, known)}')


def read(path: Path) -> Baseline:
    """The entries [[known]] of a file. Raises ConfigurationError with one sentence."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"the baseline {path} cannot be read: {error}") from error
    try:
        entries = msgspec.convert(tables, dict[str, list[Known]])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"the baseline {path} has an entry that cannot be used: {error}") from error
    for name in entries.keys() - {"known"}:
        raise ConfigurationError(f"the baseline {path} has a table [[{name}]], should have [[known]] only")
    return Baseline(entries.get("known", []), str(path))
