"""A server on loopback that gives a browser the files of a viewer, and passes on its reads of a run's own studies.

The browser knows the endpoint only by a secret path of this server: the run's connection sends what it passes on, so
that credentials, TLS, the proxy and the evidence stay in this process.
"""

from __future__ import annotations

import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as Received
from starlette.responses import FileResponse, PlainTextResponse, StreamingResponse
from starlette.responses import Response as Reply
from starlette.types import Receive, Scope, Send

from conformance.dicomweb.buffers import Buffer, pieces
from conformance.dicomweb.messages import Fields, Request, Response, header
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.relay import targets
from conformance.harness.relay.links import Links
from conformance.harness.relay.matches import of_studies
from conformance.harness.wire.ask import Ask
from conformance.kit.verdicts import Blocked, Unanswered
from conformance.kit.views import Relayed

PAGES = ("", "viewer", "segmentation", "microscopy")  # that the script of the viewer makes: each is index.html
CONFIGURATION = "app-config.js"  # the browser has it from the run, since it names the secret path
START_LIMIT = 10.0  # seconds
HEAD_LIMIT = 16 * 1024  # bytes of the head of a request
MOST_REQUESTS = 10_000  # that one view sends
# Fields of a request that are passed on, besides Accept; of a response; and of these, those that have links.
ASKED = ("range", "if-range", "if-none-match", "if-match", "if-modified-since", "if-unmodified-since")
TOLD = (
    *("content-type", "content-range", "accept-ranges", "content-disposition", "etag", "last-modified", "vary"),
    *("cache-control", "expires", "age", "retry-after", "warning"),
)
LINKED = ("location", "content-location", "link")
# Pages of a viewer share memory with their workers, which needs these; what the endpoint sends is never a page.
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Scripts and workers of the viewer itself, and no connection to anything else.
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:",
}
INERT = ISOLATED | {"Content-Security-Policy": "sandbox; default-src 'none'"}


