"""Variants that have only a part of the Studies Service: PS3.18 10.2, Table 10.6.1-1."""

from __future__ import annotations

import re

from ..app import Origin
from ..capabilities import Handler
from .registry import variant

_RELATIONAL = re.compile(r"/(series|instances)|/studies/\{study\}/instances")
_SEARCHES = re.compile(r"(.*/)?(studies|series|instances)")


class Partial(Origin):
    """Has only some resources and methods; any other resource returns 404, any other method 405."""

    def has(self, path: str, method: str) -> bool:
        """Whether the server has a method of a resource."""
        raise NotImplementedError

    def resources(self) -> dict[str, dict[str, Handler]]:
        every = {
            path: {method: handler for method, handler in methods.items() if self.has(path, method)}
            for path, methods in super().resources().items()
        }
        return {path: methods for path, methods in every.items() if methods or path == "/"}


@variant("store-only", "standard 10.2", lacks=("retrieve", "search", "delete"))
class StoreOnly(Partial):
    """A gateway that stores instances, without retrieve and searches."""

    def has(self, path: str, method: str) -> bool:
        return method == "POST"


@variant("no-relational-search", "standard 10.6.1.1, Table 10.6.1-1", lacks=("relational-search",))
class NoRelationalSearch(Partial):
    """A proxy in front of a DIMSE archive, which searches for series and instances only if the path names their
    parents.
    """

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
