"""The qualification record: which seeded fault turned which checks red, as data and as a page.

A regulated site files this for a tool that it decides by. The data are written by `python tests/prove.py`, the page is
made of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec

from conformance.reporting.page import environment, styled
from conformance.reporting.record import Qualified

# The numbers of the record, which a report carries; the record itself is not installed.
NUMBERS = Path(__file__).with_name("qualified.json")


class Basis(msgspec.Struct, frozen=True):
    """What an entry was proven with, each a digest of source text: itself, the checks, the correct server, the judge.

    The judge is what all checks are judged with. Where one of these is another by now, the entry is older than it.
    """

    subject: str
    checks: str
    server: str
    judge: str


class Kill(msgspec.Struct, frozen=True):
    """One fault and what it did.

    `breaks` are the requirements it breaks, `caught` those of them whose checks turned red for the reason `says`; `red`
    are all checks that turned red, by requirement; `blocked` is how many could not be judged because of it.
    """

    fault: str
    sentence: str
    seen: list[str]
    breaks: list[str]
    says: str
    caught: list[str]
    red: dict[str, list[str]]
    blocked: int
    basis: Basis | None = None


class Proof(msgspec.Struct, frozen=True):
    """One scored requirement: the checks that judge it, and the faults that are caught by them for their reason."""

    requirement: str
    clause: str
    tier: str
    statement: str
    checks: list[str]
    faults: list[str]


# Of a server that is correct but for the form or the status of one message, where that alone was called wrong.
ONE_FORM = "breaks the form of one message alone"


class Innocent(msgspec.Struct, frozen=True):
    """A correct server that only looks faulty, and what the suite says of it: alone, or as one with others."""

    variant: str
    sentence: str
    seen: list[str]
    overall: str
    basis: Basis | None = None


class Lie(msgspec.Struct, frozen=True):
    """A server that lies, and when; `met` is whether the run ended as it should, and nothing passed unearned."""

    liar: str
    met: bool
    basis: Basis | None = None


class Single(msgspec.Struct, frozen=True):
    """A server with a single cause: the obligations that it turned red, the number of those that waited, and whether
    that is all that it may change."""

    cause: str
    sentence: str
    red: list[str]
    waiting: int
    held: bool
    basis: Basis | None = None


class Qualification(msgspec.Struct, frozen=True):
    """The record of one version of the suite."""

    version: str
    kills: list[Kill]
    proofs: list[Proof]
    innocents: list[Innocent]
    lies: list[Lie] = []
    causes: list[Single] = []

    @property
    def caught(self) -> list[Kill]:
        """The faults that are caught by every requirement that they break."""
        return [kill for kill in self.kills if set(kill.breaks) <= set(kill.caught)]

    @property
    def proven(self) -> list[Proof]:
        """The scored requirements that a fault proves."""
        return [proof for proof in self.proofs if proof.faults]

    @property
    def false_alarms(self) -> list[Innocent]:
        """The correct servers that were called something else."""
        return [item for item in self.innocents if item.overall not in ("conforms", ONE_FORM)]

    @property
    def conforming(self) -> list[Innocent]:
        """The correct servers that were found to conform."""
        return [item for item in self.innocents if item.overall == "conforms"]


def read(path: Path) -> Qualification:
    """Read a record. Raises OSError, and msgspec's errors for what is none."""
    return msgspec.json.decode(path.read_bytes(), type=Qualification)


def write(record: Qualification, folder: Path) -> None:
    """Write `qualification.json` and `index.html` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "qualification.json").write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    (folder / "index.html").write_text(render(record), encoding="utf-8")


def numbers(path: Path) -> Qualified:
    """The numbers of the record in a file. Raises what `read` raises."""
    record = read(path)
    return Qualified(
        version=record.version,
        sha256=sha256(path.read_bytes()).hexdigest(),
        faults=len(record.kills),
        caught=len(record.caught),
        requirements=len(record.proofs),
        proven=len(record.proven),
        servers=len(record.conforming) + len(record.false_alarms),
        conform=len(record.conforming),
    )


def write_numbers(qualified: Qualified) -> None:
    """Write what `qualified` reads, into the package."""
    NUMBERS.write_bytes(msgspec.json.format(msgspec.json.encode(qualified), indent=1) + b"\n")


def qualified() -> Qualified:
    """The numbers that are installed with the suite."""
    return msgspec.json.decode(NUMBERS.read_bytes(), type=Qualified)


def render(record: Qualification) -> str:
    """The page as HTML."""
    style, digest = styled("qualification.css", record=record)
    others = {kill.fault: sorted(set(kill.red) - set(kill.breaks)) for kill in record.kills}
    return environment.get_template("qualification.html").render(
        style=style, style_hash=digest, record=record, others=others, turned=_turned(record.kills)
    )


def _turned(kills: Iterable[Kill]) -> dict[str, set[str]]:
    """The checks that a fault turned red, by requirement."""
    turned: dict[str, set[str]] = {}
    for kill in kills:
        for requirement, checks in kill.red.items():
            turned.setdefault(requirement, set()).update(checks)
    return turned
