"""Values by factors: VR, number, length, depth, standard or private, and character set (PS3.5 6.1.2, 6.2, 7.5, 7.8).

Every pair of levels that PS3.5 6.2 allows is in an element of one of five instances, one for each character set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydicom import Dataset, Sequence
from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import tiny_image
from conformance.kit.kinds.values import private_block

# Specific Character Set, and a letter of it.
CHARACTER_SETS: tuple[tuple[str | list[str] | None, str], ...] = (
    (None, "x"),
    ("ISO_IR 100", "ü"),
    ("ISO_IR 192", "𝄞"),
    (["", "ISO 2022 IR 87"], "山"),
    ("GB18030", "中"),
)
LENGTHS = 0, 1, 12, 16, 63, 64, 65, 1024, 65536, 70000  # characters of a value, or bytes
DEPTHS = 0, 1, 3
NUMBERS = 1, 2, 7
LONG = 65536  # only one value of each VR is so long or longer
# The greatest length of a value of each VR, and whether it may have several; the others have a length of their own.
MOST = {
    vr: (most, several)
    for most, several, vrs in (
        (12, True, "IS"),
        (16, True, "AE CS DS SH"),
        (64, True, "LO PN UI"),
        (1024, False, "LT ST"),
        (70000, True, "UC"),
        (70000, False, "OB OD OF OL OV OW UN UR UT"),
    )
    for vr in vrs.split()
}
FIXED: dict[str, str | int | float] = {
    "AS": "045Y",
    "AT": 0x00100010,
    "DA": "20240229",
    "DT": "20240229101500.5+0100",
    "FD": 0.1,
    "FL": 0.5,
    "SL": -70000,
    "SS": -300,
    "SV": -(2**40),
    "TM": "101500.25",
    "UL": 70000,
    "US": 300,
    "UV": 2**40,
}
WITH_CHARACTER_SET = ("LO", "LT", "PN", "SH", "ST", "UC", "UT")
WIDTHS = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}  # bytes of a number
NATURAL = -1  # the length of a VR that has only one


class Element(NamedTuple):
    """A level of each factor; `character_set` is the place in CHARACTER_SETS."""

    vr: str
    number: int
    length: int
    depth: int
    private: bool
    character_set: int


def lengths(vr: str) -> tuple[int, ...]:
    """The lengths that a value of a VR may have."""
    return tuple(length for length in LENGTHS if length <= MOST[vr][0]) if vr in MOST else (0, NATURAL)


def elements() -> Iterator[Element]:
    """The elements, thirty of each VR: each character set, depth and standard or private with each other."""
    for place, vr in enumerate(sorted([*MOST, *FIXED])):
        several = vr in FIXED or MOST[vr][1]
        long = [length for length in lengths(vr) if length >= LONG]
        short = [length for length in lengths(vr) if length < LONG]
        for at in range(30):
            turn = (at + place) % 30
            length = long[turn] if turn < len(long) else short[(at + at // 6 + place) % len(short)]
            number = NUMBERS[(at + place) % 3] if several and 0 != length < LONG else 1
            yield Element(vr, number, length, DEPTHS[at % 3], bool(at % 2), at % 5)


@kind("values-by-factors", "Every VR by number, length, depth and character set", SecondaryCaptureImageStorage)
def valued(study: Study) -> Iterator[Instance]:
    """Standard elements are Selector Attribute Values, of which each VR has one (PS3.3 C.23.3.1), each in an item."""
    for place, (character_set, _) in enumerate(CHARACTER_SETS):
        ds = tiny_image(study, number=place + 1)
        if character_set is None:
            del ds.SpecificCharacterSet
        else:
            ds.SpecificCharacterSet = character_set
        for number, element in enumerate(each for each in elements() if each.character_set == place):
            _add(ds, number, element)
        yield study.instance(ds)


def _add(ds: Dataset, number: int, element: Element) -> None:
    """Add an element to a data set, or to an item so deep in it as it says."""
    holder = ds if element.depth == 0 else Dataset()
    if element.private:
        private_block(holder).add_new(0x10 + number, element.vr, _values(element))
    else:
        holder.add_new(f"Selector{element.vr}Value", element.vr, _values(element))
    for _ in range(element.depth - 1):
        outer = Dataset()
        _sequence(outer, element.private).append(holder)
        holder = outer
    if element.depth:
        _sequence(ds, element.private).append(holder)


def _sequence(ds: Dataset, private: bool) -> Sequence:
    """A standard or private sequence of a data set, made where it is missing."""
    if private:
        block = private_block(ds)
        if 0x01 not in block:
            block.add_new(0x01, "SQ", [])
        found: Sequence = block[0x01].value
        return found
    if "ImageSetSelectorSequence" not in ds:
        ds.ImageSetSelectorSequence = []
    items: Sequence = ds.ImageSetSelectorSequence
    return items


def _values(element: Element) -> object:
    value = _value(element)
    return [value] * element.number if element.number > 1 else value


def _value(element: Element) -> object:
    """A value of a length, of letters of the character set, digits, or bytes that differ."""
    vr, length = element.vr, element.length
    if length == 0:
        return None
    if vr in FIXED:
        return FIXED[vr]
    if vr in WITH_CHARACTER_SET:
        return CHARACTER_SETS[element.character_set][1] * length
    if vr in ("AE", "CS"):
        return "A" * length
    if vr in ("DS", "IS"):
        return "1" * min(length, 9)
    if vr == "UI":
        return ("1.2" + ".34" * length)[:length].removesuffix(".") if length > 1 else "1"
    if vr == "UR":
        return ("https://example.org/" + "a" * length)[:length]
    width = WIDTHS.get(vr, 1)
    size = -(-length // width) * width
    return (bytes(range(1, 252)) * (size // 251 + 1))[: size + size % 2]
