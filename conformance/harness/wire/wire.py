"""The tee below the HTTP library: keeps the raw bytes of the heads, enforces the deadline, and sees surplus bytes.

Between two exchanges a connection is idle. Bytes received then belong to no request (RFC 9112 6.3): they are kept as
the surplus of the exchange before, and the connection is closed, so that they never become the next response.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from conformance.dicomweb.messages import SURPLUS_LIMIT

HEAD_LIMIT = 64 * 1024  # bytes, interim responses included
# A server whose heads exceed this in total has its heads limited to less: they are kept for the whole run.
HEADS_TOGETHER, LATER_HEAD_LIMIT = 32 * 1024 * 1024, 8 * 1024
READ, WRITTEN = 64 * 1024, 16 * 1024  # bytes at a time
CLOSES_WITHIN = 0.1  # seconds between a 408 and its close
_END = re.compile(rb"\r?\n\r?\n")


class TransportError(Exception):
    """No usable response: refused, reset, timed out, too large or not HTTP. One sentence."""


class Disturbed(Exception):
    """Nothing was sent: the connection, idle until now, was closed by the server or has surplus bytes."""


@dataclass
class Conversation:
    """The raw bytes of one exchange: heads up to `head_limit`, and the number of received bytes.

    It has `seconds`, which end at the monotonic time `deadline`. `answered`: the head of the response has been
    received. `surplus` holds the first bytes that came after the response and before the next request of the
    connection; it may grow after the exchange.
    """

    seconds: float
    deadline: float
    head_limit: int
    stream: WireStream | None = None
    connected: bool = False
    answered: bool = False
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    bytes_received: int = 0
    surplus: bytearray = field(default_factory=bytearray)

    @property
    def request_head(self) -> bytes:
        return _head(bytes(self.sent))

    @property
    def response_head(self) -> bytes:
        """The head of the final response; interim ones (1xx) before it are left out."""
        raw, start = bytes(self.received), 0
        while raw[start + 9 : start + 10] == b"1" and (end := _END.search(raw, start)):
            start = end.end()
        return _head(raw, start)


@dataclass(frozen=True)
class Secured:
    """A TLS connection: its version ("TLS 1.3"), and the issuer and the end of validity of the certificate.

    The latter two are empty if the operating system does not expose the certificate that it verified.
    """

    version: str
    issuer: str = ""
    until: str = ""

    @classmethod
    def by(cls, connection: ssl.SSLObject | ssl.SSLSocket) -> Secured:
        certificate: Any = connection.getpeercert() or {}
        names = dict(pair for group in certificate.get("issuer", ()) for pair in group)
        issuer = names.get("commonName") or names.get("organizationName") or ""
        return cls((connection.version() or "TLS").replace("v", " "), issuer, certificate.get("notAfter", ""))


class Wire:
    """A network backend of httpcore. Without `reuse` every request has a new connection.

    `heads` is the size of all heads of responses so far.
    """

    backend: Any
    secured: Secured | None = None
    reuse = True
    heads = 0

    def __init__(self) -> None:
        self._local = threading.local()

    def begin(self, seconds: float) -> Conversation:
        """Start a conversation in this thread, which has to end within these seconds."""
        limit = HEAD_LIMIT if self.heads < HEADS_TOGETHER else LATER_HEAD_LIMIT
        self._local.conversation = Conversation(seconds, time.monotonic() + seconds, limit)
        return self._local.conversation  # type: ignore[no-any-return]

    @property
    def conversation(self) -> Conversation:
        return self._local.conversation  # type: ignore[no-any-return]

    def left(self, timeout: float | None) -> float:
        """The timeout of one operation: what is left of the deadline, at most `timeout`. Raises TransportError."""
        left = self.conversation.deadline - time.monotonic()
        if left <= 0:
            raise TransportError("the deadline has passed")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> WireStream:
        self.conversation.connected = True
        return WireStream(self.backend.connect_tcp(host, port, timeout=self.left(timeout), **options), self)

    def sleep(self, seconds: float) -> None:
        self.backend.sleep(seconds)


class WireStream:
    """A connection seen through the Wire. Its pool may inspect it from another thread while it is idle."""

    def __init__(self, stream: Any, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire
        self._lock = threading.Lock()
        self._new, self._closed = True, False
        self._ahead = b""
        self._surplus: bytearray | None = None  # that of the exchange before, while the connection is idle

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        conversation = self._wire.conversation
        room = conversation.head_limit - len(conversation.received)
        if not conversation.answered:
            max_bytes = min(max_bytes, room)
            if not room:
                limit = conversation.head_limit // 1024
                raise TransportError(f"the head of the response is longer than {limit} kB, or never ends")
        data: bytes = self._ahead or self._stream.read(max_bytes, timeout=self._wire.left(timeout))
        data, self._ahead = data[:max_bytes], data[max_bytes:]
        conversation.bytes_received += len(data)
        conversation.received += data[:room]
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes. Raises Disturbed before the first byte of a request, if the connection is unusable."""
        conversation = self._wire.conversation
        conversation.stream = self
        self._wire.left(timeout)
        with self._lock:
            if self._surplus is not None and self._disturbed():
                raise Disturbed
            self._surplus = None
        if self._new:
            self._greeted()
        conversation.sent += buffer[: HEAD_LIMIT - len(conversation.sent)]
        # In pieces, since a single write continues for as long as the server takes a few bytes before each timeout.
        for start in range(0, len(buffer), WRITTEN):
            self._stream.write(buffer[start : start + WRITTEN], timeout=self._wire.left(timeout))

    def rest(self, conversation: Conversation, beyond: bytes) -> None:
        """Note the end of an exchange; `beyond` was received beyond its response."""
        with self._lock:
            self._surplus = conversation.surplus
            if beyond:
                self._keep(beyond)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> WireStream:
        # The bytes before were the dialogue with a proxy (CONNECT).
        self._wire.conversation.sent.clear()
        self._wire.conversation.received.clear()
        stream = self._stream.start_tls(ssl_context, server_hostname, self._wire.left(timeout))
        self._wire.secured = Secured.by(stream.get_extra_info("ssl_object"))
        return WireStream(stream, self._wire)

    def close(self) -> None:
        with self._lock:
            if self._surplus is not None:
                self._disturbed()
            self._close()

    def get_extra_info(self, info: str) -> Any:
        """As the stream. The pool asks an idle connection whether it `is_readable`, and drops it then."""
        if info != "is_readable":
            return self._stream.get_extra_info(info)
        with self._lock:
            unfit = self._closed or not self._wire.reuse
            return unfit or (self._surplus is not None and self._disturbed())

    def _greeted(self) -> None:
        """Check for bytes that the server sent before the first request of the connection. Raises TransportError.

        It may refuse the connection itself (503, say) with a response; bytes that are not HTTP are reported when they
        are read.
        """
        self._new = False
        self._ahead = self._waiting() or b""
        if re.match(rb"HTTP/1\.\d [123]", self._ahead):
            line = self._ahead.split(b"\r\n")[0][:80].decode("latin-1")
            raise TransportError(f"the server sent a response before it had a request: {line}")

    def _disturbed(self) -> bool:
        """True if this connection, idle, was closed or has surplus bytes, which are kept; it is closed then."""
        if not self._closed and (data := self._waiting()) is not None:
            self._keep(data)
        return self._closed

    def _keep(self, data: bytes) -> None:
        """Close the connection, and keep unrequested bytes: the surplus of the exchange before.

        A 408 before a close is allowed (RFC 9110 15.5.9).
        """
        more: bytes | None = data
        while len(data) < READ and (more := self._waiting()):
            data += more
        if _is_timeout(data):
            closes = re.search(rb"(?i)\nconnection: *close", _head(data)) or more == b""
            data = b"" if closes or self._waiting(CLOSES_WITHIN) == b"" else data
        if self._surplus is not None:
            self._surplus += data[: SURPLUS_LIMIT - len(self._surplus)]
        self._close()

    def _waiting(self, seconds: float = 0) -> bytes | None:
        """Bytes that can be read without waiting; b"" if the connection was closed, None if there is nothing."""
        try:
            return self._stream.read(READ, timeout=seconds)  # type: ignore[no-any-return]
        except Exception as error:  # of httpcore; its cause is the error of the operating system
            nothing = (BlockingIOError, TimeoutError, ssl.SSLWantReadError)
            return None if isinstance(error.__cause__, nothing) else b""

    def _close(self) -> None:
        self._closed = True
        self._stream.close()


def _head(raw: bytes, start: int = 0) -> bytes:
    """Start line and header fields up to the empty line, which servers end by CRLF or by a bare LF."""
    end = _END.search(raw, start)
    return raw[start : end.start()] if end else raw[start:]


def _is_timeout(data: bytes) -> bool:
    """True if bytes are one response of status 408, and nothing after it."""
    head = _head(data)
    length = re.search(rb"(?i)\ncontent-length: *(\d{1,9})\r?(\n|$)", head)
    body = len(data) - len(head) - len(b"\r\n\r\n")
    return re.match(rb"HTTP/1\.\d 408\b", head) is not None and (length is None or body <= int(length[1]))
