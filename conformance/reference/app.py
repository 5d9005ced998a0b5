"""The origin server as an ASGI application: which method of which resource is answered by what (PS3.18 10.3)."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from .archive import Archive
from .retrieve import Retrieve
from .search import Search
from .store import Store
from .target import Target

# What the router says when a request does not reach a handler, and what this server says instead.
SENTENCES = {"Not Found": "there is no such resource", "Method Not Allowed": "the resource has no such method"}

Handler = Callable[[Request], Response | Awaitable[Response]]

STUDY = "/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{instance}"


class Origin(Store, Retrieve, Search):
    """The Studies Service over an archive, and DELETE, which PS3.18 leaves to the vendor."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def delete(self, request: Request) -> Response:
        """Remove a study, a series or an instance. 204, or 404 when there is none."""
        target = Target.of(request)
        if not self.remove(target):
            raise HTTPException(404, f"there is no {target}")
        return Response(status_code=204)

    def remove(self, target: Target) -> int:
        """Remove what a path names; returns the number of instances that are gone."""
        return self.archive.delete(target)

    def resources(self) -> dict[str, dict[str, Handler]]:
        """The handlers of each resource by method."""
        return {
            "/studies": {"GET": self.search_studies, "POST": self.store},
            "/series": {"GET": self.search_series},
            "/instances": {"GET": self.search_instances},
            STUDY: {"GET": self.retrieve, "POST": self.store, "DELETE": self.delete},
            STUDY + "/metadata": {"GET": self.metadata},
            STUDY + "/series": {"GET": self.search_series},
            STUDY + "/instances": {"GET": self.search_instances},
            SERIES: {"GET": self.retrieve, "DELETE": self.delete},
            SERIES + "/metadata": {"GET": self.metadata},
            SERIES + "/instances": {"GET": self.search_instances},
            INSTANCE: {"GET": self.retrieve, "DELETE": self.delete},
            INSTANCE + "/metadata": {"GET": self.metadata},
            INSTANCE + "/frames/": {"GET": self.frames},
            INSTANCE + "/frames/{frames}": {"GET": self.frames},
            INSTANCE + "/bulkdata/{path}": {"GET": self.bulkdata},
        }

    def app(self) -> Starlette:
        """The ASGI application."""
        resources = self.resources().items()
        routes = [Route(path, _endpoint(handlers), methods=list(handlers)) for path, handlers in resources]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _explain})
        app.router.redirect_slashes = False
        return app


def _endpoint(handlers: dict[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        handler = handlers["GET" if request.method == "HEAD" else request.method]
        if inspect.iscoroutinefunction(handler):
            response: Response = await handler(request)
            return response
        return await run_in_threadpool(handler, request)  # type: ignore[arg-type]

    return endpoint


def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = SENTENCES.get(error.detail, error.detail)
    return PlainTextResponse(text, error.status_code, headers=error.headers)
