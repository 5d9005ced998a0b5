"""Faults that appear only when many clients send at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..app import Origin
from ..archive import Archive, Instance
from ..dicom_json import Json
from ..ingest import Refused
from ..query import Query
from ..target import Target
from .altered import past_the_library
from .registry import fault
from .store_behaviour import PROCESSING_FAILURE, StoresAtOnceAreLost

Asked = TypeVar("Asked")

CONNECTIONS = 6
# How long others are waited for, where the fault is that they meet.
MEETING = 0.02


class Crowded(Origin):
    """Refuses every other request while six are being handled."""

    def app(self) -> ASGIApp:
        app = super().app()
        here = 0

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal here
            if here >= CONNECTIONS:
                await self.turn_away(scope, receive, send)
                return
            here += 1
            try:
                await app(scope, receive, send)
            finally:
                here -= 1

        return limited

    async def turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one that is too many."""
        raise NotImplementedError


@fault("crowd-is-500", breaks=("LOAD-ANSWERED",), says="status is 500")
class CrowdIs500(Crowded):
    """Returns 500 for every other request while six are being handled, as without free database connections."""

    async def turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("timeout: no connection in the pool is free", 500)(scope, receive, send)


@fault("crowd-is-dropped", breaks=("LOAD-ANSWERED",), says="clients without a response")
class CrowdIsDropped(Crowded):
    """Closes the connection of every other request while six are being handled."""

    async def turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        await past_the_library(b"", receive, send)


@fault("crowd-loses-instances", breaks=("LOAD-STORED",), says="status is 404")
class CrowdLosesInstances(StoresAtOnceAreLost):
    """Reports an instance that arrives during another store as stored, and loses it."""


@fault(
    "crowd-is-refused",
    breaks=("LOAD-STORED",),
    says="status is 409",
    seen=("tiny-pacs 0.4.1: database table is locked",),
)
class CrowdIsRefused(Origin):
    """Refuses an instance that arrives during another store, as if the database table were locked."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._table = threading.Lock()

    def keep(self, instance: Instance) -> None:
        if not self._table.acquire(blocking=False):
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)
        try:
            time.sleep(MEETING)
            super().keep(instance)
        finally:
            self._table.release()


class Sharing(Origin):
    """Keeps the requested target in one place for all clients."""

    shared: Any = None

    def latest(self, asked: Asked) -> Asked:
        """The target of the last of several simultaneous requests."""
        self.shared = asked
        time.sleep(MEETING)
        return self.shared  # type: ignore[no-any-return]


@fault("crowd-shares-a-buffer", breaks=("LOAD-READ",), says="is not in the body")
class CrowdSharesABuffer(Sharing):
    """Returns the instance that the last of several simultaneous clients requested to all of them."""

    def retrieved(self, target: Target) -> list[Instance]:
        return super().retrieved(self.latest(target))


@fault("crowd-shares-a-description", breaks=("LOAD-READ",), says="is not in the list")
class CrowdSharesADescription(Sharing):
    """Returns the metadata that the last of several simultaneous clients requested to all of them."""

    def described(self, target: Target) -> list[Instance]:
        return super().described(self.latest(target))


@fault("crowd-shares-a-query", breaks=("LOAD-FOUND",), says="SOPInstanceUID of a match is")
class CrowdSharesAQuery(Sharing):
    """Returns the matches of the last of several simultaneous searches in a series to all of them."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        asked = super().query(request, target, level)
        return self.latest(asked) if target.series else asked

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        return super().entities(Target(target.study) if target.series else target, level, base)


@fault("crowd-is-not-indexed", breaks=("LOAD-FOUND",), says="is 0, should be 1")
class CrowdIsNotIndexed(Origin):
    """Does not find an instance below its study if it arrived during another store, although it can be retrieved."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._indexing = threading.Lock()
        self._unfound: set[str] = set()

    def keep(self, instance: Instance) -> None:
        if self._indexing.acquire(blocking=False):
            time.sleep(MEETING)
            self._indexing.release()
        else:
            self._unfound.add(instance.instance)
        super().keep(instance)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        found = super().entities(target, level, base)
        return (each for each in found if level != "instance" or _uid(each) not in self._unfound)


@fault("crowd-is-found-twice", breaks=("LOAD-FOUND",), says="is 2, should be 1")
class CrowdIsFoundTwice(CrowdIsNotIndexed):
    """Finds an instance twice below its study if it arrived during another store."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in Origin.entities(self, target, level, base):
            yield from [found] * (2 if level == "instance" and _uid(found) in self._unfound else 1)


def _uid(found: Json) -> str:
    return str(found["00080018"]["Value"][0])
