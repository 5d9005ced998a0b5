"""The catalogue: every obligation that the suite judges, where the text contradicts itself about one, and the features
and profiles that decide which are scored.

Data in TOML files beside this one, a file a chapter. Who cites what is computed from the checks, never written here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from functools import cache, total_ordering
from importlib.resources import files
from typing import Annotated, Literal, Self

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
    "load.toml",
    "azure.toml",
    "viewers.toml",
    "ohif.toml",
)


TRANSACTIONS = ("store", "retrieve", "search")


@total_ordering
class Harm(Enum):
    """The class of what a client suffers at worst where an obligation is broken, the gravest first; so it sorts too.

    The value is the key in the catalogue, `title` what reports print.
    """

    LOST = "lost", "data lost or mixed up"
    WRONG = "wrong", "wrong data shown"
    UNREACHABLE = "unreachable", "not found or not opened"
    REFUSED = "refused", "refused or slow"
    COSMETIC = "cosmetic", "cosmetic"

    title: str
    rank: int

    def __new__(cls, key: str, title: str) -> Self:
        """A member whose value is its key."""
        member = object.__new__(cls)
        member._value_, member.title, member.rank = key, title, len(cls.__members__)
        return member

    def __lt__(self, other: Harm) -> bool:
        return self.rank < other.rank


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One obligation.

    `harm` is the class of what a client suffers at worst where it is broken, whatever its tier.
    `judged` says what the docstring of its check does not; `client` what a client suffers where it is broken;
    `condition` narrows the level; `feature` names what must be claimed; `not_tested` is why no check judges it.
    `profile`: it is no obligation of the standard, and judged only under this profile. `load`: it is about many clients
    at the same time, and judged only where these are asked for (--load). `viewers`, each with its version, depend on
    it.
    """

    transaction: Literal["store", "retrieve", "search", "delete", "model", "common", "capabilities"]
    clause: str
    level: Literal["SHALL", "SHOULD", "MAY"]
    tier: Literal["core", "extended", "info"]
    harm: Harm
    statement: str
    client: str = ""
    feature: str | None = None
    basis: Literal["literal", "derived"] = "literal"
    condition: str = ""
    judged: str = ""
    pitfalls: str = ""
    edition: str = ""
    profile: str | None = None
    load: bool = False
    viewers: list[str] = []
    not_tested: str | None = None
    id: str = ""

    @property
    def needs(self) -> str | None:
        """The feature without which it is not judged: its own, or else its transaction where that is one."""
        return self.feature or (self.transaction if self.transaction in TRANSACTIONS else None)

    def is_waived(self, claimed: frozenset[str]) -> bool:
        """Whether PS3.18 requires it of an endpoint with these claims, which does not claim its feature."""
        feature = features()[self.feature] if self.feature and self.tier == "core" and not self.profile else None
        if feature is None or not feature.demanded or self.feature in claimed:
            return False
        of = feature.part_of or (self.transaction if self.transaction in TRANSACTIONS else None)
        return of is None or of in claimed

    def asked_for(self, profiles: Collection[str], load: bool) -> bool:
        """Whether a run under these profiles, with a load or without, is about it."""
        return (self.profile is None or self.profile in profiles) and (load or not self.load)


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a server may leave out, and says so by not claiming it.

    `part_of`: the feature with which it goes, unless `supports` names it. `demanded`: PS3.18 does not let a server that
    claims `part_of` leave it out, or where that is None, any server.
    """

    title: str
    standard: str
    part_of: str | None = None
    demanded: bool = False


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements of the standard that are not met, or single checks of them: why, and where that is documented."""

    why: str
    requirements: list[str] = []
    checks: list[str] = []


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an endpoint claims when its configuration does not say more, and whether a run may store and delete.

    `deviations` are known: they do not make a run deviate. `beside`: it claims nothing and is judged beside another
    profile, whose verdict it does not change.
    """

    sentence: str
    edition: str
    claims: list[str] = []
    writes: bool = True
    beside: bool = False
    deviations: list[Deviation] = []

    @property
    def deviates(self) -> dict[str, str]:
        """Why a requirement or a check is not met, by id."""
        return {name: item.why for item in self.deviations for name in (*item.requirements, *item.checks)}


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a text says, by clause. `since` and `until`: the first and last edition seen with it, None for all."""

    clause: str
    says: str
    since: str | None = None
    until: str | None = None

    def __str__(self) -> str:
        since, until = self.since and f"since {self.since}", self.until and f"until {self.until}"
        when = " ".join(filter(None, [since, until]))
        return f"{self.says} ({self.clause}{', ' if when else ''}{when})"


class Contradiction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts that say different things about some requirements; no check fails an answer that one of them asks for."""

    title: str
    requirements: list[str]
    readings: Annotated[list[Reading], msgspec.Meta(min_length=2)]


@cache
def requirements() -> dict[str, Requirement]:
    """Requirement by id, in the order of the catalogue. Raises ValueError that names an entry which cannot be read."""
    return {item.id: item for name in FILES for item in _entries(name)}


def _entries(name: str) -> Iterator[Requirement]:
    for key, values in _toml(name).items():
        try:
            item = msgspec.convert(values, Requirement)
        except msgspec.ValidationError as error:
            classes = f"; harm is one of {', '.join(harm.value for harm in Harm)}" if "harm" in str(error) else ""
            raise ValueError(f"the entry {key} of {name} cannot be read: {error}{classes}") from None
        yield msgspec.structs.replace(item, id=key)


@cache
def features() -> dict[str, Feature]:
    """Feature by name."""
    return msgspec.convert(_toml("features.toml"), dict[str, Feature])


def claims(profile: str, supports: Iterable[str], lacks: Iterable[str]) -> frozenset[str]:
    """The features that an endpoint claims: those of its profile and what it supports, without what it lacks."""
    named, lacking = frozenset(supports), frozenset(lacks)
    claimed = named.union(profiles()[profile].claims) - lacking
    parts = {name for name, feature in features().items() if feature.part_of in lacking}
    return claimed - (parts - named)


@cache
def profiles() -> dict[str, Profile]:
    """Profile by name."""
    return msgspec.convert(_toml("profiles.toml"), dict[str, Profile])


@cache
def contradictions() -> dict[str, Contradiction]:
    """Contradiction by name."""
    return msgspec.convert(_toml("contradictions.toml"), dict[str, Contradiction])


def readings(requirement: str) -> list[str]:
    """The texts that contradict each other about a requirement, a sentence each."""
    return [
        f"{item.title}: {'; or '.join(map(str, item.readings))}"
        for item in contradictions().values()
        if requirement in item.requirements
    ]


def _toml(name: str) -> dict[str, object]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))
