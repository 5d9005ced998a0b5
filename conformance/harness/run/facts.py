"""What the responses of a run show: a resource, a representation of it, or a form of a search.

One that no response shows, and that its judge found broken, is the cause of what other checks of it met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.kit.resources import Resource, resource
from conformance.reporting import changes
from conformance.reporting.record import Exchange

EMPTY = 4  # bytes of an empty list in JSON, at most


@dataclass(frozen=True)
class Representation:
    """A form of some resources: in a media type, or as a parameter of Accept selects it. `judges` as of a Resource."""

    path: str
    judges: tuple[str, ...]
    media_type: str = ""
    parameter: str = ""

    def is_asked_for(self, exchange: Exchange) -> bool:
        """Whether a request is for it: JSON is also what a range selects, XML is asked for alone."""
        if exchange.method != "GET" or not re.search(self.path + "$", urlsplit(exchange.url).path):
            return False
        if not self.media_type:
            return self.parameter in _field(exchange.request_head, "accept").replace('"', "")
        types = _types(exchange.request_head, "accept")
        return types == {self.media_type} or (
            self.media_type == _JSON and bool(types & {_JSON, "*/*", "application/*"})
        )


@dataclass(frozen=True)
class Query:
    """A form of the parameters of a search, a pattern of one of them. `judges` as of a Resource."""

    parameter: str
    judges: tuple[str, ...]

    def is_asked_for(self, exchange: Exchange) -> bool:
        """Whether a request is a search with such a parameter."""
        parts = urlsplit(exchange.url)
        is_search = exchange.method == "GET" and re.search(_SEARCHES + "$", parts.path)
        return bool(is_search and re.search(f"(^|&){self.parameter}", parts.query))


@dataclass(frozen=True)
class Letters:
    """Capital letters in a URL, by a pattern. `judges` as of a Resource."""

    pattern: str
    judges: tuple[str, ...]

    def is_asked_for(self, exchange: Exchange) -> bool:
        """Whether a read has them."""
        return exchange.method == "GET" and bool(re.search(self.pattern, exchange.url))


Fact = Resource | Representation | Query | Letters

_XML, _JSON = "application/dicom+xml", "application/dicom+json"
_SEARCHES, _PIXELS = "/(studies|series|instances)", "/(studies|series|instances|frames)/[^/]+"
REPRESENTATIONS = (
    Representation("/metadata", ("json-struct-001", "retrieve-meta-002"), _JSON),
    Representation(_SEARCHES, ("json-struct-001", "search-media-001"), _JSON),
    Representation("/metadata", ("retrieve-meta-003",), _XML),
    Representation(_SEARCHES, ("search-media-002",), _XML),
    Representation(_PIXELS, ("common-ts-003",), parameter="transfer-syntax=*"),
    Representation(_PIXELS, ("common-ts-003", "common-ts-002"), parameter="transfer-syntax="),
)


QUERIES = (
    Query("limit=", ("search-paging-001",)),
    Query("offset=", ("search-paging-002",)),
    Query("includefield=", ("search-incl-001", "search-incl-002", "search-incl-003")),
    Query("(?!accept=)[^&=]+=[^&]*([*?]|%2A|%3F)", ("search-match-008", "search-match-009")),
    Query(r"[\dA-Fa-f]{8}(\.[\dA-Fa-f]{8})*=", ("search-match-002",)),
)


# What is lost where something before the server changes the letters of a URL: keywords, and paths with capital letters.
KEYWORD = Letters(r"[?&](includefield=[^&]*)?[A-Z][A-Za-z]", ("search-match-001", "seed-search-studies"))
PATH = Letters(changes.CAPITALS, ("retrieve-bulk-001", "json-bulk-002"))


def asked_for(exchange: Exchange) -> list[Fact]:
    """What a request stands on: its resource, then the representation that it accepts, and the forms of its query."""
    found = resource(exchange.method, exchange.url)
    forms = (form for form in (*REPRESENTATIONS, *QUERIES, KEYWORD, PATH) if form.is_asked_for(exchange))
    return [*([found] if found else []), *forms]


def not_shown(exchanges: Iterable[Exchange]) -> set[Fact]:
    """What requests of a run stand on, and no response shows."""
    asked: set[Fact] = set()
    shown: set[Fact] = set()
    every = list(exchanges)
    for exchange in every:
        facts = asked_for(exchange)
        asked.update(facts)
        shown.update(fact for fact in facts if _shows(exchange, fact))
    lost = {KEYWORD: changes.keywords_are_lost(every), PATH: changes.paths_are_lost(every)}
    return (asked - shown) | {fact for fact, is_lost in lost.items() if is_lost}


def _shows(exchange: Exchange, fact: Fact) -> bool:
    """Whether a response shows it: a success, in the media type, and a list has an entry."""
    if isinstance(fact, Letters):  # many responses together show these
        return True
    if exchange.status is None or exchange.status >= 400:
        return False
    if isinstance(fact, Representation):
        return not fact.media_type or fact.media_type in _types(exchange.response_head, "content-type")
    if isinstance(fact, Query):
        return True
    return not fact.is_list or exchange.response_body.size > EMPTY


def _field(head: str, name: str) -> str:
    """The value of a header field, several lines joined by a comma."""
    return ",".join(line.partition(":")[2] for line in head.split("\n") if line.lower().startswith(f"{name}:"))


def _types(head: str, name: str) -> set[str]:
    """The media types of a header field, those of the parts for multipart."""
    entries = _field(head, name).split(",")
    named = (re.search(r'type="?([^;,"\s]+)', entry) or re.search(r"\s*([^;\s]+)", entry) for entry in entries)
    return {found[1].lower() for found in named if found}
