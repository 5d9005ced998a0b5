"""Faults in the matching of a key's value (PS3.4 C.2.2.2): each is one small function, or a query of its own.

The sentence of such a fault is the docstring.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pydicom.datadict import keyword_for_tag
from starlette.requests import Request

from ..app import Origin
from ..dicom_json import Json
from ..matching import Matcher, matcher
from ..query import Keys, Path, Query, satisfies
from ..target import Target
from .registry import fault

MatcherEdit = Callable[[str, str, Matcher], Matcher]


def query_fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[type[Query]], type[Query]]:
    """Register a query as a fault of the server that reads its searches so."""

    def register(faulty: type[Query]) -> type[Query]:
        class OfFaultyQueries(Origin):
            def query(self, request: Request, target: Target, level: str) -> Query:
                return faulty(request.query_params.multi_items(), target, level)

        OfFaultyQueries.__doc__ = faulty.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(OfFaultyQueries)
        return faulty

    return register


def matcher_fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[MatcherEdit], MatcherEdit]:
    """Register an edit of the condition that a key, by its keyword and text, sets for a value."""

    def register(edit: MatcherEdit) -> MatcherEdit:
        class Edited(Query):
            def matcher(self, path: Path, text: str) -> Matcher | None:
                correct = super().matcher(path, text)
                return edit(keyword_for_tag(int(path[-1], 16)), text, correct) if correct else None

        Edited.__doc__ = edit.__doc__
        query_fault(id, breaks=breaks, says=says, seen=seen)(Edited)
        return edit

    return register


@matcher_fault(
    "accession-number-is-a-prefix", breaks=("SEARCH-MATCH-005",), says="AccessionNumber ABCD is in the matches"
)
def accession_number_is_a_prefix(key: str, text: str, correct: Matcher) -> Matcher:
    """Finds longer Accession Numbers that begin with the requested one."""
    if key != "AccessionNumber" or "*" in text:
        return correct
    return lambda value: bool(value.startswith(text))


@matcher_fault(
    "accession-number-has-no-case", breaks=("SEARCH-MATCH-005",), says="AccessionNumber abc is in the matches"
)
def accession_number_has_no_case(key: str, text: str, correct: Matcher) -> Matcher:
    """Finds Accession Numbers that differ only in case."""
    if key != "AccessionNumber" or "*" in text:
        return correct
    return lambda value: value.lower() == text.lower()


@matcher_fault("underscore-is-a-wildcard", breaks=("SEARCH-MATCH-005",), says="AccessionNumber A01 is in the matches")
def underscore_is_a_wildcard(key: str, text: str, correct: Matcher) -> Matcher:
    """Passes a key to the database unescaped, so that an underscore matches any character."""
    return matcher("SH", text.replace("_", "?")) or correct if key == "AccessionNumber" else correct


@matcher_fault("only-the-first-uid", breaks=("SEARCH-MATCH-006",), says="is missing, should be found")
def only_the_first_uid(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads only the first of a list of UIDs."""
    first, comma, _ = text.partition(",")
    return (lambda value: value == first) if key.endswith("UID") and comma else correct


