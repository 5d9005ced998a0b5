"""The origin server on a real socket: in a thread for tests, or in the foreground for `serve`."""

from __future__ import annotations

import signal
import socket
import threading
import time
from functools import cache
from pathlib import Path
from types import TracebackType

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

import conformance

from .app import Origin
from .archive import Archive
from .azure import Azure
from .process import SERVICES, bound

START_LIMIT = 10.0  # seconds


def _origins(collection: str) -> dict[str, type[Origin]]:
    """The origins by the beginnings of their paths; `collection` is "f" for faults, "v" for variants, "c" for causes.

    These three are imported here, since most servers never need them.
    """
    match collection:
        case "f":
            from .faults import FAULTS

            origins = {f"/f/{name}": fault.origin for name, fault in FAULTS.items()}
        case "v":
            from .variants import GROUPS, VARIANTS

            origins = {f"/v/{name}": variant.origin for name, variant in (VARIANTS | GROUPS).items()}
        case "c":
            from .causes import CAUSES

            origins = {f"/c/{name}": cause.origin for name, cause in CAUSES.items()}
        case _:
            return {"/dicom-web": Origin, SERVICES["azure"]: Azure}
    return {path + version: origin for path, origin in origins.items() for version in origin.versions}


class Prefixes:
    """Origins by the one to three segments that their paths begin with, each an application from its first request on.

    The base URI of each names the same resource with a slash at the end and without.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._origins = cache(_origins)
        self._apps: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        segments = scope["path"].split("/")
        origins = self._origins(segments[1] if segments[1:2] in (["f"], ["v"], ["c"]) else "")
        beginnings = ("/".join(segments[:number]) for number in (4, 3, 2))
        prefix = next((name for name in beginnings if name in origins), None)
        if prefix is None:
            await PlainTextResponse("there is no such server", 404)(scope, receive, send)
            return
        if prefix not in self._apps:
            self._apps[prefix] = origins[prefix](self._archive).app()
        path = scope["path"].removeprefix(prefix) or "/"
        await self._apps[prefix]({**scope, "path": prefix + path, "root_path": prefix}, receive, send)


class Server:
    """The correct origin under /dicom-web, each fault under /f/<id>, variant under /v/<id>, cause under /c/<id>.

    They have one archive. Documented services of other makers each have a path too.

    Without `store` the archive is temporary and removed by stop(); port 0 takes a free one, and `listening` is a socket
    that has one. Use as a context manager. Raises OSError if the folder cannot be written or the port is in use.
    """

    def __init__(
        self,
        store: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        listening: socket.socket | None = None,
    ) -> None:
        self.archive = Archive(store)
        try:
            self._socket = listening or bound(host, port)
        except OSError:
            self.archive.close()
            raise
        host, port = self._socket.getsockname()
        self.root = f"http://{host}:{port}"
        self.url = f"{self.root}/dicom-web"
        config = uvicorn.Config(
            Prefixes(self.archive),
            log_level="error",
            lifespan="off",
            server_header=False,
            headers=[("Server", f"dicomweb-conformance-reference/{conformance.__version__}")],
            timeout_graceful_shutdown=2,
        )
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._socket]}, name="reference server", daemon=True
        )

    def fault_url(self, fault: str) -> str:
        """The base URI of the origin with a fault."""
        from .faults import FAULTS

        version = FAULTS[fault].origin.versions[0] if fault in FAULTS else ""
        return f"{self.root}/f/{fault}{version}"

    def variant_url(self, variant: str) -> str:
        """The base URI of a variant of the correct origin, or of a group of them."""
        return f"{self.root}/v/{variant}"

    def cause_url(self, cause: str) -> str:
        """The base URI of the origin with a single cause."""
        return f"{self.root}/c/{cause}"

    def profile_url(self, profile: str) -> str:
        """The base URI of the service that a profile is about; the correct origin if it is not about one."""
        return self.root + SERVICES[profile] if profile in SERVICES else self.url

    def start(self) -> Server:
        """Start; the server responds when this returns. Raises RuntimeError if it does not start."""
        self._thread.start()
        deadline = time.monotonic() + START_LIMIT
        while not self._uvicorn.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the reference server did not start")
            time.sleep(0.001)
        return self

    def stop(self) -> None:
        """End the thread, and remove a temporary archive."""
        self._uvicorn.should_exit = True
        self._thread.join()
        self._socket.close()
        self.archive.close()

    def join(self) -> None:
        """Wait until the server ends."""
        while self._thread.is_alive():
            self._thread.join(1)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(port: int = 0, store: Path | None = None) -> None:
    """Run until Ctrl-C or SIGTERM. Raises OSError if the folder cannot be written or the port is in use."""
    from .faults import FAULTS

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Server(store, port=port) as server:
        kept = f"kept in {store}" if store else "kept until the server ends"
        print(f"DICOMweb at {server.url}, instances are {kept}; Ctrl-C ends it.", flush=True)
        print(f"{len(FAULTS)} servers with one fault each at {server.fault_url('<fault-id>')}.", flush=True)
        try:
            server.join()
        except KeyboardInterrupt:
            print("Ended.")
