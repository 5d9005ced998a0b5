"""Selections of responses of the run for whole-run checks, and readings of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from conformance.dicomweb import codings, media_types, multipart
from conformance.dicomweb.buffers import View
from conformance.dicomweb.differences import Deviation, Difference
from conformance.dicomweb.media_types import MalformedMediaType, MediaType
from conformance.dicomweb.messages import SURPLUS_LIMIT, Answered, header
from conformance.dicomweb.multipart import Multipart, Part
from conformance.rules.once import once

Wrong = Difference | bool | None
DRAWN = ".drawn"  # the end of the id of a check of generated data
SHOWN = 60  # characters of surplus bytes

# Below a study, a search needs no query.
SEARCH = re.compile(r"\?|/(studies|series|instances)$")

# Modules whose checks come first, so that there are responses of each kind to look at: searches and metadata, files,
# renderings and bulk data, studies, missing resources, forbidden methods, unusual requests, and an unknown parameter.
FIRST = (
    *("COMMON-MP-013", "COMMON-HDR-009", "COMMON-ACCEPT-002", "COMMON-ACCEPT-003", "COMMON-STATUS-001"),
    *("COMMON-TS-003", "COMMON-STATUS-003", "COMMON-RESP-001", "COMMON-QP-007"),
)


def gathered(found: Sequence[tuple[Answered, Difference]], picked: int) -> tuple[Answered, Deviation]:
    """The response that best shows what is wrong with some of the `picked` ones, and the deviation with all places.

    A success matters more to a client than the form of a refusal. Data that Hypothesis drew differ from run to run:
    their responses are counted, but are not places, which a baseline could not list.
    """
    fixed = [(answer, wrong) for answer, wrong in found if not answer.check.endswith(DRAWN)]
    answer, difference = min(fixed or found, key=lambda item: (item[0].status or 0) >= 400)
    sent = f"{answer.method} {answer.url} of {answer.check}; {len(found)} of {picked} responses"
    # A server may return the parts of a study, and the documents of its metadata, in any order.
    subjects = (
        (answer, re.sub(r"\b(part|document) \d+", r"a \1", wrong.subject), wrong.found) for answer, wrong in fixed
    )
    places = dict.fromkeys(f"{form(answer)}: {subject} is {found}" for answer, subject, found in subjects)
    return answer, Deviation(difference, sent, places=tuple(places))


def form(answer: Answered) -> str:
    """The form of a request, the same in every run: method, path and query keys without their values, Accept."""
    path, _, query = answer.url.partition("?")
    resource = re.search(r"/(studies|series|instances|bulkdata|rendered|frames)\b.*", path)
    levels = re.sub(r"/(studies|series|instances|bulkdata|frames)/[^/]+", r"/\1/{}", resource[0] if resource else "/")
    keys = "&".join(sorted({pair.partition("=")[0] for pair in query.split("&")})) if query else ""
    accept = header(answer.request_headers, "Accept")
    return f"{answer.method} {levels}" + (f"?{keys}" if keys else "") + (f", Accept: {accept}" if accept else "")


def whole(answers: Sequence[Answered]) -> list[Answered]:
    """Complete responses."""
    return [answer for answer in answers if answer.status is not None]


def statuses_of_the_next(answers: Sequence[Answered]) -> dict[str, int | None]:
    """By the path of each complete response: the status when the request was repeated; None if it was not."""
    found: dict[str, int | None] = {}
    later: dict[tuple[str, str, str | None], int | None] = {}
    for answer in reversed(whole(answers)):
        asked = answer.method, answer.url, header(answer.request_headers, "Accept")
        found[answer.path] = later.get(asked)
        later[asked] = answer.status
    return found


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
    """A selection of responses with one of these statuses, except to HEAD."""
    return lambda answers: [item for item in whole(answers) if item.status in statuses and item.method != "HEAD"]


def multipart_messages(answers: Sequence[Answered]) -> list[Answered]:
    """Complete and kept multipart/related responses. A 206 is a range of the bytes of one (RFC 9110 15.3.7)."""
    found = [answer for answer in payloads(answers) if answer.status != 206]
    return [answer for answer in found if answer.content and boundary(answer)]


def retrieved(answers: Sequence[Answered]) -> list[Answered]:
    """Multipart responses that represent resources: neither searches nor stores."""
    return [
        answer for answer in multipart_messages(answers) if answer.method == "GET" and not SEARCH.search(answer.url)
    ]


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


def boundary(answer: Answered) -> str | None:
    """The boundary of a multipart/related response."""
    return multipart.boundary_of(answer.header("Content-Type") or "")


@once
def read(answer: Answered) -> Multipart:
    """The message of a multipart response that was kept; its parts are views of the content."""
    content = answer.content or b""
    return multipart.parse(boundary(answer) or "", View(content, 0, len(content)))


def media_type(answer: Answered) -> MediaType | None:
    """The media type of a response, None if it cannot be read."""
    try:
        return media_types.parse(answer.header("Content-Type") or "")
    except MalformedMediaType:
        return None


def part_by_part(wrong: Callable[[Answered, Part], Wrong]) -> Callable[[Answered], Wrong]:
    """A judge of a response that gives the first difference of its parts; `wrong` judges the response and a part."""

    def judge(answer: Answered) -> Wrong:
        for number, part in enumerate(read(answer).parts, 1):
            found = wrong(answer, part)
            if isinstance(found, Difference):
                return found.of(f"part {number}")
        return None

    return judge


def framed(*codes: str) -> Callable[[Answered], Wrong]:
    """A judge of a response that gives the first finding of these codes."""

    def judge(answer: Answered) -> Wrong:
        return next((finding.difference for finding in read(answer).findings if finding.code in codes), None)

    return judge


def typed(answer: Answered) -> str:
    """The type parameter of a multipart response, in lower case, without parameters of its own."""
    kind = media_type(answer)
    return ((kind.get("type") if kind else None) or "").lower().partition(";")[0]
