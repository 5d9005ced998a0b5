"""PS3.4 C.2.2.2.1.1: person names, which a server may match with or without case, accents and position."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given
from conformance.kit.verdicts import NotSupported, Observed
from conformance.query import scopes
from conformance.query.scopes import scope

NAMES = {
    "latin": "Müller^Jörg",
    "cyrillic": "Иванов^Пётр",
    "greek": "Παπάς^Νίκος",
    "japanese": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "four-components": "Doe^John^Quincy^Dr.",
}


@check("SEARCH-MATCH-023")
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_name_as_it_is_stored(endpoint, stored, name):
    """A name written as it was stored finds its studies, in any script."""
    searched, keys = scope(stored("archive"), "studies"), {"ReferringPhysicianName": name}

    response = endpoint.get("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-023", "delimiters")
@pytest.mark.parametrize("more", ["^", "^^^", "=="], ids=["caret", "carets", "groups"])
def test_name_with_its_trailing_delimiters(endpoint, stored, more):
    """A name with delimiters after its last component, which say nothing (PS3.5 6.2.1), finds what it finds without."""
    searched, name = scope(stored("archive"), "studies"), "Doe^John"
    plain = endpoint.fetch("studies", params=searched.narrow | {"ReferringPhysicianName": name})

    response = endpoint.get("studies", params=searched.narrow | {"ReferringPhysicianName": name + more})

    scopes.same(response, plain, "study")


@check("SEARCH-MATCH-023", "case")
@pytest.mark.parametrize("script", ["cyrillic", "greek"])
def test_case_counts_alike_in_every_script(endpoint, stored, script):
    """If roe finds Roe, names in Cyrillic and Greek are found in upper case too."""
    searched, name = scope(stored("archive"), "studies"), NAMES[script]
    asked = [{"ReferringPhysicianName": value} for value in ("Roe", "roe", name, name.upper())]

    answers = [endpoint.get("studies", params=searched.narrow | keys) for keys in asked]

    for response in answers:
        given.searched(response)
    roe, lower, literal, upper = (set(scopes.found(response, "study")) for response in answers)
    if not roe or not roe <= lower:
        raise NotSupported("the server matches names case-sensitively")
    if not literal <= upper:
        why = "PS3.4 C.2.2.2.1.1 lets a server ignore case, and this one ignores it for Roe, but not in this script"
        expect.doubt(f"a study with the name {name}", "missing", f"found by {name.upper()}", answers[-1], why)


@check("SEARCH-MATCH-023", "pattern")
def test_beginning_of_a_name(endpoint, stored):
    """The beginning of a name and `*` find the studies with such a name, though PS3.4 C.2.2.2.4 leaves it open."""
    searched = scope(stored("archive"), "studies")
    response = endpoint.get("studies", params=searched.narrow | {"ReferringPhysicianName": "Doe^*"})

    expect.status(response, 200, 204)
    begin = [
        uid for uid, ds in searched.entities.items() if str(ds.get("ReferringPhysicianName") or "").startswith("Doe^")
    ]
    for uid in scopes.missing(response, "study", begin):
        entity = scopes.described(searched, uid, {"ReferringPhysicianName": ""})
        expect.deviates(entity, "missing", "found by Doe^*", response)


@check("SEARCH-MATCH-023", "variants")
@pytest.mark.parametrize(
    "variant",
    ["roe", "Muller^Jorg", "John^Doe", "Doe", "山田^太郎", "Doe^*"],
    ids=["case", "accents", "position", "component", "group", "wildcard"],
)
def test_variants_of_a_name(endpoint, stored, variant):
    """The names that a variant of a name finds are recorded."""
    searched = scope(stored("archive"), "studies")
    response = endpoint.get("studies", params=searched.narrow | {"ReferringPhysicianName": variant})

    given.searched(response)
    there = [searched.entities[uid] for uid in scopes.found(response, "study") if uid in searched.entities]
    names = dict.fromkeys(name for ds in there for name in scopes.values(ds, "ReferringPhysicianName"))
    raise Observed(f"{variant} finds {', '.join(names) or 'nobody'}")
