"""Faults that alter requests or responses in transit: each is one small function, whose docstring is its sentence.

A request may be changed in place, or be answered at once. An answer may be changed, or be replaced by bytes that are
sent as they are, past the HTTP library, before the connection is closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..app import Origin
from .registry import fault

# Others are unknown to every resource.
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}

RequestEdit = Callable[[Request], Response | bytes | None]
AnswerEdit = Callable[[Request, Response], Response | bytes | None]


class Altered(Origin):
    """The correct origin behind a layer that alters messages."""

    def asked(self, request: Request) -> Response | bytes | None:
        """A response that does not involve the origin, if any."""
        return None

    def answered(self, request: Request, response: Response) -> Response | bytes | None:
        """A response that replaces the origin's, if any."""
        return None

    def app(self) -> ASGIApp:
        app = super().app()

        async def altered(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            answer = self.asked(request)
            if answer is None:
                response = await _collected(app, scope, receive)
                changed = self.answered(request, response)
                answer = response if changed is None else changed
            if isinstance(answer, Response):
                await answer(scope, receive, send)
            else:
                await past_the_library(answer, receive, send)

        return altered


def request_fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[RequestEdit], RequestEdit]:
    """Register an edit of requests."""

    def register(edit: RequestEdit) -> RequestEdit:
        class EditedRequest(Altered):
            def asked(self, request: Request) -> Response | bytes | None:
                return edit(request)

        EditedRequest.__doc__ = edit.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(EditedRequest)
        return edit

    return register


def answer_fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[AnswerEdit], AnswerEdit]:
    """Register an edit of responses."""

    def register(edit: AnswerEdit) -> AnswerEdit:
        class EditedAnswer(Altered):
            def answered(self, request: Request, response: Response) -> Response | bytes | None:
                return edit(request, response)

        EditedAnswer.__doc__ = edit.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(EditedAnswer)
        return edit

    return register


def refused(status: int) -> Response:
    """A response with a status and a sentence."""
    return PlainTextResponse(f"refused by a fault that was seeded here: {status}", status)


def path(request: Request) -> str:
    """The path of a request below the base URI."""
    return request.url.path.removeprefix(request.scope["root_path"])


def query(request: Request) -> str:
    """The query of a request as it was sent."""
    return str(request.scope["query_string"].decode("latin-1"))


def names(request: Request) -> set[str]:
    """The names of the query parameters of a request."""
    return {name for name, _ in parse_qsl(query(request), keep_blank_values=True)}


def set_query(request: Request, text: str) -> None:
    """Let the origin see another query."""
    request.scope["query_string"] = text.encode("latin-1")


def accept(request: Request) -> str:
    """The Accept field of a request; empty if absent."""
    return ",".join(request.headers.getlist("accept"))


def set_accept(request: Request, value: str) -> None:
    """Let the origin see another Accept field."""
    others = [(name, text) for name, text in request.scope["headers"] if name != b"accept"]
    request.scope["headers"] = [*others, (b"accept", value.encode("latin-1"))]


def with_body(response: Response, body: bytes) -> Response:
    """The response with another body and its length."""
    response.body = body
    response.headers["content-length"] = str(len(body))
    return response


def replaced(response: Response, pattern: str, text: str) -> Response:
    """The response with its body edited by a regular expression."""
    return with_body(response, re.sub(pattern.encode(), text.encode(), bytes(response.body)))


def on_the_wire(response: Response, *, version: str = "1.1", without: tuple[str, ...] = (), more: str = "") -> bytes:
    """The response as bytes, without some header fields and with additional ones (each with its CRLF)."""
    fields = [(name, value) for name, value in response.headers.items() if name not in without]
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/{version} {response.status_code} Seeded\r\n{lines}{more}\r\n".encode() + bytes(response.body)


async def _collected(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """The whole answer of an application."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in messages[1:])
    response = Response(body, messages[0]["status"])
    response.raw_headers = list(messages[0]["headers"])
    return response


async def past_the_library(content: bytes, receive: Receive, send: Send) -> None:
    """Write bytes to the connection, close it, and wait until the server has noticed."""
    transport: Any = send.__self__.transport  # type: ignore[attr-defined]  # of uvicorn, which offers no other way
    transport.write(content)
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
