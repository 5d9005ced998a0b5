"""`unpack RUN [ID]`: write the evidence of a run as files, where its curl lines look for them.

    dicomweb-conformance unpack reports/pacs/20261121-091407-7f3a
    dicomweb-conformance unpack reports/pacs/20261121-091407-7f3a seed-store-studies
    dicomweb-conformance unpack reports/pacs/20261121-091407-7f3a population.sample/01

ID is a check or a requirement (every exchange in its evidence is written), or one exchange, as reports name it. The
files are written to RUN/evidence/; the curl lines that send them again are printed. An existing file is never changed,
and no link is followed.

exit codes: 0 the files are there, 3 one could not be written,
            4 the run, its evidence or the ID cannot be found or read, or something else is in the place of a file
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands import ended
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.reporting import files, results
from conformance.reporting.evidence import SUFFIX, Evidence
from conformance.reporting.exchanges import entry
from conformance.reporting.record import Exchange
from conformance.reporting.text import count, size, visible


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the run, the ID and the output."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder of the run")
    parser.add_argument("id", nargs="?", metavar="ID", help="a check, a requirement, or an exchange (default: all)")
    parser.add_argument("--into", type=Path, metavar="DIR", help="write into DIR/evidence/ (default: RUN/evidence/)")


def main(options: argparse.Namespace) -> int:
    """Exit code 0. Raises ConfigurationError, UnreadableEvidence, UnreadableResults."""
    evidence = ended.evidence_of(options.folder)
    names = list(evidence.entries) if options.id is None else _named(evidence, options.folder, options.id.lower())
    if not names:
        what = visible(options.id) if options.id else "any exchange"
        raise ConfigurationError(f"the evidence of {options.folder} has nothing of {what}")
    curls = [visible(exchange.curl) for exchange in _asked(options.folder, options.id)] if options.id else []
    into = options.into or options.folder
    into.mkdir(parents=True, exist_ok=True)
    try:
        for name in names:
            files.write(into, name, evidence.pieces(name))
    except files.InTheWay as error:
        raise ConfigurationError(str(error)) from error
    written = size(sum(evidence.entries[name].size for name in names))
    print(f"{count(len(names), 'file')} in {into / 'evidence'}, {written}")
    for curl in curls:
        print(curl)
    if not evidence.whole:
        print("The run did not end: what it had not yet written is not there")
    return 0


def _named(evidence: Evidence, folder: Path, id: str) -> list[str]:
    """The entries of an exchange, or of all exchanges and files of a check; without results.json, of those below its
    id."""
    if "/" in id:
        return [name for name in evidence.entries if _exchange(name) == f"evidence/{id}"]
    found = [name for name in evidence.entries if name.startswith(f"evidence/{id}/")]
    if (folder / "results.json").exists():
        checks = [item for item in results.read(folder).every_check if id in (item.id, item.requirement.lower())]
        cited = {exchange.path.removesuffix(SUFFIX) for item in checks for exchange in item.evidence}
        files = {path for item in checks for path in item.files}
        found += [name for name in evidence.entries if name in files or _exchange(name) in cited]
    return list(dict.fromkeys(found))


def _asked(folder: Path, id: str) -> list[Exchange]:
    """The exchanges of a check or a requirement, or the one exchange of that name; none without results.json."""
    if not (folder / "results.json").exists():
        return []
    every = results.read(folder).every_check
    cited = [check for check in every if id.lower() in (check.id, check.requirement.lower())] or every
    found = {exchange.path: exchange for check in cited for exchange in check.evidence}
    return [item for item in found.values() if "/" not in id or entry(item) == id.lower()]


def _exchange(name: str) -> str:
    """The exchange that an entry belongs to."""
    sender, _, file = name.rpartition("/")
    return f"{sender}/{file.partition('.')[0]}"
