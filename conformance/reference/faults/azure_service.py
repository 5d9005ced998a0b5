"""Faults of the service of the profile azure in what is common to all requests."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..azure import Azure
from ..target import Target
from .registry import fault


@fault("service-without-a-version", breaks=("MS-GEN-01",), says="should be 404 or 400")
class WithoutAVersion(Azure):
    """A path without a version is answered as one with the version."""

    versions = ("/v2", "")


@fault(
    "service-lists-former-versions", breaks=("MS-GEN-02",), says="api-supported-versions is 1, should be a list with 2"
)
class ListsFormerVersions(Azure):
    """The version in use is not listed."""

    def finish(self, request: Request, response: Response) -> Response:
        found = super().finish(request, response)
        found.headers["api-supported-versions"] = "1"
        return found


@fault("service-long-uid-is-absent", breaks=("MS-GEN-03",), says="status is 404, should be 400")
class LongUidIsAbsent(Azure):
    """A UID of more than 64 characters is answered 404."""

    def explain(self, request: Request, error: HTTPException) -> Response:
        if max(map(len, map(str, request.path_params.values())), default=0) > 64:
            error = HTTPException(404)
        return super().explain(request, error)


@fault("service-existence-comes-first", breaks=("MS-GEN-04",), says="status is 404, should be 406")
class ExistenceComesFirst(Azure):
    """What is not there is answered 404, whatever is accepted."""

    def retrieve(self, request: Request) -> Response:
        self.instances(Target.of(request))
        return super().retrieve(request)


@fault("service-partition-is-absent", breaks=("MS-PART-03",), says="status is 404, should be 400")
class PartitionIsAbsent(Azure):
    """A search in a data partition is answered 404."""

    def partition(self, request: Request) -> Response:
        raise HTTPException(404)
