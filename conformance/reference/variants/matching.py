"""Variants in the matches of a search."""

from __future__ import annotations

from pydicom.datadict import keyword_for_tag
from starlette.requests import Request

from ..app import Origin
from ..dicom_json import Json
from ..matching import Matcher, matcher
from ..query import Path, Query, satisfies
from ..target import Target
from .registry import variant


@variant("names-regard-case", "standard PS3.4 C.2.2.2.1.1")
class NamesRegardCase(Origin):
    """Matches person names literally, in any of their groups."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        return _LiteralNames(request.query_params.multi_items(), target, level)


class _LiteralNames(Query):
    def matcher(self, path: Path, text: str) -> Matcher | None:
        literal = matcher("LO", text)
        if not literal or not keyword_for_tag(int(path[-1], 16)).endswith("Name"):
            return super().matcher(path, text)
        return lambda groups: any(literal(form) for form in (*groups.values(), "=".join(groups.values())))


@variant("unknown-values-match", "standard PS3.4 C.2.2.1.2")
class UnknownValuesMatch(Origin):
    """Matches an entity without a value for a key to any value of that key."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        return _UnknownMatches(request.query_params.multi_items(), target, level)


class _UnknownMatches(Query):
    def matches(self, attributes: Json) -> bool:
        known = {name: key for name, key in self._keys.items() if _has_value(attributes.get(name, {}))}
        return satisfies(attributes, known) and all(condition(attributes) for condition in self._conditions)


def _has_value(attribute: Json) -> bool:
    return any(value not in (None, "", {}) for value in attribute.get("Value", []))


@variant("patterns-of-names-are-literal", "standard PS3.4 C.2.2.2.4")
class PatternsOfNamesAreLiteral(Origin):
    """Takes a wildcard in the name of a person for a character of it."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        return _NoPatterns(request.query_params.multi_items(), target, level)


class _NoPatterns(Query):
    def matcher(self, path: Path, text: str) -> Matcher | None:
        correct = super().matcher(path, text)
        is_pattern = correct and {"*", "?"} & set(text) and keyword_for_tag(int(path[-1], 16)).endswith("Name")
        return (lambda groups: text in groups.values()) if is_pattern else correct
