"""Faults with single characters of a key, with similar names, and with studies whose attributes are mostly empty.

Each is one small function, or a query of its own, whose docstring is its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..dicom_json import Json
from ..matching import Matcher, matcher
from ..query import Query, satisfies
from ..target import Target
from .altered import names, query, refused, request_fault, set_query
from .matching import matcher_fault, query_fault
from .registry import fault


def _values(request: Request, key: str) -> str:
    """The values of a key as they were sent; empty if there are none."""
    return "&".join(re.findall(f"(?:^|&){key}=([^&]*)", query(request)))


@request_fault(
    "slash-in-a-patient-id-is-500",
    breaks=("SEARCH-CHAR-001",),
    says="the character that causes it: /",
)
def slash_in_a_patient_id_is_500(request: Request) -> Response | None:
    """Returns 500 for a search by a Patient ID with a slash."""
    return refused(500) if "%2F" in _values(request, "PatientID") else None


@matcher_fault("apostrophe-in-a-name-is-lost", breaks=("SEARCH-CHAR-001",), says="the character that causes it: '")
def apostrophe_in_a_name_is_lost(key: str, text: str, correct: Matcher) -> Matcher:
    """Never finds a physician's name with an apostrophe."""
    return (lambda value: False) if key == "ReferringPhysicianName" and "'" in text else correct


@request_fault("semicolon-ends-a-value", breaks=("SEARCH-CHAR-001",), says="the character that causes it: ;")
def semicolon_ends_a_value(request: Request) -> None:
    """Splits the query at an encoded semicolon too."""
    set_query(request, re.sub("%3B[^&]*", "", query(request), flags=re.IGNORECASE))


@request_fault("values-are-decoded-twice", breaks=("SEARCH-CHAR-001",), says="the character that causes it: +")
def values_are_decoded_twice(request: Request) -> None:
    """Decodes values twice, so that a percent-encoded plus sign becomes a blank."""
    set_query(request, query(request).replace("%2B", "+"))


@matcher_fault("bracket-opens-a-set", breaks=("SEARCH-CHAR-001",), says="the character that causes it: [")
def bracket_opens_a_set(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads a bracket in a Requested Procedure ID as part of a pattern, and finds nothing."""
    return (lambda value: False) if key == "RequestedProcedureID" and "[" in text else correct


@matcher_fault("blanks-are-one", breaks=("SEARCH-CHAR-001",), says="is in the matches")
def blanks_are_one(key: str, text: str, correct: Matcher) -> Matcher:
    """Collapses two blanks in a Study ID to one, as HTML does."""
    if key != "StudyID" or "  " not in text:
        return correct
    return lambda value: " ".join(value.split()) == " ".join(text.split())


@request_fault("lower-case-digits-stay-encoded", breaks=("SEARCH-CHAR-002",), says="is missing")
def lower_case_digits_stay_encoded(request: Request) -> None:
    """Decodes %2F but not %2f."""
    set_query(request, query(request).replace("%2f", "%252f"))


@request_fault("plain-apostrophe-is-refused", breaks=("SEARCH-CHAR-002",), says="status is 400")
def plain_apostrophe_is_refused(request: Request) -> Response | None:
    """Refuses an apostrophe that is not percent-encoded as an attack."""
    return refused(400) if "'" in query(request) else None


@matcher_fault("bar-is-or-in-a-pattern", breaks=("SEARCH-CHAR-003",), says="is missing")
def bar_is_or_in_a_pattern(key: str, text: str, correct: Matcher) -> Matcher:
    """Splits a value with a wildcard at a vertical bar into two patterns."""
    if key != "AccessionNumber" or "*" not in text or "|" not in text:
        return correct
    either = [matcher("SH", part) for part in text.split("|")]
    return lambda value: any(each(value) for each in either if each)


@request_fault("parenthesis-beside-a-wildcard-is-500", breaks=("SEARCH-CHAR-003",), says="status is 500")
def parenthesis_beside_a_wildcard_is_500(request: Request) -> Response | None:
    """Returns 500 for a pattern of a name with a parenthesis."""
    name = _values(request, "PatientName")
    return refused(500) if "%28" in name and re.search("[*]|%3F", name) else None


@request_fault("lone-apostrophe-is-500", breaks=("SEARCH-CHAR-004",), says="status is 500")
def lone_apostrophe_is_500(request: Request) -> Response | None:
    """Returns 500 for a value that is a single apostrophe."""
    return refused(500) if _values(request, "AccessionNumber") == "%27" else None


@matcher_fault("lone-percent-sign-finds-all", breaks=("SEARCH-CHAR-004",), says="is in the matches")
def lone_percent_sign_finds_all(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads a value that is a single percent sign as any characters."""
    return (lambda value: True) if key == "AccessionNumber" and text == "%" else correct


@request_fault("fuzzy-search-drops-apostrophes", breaks=("SEARCH-FUZZY-001",), says="is missing")
def fuzzy_search_drops_apostrophes(request: Request) -> None:
    """Removes apostrophes from the searched name with fuzzymatching=true, but not from the stored names."""
    if "fuzzymatching" in names(request):
        set_query(request, query(request).replace("%27", ""))


@query_fault("one-name-of-several-character-sets", breaks=("SEARCH-MATCH-023",), says="is missing")
class OneNameOfSeveralCharacterSets(Query):
    """Finds a name that is not in ASCII only in the character set of the first of its studies."""

    _found = 0

    def matches(self, attributes: Json) -> bool:
        name = attributes.get("00100010", {}).get("Value", [{}])[0] or {}
        found = super().matches(attributes)
        if "00100010" not in self._keys or not found or str(name.get("Alphabetic", "")).isascii():
            return found
        self._found += 1
        return self._found == 1


@query_fault("one-patient-of-an-id", breaks=("SEARCH-KEY-STUDY-00100020",), says="is missing")
class OnePatientOfAnId(Query):
    """Finds only the studies of the first of two patients with the same ID."""

    _first: object = None

    def matches(self, attributes: Json) -> bool:
        if not super().matches(attributes):
            return False
        if set(self._keys) != {"00100020"}:
            return True
        name = attributes.get("00100010", {}).get("Value")
        self._first = self._first or name
        return bool(name == self._first)


@fault("empty-study-id-is-500", breaks=("SEARCH-RES-011",), says="status is 500")
class EmptyStudyIdIs500(Origin):
    """Returns 500 for a search of a study's series if its Study ID is empty."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        if level == "series" and target.study and not found.get("00200010", {}).get("Value"):
            raise HTTPException(500, "the Study ID is empty")
        return super().result(found, query, target, level)


@fault("nameless-studies-are-hidden", breaks=("SEARCH-RES-011",), says="the number of matches is 0")
class NamelessStudiesAreHidden(Origin):
    """Omits studies whose patient has no name from searches."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            if level != "study" or found.get("00100010", {}).get("Value"):
                yield found


@query_fault(
    "name-finds-others-of-the-id",
    breaks=("SEARCH-MATCH-023",),
    says="is in the matches",
    seen=("fli-iam/shanoir-ng#898",),
)
class NameFindsOthersOfTheId(Query):
    """Finds by a PatientName beside a Patient ID all studies of that ID, whatever the name."""

    def matches(self, attributes: Json) -> bool:
        others = {name: key for name, key in self._keys.items() if name != "00100010"}
        return satisfies(attributes, others if "00100020" in others else self._keys)
