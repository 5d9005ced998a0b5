"""The base types of the tables of endpoints.toml, and the descriptions of their keys."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import inspect


class ConfigurationError(Exception):
    """The configuration cannot be used; the message names the place and the right spelling."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """A table of endpoints.toml. docs/configuration.md is made from these types, their docstrings and descriptions."""


def about(description: str, *marks: str, **constraints: Any) -> msgspec.Meta:
    """The purpose of a key, and the form of its value.

    Marks: "url" is an absolute URL, "hidden" may contain a secret among other things, "sent" is the value of a header
    field as it is.
    """
    return msgspec.Meta(description=description, extra={"marks": marks}, **constraints)


class Secret(Table, frozen=True):
    """The place of a secret, whose value is never in endpoints.toml: an environment variable, or a file with the secret
    in its only line."""

    env: Annotated[str | None, about("the name of the environment variable")] = None
    file: Annotated[str | None, about("the path of the file, relative to endpoints.toml")] = None


def marked(table: type[Any], mark: str) -> tuple[str, ...]:
    """The keys of a table with a mark."""
    return tuple(
        field.encode_name
        for field in _fields(table)
        if isinstance(field.type, inspect.Metadata) and mark in (field.type.extra or {}).get("marks", ())
    )


def secrets_of(table: type[Any]) -> tuple[str, ...]:
    """The keys of a table that name the place of a secret."""
    return tuple(field.encode_name for field in _fields(table) if Secret in _structs(field.type))


def _fields(table: type[Any]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(table)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _structs(item: inspect.Type) -> list[type]:
    match item:
        case inspect.Metadata():
            return _structs(item.type)
        case inspect.UnionType():
            return [found for each in item.types for found in _structs(each)]
        case inspect.StructType():
            return [item.cls]
        case _:
            return []


def unsendable(value: str) -> str | None:
    """The reason why a text cannot be the value of a header field (RFC 9110 5.5), without the text; None if it can."""
    if not value:
        return "is empty"
    if not is_plain(value):
        return "has a line break, another control character, or a byte that is not UTF-8 in it"
    if not value.isascii():
        return "has a character beyond ASCII in it, which no header field can carry"
    return "begins or ends with a blank" if value != value.strip() else None


def is_plain(value: str) -> bool:
    """True if a text has no control character and no half of a surrogate pair, which is how bytes that are not UTF-8
    are read."""
    return not any(character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in value)
