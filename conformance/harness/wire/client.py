"""The one module that speaks HTTP: a request is sent as a check wrote it, and the received bytes are kept.

httpx hides much of what a server sends (bare line feeds, bytes after a response), and has no total timeout: the Wire
below it sees the raw bytes and enforces the deadline.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import truststore

from conformance.dicomweb import codings
from conformance.dicomweb.buffers import Buffer, pieces
from conformance.dicomweb.messages import Fields, header
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import MASK
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.wire.spool import collect
from conformance.harness.wire.wire import Conversation, Disturbed, Secured, TransportError, Wire

ERROR_LIMIT = 300
# A field with credentials of a session in a broken head, which is quoted.
_CREDENTIALS = re.compile(r"(?i)\b((?:set-)?cookie2?|(?:proxy-)?authorization)\b.*", re.DOTALL)
MOST_FIELDS = 256
# Servers close idle connections, some after a second: a store that meets the close has no response, and must not be
# repeated (RFC 9112 9.3.1). So we close first.
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=0.5)
SPOOLABLE = ("multipart/", "application/dicom;", "application/octet-stream")
# Limits in MB of memory: for a document or a picture, which is not read further; for a body that is spooled beyond it;
# for all responses to simultaneous requests.
IN_MEMORY, SPOOLED, TOGETHER = 32, 16, 256
MEGABYTE = 1024 * 1024
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@dataclass
class Answer:
    """The result of a request: a response, or an error sentence if there is none; `whole` unless we hung up ourselves.

    `dropped`: the connection was closed before a byte of a response came; `stale`: and it was used before. `repeated`:
    the request was sent a second time for that reason. `content` is the body without a
    content coding that the request did not ask for; `undecodable` says why that could not be undone.
    """

    conversation: Conversation
    seconds: float
    status: int | None = None
    reason: str = ""
    headers: Fields = ()
    body: Buffer = b""
    error: str | None = None
    whole: bool = True
    dropped: bool = False
    stale: bool = False
    repeated: bool = False
    content: Buffer = b""
    undecodable: str | None = None

    @property
    def surplus(self) -> bytearray:
        """The first bytes that came after the response and belong to no request; it may grow after the exchange."""
        return self.conversation.surplus


class Client:
    """Sends requests to one endpoint over kept-alive connections. Raises ConfigurationError if a file cannot be used.

    `left` returns the maximum of seconds of an exchange, besides `deadline`.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.left: Callable[[], float] = lambda: endpoint.settings.deadline
        settings = endpoint.settings
        self._in_memory = IN_MEMORY
        self._largest = endpoint.settings.max_body * MEGABYTE
        self._wire = Wire()
        try:
            self._transport = httpx.HTTPTransport(
                verify=_trust(endpoint), trust_env=False, proxy=settings.proxy, limits=LIMITS
            )
        except ValueError as error:
            raise ConfigurationError(f'proxy "{settings.proxy}" cannot be used: {error}') from error
        pool: Any = self._transport._pool  # private, as in _beyond: httpx has no public way to see the wire
        self._wire.backend, pool._network_backend = pool._network_backend, self._wire

    def send(self, method: str, url: str, headers: Fields, body: Buffer | Iterator[bytes] | None = None) -> Answer:
        """One exchange. Never raises for errors of the other side: `Answer.error` reports them.

        A request whose reused connection turns out to be closed is sent again on a new one (RFC 9112 9.3.1). A store
        too: the instances are the same, the ledger has them, and a server may close a connection after an error. An
        iterator as a body cannot be sent again.
        """
        answer = self._once(method, url, headers, body)
        if answer.stale and not isinstance(body, Iterator):
            answer = self._once(method, url, headers, body)
            answer.repeated = True
        return answer

    @property
    def secured(self) -> Secured | None:
        """The TLS connection that was made last; None if there was none."""
        return self._wire.secured

    def offers_http_2(self) -> bool:
        """True if the server would speak HTTP/2, which the run does not (RFC 9113 3.2); False if that is not known."""
        url, settings = httpx.URL(self.endpoint.settings.url), self.endpoint.settings
        if url.scheme != "https" or settings.proxy:
            return False
        context = _trust(self.endpoint)
        context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            with (
                socket.create_connection((url.host, url.port or 443), min(settings.timeout, self.left())) as plain,
                context.wrap_socket(plain, server_hostname=url.host) as secured,
            ):
                return secured.selected_alpn_protocol() == "h2"
        except OSError:
            return False

    def expect(self, size: int) -> None:
        """Read bodies of a number of bytes, even if that is more than max_body."""
        self._largest = max(self._largest, size)

    @contextmanager
    def shared(self, requests: int) -> Iterator[None]:
        """Share the memory among the responses to simultaneous requests: each may take less of it."""
        self._in_memory = max(1, min(IN_MEMORY, TOGETHER // requests))
        try:
            yield
        finally:
            self._in_memory = IN_MEMORY

    def alone(self) -> None:
        """Use a new connection for each request from now on."""
        self._wire.reuse = False

    def abandon(self, url: str, headers: Fields) -> Answer:
        """GET a resource, and hang up after the first bytes of its body."""
        return self._once("GET", url, headers, None, whole=False)

    def _once(
        self, method: str, url: str, headers: Fields, body: Buffer | Iterator[bytes] | None, whole: bool = True
    ) -> Answer:
        content = body if body is None or isinstance(body, bytes | Iterator) else pieces(body)
        settings = self.endpoint.settings
        started = time.perf_counter()
        conversation = self._wire.begin(min(settings.deadline, self.left()))
        answer = Answer(conversation, 0.0, whole=whole)
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), settings.timeout)
        # As they are read: an entity tag may have any octet from 80 on (RFC 9110 8.8.3).
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        try:
            request = httpx.Request(method, url, headers=fields, content=content, extensions={"timeout": timeout})
            response = self._response(request)
            try:
                if not conversation.bytes_received:
                    raise TransportError("a response came before the request was sent: it does not belong to it")
                conversation.answered = True
                answer.status = response.status_code
                answer.reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
                if len(response.headers.raw) > MOST_FIELDS:
                    raise TransportError(f"the response has more than {MOST_FIELDS} header fields")
                answer.headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw)
                chunks = self._body(response) if whole else islice(self._body(response), 1)
                in_memory = min(SPOOLED, self._in_memory) * MEGABYTE
                answer.body = collect(chunks, in_memory if _is_of(response, SPOOLABLE) else None)
                answer.content = answer.body
                if whole and header(headers, "Accept-Encoding") == "identity":
                    self._decode(answer)
                if conversation.stream and whole and answer.status < 500:
                    conversation.stream.rest(conversation, _beyond(response))
                elif conversation.stream:
                    conversation.stream.close()
            finally:
                response.close()
        except (httpx.TransportError, httpx.InvalidURL, TransportError, OSError) as error:
            answer.error = self._worded(error, conversation)
            answer.dropped = isinstance(error, CLOSED) and not conversation.bytes_received
            answer.stale = answer.dropped and not conversation.connected
        self._wire.heads += len(conversation.response_head)
        answer.seconds = time.perf_counter() - started
        return answer

    def _decode(self, answer: Answer) -> None:
        """Undo a content coding that was not accepted, as clients do; a part of the bytes (206) cannot be decoded."""
        coding = header(answer.headers, "Content-Encoding") or ""
        if not answer.body or answer.status == 206 or not codings.names(coding):
            return
        try:
            answer.content = codings.decoded(answer.body, coding, self._in_memory * MEGABYTE)
        except codings.Undecodable as error:
            answer.undecodable = str(error)

    def _response(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return the response as soon as its head has been received."""
        while True:
            try:
                return self._transport.handle_request(request)
            except Disturbed:
                continue  # nothing was sent, and the pool has another connection

    def _body(self, response: httpx.Response) -> Iterator[bytes]:
        most, size = self._largest, 0
        larger = f"the body is larger than max_body = {most // MEGABYTE} MB"
        if most > self._in_memory * MEGABYTE and not _is_of(response, SPOOLABLE):
            most, pictures = self._in_memory * MEGABYTE, _is_of(response, ("image/", "video/"))
            noun, types = ("picture", "images and videos") if pictures else ("document", "JSON, XML or text")
            larger = f"the {noun} is larger than {self._in_memory} MB, the most that is read of {types}"
        # Not by iter_raw(), which returns the connection to the pool at the end, before surplus bytes in it are seen.
        for chunk in response.stream:  # type: ignore[union-attr]
            size += len(chunk)
            if size > most:
                raise TransportError(larger)
            yield chunk

    def _worded(self, error: Exception, conversation: Conversation) -> str:
        settings = self.endpoint.settings
        reason = str(error) or type(error).__name__
        if time.monotonic() >= conversation.deadline:
            if conversation.seconds < settings.deadline:
                return f"the response did not end within the {round(conversation.seconds, 1):g} s left of the budget"
            return f"the response did not end within deadline = {settings.deadline:g} s"
        if isinstance(error, httpx.ConnectTimeout):
            return f"no connection within timeout = {settings.timeout:g} s"
        if isinstance(error, (httpx.ReadTimeout, httpx.WriteTimeout)):
            return f"the server was silent for timeout = {settings.timeout:g} s"
        if isinstance(error, httpx.ProxyError):
            return f"the proxy {settings.proxy} refuses: {reason}"
        if isinstance(error, httpx.ConnectError) and not any(sign in reason.lower() for sign in PROTOCOL):
            for sign, sentence in CONNECT.items():
                if sign in reason:
                    return sentence.format(reason=reason)
        if isinstance(error, httpx.RemoteProtocolError) and not conversation.bytes_received:
            wants = conversation.connected and self.endpoint.settings.url.startswith("https:")
            hint = ", as servers do that want a client certificate (tls.certificate)" if wants else ""
            return f"the server closed the connection without a response{hint}"
        if conversation.received and not conversation.received.startswith(b"HTTP/"):
            return (
                f"the response is not HTTP, it begins with {ascii(bytes(conversation.received[:20]).decode('latin-1'))}"
            )
        for sign, sentence in PROTOCOL.items():
            if sign in reason.lower():
                return sentence
        # h11 quotes invalid bytes as Python writes them.
        reason = re.sub(r"bytearray\(b(.*)\)", r"\1", reason)[:ERROR_LIMIT]
        reason = _CREDENTIALS.sub(rf"\1 {MASK}", reason)
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
    "certificate has expired": "the server's certificate has expired, or the clock of this machine is wrong",
    "certificate is not yet valid": "the server's certificate is not valid yet, or the clock of this machine is wrong",
    "Hostname mismatch": "the server's certificate is for another host: {reason}; is it another name of the host?",
    "IP address mismatch": "the server's certificate is for another host: {reason}; name the host, not its address",
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is not trusted (name the CA file in tls.ca): {reason}",
    "WRONG_VERSION_NUMBER": "the server does not speak TLS there: is it http:// instead of https://?",
    "RECORD_LAYER_FAILURE": "the server does not speak TLS there: is it http:// instead of https://?",
}

CLIENT_CERTIFICATE = "the server wants a client certificate (tls.certificate), or does not trust the one it was sent"
PROTOCOL = {
    "certificate_required": CLIENT_CERTIFICATE,
    "certificate required": CLIENT_CERTIFICATE,
    "alert_bad_certificate": CLIENT_CERTIFICATE,
    "alert_unknown_ca": CLIENT_CERTIFICATE,
    "receive buffer too long": "the line of a chunk, or the trailer, is longer than 100 kB, or never ends",
    "_switch_upgrade": "the server switches protocols (101), which was not requested",
    "illegal status line": "the response does not begin with a status line: was the one before longer than it said?",
    "too little data for declared content-length": "the body is shorter than its Content-Length says",
}


def _is_of(response: httpx.Response, types: tuple[str, ...]) -> bool:
    """True if the Content-Type begins so: instances, frames and bulk data are spooled, and read part by part."""
    content_type: str = response.headers.get("Content-Type", "")
    return f"{content_type.strip().lower()};".startswith(types)


def _beyond(response: httpx.Response) -> bytes:
    """The bytes that were received beyond the end of a response; they are in h11, under httpcore, under httpx."""
    stream: Any = response.stream
    return bytes(stream._httpcore_stream._stream._connection._h11_state.trailing_data[0])


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    """The TLS context: the configured CA file, or the trust store of the operating system; the client certificate."""
    tls = endpoint.settings.tls
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.ca:
        path = endpoint.folder / tls.ca
        try:
            context = ssl.create_default_context(cafile=str(path))
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(f"[{endpoint.name}] tls.ca: {_why(path, error)}") from error
    if tls.certificate:
        certificate = endpoint.folder / tls.certificate
        key = endpoint.folder / tls.key if tls.key else None
        try:
            context.load_cert_chain(certificate, key, endpoint.secrets.get("tls.key_password", ""))
        except (OSError, ssl.SSLError) as error:
            named = key if key and certificate.is_file() else certificate
            sentence = f"[{endpoint.name}] tls: {_why(named, error)}"
            raise ConfigurationError(f"{sentence}; its key is {key or 'expected in the same file'}") from error
    return context


def _why(path: Path, error: OSError) -> str:
    """The reason why a PEM file cannot be used."""
    if not path.exists():
        return f"there is no file {path}"
    if isinstance(error, ssl.SSLError) or not error.strerror:
        reason = getattr(error, "reason", None) or "its content cannot be read"
        return f"{path} is not a PEM file of what it should hold ({str(reason).lower().replace('_', ' ')})"
    return f"{path} cannot be read: {error.strerror}"


__all__ = ["Answer", "Client", "Secured", "TransportError"]
