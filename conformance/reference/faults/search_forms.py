"""Faults of single forms of a search: of lists, digits, keys without values, and pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from starlette.requests import Request
from starlette.responses import Response

from ..answers import DICOM_XML
from ..app import Origin
from ..archive import Archive, Instance
from ..attributes import tag
from ..dicom_json import Json
from ..matching import Matcher
from ..query import Path, Query
from ..target import Target
from .altered import accept, answer_fault, names, path, query, refused, request_fault, set_query, with_body
from .matching import matcher_fault, query_fault
from .registry import fault

Parameters = list[tuple[str, str]]

# A character that no value has.
NEVER = "%EE%80%80"
# Parameters that are not keys.
OTHERS = {"limit", "offset", "includefield", "fuzzymatching", "accept", "charset"}
MOST_KEYS = 3
LONGEST = 255
# What distinguishes two series of a study for a server that takes their numbers for unique.
NUMBERS = ("0020000D", "00080060", "00200011")


class EditedParameters(Origin):
    """Reads the parameters of a search after an edit."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        return Query(self.edited(request.query_params.multi_items()), target, level)

    def edited(self, parameters: Parameters) -> Parameters:
        """The parameters that are read."""
        raise NotImplementedError


@fault("unknown-uid-in-a-list", breaks=("SEARCH-MATCH-006",), says="is missing, should be found")
class UnknownUidInAList(Origin):
    """Finds nothing by a list of UIDs if one of them is unknown."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        known = {uid for item in self.archive.find(Target()) for uid in item.target}

        class All(Query):
            def matcher(self, path: tuple[str, ...], text: str) -> Matcher | None:
                unknown = (
                    "," in text and path[-1] in ("0020000D", "0020000E", "00080018") and {*text.split(",")} - known
                )
                return (lambda value: False) if unknown else super().matcher(path, text)

        return All(request.query_params.multi_items(), target, level)


@answer_fault("uid-named-twice-is-found-twice", breaks=("SEARCH-MATCH-006",), says="is 2, should be 1")
def uid_named_twice_is_found_twice(request: Request, response: Response) -> None:
    """Returns a study once for each time that a list of UIDs names it."""
    uids = request.query_params.get("StudyInstanceUID", "").split(",")
    if len(uids) > len({*uids}) and response.status_code == 200 and bytes(response.body).startswith(b"["):
        matches = json.loads(bytes(response.body))
        again = [match for match in matches if uids.count(match["0020000D"]["Value"][0]) > 1]
        with_body(response, json.dumps(matches + again, ensure_ascii=False).encode())


@matcher_fault("uid-begins-with-another", breaks=("SEARCH-KEY-STUDY-0020000D",), says="is in the matches")
def uid_begins_with_another(key: str, text: str, correct: Matcher) -> Matcher:
    """Finds studies whose UIDs begin with the requested one."""
    return (lambda value: value.startswith(text)) if key == "StudyInstanceUID" and "," not in text else correct


@request_fault("encoded-asterisk-is-literal", breaks=("SEARCH-MATCH-008",), says="is missing, should be found")
def encoded_asterisk_is_literal(request: Request) -> None:
    """Reads %2A literally, and only * as a wildcard."""
    set_query(request, re.sub("%2A", NEVER, query(request), flags=re.IGNORECASE))


@fault("fourth-key-is-dropped", breaks=("SEARCH-MATCH-004", "SEARCH-MATCH-032"), says="is in the matches")
class FourthKeyIsDropped(EditedParameters):
    """Filters by three keys at most."""

    def edited(self, parameters: Parameters) -> Parameters:
        keys = [pair for pair in parameters if pair[0] not in OTHERS and pair[1]]
        return [pair for pair in parameters if pair not in keys[MOST_KEYS:]]


@request_fault("sequence-without-a-value-is-500", breaks=("SEARCH-MATCH-007",), says="status is 500")
def sequence_without_a_value_is_500(request: Request) -> Response | None:
    """Returns 500 for a sequence as a key without a value."""
    return refused(500) if re.search("RequestAttributesSequence=(&|$)", query(request)) else None


@fault("requested-tag-in-lower-case", breaks=("SEARCH-MATCH-003",), says="SeriesDescription is absent")
class RequestedTagInLowerCase(EditedParameters):
    """Ignores an includefield whose hexadecimal digits are in lower case."""

    def edited(self, parameters: Parameters) -> Parameters:
        return [pair for pair in parameters if pair[0] != "includefield" or pair[1] == pair[1].upper()]


@fault("second-page-forgets-includefield", breaks=("SEARCH-INCL-001",), says="StudyDescription is absent")
class SecondPageForgetsIncludefield(EditedParameters):
    """Ignores includefield if there is an offset."""

    def edited(self, parameters: Parameters) -> Parameters:
        later = dict(parameters).get("offset", "0") != "0"
        return [pair for pair in parameters if not later or pair[0] != "includefield"]


@fault("xml-has-no-limit", breaks=("SEARCH-PAGING-001",), says="the number of parts is 7, should be 1")
class XmlHasNoLimit(Origin):
    """Ignores limit for results in XML."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        found = super().query(request, target, level)
        if DICOM_XML in accept(request):
            found.limit = None
        return found


@answer_fault("one-warning-only", breaks=("SEARCH-PAGING-007",), says="should be 299 with")
def one_warning_only(request: Request, response: Response) -> None:
    """Returns the first of several Warnings only."""
    first, *others = response.headers.getlist("warning") or [""]
    if others:
        del response.headers["warning"]
        response.headers["warning"] = first


