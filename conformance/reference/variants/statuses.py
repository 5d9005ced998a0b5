"""Variants in the status of a refusal: by a policy, a framework or a gateway."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from .registry import variant


class _Refusing(Origin):
    """Refuses with other statuses than the reference server, by its own."""

    others: dict[int, int] = {}

    def explain(self, request: Request, error: HTTPException) -> Response:
        response = super().explain(request, error)
        response.status_code = self.others.get(error.status_code, error.status_code)
        return response


@variant("absent-is-403", "standard 8.5, last paragraph")
class AbsentIs403(_Refusing):
    """Returns 403 for a resource that does not exist, as for one that may not be seen."""

    others = {404: 403}


@variant("absent-is-400", "standard 8.5")
class AbsentIs400(_Refusing):
    """Returns 400 for a resource that does not exist."""

    others = {404: 400}


@variant("absent-is-410", "standard 10.4.3.1")
class AbsentIs410(_Refusing):
    """Returns 410 for a resource that does not exist, or no longer exists."""

    others = {404: 410}


@variant("bad-values-are-422", "RFC 9110 15.5.21")
class BadValuesAre422(_Refusing):
    """Returns 422 for an invalid value and for a payload of another type, like web frameworks."""

    others = {400: 422, 415: 422}


@variant("unacceptable-is-415", "standard 8.7.8.1")
class UnacceptableIs415(_Refusing):
    """Returns 415 if it has no acceptable type, and if two categories are requested."""

    others = {406: 415}
