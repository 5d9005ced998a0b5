"""The ways in which a check ends other than by returning, which is a pass."""

from __future__ import annotations

from conformance.dicomweb.differences import Deviation
from conformance.dicomweb.messages import Request, Response


class Deviates(AssertionError):
    """The server deviates from the requirement. Raised by the verbs of `expect`, which take the request with it."""

    def __init__(self, deviation: Deviation) -> None:
        super().__init__(str(deviation))
        self.deviation = deviation


class Warn(Exception):
    """The server may deviate. The deviation's `why` says why this is only a warning: the standard allows another
    reading, or contradicts itself."""

    def __init__(self, deviation: Deviation) -> None:
        super().__init__(str(deviation))
        self.deviation = deviation


class Blocked(Exception):
    """Nothing was judged, because a precondition failed. `by` names the check that judges the precondition, or in two
    words something else, such as "the session"; `deviation` is that of the precondition, if a judge has found one."""

    def __init__(self, why: str, by: str | None = None, deviation: Deviation | None = None) -> None:
        super().__init__(why)
        self.by = by
        self.deviation = deviation

    @classmethod
    def of(cls, deviation: Deviation, by: str | None = None) -> Blocked:
        """The error about a precondition that deviates, which the check `by` judges."""
        return cls(str(deviation), by, deviation)


class NotSupported(Exception):
    """The feature is not claimed, and a control request agrees that it is absent; or a condition under which the
    standard requires something is not met."""


class Unclaimed(NotSupported):
    """The endpoint does not claim the feature that the check would request."""


class Missing(Unclaimed):
    """The server says that it does not have a part of a claimed feature that it need not have. Under a baseline that is
    new, if the check is not listed as unjudged."""


class Refused(NotSupported):
    """The server refuses the request that would show whether it meets a claimed obligation. `what` names that
    request's content."""

    def __init__(self, why: str, what: str) -> None:
        super().__init__(why)
        self.what = what


class NothingStored(NotSupported):
    """The check needs a store, and this run only reads."""


class Observed(Exception):
    """A fact that is recorded and not scored."""


class Unanswered(Exception):
    """A request got no usable response, because of the network or the server.

    `request` is None if the request could not be sent, or if something in front of the server responded. `by` names
    what blocks the check: a check id, or words; None if that is not known yet. `dropped`: the connection was closed
    without a byte of a response.
    """

    by: str | None = None
    dropped = False

    def __init__(self, why: str, request: Request | None = None) -> None:
        super().__init__(f"{request.method} {request.target}: {why}" if request else why)
        self.why, self.request = why, request


class Undecoded(Unanswered):
    """A response has a content coding that the request did not accept and that cannot be decoded; `by` is the check
    that judges this."""

    by = "common-hdr-016"


class InFront(Unanswered):
    """A response of something in front of the server: a limiter, a gateway, or a proxy with a size limit. `status` is
    that of the response, if it matters."""

    by = "what stands before the server"

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class Stopped(Exception):
    """The run cannot begin: one sentence that says what to change. `response` is the one that stopped it, if any."""

    def __init__(self, sentence: str, response: Response | None = None) -> None:
        super().__init__(sentence)
        self.response = response
