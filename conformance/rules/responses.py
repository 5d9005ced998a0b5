"""Selections of the responses of a run, and what is read in the head of one, whatever was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.dicomweb import codings, media_types
from conformance.dicomweb.media_types import MalformedMediaType, MediaType
from conformance.dicomweb.messages import SURPLUS_LIMIT, Answered

SHOWN = 60  # characters of surplus bytes


def whole(answers: Sequence[Answered]) -> list[Answered]:
    """Complete responses."""
    return [answer for answer in answers if answer.status is not None]


def payloads(answers: Sequence[Answered]) -> list[Answered]:
    """Complete responses with a payload."""
    return [answer for answer in whole(answers) if answer.size and not bodiless(answer)]


def successes(answers: Sequence[Answered]) -> list[Answered]:
    """Responses with success and a payload."""
    return [answer for answer in payloads(answers) if answer.status in range(200, 300)]


def coded(answers: Sequence[Answered]) -> list[Answered]:
    """Responses whose payload has a content coding."""
    return [answer for answer in payloads(answers) if codings_of(answer)]


def codings_of(answer: Answered) -> list[str]:
    """The content codings of a response, in the order in which they were applied."""
    return codings.names(answer.header("Content-Encoding") or "")


def of_status(*statuses: int) -> Callable[[Sequence[Answered]], list[Answered]]:
    """A selection of responses with one of these statuses."""
    return lambda answers: [answer for answer in answers if answer.status in statuses]


def bodiless(answer: Answered) -> bool:
    """True if a response cannot have a payload (RFC 9110 6.4.1)."""
    return answer.method == "HEAD" or answer.status in (204, 304)


def payload(answer: Answered) -> str:
    """The size of the payload of a response, even of one that cannot have any (HEAD, 204, 304); empty if there is
    none."""
    if _is_payload(answer):
        return _amount(answer.surplus)
    return f"{answer.size} bytes" if answer.size else ""


def surplus(answer: Answered) -> str:
    """The bytes after a response that belong to no request: their number and beginning; empty if there are none.

    Bytes after the head of a response that cannot have a payload nevertheless count as its payload.
    """
    came = bytes(answer.surplus)
    if not came or _is_payload(answer):
        return ""
    line = came.partition(b"\r\n")[0] if _is_response(came) else came
    text = line[:SHOWN].decode("latin-1")
    shown = (text if _is_response(came) else ascii(text)) + (" …" if len(came) > len(text) else "")
    return f"{_amount(came)} that belong to no request: {shown}"


def _is_payload(answer: Answered) -> bool:
    return bodiless(answer) and bool(answer.surplus) and not _is_response(answer.surplus)


def _is_response(came: bytes | bytearray) -> bool:
    return came.startswith(b"HTTP/")


def _amount(came: bytes | bytearray) -> str:
    return ("at least " if len(came) == SURPLUS_LIMIT else "") + f"{len(came):,} bytes"


def media_type(answer: Answered) -> MediaType | None:
    """The media type of a response, None if it cannot be read."""
    try:
        return media_types.parse(answer.header("Content-Type") or "")
    except MalformedMediaType:
        return None
