"""The origin server as an ASGI application: the handlers of each method of each resource (PS3.18 10.3)."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from .archive import Archive
from .capabilities import Capabilities, Handler
from .metadata_store import MetadataStore
from .rendered import Rendered
from .search import Search
from .target import Target

STUDY = "/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{instance}"
FRAMES = INSTANCE + "/frames/{frames}"


class Origin(MetadataStore, Rendered, Search, Capabilities):
    """The Studies Service over an archive, and DELETE, which PS3.18 leaves to the vendor."""

    versions: tuple[str, ...] = ("",)  # of the interface: the last part of its path

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def delete(self, request: Request) -> Response:
        """Remove a study, a series or an instance. 204, or 404 if there is none."""
        target = Target.of(request)
        if not self.remove(target):
            raise HTTPException(404, f"there is no {target}")
        return Response(status_code=204)

    def remove(self, target: Target) -> int:
        """Remove the resource of a path; returns the number of deleted instances."""
        return self.archive.delete(target)

    def resources(self) -> dict[str, dict[str, Handler]]:
        """The handlers of each resource by method; OPTIONS is added to all."""
        return {
            "/": {},
            "/studies": {"GET": self.search_studies, "POST": self.store},
            "/series": {"GET": self.search_series},
            "/instances": {"GET": self.search_instances},
            STUDY: {"GET": self.retrieve, "POST": self.store, "DELETE": self.delete},
            STUDY + "/metadata": {"GET": self.metadata},
            STUDY + "/rendered": {"GET": self.rendered_all},
            STUDY + "/thumbnail": {"GET": self.thumbnail},
            STUDY + "/series": {"GET": self.search_series},
            STUDY + "/instances": {"GET": self.search_instances},
            SERIES: {"GET": self.retrieve, "DELETE": self.delete},
            SERIES + "/metadata": {"GET": self.metadata},
            SERIES + "/rendered": {"GET": self.rendered_all},
            SERIES + "/thumbnail": {"GET": self.thumbnail},
            SERIES + "/instances": {"GET": self.search_instances},
            INSTANCE: {"GET": self.retrieve, "DELETE": self.delete},
            INSTANCE + "/metadata": {"GET": self.metadata},
            INSTANCE + "/rendered": {"GET": self.rendered_instance},
            INSTANCE + "/thumbnail": {"GET": self.thumbnail},
            INSTANCE + "/bulkdata/{path}": {"GET": self.bulkdata},
            INSTANCE + "/frames/": {"GET": self.frames},
            FRAMES: {"GET": self.frames},
            FRAMES + "/rendered": {"GET": self.rendered_frames},
            FRAMES + "/thumbnail": {"GET": self.thumbnail},
        }

    def app(self) -> ASGIApp:
        """The ASGI application."""
        handlers = {path: methods | {"OPTIONS": self.options} for path, methods in self.resources().items()}
        routes = [Route(path, self._endpoint(methods), methods=list(methods)) for path, methods in handlers.items()]
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._explain})
        app.router.redirect_slashes = False
        return app

    def _endpoint(self, handlers: dict[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            handler = handlers["GET" if request.method == "HEAD" else request.method]
            if inspect.iscoroutinefunction(handler):
                return self.finish(request, await handler(request))
            return self.finish(request, await run_in_threadpool(handler, request))  # type: ignore[arg-type]

        return endpoint

    async def _explain(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return self.finish(request, self.explain(request, error))
