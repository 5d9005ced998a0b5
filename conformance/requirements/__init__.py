"""The catalogue: every obligation that the suite judges, and the features and profiles that decide which are scored.

Data in TOML files beside this one, a file a chapter. Who cites what is computed from the checks, never written here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

FILES = (
    "seed.toml",
    "store.toml",
    "store_metadata.toml",
    "search.toml",
    "matching.toml",
    "returned.toml",
    "delete.toml",
    "state.toml",
    "retrieve.toml",
    "model.toml",
    "common.toml",
    "capabilities.toml",
)


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One obligation.

    `judged` says how, and which answers pass, warn and fail; `client` what a client suffers where it is broken;
    `condition` narrows the level; `feature` names what must be claimed; `not_tested` is why no check judges it.
    """

    transaction: Literal["store", "retrieve", "search", "delete", "model", "common", "capabilities"]
    clause: str
    level: Literal["SHALL", "SHOULD", "MAY"]
    tier: Literal["core", "extended", "info"]
    statement: str
    client: str = ""
    feature: str | None = None
    basis: Literal["literal", "derived"] = "literal"
    condition: str = ""
    judged: str = ""
    pitfalls: str = ""
    edition: str = ""
    not_tested: str | None = None
    id: str = ""


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a server may leave out, and says so by not claiming it."""

    title: str
    standard: str


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an endpoint claims when its configuration does not say more."""

    sentence: str
    edition: str
    claims: list[str]


@cache
def requirements() -> dict[str, Requirement]:
    """Requirement by id, in the order of the catalogue."""
    chapters = [msgspec.convert(_toml(name), dict[str, Requirement]) for name in FILES]
    return {key: msgspec.structs.replace(item, id=key) for chapter in chapters for key, item in chapter.items()}


@cache
def features() -> dict[str, Feature]:
    """Feature by name."""
    return msgspec.convert(_toml("features.toml"), dict[str, Feature])


@cache
def profiles() -> dict[str, Profile]:
    """Profile by name."""
    return msgspec.convert(_toml("profiles.toml"), dict[str, Profile])


def _toml(name: str) -> dict[str, object]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))
