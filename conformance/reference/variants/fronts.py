"""Variants that a front makes of a correct server: a proxy, a cache or an object store."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..app import Origin
from .registry import variant

MOVED, STORED = "/moved", "/stored"
LONG = 2048  # characters of a query that fits in Location
STATUSES = (301, 302, 303, 307, 308)


@variant("redirected-retrieves", "standard Table 8.5-1")
class RedirectedRetrieves(Origin):
    """Redirects retrieves to another path of the same server, with each of the redirect statuses."""

    def app(self) -> ASGIApp:
        app = super().app()

        async def moving(scope: Scope, receive: Receive, send: Send) -> None:
            root, path = scope["root_path"], scope["path"].removeprefix(scope["root_path"])
            if path.startswith(MOVED):
                await app({**scope, "path": root + path.removeprefix(MOVED)}, receive, send)
                return
            below = re.match(r"/studies/[0-9.]+(?!.*/(series|instances)$)", path)
            if scope["method"] != "GET" or not below:
                await app(scope, receive, send)
                return
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            moved = RedirectResponse(f"{root}{MOVED}{path}{query}", STATUSES[len(path) % len(STATUSES)])
            await moved(scope, receive, send)

        return moving


@variant("redirected-searches", "standard Table 8.5-1")
class RedirectedSearches(Origin):
    """Redirects searches to another path of the same server."""

    def app(self) -> ASGIApp:
        app = super().app()

        async def moving(scope: Scope, receive: Receive, send: Send) -> None:
            root, path = scope["root_path"], scope["path"].removeprefix(scope["root_path"])
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            if path.startswith(MOVED):
                await app({**scope, "path": root + path.removeprefix(MOVED)}, receive, send)
            elif scope["method"] == "GET" and re.search("/(studies|series|instances)$", path) and len(query) < LONG:
                await RedirectResponse(f"{root}{MOVED}{path}{query}", 307)(scope, receive, send)
            else:
                await app(scope, receive, send)

        return moving


@variant("redirected-stores", "standard Table 8.5-1; RFC 9110 15.4.9")
class RedirectedStores(Origin):
    """Redirects stores to another path of the same server."""

    def app(self) -> ASGIApp:
        app = super().app()

        async def moving(scope: Scope, receive: Receive, send: Send) -> None:
            root, path = scope["root_path"], scope["path"].removeprefix(scope["root_path"])
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            if scope["method"] == "POST" and not path.startswith(STORED):
                await RedirectResponse(f"{root}{STORED}{path}{query}", 308)(scope, receive, send)
            else:
                await app({**scope, "path": root + path.removeprefix(STORED)}, receive, send)

        return moving


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
