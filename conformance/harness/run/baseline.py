"""The known deviations of one endpoint, each with its reason: a listed one is not red, any other is.

An entry names a requirement, the finding, and the checks that found it; if a check looks at many responses, their
places too. A different finding of a listed check is red, and so is a listed check that no longer finds a deviation.
The file also lists the claimed features, the checks that are not judged, because its deviations block them, or the
server refuses what they need, and the requirements of which the server supports nothing: another one may have met
something new.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from conformance.harness.data.objects import of_any
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.findings import Finding
from conformance.harness.run.verdicts import Conclusion
from conformance.reporting import record
from conformance.reporting.record import Check
from conformance.reporting.sentences import NOT_SCORED, waits_for_known
from conformance.reporting.text import count, listed, nearest
from conformance.requirements import requirements

SOON = 30  # days
TO_COMPLETE = "to be completed"  # the beginning of a reason that nobody has completed
TO_CONFIRM = "to be confirmed"  # the beginning of one from a baseline that did not say what was found
ORIGIN = ("endpoint", "edition", "profile")  # keys that say of what run a file was written
UNLISTED = "the baseline"  # what blocks a check that is not listed as unjudged
_OLDER = "{UID}"
NO_UNJUDGED = "has no [unjudged], and so excuses whatever its deviations block: --baseline-write adds it"
OLD_FORM = "lists checks without what they found, and so excuses whatever they find: --baseline-write corrects it"


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One known deviation. `found` is that of a Finding, "" in a file of the older form, which stands for any finding.

    `checks` are ids, `places` those of their findings. `issue` is the place where it is tracked, `by` the person who
    accepted it, `on` the day of that, and `expires` the last day on which it is valid.
    """

    requirement: str
    found: str
    checks: list[str]
    reason: str
    places: list[str] = []
    issue: str = ""
    by: str = ""
    on: date | None = None
    expires: date | None = None

    def fits(self, check: str, finding: Finding) -> bool:
        """True if a finding of a check is the known one."""
        if check not in self.checks:
            return False
        if not self.found:
            return True
        return self._has(finding) or (_OLDER in "".join([self.found, *self.places]) and self._has(finding.older))

    def _has(self, finding: Finding) -> bool:
        # Of many places any may be found first, or be the only one that is left.
        return (
            set(finding.places) <= set(self.places) if finding.places else finding.found in (self.found, *self.places)
        )

    @property
    def has_reason(self) -> bool:
        """True if a person has written a reason for it, and for this finding."""
        reason = self.reason.strip().lower()
        return bool(self.found and reason) and not reason.startswith((TO_COMPLETE, TO_CONFIRM))


class _Unjudged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The checks that are not judged, because deviations of the file block them, or the server refuses what they need;
    and the requirements of which the server supports nothing, None if the file does not list them."""

    checks: list[str] = []
    requirements: list[str] | None = None


class _ByCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the older form."""

    check: str
    reason: str
    issue: str = ""
    expires: date | None = None


@dataclass(frozen=True)
class Seen:
    """A finding of this run, and the entry that lists it, if any."""

    finding: Finding
    entry: Known | None = None


