"""Sequences of stores and deletes that Hypothesis generates, and the model of what must be there after each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydicom.uid import ExplicitVRLittleEndian

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Label, Study
from conformance.kit.kinds.modules import icon, tiny_image

LEVELS = ("patient", "study", "series", "instance")
CONTENTS = ("content 1", "content 2")
MOST_PLACES, STORES = 4, 5


class Place(NamedTuple):
    """An instance of the pool: the numbers of its study and series, and its own."""

    study: int
    series: int
    number: int

    def shares(self, other: Place, level: str) -> bool:
        """True if both are of the same patient, study or series, or are the same instance."""
        return self[: LEVELS.index(level)] == other[: LEVELS.index(level)]


POOL = tuple(Place(*numbers) for numbers in product((1, 2), repeat=3))


@dataclass(frozen=True)
class Store:
    """Store an instance with one of CONTENTS."""

    place: Place
    content: str

    def __str__(self) -> str:
        study, series, number = self.place
        return f"store instance {number} of series {series} of study {study}, {self.content}"


@dataclass(frozen=True)
class Delete:
    """Delete the study or series of an instance, or the instance."""

    place: Place
    level: str

    def __str__(self) -> str:
        study, series, number = self.place
        names = (f"study {study}", f"series {series} of study {study}")
        return "delete " + (*names, f"instance {number} of {names[1]}")[LEVELS.index(self.level) - 1]


Step = Store | Delete


class Walk(NamedTuple):
    """Steps, and the questions to ask between them.

    They are asked about the place of the first step before that step, and about the place of each step after it; some
    only about that of the last.
    """

    steps: tuple[Step, ...]
    questions: tuple[Any, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(dict.fromkeys(step.place for step in self.steps))


class Model:
    """A model of the server: each instance that must be there, with the contents that it may have.

    PS3.18 10.5 leaves open what a second store of an instance does: the first content or the last may stay, and the
    store may be refused. There is one copy of the instance in any case.
    """

    def __init__(self) -> None:
        self.contents: dict[Place, frozenset[str]] = {}
        self.deleted: set[Place] = set()

    def store(self, place: Place, content: str) -> None:
        """Note that a store succeeded."""
        self.contents[place] = self.contents.get(place, frozenset()) | {content}

    def delete(self, place: Place, level: str) -> None:
        """Note that the study or series of a place, or the instance, was deleted."""
        for gone in self.within(place, level):
            del self.contents[gone]
            self.deleted.add(gone)

    def saw(self, place: Place, content: str) -> None:
        """Note the content that a response has shown: from then on the instance has no other."""
        self.contents[place] = frozenset({content})

    def within(self, place: Place, level: str) -> list[Place]:
        """The instances on the server that belong to the patient, study or series of a place, or the instance
        itself."""
        return [other for other in self.contents if place.shares(other, level)]


class Slate:
    """The instances of the pool under unused UIDs: every sequence begins on an empty slate."""

    def __init__(self, label: Label, name: str) -> None:
        self._label, self._name = label, name
        self._instances: dict[tuple[Place, str], Instance] = {}
        self.patient = (label.patient_prefix + name)[:64]

    def _study(self, place: Place) -> Study:
        return Study(self._label, f"{self._name}-{place.study}", ExplicitVRLittleEndian)

    def uids(self, place: Place) -> dict[str, str]:
        """The UIDs of a place by level, and the Patient ID."""
        study, series, number = self._study(place), str(place.series), str(place.number)
        return {
            "patient": self.patient,
            "study": study.uid("study"),
            "series": study.uid("series", series),
            "instance": study.uid("instance", series, number),
        }

    @property
    def lists(self) -> dict[str, str]:
        """The UIDs of the studies and of the instances of all places, as a query lists them."""
        everywhere = [self.uids(place) for place in POOL]
        names = (("studies", "study"), ("instances", "instance"))
        return {name: ",".join(dict.fromkeys(uids[level] for uids in everywhere)) for name, level in names}

    def instance(self, place: Place, content: str = CONTENTS[0]) -> Instance:
        """The instance of a place, with a content as its Image Comments."""
        if (place, content) not in self._instances:
            study = self._study(place)
            ds = tiny_image(study, place.series, place.number)
            ds.PatientID, ds.PatientName = self.patient, "Kind^Sequence"
            ds.ImageComments = content
            ds.IconImageSequence = [icon()]
            self._instances[place, content] = study.instance(ds)
        return self._instances[place, content]


@st.composite
def drawn(draw: Callable[[SearchStrategy[Any]], Any], deletes: bool) -> tuple[Step, ...]:
    """Stores of a few neighbours, some of them stored already, and as many deletes if `deletes`."""
    first = draw(st.integers(0, len(POOL) - MOST_PLACES))
    places = POOL[first : first + draw(st.integers(2, MOST_PLACES))]
    place, content = st.sampled_from(places), st.sampled_from(CONTENTS)
    stores = st.builds(Store, place, content)
    removals = st.builds(Delete, place, st.sampled_from(("instance", "instance", "series", "study")))
    steps = stores | removals if deletes else stores
    size = 2 * STORES if deletes else STORES
    return effective(draw(st.lists(steps, min_size=size, max_size=size)))


def effective(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps without deletes of what is not there."""
    model = Model()
    kept: list[Step] = []
    for step in steps:
        match step:
            case Store(place, content):
                model.store(place, content)
            case Delete(place, level) if model.within(place, level):
                model.delete(place, level)
            case _:
                continue
        kept.append(step)
    return tuple(kept)


def smaller(walk: Walk) -> Iterator[Walk]:
    """Walks that omit something: all about a place, a question, or a step."""
    steps, questions = walk
    for place in walk.places:
        yield Walk(effective([step for step in steps if step.place != place]), questions)
    for number in range(len(questions)):
        yield Walk(steps, questions[:number] + questions[number + 1 :])
    for number in range(len(steps)):
        yield Walk(effective(steps[:number] + steps[number + 1 :]), questions)
