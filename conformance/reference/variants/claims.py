"""Variants that have only part of the Studies Service: PS3.18 10.2, Table 10.6.1-1."""

from __future__ import annotations

import re

from ..app import Origin
from ..capabilities import Handler
from .registry import variant

_RELATIONAL = re.compile(r"/(series|instances)|/studies/\{study\}/instances")
_SEARCHES = re.compile(r"(.*/)?(studies|series|instances)")


class Partial(Origin):
    """Has only some resources, and methods of them; any other is 404, or 405 for a method."""

    def has(self, path: str, method: str) -> bool:
        """Whether a method of a resource is there."""
        raise NotImplementedError

    def resources(self) -> dict[str, dict[str, Handler]]:
        every = {
            path: {method: handler for method, handler in methods.items() if self.has(path, method)}
            for path, methods in super().resources().items()
        }
        return {path: methods for path, methods in every.items() if methods or path == "/"}


@variant("store-only", "standard 10.2", lacks=("retrieve", "search", "delete"))
class StoreOnly(Partial):
    """A gateway that takes instances, and has neither retrieve nor searches."""

    def has(self, path: str, method: str) -> bool:
        return method == "POST"


@variant("no-relational-search", "standard 10.6.1.1, Table 10.6.1-1", lacks=("relational-search",))
class NoRelationalSearch(Partial):
    """A proxy before a DIMSE archive: it searches for series and instances only where their parents are named."""

    def has(self, path: str, method: str) -> bool:
        return not _RELATIONAL.fullmatch(path)


@variant("no-search", "standard 10.2", lacks=("search",))
class NoSearch(Partial):
    """Store and retrieve, without searches."""

    def has(self, path: str, method: str) -> bool:
        return method != "GET" or not _SEARCHES.fullmatch(path)


@variant("no-retrieve", "standard 10.2", lacks=("retrieve",))
class NoRetrieve(Partial):
    """Store and searches, without retrieve."""

    def has(self, path: str, method: str) -> bool:
        return method != "GET" or bool(_SEARCHES.fullmatch(path))
