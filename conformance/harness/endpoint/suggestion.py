"""A block for endpoints.toml: the settings of an endpoint as they would be written by hand."""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import structs

from conformance.harness.endpoint.authentication import Authentication
from conformance.harness.endpoint.endpoints import Settings
from conformance.harness.endpoint.tables import Table


def block(name: str, settings: Settings) -> str:
    """The table [name] in TOML, with the settings that are not the default. Secrets stay where they are."""
    return "\n".join([f"[{_key(name)}]", *(f"{key} = {_toml(value)}" for key, value in _written(settings).items())])


def _written(table: Table) -> dict[str, Any]:
    """The contents of a table: its kind, if there are several, and the settings that are not the default."""
    kind = {"kind": table.__struct_config__.tag} if isinstance(table, Authentication) else {}
    members = {item.name: (getattr(table, item.name), _default(item)) for item in structs.fields(table)}
    return kind | {key: value for key, (value, default) in members.items() if value != default}


def _default(field: structs.FieldInfo) -> object:
    return field.default_factory() if callable(field.default_factory) else field.default


def _toml(value: Any) -> str:
    """A value in TOML 1.0, tables inline."""
    match value:
        case Table():
            return _toml(_written(value))
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return f"{{ {', '.join(f'{_key(key)} = {_toml(item)}' for key, item in value.items())} }}"
        case _:
            return str(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)
