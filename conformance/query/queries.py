"""Queries that Hypothesis generates: keys and values made of stored values, and of near matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydicom.datadict import dictionary_VR

from conformance.dicomweb.matching import WILDCARDS
from conformance.query import scopes
from conformance.query.scopes import OF_PATIENTS, Scope

Draw = Callable[[SearchStrategy[Any]], Any]

# A key that a server may ignore, by what a resource gives.
OPTIONAL = {"study": "StudyDescription", "series": "SeriesDescription", "instance": "AcquisitionDateTime"}
# Resources of the whole archive have more entities.
MORE_OF_ALL = 4


class Query(NamedTuple):
    """A search: of a scope, with keys that count, and perhaps one that may be ignored; with `tags` as tags."""

    scope: Scope
    keys: dict[str, str]
    optional: dict[str, str]
    tags: bool = False

    @property
    def params(self) -> dict[str, str]:
        """The parameters that are sent."""
        keys = self.keys | self.optional
        return self.scope.narrow | ({scopes.tag(key): value for key, value in keys.items()} if self.tags else keys)

    def __repr__(self) -> str:
        return f"{self.scope.target} {self.params}"

    def __hash__(self) -> int:
        return hash(repr(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and repr(self) == repr(other)


class _Known(NamedTuple):
    """A scope with the values of each key: those of every entity, and those of all."""

    scope: Scope
    entities: list[dict[str, list[str]]]
    values: dict[str, list[str]]


def queries(searched: Sequence[Scope], *, tags: bool = True) -> SearchStrategy[Query]:
    """Searches of some scopes, each for one of the entities or for something similar; some by tag, if `tags`."""
    known = [_known(scope) for scope in searched]
    weighed = [each for each in known for _ in range(MORE_OF_ALL if each.scope.narrow else 1)]
    return st.builds(
        lambda query, by_tag: query._replace(tags=tags and by_tag),
        st.sampled_from(weighed).flatmap(_query),
        st.booleans(),
    )


def _known(scope: Scope) -> _Known:
    # The patient narrows each search.
    keys = [key for key in (*scope.keys, OPTIONAL[scope.resource.gives]) if key not in OF_PATIENTS]
    entities = [{key: list(scopes.values(ds, key)) for key in keys} for ds in scope.entities.values()]
    return _Known(scope, entities, {key: scope.values(key) for key in keys})


@st.composite
def _query(draw: Draw, known: _Known) -> Query:
    wanted = draw(st.sampled_from(known.entities))
    *keys, optional = wanted
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 3)) == 3:
        chosen.append(optional)
    named = {key: draw(_value(key, wanted[key] or known.values[key], known.values[key])) for key in chosen}
    counting = {key: value for key, value in named.items() if key != optional and not _of_an_interval(key, named)}
    return Query(known.scope, counting, {optional: named[optional]} if optional in named else {})


def _of_an_interval(key: str, keys: dict[str, str]) -> bool:
    """True if a time and its date are both ranges: together they mean something else, which is judged separately."""
    date = key.removesuffix("Time") + "Date"
    return key.endswith("Time") and "-" in keys[key] and "-" in keys.get(date, "")


def _value(key: str, own: list[str], all_of_them: list[str]) -> SearchStrategy[str]:
    """A value of a key: one of the entity's own, one of another entity, or a near match."""
    one = st.sampled_from([*own, *own, *all_of_them])
    vr = dictionary_VR(key.rpartition(".")[2])
    if vr in ("DA", "TM"):
        return one | _range(one, all_of_them)
    if vr == "UI":
        several = st.lists(one | one.map(lambda uid: scopes.nobodys(key, uid)), min_size=2, max_size=3)
        return one | several.map(",".join)
    if vr in WILDCARDS:
        return one | _pattern(one) | one.map(lambda text: scopes.nobodys(key, text))
    return one


@st.composite
def _range(draw: Draw, one: SearchStrategy[str], all_of_them: list[str]) -> str:
    """From one value to another, or open at an end."""
    first, last = sorted([draw(one), draw(st.sampled_from(all_of_them))])
    forms = [f"{first}-{last}", f"{first}-", f"-{last}", f"{first}-{first}"]
    return str(draw(st.sampled_from(forms)))


@st.composite
def _pattern(draw: Draw, one: SearchStrategy[str]) -> str:
    """A value in which some characters, or none, are replaced by `*`, or one by `?`."""
    text = str(draw(one))
    start, end = sorted([draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))])
    if draw(st.booleans()) and start < len(text):
        return f"{text[:start]}?{text[start + 1 :]}"
    return f"{text[:start]}*{text[end:]}"
