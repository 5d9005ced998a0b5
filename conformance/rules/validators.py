"""RFC 9110 8.8, 12.5.5: what caches rely on, entity tags and Vary."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered, header
from conformance.rules.http import coded_unasked
from conformance.rules.responses import codings_of, media_type, successes


def strongly_tagged(answers: Sequence[Answered]) -> list[Answered]:
    """Whole representations with a strong entity tag."""
    found = [item for item in successes(answers) if (item.method, item.status) == ("GET", 200)]
    return [item for item in found if (item.header("ETag") or "W/")[:2] != "W/"]


def of_two_bodies(answers: Sequence[Answered]) -> Callable[[Answered], Difference | None]:
    """A rule among these exchanges: a strong entity tag of a resource stands for one sequence of bytes, so for one
    media type, content coding and size (RFC 9110 8.8.1, 8.8.3.3)."""
    first: dict[Hashable, tuple[str, str, int]] = {}

    def judge(answer: Answered) -> Difference | None:
        tag, now = answer.header("ETag"), _form(answer)
        then = first.setdefault((answer.url, tag), now)
        if then == now:
            return None
        shown = [f"that of {size:,} bytes of {kind or 'no type'}{coding}" for kind, coding, size in (then, now)]
        return difference("the strong ETag", f"{shown[0]}, and {shown[1]}", "another for each")

    for answer in strongly_tagged(answers):
        judge(answer)
    return judge


def _form(answer: Answered) -> tuple[str, str, int]:
    kind, coding = media_type(answer), ", ".join(codings_of(answer))
    return kind.essence if kind else "", f" in {coding}" if coding else "", answer.size


def coded_on_request(answers: Sequence[Answered]) -> list[Answered]:
    """Representations with a content coding that the request accepts; another rule is about one that it does not."""
    found = [item for item in successes(answers) if item.method == "GET" and codings_of(item)]
    return [item for item in found if header(item.request_headers, "Accept-Encoding") and not coded_unasked(item)]


def uncached(answer: Answered) -> Difference | None:
    """What was coded because the request accepts it says so in Vary, unless no cache may keep it (RFC 9110 12.5.5)."""
    varies = [name.strip().lower() for name in (answer.header("Vary") or "").split(",")]
    if {"accept-encoding", "*"} & {*varies} or "no-store" in (answer.header("Cache-Control") or ""):
        return None
    return difference("Vary", answer.header("Vary"), "Accept-Encoding, as the body is coded on request")
