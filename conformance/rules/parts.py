"""PS3.18 8.6.1, 8.7.1, RFC 2046: every multipart response."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from conformance.dicomweb import multipart
from conformance.dicomweb.buffers import View
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered
from conformance.dicomweb.multipart import Multipart, Part
from conformance.rules.once import once
from conformance.rules.responses import media_type, payloads

# Below a study, a search needs no query.
_SEARCH = re.compile(r"\?|/(studies|series|instances)$")
_FRAMES = re.compile(r"(/instances/[^/]+/frames/)([\d,]+)$")


def multiparts(answers: Sequence[Answered]) -> list[Answered]:
    """Multipart responses of any kind, without the multipart/byteranges of several ranges (RFC 9110 14.6)."""
    found = [answer for answer in payloads(answers) if (answer.header("Content-Type") or "").startswith("multipart/")]
    return [answer for answer in found if answer.status != 206]


def messages(answers: Sequence[Answered]) -> list[Answered]:
    """Complete and kept multipart/related responses. A 206 is a range of the bytes of one (RFC 9110 15.3.7)."""
    found = [answer for answer in payloads(answers) if answer.status != 206]
    return [answer for answer in found if answer.content and boundary(answer)]


def retrieved(answers: Sequence[Answered]) -> list[Answered]:
    """Multipart responses that represent resources: neither searches nor stores."""
    return [answer for answer in messages(answers) if answer.method == "GET" and not _SEARCH.search(answer.url)]


def boundary(answer: Answered) -> str | None:
    """The boundary of a multipart/related response."""
    return multipart.boundary_of(answer.header("Content-Type") or "")


@once
def read(answer: Answered) -> Multipart:
    """The message of a multipart response that was kept; its parts are views of the content."""
    content = answer.content or b""
    return multipart.parse(boundary(answer) or "", View(content, 0, len(content)))


def unrelated(answer: Answered) -> Difference | None:
    """A multipart response is multipart/related with a type and a boundary (8.6.1.2)."""
    kind = media_type(answer)
    if kind and kind.essence == "multipart/related" and kind.get("type") and kind.get("boundary"):
        return None
    return difference("Content-Type", answer.header("Content-Type"), "multipart/related with type and boundary")


def of_another_type(answer: Answered) -> Difference | None:
    """The type parameter is the media type of the first part (RFC 2387 3.1)."""
    named, root = _typed(answer), (read(answer).parts or (None,))[0]
    found = root and root.media_type and root.media_type.essence
    if named and found and named != found:
        return difference("the type parameter", named, f"{found}, as in part 1")
    return None


def framed(*codes: str) -> Callable[[Answered], Difference | None]:
    """A rule of the framing, which gives the first finding of these codes."""

    def judge(answer: Answered) -> Difference | None:
        return next((finding.difference for finding in read(answer).findings if finding.code in codes), None)

    return judge


def _part_by_part(wrong: Callable[[Answered, Part], Difference | None]) -> Callable[[Answered], Difference | None]:
    """A rule of the parts, which gives the first difference; `wrong` judges the response and a part."""

    def judge(answer: Answered) -> Difference | None:
        for number, part in enumerate(read(answer).parts, 1):
            if found := wrong(answer, part):
                return found.of(f"part {number}")
        return None

    return judge


@_part_by_part
def untyped(_: Answered, part: Part) -> Difference | None:
    """A part has a Content-Type."""
    return None if part.header("Content-Type") else difference("Content-Type", None, "there")


@_part_by_part
def of_mixed_types(answer: Answered, part: Part) -> Difference | None:
    """A part has the media type of the type parameter."""
    named, found = _typed(answer), part.media_type and part.media_type.essence
    if named and found and named != found:
        return difference("the media type", found, f"{named}, as the type parameter says")
    return None


@_part_by_part
def of_another_length(answer: Answered, part: Part) -> Difference | None:
    """A part of a message without transfer coding has its Content-Length, and no part has a wrong one."""
    length, size = part.header("Content-Length"), str(len(part.content))
    if length is None and not answer.header("Transfer-Encoding"):
        return difference("Content-Length", None, f"{size}, as the message has no transfer coding")
    return None if length in (None, size) else difference("Content-Length", length, size)


@_part_by_part
def elsewhere(answer: Answered, part: Part) -> Difference | None:
    """A retrieved part has a Content-Location, and that of a frame, alone or in a list, is the URL of the frame."""
    location, frame = part.header("Content-Location"), _frame(answer, part)
    if not location:
        return difference("Content-Location", None, "there")
    if frame and not location.endswith(frame):
        return difference("Content-Location", location, f"a URL that ends in {frame}")
    return None


def _frame(answer: Answered, part: Part) -> str:
    """The end of the URL of the frame that a part is; "" if it is none, or not one of the parts of its list."""
    listed, parts = _FRAMES.search(answer.url), read(answer).parts
    numbers = listed[2].split(",") if listed else []
    at = next(at for at, other in enumerate(parts) if other is part)
    return f"{listed[1]}{numbers[at]}" if listed and len(numbers) == len(parts) else ""


def _typed(answer: Answered) -> str:
    """The type parameter of a multipart response, in lower case, without parameters of its own."""
    kind = media_type(answer)
    return ((kind.get("type") if kind else None) or "").lower().partition(";")[0]
