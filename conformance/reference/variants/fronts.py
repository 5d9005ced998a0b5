"""Variants that a front makes of a correct server: a proxy, a cache or an object store."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..app import Origin
from .registry import variant

MOVED = "/moved"
LONG = 2048  # characters of a query that fits in Location
STATUSES = (301, 302, 303, 307, 308)


class Redirecting(Origin):
    """Redirects some requests to another path of the same server; only one such variant goes into a group."""

    def status(self, method: str, path: str, query: str) -> int | None:
        """The status with which a request is redirected; None if it is not."""
        raise NotImplementedError

    def app(self) -> ASGIApp:
        app = super().app()

        async def moving(scope: Scope, receive: Receive, send: Send) -> None:
            root, path = scope["root_path"], scope["path"].removeprefix(scope["root_path"])
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            if path.startswith(MOVED):
                await app({**scope, "path": root + path.removeprefix(MOVED)}, receive, send)
            elif status := self.status(scope["method"], path, query):
                await RedirectResponse(f"{root}{MOVED}{path}{query}", status)(scope, receive, send)
            else:
                await app(scope, receive, send)

        return moving


@variant("redirected-retrieves", "standard Table 8.5-1")
class RedirectedRetrieves(Redirecting):
    """Redirects retrieves to another path of the same server, with each of the redirect statuses."""

    def status(self, method: str, path: str, query: str) -> int | None:
        below = re.match(r"/studies/[0-9.]+(?!.*/(series|instances)$)", path)
        return STATUSES[len(path) % len(STATUSES)] if method == "GET" and below else None


@variant("redirected-searches", "standard Table 8.5-1")
class RedirectedSearches(Redirecting):
    """Redirects searches to another path of the same server."""

    def status(self, method: str, path: str, query: str) -> int | None:
        is_search = method == "GET" and re.search("/(studies|series|instances)$", path)
        return 307 if is_search and len(query) < LONG else None


@variant("redirected-stores", "standard Table 8.5-1; RFC 9110 15.4.9")
class RedirectedStores(Redirecting):
    """Redirects stores to another path of the same server."""

    def status(self, method: str, path: str, query: str) -> int | None:
        return 308 if method == "POST" else None


@variant("gzip-whatever-is-accepted", "RFC 9110 12.5.3")
class GzipWhateverIsAccepted(Origin):
    """Returns text in gzip from a cache to every client: a warning, and all of it is judged."""

    def is_accepted(self, request: Request, coding: str) -> bool:
        return True


@variant("stale-by-a-cache", "standard RFC 7234 5.5.1")
class StaleByACache(Origin):
    """Returns every search with the Warning 110 of a cache before its own."""

    def finish(self, request: Request, response: Response) -> Response:
        if request.method == "GET":
            response.raw_headers.insert(0, (b"warning", b'110 - "Response is Stale"'))
        return super().finish(request, response)


@variant("changed-on-the-way", "standard Table 8.5-1; RFC 9110 15.3.4")
class ChangedOnTheWay(Origin):
    """Returns 203 in place of 200 to a read, as a proxy does that changes what passes."""

    def finish(self, request: Request, response: Response) -> Response:
        response = super().finish(request, response)
        if request.method in ("GET", "HEAD") and response.status_code == 200:
            response.status_code = 203
        return response


@variant("head-is-405", "standard 8.5")
class HeadIs405(Origin):
    """Has no HEAD: 405 with the methods that there are."""

    def app(self) -> ASGIApp:
        app = super().app()

        async def without_head(scope: Scope, receive: Receive, send: Send) -> None:
            refusal = Response(status_code=405, headers={"Allow": "GET, POST, DELETE, OPTIONS"})
            await (refusal if scope["method"] == "HEAD" else app)(scope, receive, send)

        return without_head
