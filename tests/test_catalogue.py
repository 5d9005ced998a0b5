"""Each entry of the catalogue says what a client suffers at worst where it is broken."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import conformance.requirements as catalogue
from conformance.requirements import Harm, contradictions, requirements

# PS3.19, whose tables have no "shall" beside each rule, was not readable when each clause was read again.
UNREAD = {"XML-MODEL-006", "XML-MODEL-008", "XML-MODEL-015"}
ENTRY = {"transaction": "store", "clause": "10.5", "level": "SHALL", "tier": "core", "statement": "It is stored."}


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("SEED-STORE-READ-BACK", Harm.LOST),
        ("STOW-RESP-025", Harm.LOST),
        ("DELETE-EXT-010", Harm.LOST),
        ("SEARCH-KEY-STUDY-0020000D", Harm.LOST),
        ("RETRIEVE-FRAMES-003", Harm.WRONG),
        ("RETRIEVE-META-009", Harm.WRONG),
        ("COMMON-HDR-018", Harm.WRONG),
        ("SEARCH-RESP-003", Harm.UNREACHABLE),
        ("JSON-VALID-001", Harm.UNREACHABLE),
        ("SEED-WIRE-BOUNDARY-QUOTED", Harm.REFUSED),
        ("LOAD-ANSWERED", Harm.REFUSED),
        ("JSON-STRUCT-005", Harm.COSMETIC),
        ("CAP-OPTIONS-001", Harm.COSMETIC),
    ],
)
def test_obligation_has_the_harm_that_it_does(name, harm):
    assert requirements()[name].harm is harm


def test_every_class_of_harm_is_used():
    assert {item.harm for item in requirements().values()} == set(Harm)


def test_gravest_harm_sorts_first_and_has_its_title():
    shuffled = random.Random(1).sample(list(Harm), len(Harm))

    assert [harm.title for harm in sorted(shuffled)] == [
        "data lost or mixed up",
        "wrong data shown",
        "not found or not opened",
        "refused or slow",
        "cosmetic",
    ]


@pytest.mark.parametrize("harm", [{}, {"harm": "grave"}], ids=["missing", "unknown"])
def test_entry_without_a_harm_is_named_with_its_file(monkeypatch, harm):
    monkeypatch.setattr(catalogue, "FILES", ("store.toml",))
    monkeypatch.setattr(catalogue, "_toml", lambda name: {"STOW-NEW-001": ENTRY | harm})

    with pytest.raises(ValueError) as raised:
        requirements.__wrapped__()

    said = str(raised.value)
    assert said.startswith("the entry STOW-NEW-001 of store.toml cannot be read: ") and "\n" not in said
    assert said.endswith("harm is one of lost, wrong, unreachable, refused, cosmetic")


def test_contributing_has_each_class_with_its_title():
    text = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")

    for harm in Harm:
        assert f"| `{harm.value}` | {harm.title} |" in text


def test_shall_that_only_warns_is_implied_conditional_or_contradicted():
    contradicted = {name for item in contradictions().values() for name in item.requirements}
    shalls = [
        item for item in requirements().values() if (item.level, item.tier, item.profile) == ("SHALL", "extended", None)
    ]
    plain = {item.id for item in shalls if item.basis == "literal" and not item.condition}

    assert plain - contradicted == UNREAD
