"""The known ways to remove a study by a server's own API, as data, and --removal, which names one."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from conformance.harness.endpoint.endpoints import Removal
from conformance.harness.endpoint.tables import ConfigurationError

DICOMWEB = "dicomweb"


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The way of one product, and the signs by which `probe` recognises it."""

    url: str
    lookup: str
    realm: str
    at: str
    members: list[str]

    @property
    def removal(self) -> Removal:
        """As it would be written in endpoints.toml."""
        return Removal(url=self.url, lookup=self.lookup)

    def asks_for_credentials(self, challenge: str) -> bool:
        """True if a WWW-Authenticate field is that of the product."""
        return self.realm in challenge

    def names_itself(self, content: bytes) -> bool:
        """True if the document at `at` is that of the product."""
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            return False
        return isinstance(document, dict) and set(self.members) <= set(document)


@cache
def known() -> dict[str, Known]:
    """Every known way, by its name."""
    text = Path(__file__).with_name("removals.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Known])


def names() -> list[str]:
    """The values of --removal."""
    return [DICOMWEB, *known()]


def chosen(name: str | None) -> dict[str, Any]:
    """The settings that --removal stands for; none without it. Raises ConfigurationError."""
    if not name:
        return {}
    if name == DICOMWEB:
        return {"removal": DICOMWEB, "supports": ["delete"]}
    if name not in known():
        raise ConfigurationError(f"--removal is {name}, should be {' or '.join(names())}")
    return {"removal": msgspec.to_builtins(known()[name].removal)}
