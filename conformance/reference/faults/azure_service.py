"""Faults of the service of the profile azure in the rules of every request."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..azure import Azure
from ..target import Target
from .registry import fault


@fault("service-without-a-version", breaks=("MS-GEN-01",), says="should be 404 or 400")
class WithoutAVersion(Azure):
    """Accepts a path without a version."""

    versions = ("/v2", "")


@fault(
    "service-lists-former-versions", breaks=("MS-GEN-02",), says="api-supported-versions is 1, should be a list with 2"
)
class ListsFormerVersions(Azure):
    """Does not list the version in use."""

    def finish(self, request: Request, response: Response) -> Response:
        found = super().finish(request, response)
        found.headers["api-supported-versions"] = "1"
        return found


@fault("service-long-uid-is-absent", breaks=("MS-GEN-03",), says="status is 404, should be 400")
class LongUidIsAbsent(Azure):
    """Returns 404 for a UID of more than 64 characters."""

    def explain(self, request: Request, error: HTTPException) -> Response:
        if max(map(len, map(str, request.path_params.values())), default=0) > 64:
            error = HTTPException(404)
        return super().explain(request, error)


@fault("service-existence-comes-first", breaks=("MS-GEN-04",), says="status is 404, should be 406")
class ExistenceComesFirst(Azure):
    """Returns 404 for a resource that does not exist, whatever is accepted."""

    def retrieve(self, request: Request) -> Response:
        self.instances(Target.of(request))
        return super().retrieve(request)


@fault("service-partition-is-absent", breaks=("MS-PART-03",), says="status is 404, should be 400")
class PartitionIsAbsent(Azure):
    """Returns 404 for a search in a data partition."""

    def partition(self, request: Request) -> Response:
        raise HTTPException(404)
