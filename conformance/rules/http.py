"""PS3.18 8.1.2, 8.4, 8.5, RFC 9110, RFC 9112: the status and the header fields of every response."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from conformance.dicomweb import codings
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered, header
from conformance.rules import parts
from conformance.rules.responses import (
    bodiless,
    codings_of,
    media_type,
    payload,
    payloads,
    surplus,
    whole,
)

TEXT = ("application/dicom+json", "application/json", "application/dicom+xml")
_REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")
# A code, an agent and a text (RFC 7234 5.5); after a store also a DICOM status code, as in 10.5.3.2.
_WARNING = re.compile(r'\d{3} [^\s"]\S* .+')
_WARNING_OF_A_STORE = re.compile(r'(\d{3}|[0-9A-Fa-f]{4}):? [^\s"]\S* .+')
_ENTITY_TAG = re.compile(r'(W/)?"[^"\x00-\x20\x7f]*"')
# What does not change while other instances are stored.
_KEPT = re.compile(r"/instances/[^/?]+(/(frames|bulkdata)/[^?]*)?$")
# A server may renew the time of its Date once a second, and so did when a file was stored a moment ago.
_MOMENT = timedelta(seconds=2)
_FORM_OF_A_DATE = "a date such as Sun, 06 Nov 1994 08:49:37 GMT"
_SEARCHED = re.compile(r"/(studies|series|instances)(\?|$)")


def unanswered(answer: Answered) -> Difference | None:
    """A request has a response."""
    return difference("the response", f"absent ({answer.error})", "there") if answer.error else None


def reads(answers: Sequence[Answered]) -> list[Answered]:
    """Complete responses to reads."""
    return [answer for answer in whole(answers) if answer.method in ("GET", "HEAD")]


def repeated_with_another_status(answers: Sequence[Answered]) -> Callable[[Answered], Difference | None]:
    """A rule among these exchanges: a request that returned 503 without Retry-After does not return another status
    when it is sent again (RFC 9110 15.6.4)."""
    then: dict[str, int | None] = {}
    later: dict[tuple[str, str, str | None], int | None] = {}
    for answer in reversed(whole(answers)):
        asked = answer.method, answer.url, header(answer.request_headers, "Accept")
        then[answer.path] = later.get(asked)
        later[asked] = answer.status

    def judge(answer: Answered) -> Difference | None:
        status = then[answer.path]
        if answer.status != 503 or answer.header("Retry-After") or status in (None, 503):
            return None
        return difference("status", 503, f"{status}, as when the request is sent again")

    return judge


def of_no_class(answer: Answered) -> Difference | None:
    """A status code is between 100 and 599."""
    return None if 100 <= (answer.status or 0) <= 599 else difference("status", answer.status, "between 100 and 599")


def unexplained(answer: Answered) -> Difference | None:
    """A failure has a payload, but for that of HEAD."""
    silent = not answer.size and answer.method != "HEAD"
    return difference(f"the body of status {answer.status}", "empty", "an explanation") if silent else None


def failed(answer: Answered) -> Difference | None:
    """A server does not fail: 501 to 505 have a meaning of their own."""
    fails = answer.status == 500 or (answer.status or 0) > 505
    return difference("status", answer.status, "another, such as 200, 4xx or 501") if fails else None


def followed(answer: Answered) -> Difference | None:
    """Nothing follows a response that belongs to no request."""
    more = surplus(answer)
    return difference("what follows the response", more, "nothing") if more else None


def undecodable(answer: Answered) -> Difference | None:
    """A body can be decoded as its Content-Encoding says, if that is a coding that is known here."""
    if not answer.undecodable or not set(codings_of(answer)) <= set(codings.WINDOWS):
        return None
    return difference(
        "the body", f"not decodable ({answer.undecodable})", f"decodable as {answer.header('Content-Encoding')}"
    )


def coded_unasked(answer: Answered) -> Difference | None:
    """A content coding is one that the Accept-Encoding of the request names (RFC 9110 12.5.3)."""
    accepted = header(answer.request_headers, "Accept-Encoding") or "*"
    words = [word.partition(";")[0].strip() for word in accepted.split(",") if not _REFUSED.search(word)]
    more = [name for name in codings_of(answer) if not {name.removeprefix("x-"), "*"} & set(words)]
    return (
        difference("Content-Encoding", ", ".join(more), f"absent, as Accept-Encoding is {accepted}") if more else None
    )


def of_another_protocol(answer: Answered) -> Difference | None:
    """A response is HTTP/1.1."""
    version = answer.head.partition(b" ")[0].decode("latin-1")
    return None if version == "HTTP/1.1" else difference("the protocol", version, "HTTP/1.1")


def untyped(answer: Answered) -> Difference | None:
    """A payload has a Content-Type."""
    return None if answer.header("Content-Type") else difference("Content-Type", None, "there")


def empty(answers: Sequence[Answered]) -> list[Answered]:
    """Responses that have no payload, or should have none; a length of 0 says that there is one (RFC 9110 8.6)."""
    found = [answer for answer in whole(answers) if answer.method != "HEAD"]
    return [answer for answer in found if bodiless(answer) or not (answer.size or _says_its_length(answer))]


def _says_its_length(answer: Answered) -> str | None:
    return answer.header("Content-Length") or answer.header("Transfer-Encoding")


def typed_without_payload(answer: Answered) -> Difference | None:
    """A 204 or 304 has no payload, and what has no payload has no Content-Type."""
    if size := payload(answer):
        return difference(f"the payload of a {answer.status}", size, None)
    kind = answer.header("Content-Type")
    return difference("Content-Type", kind, f"absent, as the {answer.status} has no payload") if kind else None


def payloads_of_1_1(answers: Sequence[Answered]) -> list[Answered]:
    """Payloads in HTTP/1.1: in HTTP/1.0 the close ends one."""
    return [answer for answer in payloads(answers) if answer.head.startswith(b"HTTP/1.1")]


def of_another_length(answer: Answered) -> Difference | None:
    """A payload has either a correct Content-Length, or Transfer-Encoding (RFC 9112 6.2)."""
    coding, length = answer.header("Transfer-Encoding"), answer.header("Content-Length")
    if coding:
        return difference("Content-Length", length, f"absent, as Transfer-Encoding is {coding}") if length else None
    return None if length == str(answer.size) else difference("Content-Length", length, answer.size)


def in_chunks(answers: Sequence[Answered]) -> list[Answered]:
    """Responses with a transfer coding, those that broke off too."""
    return [answer for answer in answers if re.search(rb"(?im)^transfer-encoding:", answer.head)]


def broken_off(answer: Answered) -> Difference | None:
    """The framing of a response is whole."""
    return difference("the framing", f"broken ({answer.error})", "whole") if answer.error else None


def parameter_twice(answer: Answered) -> Difference | None:
    """A media type has a transfer-syntax and a charset parameter at most once, and no transfer-syntax=*."""
    inside = parts.read(answer).parts if parts.messages([answer]) else ()
    for value in (answer.header("Content-Type") or "", *(part.header("Content-Type") or "" for part in inside)):
        names = re.findall(r"(?i);\s*(transfer-syntax|charset)\s*=", value)
        if len(names) > len({name.lower() for name in names}):
            return difference("Content-Type", value, "a media type with each parameter once")
        if re.search(r'(?i);\s*transfer-syntax\s*=\s*"?\*', value):
            return difference("Content-Type", value, "a media type with the UID of a transfer syntax")
    return None


def without_challenge(answer: Answered) -> Difference | None:
    """A 401 has WWW-Authenticate (RFC 9110 15.5.2)."""
    there = answer.header("WWW-Authenticate")
    return None if there else difference("WWW-Authenticate of a 401", None, "there")


def without_allow(answer: Answered) -> Difference | None:
    """A 405 lists the methods of the resource (RFC 9110 15.5.6), without the refused one; the list may be empty."""
    allowed = answer.header("Allow")
    if allowed is None:
        return difference("Allow", None, "the methods of the resource")
    methods = [word.strip() for word in allowed.split(",")]
    return difference("Allow", allowed, f"a list without {answer.method}") if answer.method in methods else None


def warned(answers: Sequence[Answered]) -> list[Answered]:
    """Responses with a Warning."""
    return [answer for answer in whole(answers) if answer.header("Warning")]


def warning_of_another_form(answer: Answered) -> Difference | None:
    """A Warning is a code, an agent and a text."""
    value = answer.header("Warning") or ""
    form = _WARNING_OF_A_STORE if answer.method == "POST" else _WARNING
    return None if form.match(value) else difference("Warning", value, "299 <service>: <text>")


def tagged(answers: Sequence[Answered]) -> list[Answered]:
    """Responses with an entity tag."""
    return [answer for answer in whole(answers) if answer.header("ETag")]


def tag_of_another_form(answer: Answered) -> Difference | None:
    """An entity tag is in quotation marks, with W/ before them if it is weak (RFC 9110 8.8.3)."""
    value = answer.header("ETag") or ""
    return None if _ENTITY_TAG.fullmatch(value) else difference("ETag", value, "an entity tag in quotation marks")


def timed(answers: Sequence[Answered]) -> list[Answered]:
    """Responses that have a Date if the server has a clock: all but 1xx and 5xx."""
    return [answer for answer in whole(answers) if answer.status in range(200, 500)]


def dated_wrongly(answer: Answered) -> Difference | None:
    """Date is there, Date and Last-Modified are dates in GMT, and Last-Modified is not the later one (RFC 9110 5.6.7,
    6.6.1, 8.8.2.1)."""
    found = {name: answer.header(name) for name in ("Date", "Last-Modified")}
    times = {name: _time(value) for name, value in found.items() if value is not None}
    wrong = next((name for name, time in times.items() if time is None), None)
    if found["Date"] is None or wrong:
        return difference(wrong or "Date", "of another form" if wrong else None, _FORM_OF_A_DATE)
    sent, changed = times["Date"], times.get("Last-Modified")
    is_later = sent is not None and changed is not None and changed > sent + _MOMENT
    return difference("Last-Modified", "later than Date", "Date, or earlier") if is_later else None


def _time(value: str) -> datetime | None:
    """The time of a date in the form of RFC 9110 5.6.7; None in another form."""
    try:
        return datetime.strptime(value, "%a, %d %b %Y %H:%M:%S GMT")
    except ValueError:
        return None


def unconditional(answers: Sequence[Answered]) -> list[Answered]:
    """Responses to requests without a condition."""
    return [item for item in whole(answers) if not any(name.startswith("If-") for name, _ in item.request_headers)]


def not_modified(answer: Answered) -> Difference | None:
    """Without a condition no request returns 304 (RFC 9110 15.4.5)."""
    return difference("status", 304, "200, as the request has no condition") if answer.status == 304 else None


def of_another_size(answers: Sequence[Answered]) -> Callable[[Answered], Difference | None]:
    """A rule among these exchanges: the whole of a file, frame or value, as one part and without coding, has the size
    that Content-Range of a part of it names (RFC 9110 14.4)."""
    ranges = [item for item in answers if item.status == 206 and _KEPT.search(item.url)]
    sizes = {_asked(item): (item.header("Content-Range") or "").rpartition("/")[2] for item in ranges}

    def judge(answer: Answered) -> Difference | None:
        size, kind = sizes.get(_asked(answer), ""), media_type(answer)
        alone = kind and not kind.essence.startswith("multipart/") and not codings_of(answer)
        if not alone or (answer.method, answer.status) != ("GET", 200) or header(answer.request_headers, "Range"):
            return None
        wrong = size.isdigit() and answer.size != int(size)
        return difference("the size of the body", answer.size, f"{size}, as a range of it says") if wrong else None

    return judge


def _asked(answer: Answered) -> tuple[str, str | None, str | None]:
    """What a request asks for, but for its method and range."""
    fields = answer.request_headers
    return answer.url, header(fields, "Accept"), header(fields, "Accept-Encoding")


def to_head(answers: Sequence[Answered]) -> list[Answered]:
    """Responses to HEAD."""
    return [answer for answer in whole(answers) if answer.method == "HEAD"]


def with_payload(answer: Answered) -> Difference | None:
    """A response to HEAD has no payload."""
    size = payload(answer)
    return difference("the payload of HEAD", size, None) if size else None


def text(answers: Sequence[Answered]) -> list[Answered]:
    """JSON and XML responses to requests that ask for no character set."""
    found = [item for item in payloads(answers) if (kind := media_type(item)) and kind.essence in TEXT]
    return [item for item in found if not re.search("(?i)charset", f"{item.url} {item.request_headers}")]


def in_another_charset(answer: Answered) -> Difference | None:
    """JSON and XML are in UTF-8."""
    kind = media_type(answer)
    charset = (kind.get("charset") if kind else None) or "utf-8"
    return None if charset.lower() == "utf-8" else difference("the charset", charset, "utf-8")


def searched_or_stored(answers: Sequence[Answered]) -> list[Answered]:
    """Responses to searches and stores."""
    return [answer for answer in whole(answers) if answer.method == "POST" or _SEARCHED.search(answer.url)]


def partial(answer: Answered) -> Difference | None:
    """A 206 is for a Range."""
    if answer.status != 206 or header(answer.request_headers, "Range"):
        return None
    return difference("status", 206, "200, as the request has no Range")
