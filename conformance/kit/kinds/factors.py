"""The factors that pixel objects differ in, and a covering array of them: each pair of levels at least once.

The rows are in `factors.csv`, each under a name that stays: `tests/tools/covering.py` adds rows and changes none. Each
rule names pairs that the standard forbids. `pixel_objects` makes the instance of a row.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

GREYS = "MONOCHROME2", "MONOCHROME1"
INDEXED = *GREYS, "PALETTE COLOR"
NATIVE = "Explicit VR", "Implicit VR", "Deflated"
REVERSIBLE = *NATIVE, "RLE Lossless", "JPEG Lossless", "JPEG-LS", "JPEG 2000 Lossless", "HTJ2K"
LOSSY = "JPEG Baseline", "JPEG Extended", "JPEG 2000"
NONE = "-"

# The levels of each factor, the plainest first.
FACTORS: dict[str, tuple[str, ...]] = {
    "photometric": (*INDEXED, "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"),
    "planes": (NONE, "by pixel", "by plane"),
    "bits": ("8 bit", "1 bit", "12 bit", "12 bit signed", "16 bit", "16 bit signed"),
    "size": ("16 x 16", "1 x 19", "23 x 1", "13 x 11", "10 x 14", "5 x 301"),
    "frames": ("1 frame", "2 frames", "5 frames"),
    "syntax": (*REVERSIBLE, *LOSSY),
    "fragments": (NONE, "1 fragment", "2 fragments", "uneven fragments"),
    "offsets": (NONE, "offset table", "empty offset table", "extended offset table"),
    "modality": (NONE, "rescale", "modality LUT"),
    "voi": (NONE, "window", "LINEAR_EXACT", "SIGMOID", "three windows", "VOI LUT"),
    "overlay": (NONE, "overlay"),
    "profile": (NONE, "ICC profile"),
    "padding": (NONE, "padding value"),
}
# The photometric interpretations of a transfer syntax, if it does not have all of INDEXED and RGB (PS3.5 8.2).
COLOURS = {
    **dict.fromkeys(NATIVE, (*INDEXED, "RGB", "YBR_FULL", "YBR_FULL_422")),
    "RLE Lossless": (*INDEXED, "RGB", "YBR_FULL"),
    "JPEG-LS": (*INDEXED, "RGB", "YBR_FULL"),
    "JPEG Baseline": (*GREYS, "YBR_FULL_422"),
    "JPEG Extended": GREYS,
    "JPEG 2000 Lossless": (*INDEXED, "RGB", "YBR_RCT"),
    "JPEG 2000": (*GREYS, "YBR_ICT"),
    "HTJ2K": (*INDEXED, "RGB", "YBR_RCT"),
}


class Row(NamedTuple):
    """A level of each factor."""

    photometric: str
    planes: str
    bits: str
    size: str
    frames: str
    syntax: str
    fragments: str
    offsets: str
    modality: str
    voi: str
    overlay: str
    profile: str
    padding: str

    @property
    def title(self) -> str:
        """Its levels, for a report."""
        return ", ".join(level for level in self if level != NONE)

    @property
    def rows(self) -> int:
        """Rows of a frame."""
        return int(self.size.split(" x ")[0])

    @property
    def columns(self) -> int:
        """Columns of a frame."""
        return int(self.size.split(" x ")[1])

    @property
    def number(self) -> int:
        """The number of frames."""
        return int(self.frames.split()[0])


class Rule(NamedTuple):
    """What the levels of some factors must fulfil, and the clause that says so."""

    name: str
    clause: str
    factors: tuple[str, ...]
    holds: Callable[..., bool]


def _rule(name: str, clause: str, holds: Callable[..., bool]) -> Rule:
    """A rule of the factors that its function has as arguments."""
    return Rule(name, clause, holds.__code__.co_varnames[: holds.__code__.co_argcount], holds)


_BITS = {
    "MONOCHROME2": FACTORS["bits"],
    "MONOCHROME1": ("8 bit", *FACTORS["bits"][2:]),
    "PALETTE COLOR": ("8 bit", "16 bit"),
    "RGB": ("8 bit", "16 bit"),
}
_OF_GREYS = {  # by the clause of each
    "PS3.3 C.11.1": lambda photometric, bits, modality: modality == NONE or _is_grey(photometric, bits),
    "PS3.3 C.11.2": lambda photometric, bits, voi: voi == NONE or _is_grey(photometric, bits),
    "PS3.3 C.7.5.1.1.2": lambda photometric, bits, padding: padding == NONE or _is_grey(photometric, bits),
}


def _is_grey(photometric: str, bits: str) -> bool:
    return photometric in GREYS and bits != "1 bit"


RULES = (
    _rule(
        "only colour has planes",
        "PS3.3 C.7.6.3.1.3",
        lambda photometric, planes: (photometric in INDEXED) is (planes == NONE),
    ),
    _rule(
        "transformed colour is by pixel",
        "PS3.3 C.7.6.3.1.2",
        lambda photometric, planes: planes != "by plane" or photometric in ("RGB", "YBR_FULL"),
    ),
    _rule(
        "codestreams are by pixel",
        "PS3.5 8.2",
        lambda syntax, planes: planes != "by plane" or syntax in (*NATIVE, "RLE Lossless"),
    ),
    _rule(
        "colours of a transfer syntax",
        "PS3.5 8.2",
        lambda photometric, syntax: photometric in COLOURS.get(syntax, (*INDEXED, "RGB")),
    ),
    _rule(
        "bits of a transfer syntax",
        "PS3.5 8.2",
        lambda bits, syntax: bits in {"JPEG Baseline": ("8 bit",), "JPEG Extended": ("12 bit",)}.get(syntax, (bits,)),
    ),
    _rule("single bits are native", "PS3.5 8.2", lambda bits, syntax: bits != "1 bit" or syntax in NATIVE),
    _rule("bits of a colour", "PS3.3 C.7.6.3", lambda photometric, bits: bits in _BITS.get(photometric, ("8 bit",))),
    _rule(
        "pairs of pixels share chrominances",
        "PS3.3 C.7.6.3.1.2",
        lambda photometric, syntax, size: (
            photometric != "YBR_FULL_422" or syntax not in NATIVE or size in ("16 x 16", "10 x 14")
        ),
    ),
    _rule(
        "only codestreams have fragments",
        "PS3.5 A.4",
        lambda syntax, fragments: (syntax in NATIVE) is (fragments == NONE),
    ),
    _rule(
        "only fragments have offsets", "PS3.5 A.4", lambda fragments, offsets: (fragments == NONE) is (offsets == NONE)
    ),
    _rule(
        "a frame of RLE is one fragment",
        "PS3.5 A.4.2",
        lambda syntax, fragments: syntax != "RLE Lossless" or fragments == "1 fragment",
    ),
    _rule(
        "extended offsets are of whole frames",
        "PS3.3 C.7.6.3.1.8",
        lambda fragments, offsets: offsets != "extended offset table" or fragments == "1 fragment",
    ),
    _rule(
        "frames can be told apart",
        "PS3.5 A.4",
        lambda frames, fragments, offsets: (
            frames == "1 frame" or fragments in (NONE, "1 fragment") or offsets == "offset table"
        ),
    ),
    _rule(
        "several frames are not MONOCHROME1",
        "PS3.3 A.7, A.8, A.14, A.38",
        lambda frames, photometric: frames == "1 frame" or photometric != "MONOCHROME1",
    ),
    _rule(
        "several coloured frames have 8 bits",
        "PS3.3 C.8.5.6",
        lambda frames, photometric, bits: frames == "1 frame" or photometric in GREYS or bits == "8 bit",
    ),
    _rule(
        "several signed frames are rescaled",
        "PS3.3 A.38",
        lambda frames, bits, modality: frames == "1 frame" or "signed" not in bits or modality == "rescale",
    ),
    _rule(
        "several signed frames have windows",
        "PS3.3 A.38",
        lambda frames, bits, voi: frames == "1 frame" or "signed" not in bits or voi not in (NONE, "VOI LUT"),
    ),
    *(_rule("only grey values are transformed, or padding", clause, holds) for clause, holds in _OF_GREYS.items()),
    _rule(
        "only colour has a profile",
        "PS3.3 C.11.15",
        lambda photometric, profile: profile == NONE or photometric not in GREYS,
    ),
    _rule(
        "lossy compression changes padding",
        "PS3.3 C.7.5.1.1.2",
        lambda syntax, padding: padding == NONE or syntax not in LOSSY,
    ),
)


def possible(levels: dict[str, str]) -> bool:
    """True if no rule about the factors that have a level is broken."""
    return all(
        rule.holds(*(levels[name] for name in rule.factors)) for rule in RULES if levels.keys() >= set(rule.factors)
    )


def completed(levels: dict[str, str], order: tuple[str, ...] = tuple(FACTORS)) -> Row | None:
    """A row with these levels, the plainest of the others; None if there is none."""
    if not possible(levels):
        return None
    open_ = next((name for name in order if name not in levels), None)
    if open_ is None:
        return Row(**levels)
    found = (completed({**levels, open_: level}, order) for level in FACTORS[open_])
    return next((row for row in found if row), None)


Pair = tuple[tuple[str, str], tuple[str, str]]


def pairs(row: Row) -> Iterator[Pair]:
    """The pairs of levels that a row has."""
    yield from combinations(row._asdict().items(), 2)


def feasible() -> Iterator[Pair]:
    """Every pair of levels that some row can have."""
    for (one, levels), (other, others) in combinations(FACTORS.items(), 2):
        for level, another in product(levels, others):
            if completed({one: level, other: another}):
                yield (one, level), (other, another)


@cache
def rows() -> dict[str, Row]:
    """The covering array: its rows by name."""
    with Path(__file__).with_name("factors.csv").open(encoding="utf-8", newline="") as file:
        return {found.pop("name"): Row(**found) for found in csv.DictReader(file)}


@cache
def few() -> frozenset[str]:
    """The names of a few rows that together have every level."""
    missing, found = {level for row in rows().values() for level in row._asdict().items()}, set[str]()
    while missing:
        best = max(rows(), key=lambda name: len(missing.intersection(rows()[name]._asdict().items())))
        found.add(best)
        missing.difference_update(rows()[best]._asdict().items())
    return frozenset(found)


def simpler(row: Row) -> list[tuple[str, Row]]:
    """For each factor that is not plain in a row its name, and the row in which it is plainer and least else differs.

    At most two other factors differ, because of a rule; rows in which none does come first. Of transfer syntaxes none
    is plainer than another: any may take the place of a codestream.
    """
    found = []
    for name, levels in FACTORS.items():
        place = levels.index(getattr(row, name))
        plainer = levels[:place] + (levels[place + 1 :] if name == "syntax" and place else ())
        if candidates := [other for level in plainer if (other := _repaired(row, name, level))]:
            found.append((name, min(candidates, key=lambda other: len(changed(row, other)))))
    return sorted(found, key=lambda item: len(changed(row, item[1])))


def changed(row: Row, other: Row) -> set[str]:
    """The factors in which two rows differ."""
    return {name for name in FACTORS if getattr(row, name) != getattr(other, name)}


def _repaired(row: Row, name: str, level: str) -> Row | None:
    wanted: dict[str, Any] = {**row._asdict(), name: level}
    others = [other for other in FACTORS if other != name]
    for number in range(3):
        for repaired in combinations(others, number):
            for levels in product(*(FACTORS[other] for other in repaired)):
                if possible(tried := {**wanted, **dict(zip(repaired, levels, strict=True))}):
                    return Row(**tried)
    return None