class Baseline:
    """Known deviations. `seen` has the finding of each check that deviates; `expired` are those of expired entries.

    `label` is the beginning of the Patient IDs of the run, which may occur in its findings. `origin` says of what run
    the file was written, as far as it does: its endpoint, edition and profile. `claims` are the features that were
    claimed, `unjudged` the checks that were not judged, and `unsupported` the requirements of which nothing was; None
    if the file does not say.
    """

    def __init__(
        self,
        entries: Iterable[Known] = (),
        file: str = "",
        sha256: str = "",
        origin: Mapping[str, str] | None = None,
        unjudged: Iterable[str] | None = None,
        claims: Iterable[str] = (),
        unsupported: Iterable[str] | None = None,
    ) -> None:
        self.label = ""
        self.unjudged = frozenset(unjudged or ())
        self.unsupported = None if unsupported is None else frozenset(unsupported)
        self.claims = frozenset(claims)
        self._lists_unjudged = unjudged is not None
        self._entries = list(entries)
        self._sha256 = sha256
        self._origin = dict(origin or {})
        self._of: dict[str, list[Known]] = {}
        for entry in self._entries:
            for check in entry.checks:
                self._of.setdefault(check, []).append(entry)
        self._file = file
        self.seen: dict[str, Seen] = {}
        self.expired: set[str] = set()

    @property
    def file(self) -> str:
        """The path of the file; empty if there is none."""
        return self._file

    @property
    def entries(self) -> list[Known]:
        """The entries of the file."""
        return list(self._entries)

    def remarks(self, endpoint: str, edition: str, profile: str) -> list[str]:
        """Remarks about a file of the older form, and about one that was written of another endpoint, edition or
        profile: it may accept what is new here."""
        here = dict(zip(ORIGIN, (endpoint, edition, profile), strict=True))
        others = [f'{name} "{said}"' for name, said in self._origin.items() if said != here[name]]
        found = [f"{self._file} was written for {listed(others)}: it may accept what is new here"] if others else []
        if any(not entry.found for entry in self._entries):
            found.append(f"{self._file} {OLD_FORM}")
        return found

    @property
    def gaps(self) -> list[str]:
        """A remark about a file that does not say what is not judged because of it."""
        return [f"{self._file} {NO_UNJUDGED}"] if self._entries and not self._lists_unjudged else []

    def recorded(self) -> record.Baseline | None:
        """The baseline as results.json has it; None if there is none."""
        if not self._file:
            return None
        entries = [
            record.KnownDeviation(
                requirement=entry.requirement,
                found=entry.found,
                checks=entry.checks,
                reason=entry.reason,
                issue=entry.issue,
                by=entry.by,
                on=str(entry.on or ""),
                expires=str(entry.expires or ""),
            )
            for entry in self._entries
        ]
        return record.Baseline(self._file, self._sha256, entries)

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, check: str, conclusion: Conclusion) -> Conclusion:
        """The conclusion under this baseline: known if an entry fits, stale if the check no longer finds anything."""
        deviates = conclusion.verdict in ("fail", "warn")
        finding = Finding.of(conclusion, self.label)
        if deviates:
            self.seen[check] = Seen(finding)
        entries = self._of.get(check)
        if entries is None or conclusion.verdict in ("blocked", "error"):
            return conclusion
        if not deviates:
            return Conclusion("stale", f"the verdict is {conclusion.verdict}: remove this check from {self._file}")
        entry = next((entry for entry in entries if entry.fits(check, finding)), None)
        if entry is None:
            return self._other(entries, finding, conclusion)
        self.seen[check] = Seen(finding, entry)
        if entry.expires and entry.expires < datetime.now(UTC).date():
            self.expired.add(check)
            why = f"the entry of {self._file} expired on {entry.expires}: {conclusion.summary}"
            return replace(conclusion, verdict="stale", summary=why)
        issue = f" ({entry.issue})" if entry.issue else ""
        return replace(conclusion, verdict="known", reason=f"{entry.reason}{issue}")

    def _other(self, entries: list[Known], finding: Finding, conclusion: Conclusion) -> Conclusion:
        """A conclusion whose finding is not the known one."""
        known = next((entry for entry in entries if entry.found == finding.found), entries[0])
        new = [place for place in finding.places if place not in known.places]
        what = f"does not list {new[0]}" if new else f"lists another finding of this check ({known.found})"
        why = f"{self._file} {what}"
        seen = conclusion.deviation
        told = seen and replace(seen, why=f"{seen.why}; {why}" if seen.why else why)
        return replace(conclusion, summary=f"{conclusion.summary}; {why}", deviation=told)

    def limit(
        self,
        checks: Sequence[Check],
        refused: Container[str] = (),
        claims: frozenset[str] | None = None,
        unsupported: Iterable[str] | None = None,
    ) -> None:
        """Excuse a check that is not judged, since a known deviation blocks it, or it is among the `refused`, or its
        requirement among the `unsupported`, only if it is listed, where the file has such a list; another one is
        blocked, and so is one of a feature that was claimed, and is not among the `claims`. `claims` is None for a run
        that only reads, and `unsupported` for a part of a run too: they do not say it."""
        waiting, lost = waits_for_known(checks), self.claims - (self.claims if claims is None else claims)
        new = set() if self.unsupported is None else set(unsupported or ()) - self.unsupported
        for check in checks if self._file else ():
            name, is_unsupported = check.requirement, check.verdict == "not supported"
            is_lost = check.verdict in NOT_SCORED and requirements()[name].needs in lost
            is_new = is_unsupported and name in new
            unlisted = self._lists_unjudged and (check.id in waiting or (is_unsupported and check.id in refused))
            if (unlisted or is_lost or is_new) and check.id not in self.unjudged:
                check.verdict, check.blocked_by = "blocked", UNLISTED
                check.summary += f"; {self._file} does not list {name if is_new else 'this check'} as unjudged"

    def unreasoned(self, known: Iterable[str]) -> int:
        """The number of known checks without a reason that a person wrote for the finding."""
        entries = (self.seen[check].entry for check in known if check in self.seen)
        return sum(not entry.has_reason for entry in entries if entry)

    def expiring(self, today: date) -> list[str]:
        """The entries that expire within SOON days, a few words each, the next one first."""
        dated = sorted((entry.expires, entry.requirement) for entry in self._entries if entry.expires)
        days = [((expires - today).days, name) for expires, name in dated]
        return [f"{name} expires in {count(left, 'day')}" for left, name in days if 0 <= left <= SOON]

    def check_ids(self, ids: Iterable[str]) -> None:
        """Raises ConfigurationError if the file names a check that does not exist: it would have no effect,
        unnoticed. Own objects need not be in each run."""
        known = list(ids)
        for check in (*self._of, *sorted(self.unjudged)):
            if check not in known and of_any(check) == check:
                raise ConfigurationError(f'{self._file}: there is no check "{check}"{nearest(check, known)}')
        for name in sorted((self.unsupported or set()) - requirements().keys()):
            raise ConfigurationError(
                f'{self._file}: there is no requirement "{name}"{nearest(name, list(requirements()))}'
            )
        for entry in self._entries:
            for check in entry.checks:
                if entry.found and check.partition(".")[0] != entry.requirement.lower():
                    raise ConfigurationError(
                        f"{self._file}: an entry of {entry.requirement} lists {check}, which is of another requirement"
                    )