@fault("counts-are-of-the-modality", breaks=("SEARCH-RESP-004",), says="NumberOfStudyRelatedSeries of")
class CountsAreOfTheModality(Origin):
    """Counts only the series of the requested modality in a search by ModalitiesInStudy."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        narrowed = isinstance(query, OfAModality) and query.asked and "00201206" in result
        return result | {"00201206": {"vr": "IS", "Value": [1]}} if narrowed else result

    def query(self, request: Request, target: Target, level: str) -> Query:
        found = OfAModality(request.query_params.multi_items(), target, level)
        found.asked = bool(request.query_params.get("ModalitiesInStudy"))
        return found


class OfAModality(Query):
    """A query that knows whether it has the key ModalitiesInStudy."""

    asked = False


@request_fault("long-value-is-500", breaks=("SEARCH-CHAR-004",), says="status is 500")
def long_value_is_500(request: Request) -> Response | None:
    """Returns 500 for a value that is longer than its column."""
    return refused(500) if len(request.query_params.get("AccessionNumber", "")) > LONGEST else None


@request_fault("octets-that-are-not-utf-8-are-500", breaks=("SEARCH-CHAR-004",), says="status is 500")
def octets_that_are_not_utf_8_are_500(request: Request) -> Response | None:
    """Returns 500 for percent-encoded octets that are not UTF-8."""
    return refused(500) if "\ufffd" in request.query_params.get("AccessionNumber", "") else None


@request_fault("number-of-more-than-32-bits-is-500", breaks=("SEARCH-CHAR-004",), says="status is 500")
def number_of_more_than_32_bits_is_500(request: Request) -> Response | None:
    """Returns 500 for a SeriesNumber that does not fit into its column."""
    value = request.query_params.get("SeriesNumber", "")
    return refused(500) if value.isdigit() and int(value) >= 2**31 else None


@request_fault("limit-of-more-than-32-bits-is-500", breaks=("SEARCH-PAGING-011",), says="status is 500")
def limit_of_more_than_32_bits_is_500(request: Request) -> Response | None:
    """Returns 500 for a limit that is not a 32 bit integer."""
    value = request.query_params.get("limit", "")
    return refused(500) if value.isdigit() and int(value) >= 2**31 else None


@request_fault("unknown-key-outside-ascii-is-500", breaks=("COMMON-QP-001",), says="status is 500")
def unknown_key_outside_ascii_is_500(request: Request) -> Response | None:
    """Returns 500 for an unknown parameter outside ASCII, as it cannot be named in a Warning."""
    return refused(500) if any(not name.isascii() for name in names(request)) else None


@fault("series-of-one-number-are-one", breaks=("SEARCH-RES-002",), says="should be there, as 1 of 2")
class SeriesOfOneNumberAreOne(Origin):
    """Lists two series of a study that have the same SeriesNumber as one."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        return once(super().entities(target, level, base), NUMBERS if level == "series" else ())


@fault("instances-of-one-number-are-one", breaks=("SEARCH-RES-005",), says="should be there, as 1 of 2")
class InstancesOfOneNumberAreOne(Origin):
    """Lists two instances of a series that have the same InstanceNumber as one."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        keys = ("0020000E", "00200013") if level == "instance" else ()
        return once(super().entities(target, level, base), keys)


def once(entities: Iterator[Json], keys: tuple[str, ...]) -> Iterator[Json]:
    """The first of the entities that have the same values of these attributes; all if there are none."""
    known: set[str] = set()
    for entity in entities:
        values = repr([entity.get(key) for key in keys])
        if not keys or values not in known:
            yield entity
        known.add(values)


@fault("unknown-field-drops-its-list", breaks=("SEARCH-INCL-011",), says="StudyDescription is absent")
class UnknownFieldDropsItsList(EditedParameters):
    """Ignores a list in includefield that names a tag without an attribute."""

    def edited(self, parameters: Parameters) -> Parameters:
        return [pair for pair in parameters if pair[0] != "includefield" or "00189999" not in pair[1]]


@request_fault("searches-ignore-the-accept-parameter", breaks=("COMMON-ACCEPTQ-001",), says="the media type")
def searches_ignore_the_accept_parameter(request: Request) -> None:
    """Ignores the query parameter accept of a search."""
    if re.search("/(studies|series|instances)$", path(request)):
        set_query(request, re.sub("&?accept=[^&]*", "", query(request)))


@query_fault(
    "fuzzy-search-knows-no-wildcards", breaks=("SEARCH-FUZZY-001",), says="none of those without fuzzymatching"
)
class FuzzySearchKnowsNoWildcards(Query):
    """Reads a wildcard in a name as a character if fuzzymatching is true."""

    def __init__(self, parameters: Iterable[tuple[str, str]], target: Target, level: str) -> None:
        given = list(parameters)
        self._fuzzy = ("fuzzymatching", "true") in given
        super().__init__(given, target, level)

    def matcher(self, path: Path, text: str) -> Matcher | None:
        return (lambda value: False) if self._fuzzy and "*" in text else super().matcher(path, text)


@fault("first-name-stays-the-key", breaks=("STOW-BEH-006",), says="is not found, should be found by it")
class FirstNameStaysTheKey(Origin):
    """Matches PatientName with the name that a study had at its first store, and returns the one that it has."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._names: dict[str, Json] = {}

    def keep(self, instance: Instance) -> None:
        super().keep(instance)
        self._names.setdefault(instance.study, instance.attributes.get(tag("PatientName"), {"vr": "PN"}))

    def query(self, request: Request, target: Target, level: str) -> Query:
        found = super().query(request, target, level)
        known, matches = self._names, found.matches

        def by_first_name(entity: Json) -> bool:
            study = entity[tag("StudyInstanceUID")]["Value"][0]
            return matches(entity | {tag("PatientName"): known[study]} if study in known else entity)

        found.matches = by_first_name  # type: ignore[method-assign,assignment]
        return found
