"""Faults in the values of matches: an index that has another form of a value than the instances (PS3.18 10.6.3.3)."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable
from typing import Any

from ..app import Origin
from ..attributes import tag
from ..dicom_json import Json
from ..query import Query
from ..target import Target
from .registry import fault

ValueEdit = Callable[[Any], Any]


def value_fault(id: str, *keywords: str, says: str, seen: tuple[str, ...] = ()) -> Callable[[ValueEdit], ValueEdit]:
    """Register an edit of each value of some attributes in every match; None leaves the attribute without one."""
    tags = tuple(map(tag, keywords))

    def register(edit: ValueEdit) -> ValueEdit:
        class EditedValues(Origin):
            def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
                result = super().result(found, query, target, level)
                for name in tags:
                    if values := result.get(name, {}).get("Value"):
                        kept = [value for value in map(edit, values) if value is not None]
                        result |= {name: {"vr": result[name]["vr"]} | ({"Value": kept} if kept else {})}
                return result

        EditedValues.__doc__ = edit.__doc__
        fault(id, breaks=("SEARCH-RESP-005",), says=says, seen=seen)(EditedValues)
        return edit

    return register


@value_fault("numbers-of-zero-are-empty", "SeriesNumber", "InstanceNumber", says="Number of 2.25")
def numbers_of_zero_are_empty(value: int) -> int | None:
    """Returns a series or an instance with the number 0 without a number."""
    return value or None


@value_fault("identifiers-lose-their-zeros", "AccessionNumber", "StudyID", says="should be")
def identifiers_lose_their_zeros(value: str) -> str:
    """Returns identifiers of digits without the zeros that they begin with, as numbers of the database."""
    return str(int(value)) if value.isdigit() and value.isascii() else value


@value_fault("matches-are-escaped", "AccessionNumber", "StudyID", says="&amp;")
def matches_are_escaped(value: str) -> str:
    """Returns identifiers with the characters of HTML escaped."""
    return html.escape(value)


@value_fault("accents-are-lost-in-matches", "ReferringPhysicianName", says="ReferringPhysicianName of 2.25")
def accents_are_lost_in_matches(groups: dict[str, str]) -> dict[str, str]:
    """Returns names as the index has them, without accents."""
    return {name: _plain(text) for name, text in groups.items()}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(each for each in letters if not unicodedata.combining(each)))
