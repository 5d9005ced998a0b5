"""The reference server in a process of its own, so that a run and the server that it judges have a core each.

The listening socket is made here: requests wait in it until the process answers, and the port is known at once. The
process ends when the pipe that it reads from is closed, whatever ended this one. It ignores the signals of a terminal:
the cleanup after Ctrl-C needs the server.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

# Services that differ from PS3.18 as their makers document, by the name of their profile: the path of each.
SERVICES = {"azure": "/azure/v2"}
PACKAGE = Path(__file__).parents[1]
BACKLOG = 128


class ServerProcess:
    """An empty reference server. Raises OSError if no process can be started."""

    def __init__(self) -> None:
        listening = bound("127.0.0.1", 0)
        listening.listen(BACKLOG)
        host, port = listening.getsockname()
        self.root = f"http://{host}:{port}"
        self.url = f"{self.root}/dicom-web"
        inherited = [] if sys.platform == "win32" else [listening.fileno()]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-c", _PROGRAM, str(PACKAGE.parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=inherited,
        )
        assert self._process.stdin
        self._pipe = self._process.stdin
        self._pipe.write(_handed(listening, self._process.pid).hex().encode() + b"\n")
        self._pipe.flush()
        listening.close()

    def profile_url(self, profile: str) -> str:
        """The base URI of the service that a profile is about; the correct origin if it is not about one."""
        return self.root + SERVICES[profile] if profile in SERVICES else self.url

    def wait(self) -> bool:
        """Return whether it started, once that is known; if not, its error is on standard error."""
        return self._process.stdout is not None and self._process.stdout.readline() == b"up\n"

    def stop(self) -> None:
        """End the process, and lose its data."""
        with self._process:
            self._pipe.close()


def _handed(listening: socket.socket, process: int) -> bytes:
    """The data that a process needs to share a socket: its number if it is inherited, else the result of share()."""
    if sys.platform == "win32":
        return listening.share(process)
    return str(listening.fileno()).encode()


def _taken(handed: bytes) -> socket.socket:
    """The socket, in the process that it was handed to."""
    if sys.platform == "win32":
        return socket.fromshare(handed)
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=int(handed))


def bound(host: str, port: int) -> socket.socket:
    """A socket on a port. Raises OSError if it is in use."""
    # uvicorn turns off Nagle's algorithm only if the protocol is named: 0.4 ms instead of 44 ms per request.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def main() -> None:
    """Serve on the socket that standard input names, until it ends."""
    from .server import Server

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    if not (handed := sys.stdin.buffer.readline()):
        return  # the parent process has ended
    with Server(listening=_taken(bytes.fromhex(handed.decode()))):
        with suppress(OSError):
            sys.stdout.write("up\n")
            sys.stdout.flush()
        sys.stdin.buffer.read()
    os._exit(0)  # otherwise Python would try to flush output that nobody reads


_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from conformance.reference.process import main; main()"