@matcher_fault(
    "wildcards-are-literal",
    breaks=("SEARCH-MATCH-008", "SEARCH-MATCH-009", "SEARCH-MATCH-010"),
    says="is missing",
    seen=("microsoft/dicom-server#1114",),
)
def wildcards_are_literal(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads `*` and `?` in an Accession Number or Patient ID literally."""
    return (lambda value: value == text) if key in ("AccessionNumber", "PatientID") else correct


@matcher_fault("asterisk-is-one-or-more", breaks=("SEARCH-MATCH-008",), says="AccessionNumber 12 is missing")
def asterisk_is_one_or_more(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads `*` as one character or more."""
    if key != "AccessionNumber" or "*" not in text:
        return correct
    return lambda value: correct(value) and len(value) >= len(text)


@matcher_fault(
    "question-mark-is-any-characters", breaks=("SEARCH-MATCH-009",), says="AccessionNumber 13 is in the matches"
)
def question_mark_is_any_characters(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads `?` as any number of characters."""
    return matcher("SH", text.replace("?", "*")) or correct if key == "AccessionNumber" else correct


@matcher_fault("wildcards-have-no-case", breaks=("SEARCH-MATCH-010",), says="AccessionNumber ABC is in the matches")
def wildcards_have_no_case(key: str, text: str, correct: Matcher) -> Matcher:
    """Ignores case if there is a wildcard."""
    lower = matcher("SH", text.lower())
    if key != "AccessionNumber" or "*" not in text or not lower:
        return correct
    return lambda value: lower(value.lower())


@matcher_fault(
    "dot-in-a-pattern-is-any-character", breaks=("SEARCH-MATCH-008",), says="AccessionNumber ABC is in the matches"
)
def dot_in_a_pattern_is_any_character(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads a dot in a pattern as in a regular expression."""
    if key != "AccessionNumber" or "." not in text or "*" not in text:
        return correct
    return matcher("SH", text.replace(".", "?")) or correct


@matcher_fault("last-day-is-left-out", breaks=("SEARCH-MATCH-012",), says="is missing")
def last_day_is_left_out(key: str, text: str, correct: Matcher) -> Matcher:
    """Excludes the last day of a range of dates."""
    end = text.partition("-")[2]
    return (lambda value: correct(value) and value != end) if key == "StudyDate" and end else correct


@matcher_fault("times-are-text", breaks=("SEARCH-MATCH-013",), says="is missing")
def times_are_text(key: str, text: str, correct: Matcher) -> Matcher:
    """Compares times as text, so that 120000.000 comes after 1200."""
    first, dash, last = text.partition("-")
    return (lambda value: first <= value <= (last or "24")) if key == "StudyTime" and dash else correct


@matcher_fault("offsets-are-ignored", breaks=("SEARCH-MATCH-014",), says="is missing")
def offsets_are_ignored(key: str, text: str, correct: Matcher) -> Matcher:
    """Compares date times as if all were in one time zone."""
    offset = re.compile(r"[+-]\d{4}(?=-|$)")
    local = matcher("DT", offset.sub("", text)) if key == "AcquisitionDateTime" else None
    return (lambda value: local(offset.sub("", value))) if local else correct


@matcher_fault("dates-before-1970-are-in-no-range", breaks=("SEARCH-MATCH-012",), says="is missing")
def dates_before_1970_are_in_no_range(key: str, text: str, correct: Matcher) -> Matcher:
    """Compares the dates of a range as seconds since 1970, which have no sign."""
    return (lambda value: correct(value) and value >= "1970") if key == "StudyDate" and "-" in text else correct


@matcher_fault(
    "ranges-are-of-studies",
    breaks=("SEARCH-MATCH-012", "SEARCH-MATCH-013"),
    says="is missing",
    seen=("microsoft/dicom-server#641",),
)
def ranges_are_of_studies(key: str, text: str, correct: Matcher) -> Matcher:
    """Matches a range of dates or times of a series as text."""
    return (lambda value: value == text) if key.startswith("PerformedProcedure") and "-" in text else correct


@matcher_fault("question-mark-is-one-octet", breaks=("SEARCH-MATCH-009",), says="AccessionNumber Ä01 is missing")
def question_mark_is_one_octet(key: str, text: str, correct: Matcher) -> Matcher:
    """Reads `?` as one octet of UTF-8."""
    if key != "AccessionNumber" or "?" not in text:
        return correct
    return lambda value: correct(value.encode().decode("latin-1"))


@matcher_fault(
    "delimiters-at-the-end-count",
    breaks=("SEARCH-MATCH-023",),
    says="is missing, should be found, as with",
    seen=("dcm4che/dcm4chee-arc-light#2837",),
)
def delimiters_at_the_end_count(key: str, text: str, correct: Matcher) -> Matcher:
    """Finds a name with carets or equals signs at its end only if it is stored with them."""
    if not key.endswith("Name") or not text.endswith(("^", "=")):
        return correct
    return lambda groups: text in groups.values()


@query_fault("zero-is-no-key", breaks=("SEARCH-CHAR-001",), says="is in the matches")
class ZeroIsNoKey(Query):
    """Takes the number 0 of a series or an instance for no key."""

    def matcher(self, path: Path, text: str) -> Matcher | None:
        is_number = path[-1] in ("00200011", "00200013")  # Series Number and Instance Number
        return None if is_number and text == "0" else super().matcher(path, text)


@matcher_fault("comma-is-or", breaks=("SEARCH-MATCH-021",), says="is a separator of two values")
def comma_is_or(key: str, text: str, correct: Matcher) -> Matcher:
    """Splits any value at a comma into alternatives."""
    if key != "AccessionNumber" or "," not in text:
        return correct
    return lambda value: value in text.split(",")


@matcher_fault("names-have-no-patterns", breaks=("SEARCH-MATCH-023",), says="should be found by Doe^*")
def names_have_no_patterns(key: str, text: str, correct: Matcher) -> Matcher:
    """Takes a wildcard in a name for a character of it."""
    return (lambda groups: False) if key.endswith("Name") and "*" in text else correct


@matcher_fault("case-counts-outside-ascii", breaks=("SEARCH-MATCH-023",), says="is missing", seen=("orthanc-bz#56",))
def case_counts_outside_ascii(key: str, text: str, correct: Matcher) -> Matcher:
    """Ignores the case of names only for the letters a to z."""
    if not key.endswith("Name"):
        return correct
    match = matcher("LO", _lower(text)) or correct
    return lambda groups: any(match(_lower(form)) for form in (*groups.values(), "=".join(groups.values())))


def _lower(text: str) -> str:
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text)


@matcher_fault("study-id-is-a-number", breaks=("SEARCH-KEY-STUDY-00200010",), says="StudyID 01 is in the matches")
def study_id_is_a_number(key: str, text: str, correct: Matcher) -> Matcher:
    """Compares a Study ID as a number, so that 1 finds 01."""
    if key != "StudyID" or not text.isdigit():
        return correct
    return lambda value: value.isdigit() and int(value) == int(text)


@query_fault("asterisk-wants-a-value", breaks=("SEARCH-MATCH-011",), says="AccessionNumber empty is missing")
class AsteriskWantsAValue(Query):
    """Hides entities without a value from a search by `*` alone."""

    def matcher(self, path: Path, text: str) -> Matcher | None:
        return super().matcher(path, text) or (lambda value: True)


@query_fault("either-key-is-enough", breaks=("SEARCH-MATCH-004",), says="is in the matches")
class EitherKeyIsEnough(Query):
    """Requires only one of several keys to match if Study ID is among them."""

    def matches(self, attributes: Json) -> bool:
        patient, study_id = "00100020", "00200010"
        rest = [{key: wanted} for key, wanted in self._keys.items() if key != patient]
        if study_id not in self._keys or len(rest) < 2:
            return super().matches(attributes)
        patients = {key: wanted for key, wanted in self._keys.items() if key == patient}
        return satisfies(attributes, patients) and any(satisfies(attributes, one) for one in rest)


@query_fault("last-key-counts", breaks=("SEARCH-RESP-002",), says="is in the matches")
class LastKeyCounts(Query):
    """Forgets the first of two keys beside Patient ID, unless that is a UID."""

    def matches(self, attributes: Json) -> bool:
        others = [key for key in self._keys if key != "00100020" and not key.endswith(("000D", "000E"))]
        kept = {key: wanted for key, wanted in self._keys.items() if key not in others[:-1]}
        return satisfies(attributes, kept) and all(condition(attributes) for condition in self._conditions)


@query_fault("date-and-time-apart", breaks=("SEARCH-MATCH-015",), says="is missing")
class DateAndTimeApart(Query):
    """Matches ranges of a date and of its time as two separate conditions."""

    def _take_ranges(self, texts: dict[Path, str]) -> None:
        return


@query_fault(
    "paths-are-ignored",
    breaks=(
        *("SEARCH-MATCH-017", "SEARCH-MATCH-018"),
        *("SEARCH-KEY-SERIES-00400275-00400009", "SEARCH-KEY-SERIES-00400275-00401001"),
    ),
    says="is in the matches",
    seen=("Orthanc 1.10.1",),
)
class PathsAreIgnored(Query):
    """Ignores a key within a sequence as unsupported, and returns everything."""

    def _add_key(self, path: Path, text: str) -> None:
        if len(path) == 1:
            super()._add_key(path, text)


@query_fault("items-are-merged", breaks=("SEARCH-MATCH-018",), says="is in the matches")
class ItemsAreMerged(Query):
    """Matches two keys within a sequence in two different items."""

    def matches(self, attributes: Json) -> bool:
        return all(satisfies(attributes, one) for one in _apart(self._keys))


@query_fault("only-the-first-value", breaks=("SEARCH-MATCH-019",), says="is missing")
class OnlyTheFirstValue(Query):
    """Matches only the first of several values."""

    def matches(self, attributes: Json) -> bool:
        first = {name: each | {"Value": each["Value"][:1]} for name, each in attributes.items() if "Value" in each}
        return super().matches(attributes | first)


def _apart(keys: Keys) -> list[Keys]:
    """Each key separately, with the sequences that contain it."""
    found: list[Keys] = []
    for name, wanted in keys.items():
        found += [{name: one} for one in _apart(wanted)] if isinstance(wanted, dict) else [{name: wanted}]
    return found
