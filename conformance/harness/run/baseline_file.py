"""A baseline as a run writes it: what deviates now, for a person to complete with reasons."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from pathlib import Path

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.baseline import TO_COMPLETE, Baseline, Known, read
from conformance.reporting.results import Check, Results
from conformance.reporting.text import count, shorten, visible
from conformance.reporting.words import clause

LONGEST = 500


def opened(file: str | Path | None, write: str | None) -> tuple[Baseline, BaselineFile | None]:
    """The baseline of a file, and the one that the run is to write. Raises ConfigurationError."""
    path, written = Path(file) if file else None, Path(write) if write else None
    # One that is configured, and is to be written by this run, need not be there yet.
    unwritten = path and written and not path.exists() and path.resolve() == written.resolve()
    baseline = read(path) if path and not unwritten else Baseline()
    return baseline, BaselineFile(written, baseline) if written else None


class BaselineFile:
    """Where a run writes its baseline. Raises ConfigurationError, before anything is sent, where it may not."""

    def __init__(self, path: Path, current: Baseline) -> None:
        self._path, self._current = path, current
        own = Path(current.file) if current.file else None
        if path.exists() and not (own and own.exists() and path.samefile(own)):
            raise ConfigurationError(
                f"--baseline-write: {path} is there, and not the baseline of this run; name another"
            )
        if not os.access(path.parent, os.W_OK):
            raise ConfigurationError(f"--baseline-write: {path.parent} is no folder that can be written into")

    def write(self, results: Results, strict: bool) -> list[str]:
        """Write the file whole or not at all; lines for the terminal on what is in it."""
        new = [_entry(check, self._current) for check in _deviating(results.checks, self._current.expired, strict)]
        kept = _kept(self._current, results.checks)
        entries = sorted([*kept, *new], key=lambda entry: entry.check)
        path = self._path.resolve()
        draft = path.with_name(path.name + ".part")
        draft.write_text(_text(entries, results), encoding="utf-8", newline="\n")
        os.replace(draft, path)
        dropped = len({entry.check for entry in self._current.entries} - {entry.check for entry in entries})
        lines = [
            f"BASELINE  {visible(str(self._path))}: {count(len(new), 'entry', 'entries')} to be completed, "
            f"{len(kept)} kept, {dropped} dropped"
        ]
        if any(check.verdict == "blocked" for check in results.checks):
            lines.append(
                "          what waited for these is judged once they are known: run with it, and write it again"
            )
        return lines


def _deviating(checks: Sequence[Check], expired: Collection[str], strict: bool) -> list[Check]:
    """The checks that make a run red: those that failed, and warnings that others wait for, or that count (strict)."""
    causes = {check.blocked_by for check in checks if check.verdict == "blocked"}
    return [
        check
        for check in checks
        if check.verdict == "fail"
        or check.id in expired
        or (check.verdict == "warn" and (strict or causes & {check.id, check.requirement.lower()}))
    ]


def _kept(current: Baseline, checks: Iterable[Check]) -> list[Known]:
    """The entries that still hold, and those of checks that were not judged, of which nothing can be said."""
    stale = {check.id for check in checks if check.verdict == "stale"}
    return [entry for entry in current.entries if entry.check not in stale]


def _entry(check: Check, current: Baseline) -> Known:
    before = next((entry for entry in current.entries if entry.check == check.id), None)
    # Without what was sent, whose UIDs are another run's next time.
    seen = check.deviation
    said = f"{seen.subject} is {seen.found}, should be {seen.wanted}" if seen else check.summary
    return Known(check.id, f"{TO_COMPLETE}: {shorten(visible(said), LONGEST)}", issue=before.issue if before else "")


def _text(entries: Iterable[Known], results: Results) -> str:
    """The file: entries by requirement, each under what the requirement says."""
    requirement_of = {name: item for item in results.requirements for name in item.checks}
    lines = [
        f"# What {results.endpoint.name} does otherwise than PS3.18 {results.edition} has it; run {results.run}.",
        f'# Complete each reason that begins with "{TO_COMPLETE}"; issue = "..." and expires = 2027-06-30 may follow.',
    ]
    for item, own in groupby(entries, key=lambda entry: requirement_of.get(entry.check)):
        heading = (
            f"{item.id}, {clause(item.clause)}, {item.level}: {item.statement}" if item else "Not judged by this run"
        )
        lines += ["", f"# {heading}"]
        for entry in own:
            lines += ["", "[[known]]", f"check = {_string(entry.check)}", f"reason = {_string(entry.reason)}"]
            lines += [f"issue = {_string(entry.issue)}"] if entry.issue else []
            lines += [f"expires = {entry.expires}"] if entry.expires else []
    # In a comment nothing can be escaped, and what is in a string has no such character any more.
    return "".join(f"{visible(line)}\n" for line in lines)


def _string(text: str) -> str:
    """A basic string of TOML, in which every character that does not show is an escape."""
    return '"' + "".join(_character(character) for character in text) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
