"""Faults that one client does not see: what goes wrong when many come at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..app import Origin
from ..archive import Archive, Instance
from ..dicom_json import Json
from ..ingest import Refused
from ..target import Target
from .registry import fault
from .store_behaviour import PROCESSING_FAILURE, StoresAtOnceAreLost

CONNECTIONS = 6
# How long others are waited for, where the fault is that they meet.
MEETING = 0.02


@fault("crowd-is-500", breaks=("LOAD-ANSWERED",), says="status is 500")
class CrowdIs500(Origin):
    """While six requests are being answered, every other one fails: there is no connection to the database left."""

    def app(self) -> ASGIApp:
        app = super().app()
        here = 0

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal here
            if here >= CONNECTIONS:
                await PlainTextResponse("timeout: no connection in the pool is free", 500)(scope, receive, send)
                return
            here += 1
            try:
                await app(scope, receive, send)
            finally:
                here -= 1

        return limited


@fault("crowd-loses-instances", breaks=("LOAD-STORED",), says="status is 404")
class CrowdLosesInstances(StoresAtOnceAreLost):
    """What is stored while another instance is being stored is named as stored, and lost."""


@fault(
    "crowd-is-refused",
    breaks=("LOAD-STORED",),
    says="status is 409",
    seen=("tiny-pacs 0.4.1: database table is locked",),
)
class CrowdIsRefused(Origin):
    """What comes while another instance is being stored is refused: the table of the database is locked."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._table = threading.Lock()

    def keep(self, instance: Instance) -> None:
        if not self._table.acquire(blocking=False):
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)
        time.sleep(MEETING)
        super().keep(instance)
        self._table.release()


@fault("crowd-shares-a-buffer", breaks=("LOAD-READ",), says="is not in the body")
class CrowdSharesABuffer(Origin):
    """Who asks for an instance while others do gets what the last of them asked for."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._asked = Target()

    def retrieved(self, target: Target) -> list[Instance]:
        self._asked = target
        time.sleep(MEETING)
        return super().retrieved(self._asked)


@fault("crowd-shares-a-description", breaks=("LOAD-READ",), says="is not in the list")
class CrowdSharesADescription(Origin):
    """Who asks for metadata while others do gets those that the last of them asked for."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._asked = Target()

    def described(self, target: Target) -> list[Instance]:
        self._asked = target
        time.sleep(MEETING)
        return super().described(self._asked)


@fault("crowd-is-not-indexed", breaks=("LOAD-FOUND",), says="is found 0 times")
class CrowdIsNotIndexed(Origin):
    """What is stored while another instance is being stored is retrieved, and not found below its study."""

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


@fault("crowd-is-found-twice", breaks=("LOAD-FOUND",), says="is found 2 times")
class CrowdIsFoundTwice(CrowdIsNotIndexed):
    """What is stored while another instance is being stored is found twice below its study."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in Origin.entities(self, target, level, base):
            yield from [found] * (2 if level == "instance" and _uid(found) in self._unfound else 1)


def _uid(found: Json) -> str:
    return str(found["00080018"]["Value"][0])