class Relay:
    """The server. `files` is the folder of the viewer, `page` its page if that is none of them; `send` sends a request
    to the endpoint.

    Nothing is passed on but within `view`; one request at a time.
    """

    def __init__(
        self, endpoint: Endpoint, send: Callable[[Ask], Response], files: Path, page: bytes | None = None
    ) -> None:
        self._endpoint = endpoint
        self._send = send
        self._files = files.resolve()
        self._page = page
        # Without its protocol asyncio leaves Nagle's algorithm on, and every response waits for 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.origin = f"http://{self.host}"
        self.path = f"/{secrets.token_urlsafe(32)}/dicom-web"
        self._links = Links(endpoint, self.origin + self.path)
        self._lock = threading.Lock()
        self._studies: frozenset[str] | None = None
        self._log: list[Relayed] = []
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            http="h11",
            proxy_headers=False,
            ws="none",
            h11_max_incomplete_event_size=HEAD_LIMIT,
            log_level="critical",
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = uvicorn.Server(config)
        sockets = {"sockets": [self._socket]}
        self._thread = threading.Thread(target=self._uvicorn.run, kwargs=sockets, name="relay", daemon=True)

    def start(self) -> Relay:
        """Start; it responds when this returns. Raises RuntimeError if it does not start."""
        self._thread.start()
        deadline = time.monotonic() + START_LIMIT
        while not self._uvicorn.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the relay did not start")
            time.sleep(0.001)
        return self

    def stop(self) -> None:
        """End it."""
        self._uvicorn.should_exit = True
        self._thread.join(START_LIMIT)
        self._socket.close()

    @contextmanager
    def view(self, studies: Collection[str]) -> Iterator[list[Relayed]]:
        """Pass on reads of these studies until the end of the block; the list has each request with its outcome.

        The thread within sends no request itself: at the end it waits for the last one.
        """
        with self._lock:
            self._studies, self._log = frozenset(studies), []
            self._links.named.clear()
        try:
            yield self._log
        finally:
            with self._lock:
                self._studies = None

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            return
        received = Received(scope, receive)
        path = scope["raw_path"].decode("latin-1")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_LIMIT:
            reply: Reply = PlainTextResponse("the head is too long", 431, headers=INERT)
        elif not self._is_own(received):
            reply = PlainTextResponse("this is not for other pages or hosts", 403, headers=INERT)
        elif path.startswith(self.path + "/"):
            reply = await run_in_threadpool(self._pass_on, received, path.removeprefix(self.path + "/"))
        else:
            reply = self._file(received.method, path.lstrip("/"))
        await reply(scope, receive, send)

    def _is_own(self, received: Received) -> bool:
        """True if a request is for this host, and not sent by a page from elsewhere."""
        fields = received.headers
        return (
            fields.getlist("host") == [self.host]
            and set(fields.getlist("origin")) <= {self.origin}
            and fields.get("sec-fetch-site", "none") in ("none", "same-origin")
        )

    def _file(self, method: str, path: str) -> Reply:
        """A file of the viewer, or its page."""
        if method not in ("GET", "HEAD"):
            return PlainTextResponse("only reads", 405, headers=INERT | {"Allow": "GET, HEAD"})
        if path == CONFIGURATION:
            return Reply(b"", media_type="text/javascript", headers=ISOLATED)
        if self._page and path.strip("/") in PAGES:
            return Reply(self._page, media_type="text/html", headers=ISOLATED)
        file = (self._files / ("index.html" if path.strip("/") in PAGES else path)).resolve()
        if not file.is_relative_to(self._files) or not file.is_file():
            return PlainTextResponse("not found", 404, headers=INERT)
        return FileResponse(file, headers=ISOLATED)

    def _pass_on(self, received: Received, path: str) -> Reply:
        """The response to a request of the viewer, one at a time."""
        query = received.scope["query_string"].decode("latin-1")
        accept = received.headers.get("accept")
        target = path + (f"?{query}" if query else "")
        fields = tuple((name.title(), value) for name in ASKED if (value := received.headers.get(name)))
        shown: Fields = (("Accept", accept),) if accept else ()
        request = Request(received.method, f"{self._endpoint.root('GET', path)}/{target}", f"/{target}", shown)
        with self._lock:
            if self._studies is None or len(self._log) >= MOST_REQUESTS:
                return PlainTextResponse("nothing is passed on now", 503, headers=INERT)
            if why := self._refused(received.method, path, query, self._studies):
                return self._left_out(request, 405 if received.method not in ("GET", "HEAD") else 403, why)
            url = self._links.named.get(path)
            url = url + (f"?{query}" if query else "") if url else None
            try:
                response = self._send(Ask(received.method, target, accept, headers=fields, url=url))
            except (Unanswered, Blocked) as error:
                return self._left_out(request, 502, f"no response: {error}")
            except Exception as error:
                return self._left_out(request, 500, f"not sent: {type(error).__name__}: {error}")
            return self._reply(request, response, path, self._studies)

    def _refused(self, method: str, path: str, query: str, studies: frozenset[str]) -> str:
        """The reason why a request is not passed on; "" if it is."""
        if method not in ("GET", "HEAD"):
            return "not passed on: only reads are"
        if not targets.well_formed(path, query):
            return "not passed on: the target is not well-formed"
        named = re.findall(r"(?:^|/)studies/([^/]*)", path)
        if not set(named) <= studies or not (targets.is_of(path, studies) or path in self._links.named):
            return "not passed on: it is not of a study that is viewed"
        return ""

    def _left_out(self, request: Request, status: int, why: str) -> Reply:
        self._log.append(Relayed(request, None, why))
        return PlainTextResponse(why, status, headers=INERT)

    def _reply(self, request: Request, response: Response, path: str, studies: frozenset[str]) -> Reply:
        """A response as the browser receives it; the body of a failure is left out."""
        base, kind = response.request.url, (response.header("Content-Type") or "").partition(";")[0].lower()
        content: Buffer = response.body if response.status // 100 == 2 and request.method == "GET" else b""
        if content and targets.is_search(path):
            found = of_studies(content[:], studies, below=path not in ("studies", "series", "instances"))
            if found is None:
                why = f"status {response.status}, but the body is not a list of matches in DICOM JSON"
                return self._left_out(response.request, 502, why)
            content = found
        if isinstance(content, bytes):
            content = self._links.body(content, kind, base)
        fields = {name: value for name in TOLD if (value := header(response.headers, name))}
        for name in LINKED:
            value = header(response.headers, name)
            if value and (led := self._links.field(name, value, base)):
                fields[name] = led
        self._log.append(Relayed(response.request, response.status))
        if request.method == "GET" and response.status not in (204, 304):
            fields["content-length"] = str(len(content))
        return StreamingResponse(pieces(content), response.status, headers=fields | INERT)
