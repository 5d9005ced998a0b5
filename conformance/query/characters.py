"""Searches for the kind `characters`: the forms of a value in a URI, and the character that causes a failure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol
from urllib.parse import quote

from conformance.dicomweb.messages import Response
from conformance.kit.instances import Instance
from conformance.kit.kinds.characters import VALUES, name_of
from conformance.kit.verdicts import Blocked, Deviates, NotSupported
from conformance.query import scopes
from conformance.query.scopes import OF_PATIENTS, Scope

STEP, PROCEDURE = "ScheduledProcedureStepID", "RequestedProcedureID"
# The keys with text that a server must support (PS3.18 Table 10.6.1-5), each with its resource.
KEYS = {
    **dict.fromkeys(("AccessionNumber", "StudyID", "ReferringPhysicianName", "PatientName", "PatientID"), "studies"),
    **{f"RequestAttributesSequence.{key}": "study-series" for key in (STEP, PROCEDURE)},
}
SPECIAL = ("urls", "patterns", "blanks")
# Equivalent ways to write a value in a query: RFC 3986 2.1, 2.3, 3.4.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "minimal": lambda text: quote(text, safe="/:@!$'()~"),
    "lower-case": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "every-byte": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
}


class Endpoint(Protocol):
    """The part of an endpoint that is needed here."""

    def fetch(self, target: str) -> Response: ...


def usual(text: str) -> str:
    """A value as the other checks send it: `*` unchanged, all reserved characters percent-encoded."""
    return quote(text, safe="*")


def scope(endpoint: Endpoint, archive: tuple[Instance, ...], key: str) -> Scope:
    """The entities to be found by a key. Raises Blocked if digits and letters do not find the value that has them."""
    searched = scopes.scope(archive, KEYS[key], everybody=key in OF_PATIENTS)
    level = "study" if KEYS[key] == "studies" else "series"
    by = f"search-key-{level}-{scopes.tag(key).replace('.', '-')}.{KEYS[key]}".lower()
    literal(endpoint, searched, key, text_of(searched, key, "digits"), by)
    return searched


def text_of(searched: Scope, key: str, name: str) -> str:
    """The value of a key, as it is stored, that has the characters of one of VALUES. Raises NotSupported."""
    value = VALUES[name]
    for text in searched.values(key):
        if text.endswith((value, name_of(value))):
            return text
    raise NotSupported(f"the server refuses the instance whose {key} is {value}")


def ask(endpoint: Endpoint, searched: Scope, key: str, text: str, encode: Callable[[str], str] = usual) -> Response:
    """The response to a search by a key, requested once in a run."""
    narrow = "".join(f"{name}={quote(value, safe='')}&" for name, value in searched.narrow.items())
    return endpoint.fetch(f"{searched.target}?{narrow}{key}={encode(text)}")


def exactly(endpoint: Endpoint, searched: Scope, key: str, name: str) -> None:
    """Deviate unless a value matches exactly the entities with that value. The deviation names the character that
    causes it."""
    text = text_of(searched, key, name)
    response = ask(endpoint, searched, key, text)
    try:
        scopes.exactly(response, searched, {key: text})
    except Deviates as error:
        guilty = _guilty(endpoint, searched, key, name)
        why = f"the character that causes it: {guilty.strip() or 'blank'}" if guilty else ""
        raise Deviates(replace(error.deviation, why=why)) from None


def literal(endpoint: Endpoint, searched: Scope, key: str, text: str, by: str = "") -> Response:
    """The response to a search for a value as it is usually written. Raises Blocked if it is wrong, as `by` judges."""
    response = ask(endpoint, searched, key, text)
    try:
        scopes.exactly(response, searched, {key: text})
    except Deviates as error:
        raise Blocked.of(error.deviation, by or f"search-char-001.{case(key)}") from None
    return response


def case(key: str) -> str:
    """A key in the name of a check."""
    return key.rpartition(".")[2].lower()


def _guilty(endpoint: Endpoint, searched: Scope, key: str, name: str) -> str:
    """The character that makes a search for a value fail; "" if it is not a single one, or cannot be determined.

    Each half of the characters is searched for in turn, with `?` in place of all others.
    """
    text = text_of(searched, key, name)
    value = VALUES[name] if text.endswith(VALUES[name]) else name_of(VALUES[name])
    before = text.removesuffix(value)
    own = set(searched.matching({key: text}))

    def wrong(some: str) -> bool:
        pattern = before + "".join(character if character in some else "?" for character in value)
        try:
            response = ask(endpoint, searched, key, pattern, lambda text: quote(text, safe="*?"))
            scopes.exactly(response, searched, {key: pattern})
        except Deviates:
            return True
        # A server need not find names by patterns (PS3.4 C.2.2.2.4): one that does is asked here.
        return not own <= set(scopes.found(response, searched.resource.gives))

    candidates = "" if wrong("") else "".join(dict.fromkeys(value))
    while len(candidates) > 1:
        middle = len(candidates) // 2
        candidates = next((half for half in (candidates[:middle], candidates[middle:]) if wrong(half)), "")
    return candidates
