"""The outcome of an exchange: a response, or the reason why there is none."""

from __future__ import annotations

from conformance.dicomweb.messages import Request, Response
from conformance.harness.wire.client import Answer
from conformance.kit.verdicts import Unanswered, Undecoded

CHANGED = 203


def outcome_of(answer: Answer, request: Request) -> Response | Unanswered:
    """The response to a request, or Unanswered if there is none."""
    if answer.error is not None or answer.status is None:
        problem = Unanswered(str(answer.error), request)
        problem.dropped = answer.dropped
        return problem
    if answer.undecodable:
        return Undecoded(answer.undecodable, request)
    # A proxy that changes what the server returns with 200 may say so by 203 (Table 8.5-1, RFC 9110 15.3.4).
    status = 200 if answer.status == CHANGED else answer.status
    if isinstance(answer.content, bytes):
        return Response(status, answer.reason, answer.headers, answer.content, request)
    return Response(status, answer.reason, answer.headers, b"", request, answer.content)
