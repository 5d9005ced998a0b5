"""Variants of the status with which a request is refused: by a policy, a framework or a gateway."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from .registry import variant


class _Refusing(Origin):
    """Refuses with other status codes than the reference server, by its own."""

    others: dict[int, int] = {}

    def explain(self, request: Request, error: HTTPException) -> Response:
        response = super().explain(request, error)
        response.status_code = self.others.get(error.status_code, error.status_code)
        return response


@variant("absent-is-403", "standard 8.5, last paragraph")
class AbsentIs403(_Refusing):
    """What is not there is 403, as what may not be seen."""

    others = {404: 403}


@variant("absent-is-400", "standard 8.5")
class AbsentIs400(_Refusing):
    """What is not there is 400: the request names nothing."""

    others = {404: 400}


@variant("absent-is-410", "standard 10.4.3.1")
class AbsentIs410(_Refusing):
    """What is not there, or not any more, is 410."""

    others = {404: 410}


@variant("bad-values-are-422", "RFC 9110 15.5.21")
class BadValuesAre422(_Refusing):
    """A value that is wrong, and a payload of another type, are 422, as web frameworks have it."""

    others = {400: 422, 415: 422}


@variant("unacceptable-is-415", "standard 8.7.8.1")
class UnacceptableIs415(_Refusing):
    """What cannot be sent in a type that is accepted is 415, and so is what is asked for in two categories."""

    others = {406: 415}
