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
    """The server may deviate: the text leaves it open, or contradicts itself, as the deviation's `why` tells."""

    def __init__(self, deviation: Deviation) -> None:
        super().__init__(str(deviation))
        self.deviation = deviation


class Blocked(Exception):
    """A precondition does not hold, so nothing was judged. `by` names the check, or the setting, that it waits for;
    `deviation` is the deviation of the precondition, if a judge has found one."""

    def __init__(self, why: str, by: str | None = None, deviation: Deviation | None = None) -> None:
        super().__init__(why)
        self.by = by
        self.deviation = deviation


class NotSupported(Exception):
    """The feature is not claimed, and the control probe agrees that it is absent.

    Or a condition of the standard is not met here.
    """


class Unclaimed(NotSupported):
    """The endpoint does not claim the feature that the check would request."""


class Refused(NotSupported):
    """The server refuses the request that would show whether a claimed obligation is met. `what` names it."""

    def __init__(self, why: str, what: str) -> None:
        super().__init__(why)
        self.what = what


class NothingStored(NotSupported):
    """The check would have to write, and this run only reads."""


class Observed(Exception):
    """A fact worth recording that is not scored."""


class Unanswered(Exception):
    """A request had no usable response, through the network's fault or the server's.

    `request` is that request, None where it could not be sent or the response is not the server's; `by` is the check,
    or the thing, that blocks a check then; None if it is not known yet.
    """

    by: str | None = None

    def __init__(self, why: str, request: Request | None = None) -> None:
        super().__init__(f"{request.method} {request.target}: {why}" if request else why)
        self.why, self.request = why, request


class Undecoded(Unanswered):
    """A response has a content coding that was not accepted and that cannot be decoded. `by` is the check about it."""

    by = "common-hdr-016"


class InFront(Unanswered):
    """A response of something in front of the server: a limiter, a gateway, a limit of bodies."""

    by = "what stands before the server"


class Stopped(Exception):
    """The run cannot begin; one sentence that says what to change. `response` is the one that stopped it, if any."""

    def __init__(self, sentence: str, response: Response | None = None) -> None:
        super().__init__(sentence)
        self.response = response
