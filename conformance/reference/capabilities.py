"""The Retrieve Capabilities transaction and CORS preflights (PS3.18 8.9, Annexes G and H)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from . import wadl
from .answers import Answers
from .negotiation import Representation
from .target import base_url

Handler = Callable[[Request], Response | Awaitable[Response]]

DESCRIPTIONS = [Representation(wadl.WADL), Representation(wadl.JSON)]
ALLOWED_HEADERS = "accept, accept-charset, authorization, content-type, if-none-match, range"


class Capabilities(Answers):
    """OPTIONS of the base URI, and of every resource."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        """The handlers of each resource by method."""
        raise NotImplementedError

    def options(self, request: Request) -> Response:
        """A description of the service; for a CORS preflight only the header fields that it asks for."""
        allowed = ", ".join(self.methods(request))
        if "access-control-request-method" in request.headers:
            return Response(status_code=204, headers={"Allow": allowed} | self.preflight(request, allowed))
        form = self.choose(request, DESCRIPTIONS)
        text = self.description(base_url(request), form)
        tag = self.etag(text)
        headers = {"Allow": allowed, "ETag": tag}
        if self.unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        return Response(text, media_type=form.media_type, headers=headers)

    def methods(self, request: Request) -> list[str]:
        """The methods of the resource that a request is for."""
        methods = list(self.resources()[request.scope["route"].path])
        return [*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]

    def preflight(self, request: Request, allowed: str) -> dict[str, str]:
        """The header fields that let pages of other origins send such requests."""
        return {"Access-Control-Allow-Methods": allowed, "Access-Control-Allow-Headers": ALLOWED_HEADERS}

    def description(self, base: str, form: Representation) -> bytes:
        """The Capabilities Description of the service at a base URI."""
        application = wadl.application(base, {path: list(methods) for path, methods in self.resources().items()})
        return wadl.as_json(application) if form.media_type == wadl.JSON else wadl.as_xml(application)
