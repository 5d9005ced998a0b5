"""Preconditions: the readings of expect, but what is not as it should be blocks the check instead of failing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from conformance.dicomweb import multipart
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked

P = ParamSpec("P")
T = TypeVar("T")


def accepted(response: Response | None, by: str) -> None:
    """The store, judged by the check `by`, was answered with success."""
    if response is None or response.status not in (200, 202):
        answer = f"is answered {response.status}" if response else "has no answer"
        raise Blocked(f"waits for {by.upper()}, whose store {answer}", by)


def present(response: Response) -> None:
    """The resource is there."""
    _blocking(expect.status)(response, 200)


def whole(response: Response, instance: Instance) -> None:
    """The body carries this instance as it was stored."""
    _blocking(expect.whole)(response, instance)


def boundary(response: Response) -> str:
    """The boundary of a multipart answer."""
    _blocking(expect.parts)(response)
    return multipart.boundary_of(response.header("Content-Type") or "") or ""


def _blocking(judge: Callable[P, T]) -> Callable[P, T]:
    def precondition(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return judge(*args, **kwargs)
        except AssertionError as error:
            raise Blocked(f"a precondition does not hold: {error}") from None

    return precondition
