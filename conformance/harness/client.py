"""The one module that speaks HTTP: a request goes out as a check wrote it, and what came over the wire is kept.

httpx hides much of what a server sends (bare line feeds, a body after 204), so a tee below it keeps the raw bytes of
the heads. It also has no total timeout: the tee gives each read and write only what is left of the deadline.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx
import truststore

from conformance.dicomweb.buffers import Buffer
from conformance.dicomweb.messages import Fields
from conformance.harness.endpoints import ConfigurationError, Endpoint
from conformance.harness.spool import collect

HEAD_LIMIT = 64 * 1024
ERROR_LIMIT = 300
# Servers close what is idle, some after a second: a store that meets the close has no answer, and may not be repeated
# (RFC 9112 9.3.1). So we are the first to let go.
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=0.5)
SPOOLABLE = ("multipart/", "application/dicom;", "application/octet-stream")


class TransportError(Exception):
    """No usable answer came: refused, reset, timed out, too large or no HTTP. One sentence."""


@dataclass
class Conversation:
    """The raw bytes of one exchange: heads up to HEAD_LIMIT, and how many bytes went each way."""

    deadline: float
    connected: bool = False
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    bytes_received: int = 0

    @property
    def request_head(self) -> bytes:
        return _head(bytes(self.sent))

    @property
    def response_head(self) -> bytes:
        """The head of the final response; interim ones (1xx) before it are left out."""
        return _head(self._response)

    @property
    def after_response_head(self) -> bytes:
        """What came after the head of the final response, as far as it was kept."""
        raw = self._response
        head = _head(raw)
        return raw[len(head) :].removeprefix(b"\r\n\r\n" if raw[len(head) :][:1] == b"\r" else b"\n\n")

    @property
    def _response(self) -> bytes:
        raw = bytes(self.received)
        while raw[9:10] == b"1" and (head := _head(raw)) != raw:
            raw = raw[len(head) :].lstrip(b"\r\n")
        return raw


@dataclass(frozen=True)
class Secured:
    """A TLS connection: its version ("TLS 1.3"), and of the certificate who issued it and until when it is good.

    These two are empty where the operating system keeps what it verified to itself.
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


@dataclass
class Answer:
    """What a request led to: a response, or an error sentence when none came; `whole` unless we hung up ourselves."""

    conversation: Conversation
    seconds: float
    status: int | None = None
    reason: str = ""
    headers: Fields = ()
    body: Buffer = b""
    error: str | None = None
    whole: bool = True


