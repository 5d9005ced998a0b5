"""Every pair of levels of values is in an element of the kind values-by-factors, and in its files."""

from __future__ import annotations

from itertools import combinations, product

from conformance.dicomweb import comparison, part10
from conformance.kit.kinds import KINDS, Label
from conformance.kit.kinds.valued import (
    CHARACTER_SETS,
    DEPTHS,
    FIXED,
    LONG,
    MOST,
    NATURAL,
    NUMBERS,
    Element,
    elements,
    lengths,
)

INSTANCES = KINDS["values-by-factors"].make(Label("a run", "DWC1234-"))


def pairs(element):
    return combinations(element._asdict().items(), 2)


def possible(vr, number, length):
    """Several values are of a VR that may have them, and neither empty nor very long."""
    return number == 1 or (vr in FIXED or MOST[vr][1]) and length != 0 and length < LONG


def test_every_pair_is_in_an_element():
    feasible = {
        pair
        for vr in (*MOST, *FIXED)
        for number, length, depth, private, place in product(NUMBERS, lengths(vr), DEPTHS, (False, True), range(5))
        if possible(vr, number, length)
        for pair in pairs(Element(vr, number, length, depth, private, place))
    }

    assert feasible == {pair for element in elements() for pair in pairs(element)}


def found(ds, depth=0):
    """VR, number, length of a value, depth and standard or private of each element that the kind adds."""
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from found(item, depth + 1)
        elif element.keyword.startswith("Selector") or (element.tag.is_private and not element.tag.is_private_creator):
            values = comparison.values(element)
            length = len(values[0]) if values and isinstance(values[0], str | bytes) else 0
            yield element.VR, len(values), length, depth, element.tag.is_private


def test_files_have_the_elements():
    for place, instance in enumerate(INSTANCES):
        ds = part10.read(instance.content)
        known = [element for element in elements() if element.character_set == place]

        there = sorted((vr, depth, private) for vr, _, _, depth, private in found(ds))
        assert there == sorted((each.vr, each.depth, each.private) for each in known)
        lengths_there = sorted((vr, length) for vr, _, length, _, _ in found(ds) if vr in ("LO", "UT", "SH"))
        assert lengths_there == sorted((each.vr, each.length) for each in known if each.vr in ("LO", "UT", "SH"))
        assert sorted(number for vr, number, *_ in found(ds) if vr == "US") == sorted(
            each.number if each.length == NATURAL else 0 for each in known if each.vr == "US"
        )


def test_text_is_in_the_character_set_of_its_instance():
    for (character_set, letter), instance in zip(CHARACTER_SETS, INSTANCES, strict=True):
        ds = part10.read(instance.content)
        texts = [value for element in ds.iterall() if element.VR == "UT" for value in comparison.values(element)]

        assert ds.get("SpecificCharacterSet") == character_set
        assert texts and all(set(text) == {letter} for text in texts)


def test_files_are_not_large():
    assert sum(len(instance.content) for instance in INSTANCES) < 2_500_000