def read(path: Path) -> Baseline:
    """The entries [[known]] of a file. Raises ConfigurationError with one sentence."""
    try:
        content = path.read_bytes()
        tables = tomllib.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"the baseline {path} cannot be read: {error}") from error
    for name in sorted(tables.keys() - {"known", "unjudged", "claims", *ORIGIN}):
        raise ConfigurationError(f"the baseline {path} has a table {name}, should have [[known]] and [unjudged] only")
    origin = {name: tables[name] for name in ORIGIN if name in tables}
    if wrong := next((name for name, said in origin.items() if not isinstance(said, str)), None):
        raise ConfigurationError(f"the baseline {path} has a key {wrong} that should be a text in quotation marks")
    entries = tables.get("known", [])
    try:
        known = map(_entry, msgspec.convert(entries, list[dict[str, Any]]))
        lists = msgspec.convert(tables["unjudged"], _Unjudged) if "unjudged" in tables else None
        unjudged, unsupported = (lists.checks, lists.requirements) if lists else (None, None)
        claims = msgspec.convert(tables.get("claims", []), list[str])
        digest = hashlib.sha256(content).hexdigest()
        return Baseline(known, str(path), digest, origin, unjudged, claims, unsupported)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"the baseline {path} has an entry that cannot be used: {error}") from error


def _entry(table: dict[str, Any]) -> Known:
    """An entry of either form. Raises ValidationError."""
    if "check" not in table:
        entry = msgspec.convert(table, Known)
        if not entry.found or not entry.checks:
            raise msgspec.ValidationError(f"{entry.requirement} has no checks, or not what they found")
        return entry
    old = msgspec.convert(table, _ByCheck)
    return Known(old.check, "", [old.check], old.reason, issue=old.issue, expires=old.expires)