class Client:
    """Sends requests to one endpoint over kept-alive connections. Raises ConfigurationError where files are no good."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        settings = endpoint.settings
        self._limit = settings.max_body * 1024 * 1024
        self._wire = Wire()
        try:
            self._transport = httpx.HTTPTransport(
                verify=_trust(endpoint), trust_env=False, proxy=settings.proxy, limits=LIMITS
            )
        except ValueError as error:
            raise ConfigurationError(f'proxy "{settings.proxy}" cannot be used: {error}') from error
        pool: Any = self._transport._pool  # the one private name: httpx has no public way to see the wire
        self._wire.backend, pool._network_backend = pool._network_backend, self._wire

    def send(self, method: str, url: str, headers: Fields, body: bytes | Iterable[bytes] | None = None) -> Answer:
        """One exchange. Never raises for what the other side does: `Answer.error` says what went wrong.

        A GET or HEAD whose reused connection turns out to be closed is sent once more on a fresh one (RFC 9112 9.3.1).
        """
        answer = self._once(method, url, headers, body)
        stale = answer.error and not answer.conversation.connected and not answer.conversation.bytes_received
        return self._once(method, url, headers, body) if stale and method in ("GET", "HEAD") else answer

    @property
    def secured(self) -> Secured | None:
        """The TLS connection that was made last; None where there was none."""
        return self._wire.secured

    def abandon(self, url: str, headers: Fields) -> Answer:
        """GET a resource, and hang up after the first bytes of its body."""
        return self._once("GET", url, headers, None, whole=False)

    def _once(
        self, method: str, url: str, headers: Fields, body: bytes | Iterable[bytes] | None, whole: bool = True
    ) -> Answer:
        settings = self.endpoint.settings
        started = time.perf_counter()
        conversation = self._wire.begin(settings.deadline)
        answer = Answer(conversation, 0.0, whole=whole)
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), settings.timeout)
        try:
            request = httpx.Request(method, url, headers=list(headers), content=body, extensions={"timeout": timeout})
            response = self._transport.handle_request(request)
            try:
                answer.status = response.status_code
                answer.reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
                answer.headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw)
                chunks = self._body(response) if whole else islice(self._body(response), 1)
                answer.body = collect(chunks, _spoolable(response))
            finally:
                response.close()
        except (httpx.TransportError, httpx.InvalidURL, TransportError, OSError) as error:
            answer.error = self._worded(error, conversation)
        answer.seconds = time.perf_counter() - started
        return answer

    def _body(self, response: httpx.Response) -> Iterator[bytes]:
        size = 0
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > self._limit:
                raise TransportError(f"the body is larger than max_body = {self.endpoint.settings.max_body} MB")
            yield chunk

    def _worded(self, error: Exception, conversation: Conversation) -> str:
        settings = self.endpoint.settings
        reason = str(error) or type(error).__name__
        if time.monotonic() >= conversation.deadline:
            return f"the answer did not end within deadline = {settings.deadline:g} s"
        if isinstance(error, httpx.ConnectTimeout):
            return f"no connection within timeout = {settings.timeout:g} s"
        if isinstance(error, (httpx.ReadTimeout, httpx.WriteTimeout)):
            return f"the server was silent for timeout = {settings.timeout:g} s"
        if isinstance(error, httpx.ProxyError):
            return f"the proxy {settings.proxy} refuses: {reason}"
        if isinstance(error, httpx.ConnectError):
            for sign, sentence in CONNECT.items():
                if sign in reason:
                    return sentence.format(reason=reason)
        if isinstance(error, httpx.RemoteProtocolError) and not conversation.bytes_received:
            wants = conversation.connected and self.endpoint.settings.url.startswith("https:")
            hint = ", as servers do that want a client certificate" if wants else ""
            return f"the server closed the connection without an answer{hint}"
        if conversation.received and not conversation.received.startswith(b"HTTP/"):
            return (
                f"the answer is not HTTP, it begins with {ascii(bytes(conversation.received[:20]).decode('latin-1'))}"
            )
        for sign, sentence in PROTOCOL.items():
            if sign in reason.lower():
                return sentence
        # h11 quotes the bytes that it does not take as Python writes them.
        reason = re.sub(r"bytearray\(b(.*)\)", r"\1", reason)[:ERROR_LIMIT]
        return reason[:1].lower() + reason[1:]

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


CONNECT = {
    "Name or service not known": "the host is unknown",
    "nodename nor servname": "the host is unknown",
    "getaddrinfo failed": "the host is unknown",
    "No address associated": "the host is unknown",
    "Temporary failure in name resolution": "the host's name cannot be looked up",
    "refused": "the connection is refused: nothing listens there",
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is not trusted (name the CA file in tls.ca): {reason}",
    "WRONG_VERSION_NUMBER": "the server does not speak TLS there: is it http:// instead of https://?",
    "RECORD_LAYER_FAILURE": "the server does not speak TLS there: is it http:// instead of https://?",
}

PROTOCOL = {
    "receive buffer too long": "the head of the answer is longer than 100 kB, or never ends",
    "illegal status line": "the answer does not begin with a status line: was the one before longer than it said?",
    "too little data for declared content-length": "the body is shorter than its Content-Length says",
}


class Wire:
    """A network backend of httpcore that keeps the heads and enforces the deadline; the bytes pass unchanged."""

    backend: Any
    secured: Secured | None = None

    def __init__(self) -> None:
        self._local = threading.local()

    def begin(self, seconds: float) -> Conversation:
        """Start a conversation in this thread."""
        self._local.conversation = Conversation(time.monotonic() + seconds)
        return self._local.conversation  # type: ignore[no-any-return]

    @property
    def conversation(self) -> Conversation:
        return self._local.conversation  # type: ignore[no-any-return]

    def connect_tcp(self, *args: Any, **options: Any) -> WireStream:
        self.conversation.connected = True
        return WireStream(self.backend.connect_tcp(*args, **options), self)

    def sleep(self, seconds: float) -> None:
        self.backend.sleep(seconds)


class WireStream:
    """A connection seen through the Wire."""

    def __init__(self, stream: Any, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        conversation = self._wire.conversation
        data: bytes = self._stream.read(max_bytes, timeout=self._left(timeout))
        conversation.bytes_received += len(data)
        conversation.received += data[: max(0, HEAD_LIMIT - len(conversation.received))]
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        conversation = self._wire.conversation
        conversation.sent += buffer[: max(0, HEAD_LIMIT - len(conversation.sent))]
        self._stream.write(buffer, timeout=self._left(timeout))

    def start_tls(self, *args: Any, **options: Any) -> WireStream:
        # What went before was the dialogue with a proxy (CONNECT).
        self._wire.conversation.sent.clear()
        self._wire.conversation.received.clear()
        stream = self._stream.start_tls(*args, **options)
        self._wire.secured = Secured.by(stream.get_extra_info("ssl_object"))
        return WireStream(stream, self._wire)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None) -> float | None:
        left = self._wire.conversation.deadline - time.monotonic()
        if left <= 0:
            raise TransportError("the deadline has passed")
        return left if timeout is None else min(left, timeout)


def _spoolable(response: httpx.Response) -> bool:
    """Whether a body is instances, frames or bulk data, which are read part by part; a document is read whole."""
    content_type: str = response.headers.get("Content-Type", "")
    return content_type.lower().startswith(SPOOLABLE)


def _head(raw: bytes) -> bytes:
    """Start line and header fields up to the empty line, which servers end by CRLF or by a bare LF."""
    ends = [end for mark in (b"\r\n\r\n", b"\n\n") if (end := raw.find(mark)) >= 0]
    return raw[: min(ends)] if ends else raw


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    """The TLS context: the configured CA file, or what the operating system trusts; the client certificate."""
    tls = endpoint.settings.tls
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.ca:
        path = endpoint.folder / tls.ca
        try:
            context = ssl.create_default_context(cafile=str(path))
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(f"[{endpoint.name}] tls.ca: {path} is no PEM file of a CA: {error}") from error
    if tls.certificate:
        certificate = endpoint.folder / tls.certificate
        key = endpoint.folder / tls.key if tls.key else None
        try:
            context.load_cert_chain(certificate, key, endpoint.secrets.get("tls.key_password", ""))
        except (OSError, ssl.SSLError) as error:
            sentence = f"[{endpoint.name}] tls: {certificate} and its key ({key or 'in the same file'}): {error}"
            raise ConfigurationError(sentence) from error
    return context
