"""The baseline that a run writes: its deviations, for a person to complete with reasons."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Sequence
from itertools import groupby
from pathlib import Path

from msgspec.structs import replace

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.baseline import (
    ORIGIN,
    TO_COMPLETE,
    TO_CONFIRM,
    UNLISTED,
    Baseline,
    Known,
    Seen,
    read,
)
from conformance.reporting import files
from conformance.reporting.record import Check, Results
from conformance.reporting.text import count, visible
from conformance.reporting.words import clause

WIDTH = 110


def opened(file: str | Path | None, write: str | None) -> tuple[Baseline, BaselineFile | None]:
    """The baseline of a file, and the one that the run is to write. Raises ConfigurationError."""
    path, written = Path(file) if file else None, Path(write) if write else None
    # A configured file that this run is to write need not exist yet.
    unwritten = path and written and not path.exists() and path.resolve() == written.resolve()
    baseline = read(path) if path and not unwritten else Baseline()
    return baseline, BaselineFile(written, baseline) if written else None


class BaselineFile:
    """The file into which a run writes its baseline. Raises ConfigurationError, before anything is sent, if it may not
    be written."""

    def __init__(self, path: Path, current: Baseline) -> None:
        self._path, self._current = path, current
        own = Path(current.file) if current.file else None
        if path.exists() and not (own and own.exists() and path.samefile(own)):
            raise ConfigurationError(
                f"--baseline-write: {path} exists, and is not the baseline of this run; name another file"
            )
        if not os.access(path.parent, os.W_OK):
            raise ConfigurationError(f"--baseline-write: {path.parent} is not a folder that can be written to")

    def write(
        self, results: Results, strict: bool, refused: Container[str] = (), unsupported: Iterable[str] | None = None
    ) -> list[str]:
        """Write the file completely or not at all; return lines for the terminal about its content. `refused` are the
        checks whose requests the server refuses, `unsupported` the requirements of which it supports nothing; None
        leaves that list as it is."""
        kept = _kept(self._current, results.checks)
        new = _new(self._current, _deviating(results.checks, self._current, strict))
        entries = sorted([*kept, *new], key=lambda entry: (entry.requirement, entry.checks))
        unjudged = _unjudged(results.checks, entries, self._current, refused)
        lacking = self._current.unsupported if unsupported is None else unsupported
        files.replace(self._path.resolve(), _text(entries, unjudged, lacking, results).encode())
        dropped = len({check for entry in self._current.entries for check in entry.checks} - _checks(entries))
        lines = [
            f"BASELINE  {visible(str(self._path))}: {count(len(new), 'entry', 'entries')} to be completed, "
            f"{len(kept)} kept, {count(dropped, 'check')} dropped"
        ]
        if any(check.verdict == "blocked" for check in results.checks):
            lines.append("          Checks that are blocked by these are judged once the server is repaired.")
        return lines


def _checks(entries: Iterable[Known]) -> set[str]:
    return {check for entry in entries for check in entry.checks}


def _deviating(checks: Sequence[Check], current: Baseline, strict: bool) -> list[Check]:
    """The checks that make a run red, or are known by an entry without a finding.

    A warning is one of them if it counts (strict), or if it blocks other checks.
    """
    causes = {check.blocked_by for check in checks if check.verdict == "blocked"}
    old = {check for check, seen in current.seen.items() if seen.entry and not seen.entry.found}
    return [
        check
        for check in checks
        if check.verdict == "fail"
        or check.id in current.expired
        or (check.verdict == "known" and check.id in old)
        or (check.verdict == "warn" and (strict or causes & {check.id, check.requirement.lower()}))
    ]


def _kept(current: Baseline, checks: Iterable[Check]) -> list[Known]:
    """The entries that are still valid, with their valid checks; an entry of a check that was not judged is kept."""
    judged = {check.id: check.verdict for check in checks}
    entries = []
    for entry in current.entries:
        own = [check for check in entry.checks if _holds(entry, check, judged.get(check), current.seen.get(check))]
        if own:
            entries.append(replace(entry, checks=own))
    return entries


def _holds(entry: Known, check: str, verdict: str | None, seen: Seen | None) -> bool:
    if verdict == "known":
        return bool(seen and seen.entry is entry and entry.found)
    return verdict in (None, "blocked", "error", "not supported")  # nothing is said of what was not judged


def _unjudged(
    checks: Sequence[Check], entries: Iterable[Known], current: Baseline, refused: Container[str]
) -> list[str]:
    """The checks that known deviations block, or will block with these entries, and the refused ones; one that did not
    run stays listed."""
    known = {name for entry in entries for name in (*entry.checks, entry.requirement.lower())}
    known |= {name for check in checks if check.verdict == "known" for name in (check.id, check.requirement.lower())}
    found = {check.id for check in checks if check.verdict == "blocked" and check.blocked_by in known | {UNLISTED}}
    found |= {check.id for check in checks if check.verdict == "not supported" and check.id in refused}
    return sorted(found | (current.unjudged - {check.id for check in checks}))


def _new(current: Baseline, checks: Iterable[Check]) -> list[Known]:
    """An entry for each requirement and finding that is not listed, with the checks and places that share it."""
    found: dict[tuple[str, str, str, str], list[Check]] = {}
    for check in checks:
        seen = current.seen[check.id]
        reason, issue = TO_COMPLETE, seen.entry.issue if seen.entry else ""
        if seen.entry and not seen.entry.found and check.id not in current.expired:
            reason = f"{TO_CONFIRM}: {seen.entry.reason}"
        found.setdefault((check.requirement, seen.finding.found, reason, issue), []).append(check)
    return [
        Known(
            requirement=requirement,
            found=text,
            checks=[check.id for check in own],
            reason=reason,
            places=list(dict.fromkeys(place for check in own for place in current.seen[check.id].finding.places)),
            issue=issue,
        )
        for (requirement, text, reason, issue), own in found.items()
    ]


def _text(
    entries: Iterable[Known], unjudged: Sequence[str], unsupported: Iterable[str] | None, results: Results
) -> str:
    """The file: entries by requirement, each below the statement of the requirement; then what was not judged."""
    requirements = {item.id: item for item in results.requirements}
    origin = (results.endpoint.name, results.edition, results.profile)
    lines = [
        f"# Known deviations of {results.endpoint.name} from PS3.18 {results.edition}; run {results.run}.",
        f'# Write a reason where it begins with "{TO_COMPLETE}" or "{TO_CONFIRM}"; these may follow: issue = "...",',
        '# by = "who accepted it", on = 2027-01-31, expires = 2027-06-30.',
        "",
        *(f"{name} = {_string(said)}" for name, said in zip(ORIGIN, origin, strict=True)),
        *_list("claims", results.endpoint.claims),
    ]
    for name, own in groupby(entries, key=lambda entry: entry.requirement):
        item = requirements.get(name)
        title = f"{name}, {clause(item.clause)}, {item.level}: {item.statement}" if item else f"{name}: not judged here"
        lines += ["", f"# {title}"]
        for entry in own:
            lines += ["", *_table(entry)]
    if unjudged:
        why = "these deviations block them, or the server refuses what they need. Another one is red."
        lines += ["", f"# Not judged, because {why}"]
    lines += ["", "[unjudged]", *_list("checks", unjudged)]
    if unsupported is not None:
        lines += ["# The server supports nothing of these; another one of which nothing is judged is red."]
        lines += _list("requirements", sorted(unsupported))
    # Nothing can be escaped in a comment, and strings have no such character any more.
    return "".join(f"{visible(line)}\n" for line in lines)


def _table(entry: Known) -> list[str]:
    """The lines of one entry."""
    if not entry.found:
        lines = ["[[known]]", f"check = {_string(entry.checks[0])}"]
    else:
        lines = ["[[known]]", f"requirement = {_string(entry.requirement)}", f"found = {_string(entry.found)}"]
        lines += _list("checks", entry.checks)
        lines += _list("places", entry.places) if entry.places else []
    lines.append(f"reason = {_string(entry.reason)}")
    lines += [f"{name} = {_string(value)}" for name, value in (("issue", entry.issue), ("by", entry.by)) if value]
    return lines + [f"{name} = {day}" for name, day in (("on", entry.on), ("expires", entry.expires)) if day]


def _list(name: str, items: Sequence[str]) -> list[str]:
    """A list on one line if it fits, else one item per line."""
    strings = [_string(item) for item in items]
    whole = f"{name} = [{', '.join(strings)}]"
    return [whole] if len(whole) <= WIDTH else [f"{name} = [", *(f"    {string}," for string in strings), "]"]


def _string(text: str) -> str:
    """A basic string of TOML, with every invisible character escaped."""
    return '"' + "".join(_character(character) for character in text) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
