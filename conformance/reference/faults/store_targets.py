"""Faults in the targets of the store (PS3.18 10.5.1.1)."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import INSTANCE, STUDY, Origin
from ..archive import Instance
from ..capabilities import Handler
from ..ingest import Refused
from ..target import Target
from .altered import query, refused, request_fault
from .registry import fault


@fault("store-needs-the-study", breaks=("STOW-CONF-001", "STOW-BEH-010"), says="status is 404")
class StoreNeedsTheStudy(Origin):
    """Returns 404 for POST to a study that does not exist yet."""

    async def store(self, request: Request) -> Response:
        target = Target.of(request)
        if target.study and not self.archive.find(target):
            raise HTTPException(404, f"there is no {target}")
        return await super().store(request)


@request_fault("store-parameter-is-refused", breaks=("STOW-CONF-002",), says="status is 400")
def store_parameter_is_refused(request: Request) -> Response | None:
    """Returns 400 for a store with a query parameter."""
    return refused(400) if request.method == "POST" and query(request) else None


@fault("store-ignores-the-study", breaks=("STOW-RESP-003", "STOW-RESP-025"), says="status is 200")
class StoreIgnoresTheStudy(Origin):
    """Stores instances of other studies on POST to a study."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, Target())


@fault("store-keeps-what-failed", breaks=("STOW-REQ-005",), says="is retrievable, should be absent")
class StoreKeepsWhatFailed(Origin):
    """Reports an instance of another study than the path as failed, and stores it."""

    def admit(self, instance: Instance, target: Target) -> None:
        try:
            super().admit(instance, target)
        except Refused:
            self.archive.keep(instance)
            raise


@fault("store-to-an-instance-is-taken", breaks=("STOW-REQ-015",), says="status is 200")
class StoreToAnInstanceIsTaken(Origin):
    """Stores on POST to an instance, to the series of a study and to /instances."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        resources = super().resources()
        for path in (INSTANCE, STUDY + "/series", "/instances"):
            resources[path]["POST"] = self.store
        return resources
