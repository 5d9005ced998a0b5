"""Servers that lie: what they send is no answer, or has nothing to do with what was asked.

A liar is a name and a function that gives the pieces of its answer. `Liar(name)` lies to every request. With an honest
server it is more dangerous: it lies where `when` says so, and else has that server answer.
"""

from __future__ import annotations

import gzip
import re
import socket
import struct
import threading
import zlib
from contextlib import suppress
from enum import Enum, auto
from itertools import repeat
from urllib.parse import urlsplit

MEGABYTE = 1024 * 1024
LIARS = {}
PREFLIGHT = b"X-Conformance-Check: preflight"
METADATA = re.compile(rb"GET \S+/metadata")
SEARCH = re.compile(rb"GET \S+/(studies|series|instances)(\?\S*)? ")

# When a server lies that is honest otherwise.
WHEN = {
    "after the preflight": lambda request, number: PREFLIGHT not in request,
    "after 30 requests": lambda request, number: number > 30,
    "to searches": lambda request, number: SEARCH.match(request) and PREFLIGHT not in request,
    "about metadata": lambda request, number: METADATA.match(request) and PREFLIGHT not in request,
}


class End(Enum):
    """How an answer ends other than by its last byte."""

    CLOSE = auto()
    RESET = auto()
    DEATH = auto()


def liar(answer):
    """Register a function: from a request to the pieces of an answer, bytes, seconds to wait, or an End."""
    LIARS[answer.__name__.replace("_", "-")] = answer
    return answer


def answer(status, body=b"", content_type="application/dicom+json", *fields):
    kind = [f"Content-Type: {content_type}"] if body else []
    head = [f"HTTP/1.1 {status}", *kind, *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


@liar
def nothing_found(request):
    return [answer("200 OK", b"[]")]


@liar
def bogus_object(request):
    return [answer("200 OK", b'[{"00080018":{"vr":"UI","Value":["1.2.3"]}}]')]


@liar
def always_404(request):
    return [answer("404 Not Found")]


@liar
def always_500(request):
    return [answer("500 Internal Server Error")]


@liar
def always_401(request):
    return [answer("401 Unauthorized", b"", "", 'WWW-Authenticate: Basic realm="pacs"')]


@liar
def login_page(request):
    return [answer("200 OK", b"<html><title>Sign in</title><form>Password</form></html>", "text/html")]


@liar
def empty_200(request):
    return [answer("200 OK")]


@liar
def echo(request):
    """What was sent comes back."""
    head, _, body = request.partition(b"\r\n\r\n")
    sent = re.search(rb"(?i)content-type: ([^\r]+)", head)
    asked = re.search(rb"(?i)\naccept: ([^\r]+)", head)
    kind = sent or asked
    return [answer("200 OK", body or request.split(b" ")[1], kind[1].decode("latin-1") if kind else "text/plain")]


@liar
def endless_body(request):
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n\r\n["
    yield from repeat(b" " * 65536)


@liar
def dripping_body(request):
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 1000\r\n\r\n["
    while True:
        yield 0.1
        yield b" "


@liar
def hang(request):
    return [60.0]


@liar
def reset_after_head(request):
    return [b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 9\r\n\r\n", 0.01, End.RESET]


@liar
def gzip_bomb(request):
    return [answer("200 OK", GZIPPED, "application/dicom+json", "Content-Encoding: gzip")]


@liar
def deflated_bomb(request):
    return [answer("200 OK", DEFLATED, 'multipart/related; type="application/dicom"; boundary=b')]


@liar
def deep_json(request):
    return [answer("200 OK", b"[" * 100_000 + b"]" * 100_000)]


@liar
def deep_data_sets(request):
    depth = 100_000
    return [answer("200 OK", b"[" + b'{"00081140":{"vr":"SQ","Value":[' * depth + b"]}}" * depth + b"]")]


@liar
def billion_laughs(request):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">{laughs}]><NativeDicomModel>&l9;</NativeDicomModel>'
    return [answer("200 OK", document.encode(), "application/dicom+xml")]


@liar
def many_parts(request):
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n1\r\n" * 100_000 + b"--b--\r\n"
    return [answer("200 OK", body, 'multipart/related; type="application/dicom"; boundary=b')]


@liar
def huge_head(request):
    return [answer("200 OK", b"[]", "application/dicom+json", f"X-Filler: {'x' * MEGABYTE}")]


@liar
def many_fields(request):
    return [answer("200 OK", b"[]", "application/dicom+json", *["X-Filler: " + "x" * 1000] * 1000)]


@liar
def redirect_to_itself(request):
    return [answer("302 Found", b"", "", f"Location: {request.split(b' ')[1].decode('latin-1')}")]


@liar
def redirect_elsewhere(request):
    return [answer("307 Temporary Redirect", b"", "", "Location: http://127.0.0.2:1/dicom-web/studies")]


@liar
def length_too_long(request):
    return [b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 9\r\n\r\n[]", End.CLOSE]


@liar
def length_too_short(request):
    return [b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 1\r\n\r\n[]"]


@liar
def dies(request):
    return [End.DEATH]


def _deflated():
    """A multipart message of an instance in Deflated Explicit VR Little Endian, 96 MB of zeros long."""
    meta = b"\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99"
    meta = b"\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", len(meta)) + meta
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    zeros = squeeze.compress(
        b"\x08\x00\x18\x00UI\x04\x001.2\0\x09\x00\x10\x10OB\0\0" + struct.pack("<I", 96 * MEGABYTE)
    )
    zeros += b"".join(squeeze.compress(bytes(MEGABYTE)) for _ in range(96)) + squeeze.flush()
    file = bytes(128) + b"DICM" + meta + zeros
    return b"--b\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n--b--\r\n"


DEFLATED = _deflated()
GZIPPED = gzip.compress(bytes(64 * MEGABYTE))


class Liar:
    """A server on a port of its own. `honest` is the URL of the server that answers where this one does not lie."""

    def __init__(self, name, honest=None, when=None):
        self.tell = LIARS[name]
        self.honest = honest
        self.lies = WHEN[when] if when else lambda request, number: True
        self.requests = []
        self.dead = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        path = urlsplit(honest).path if honest else "/dicom-web"
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}{path}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.die()

    def die(self):
        self.dead.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, suppress(OSError):
            connection.settimeout(60)
            while request := read(connection):
                self.requests.append(request.partition(b"\r\n\r\n")[0])
                if self.dead.is_set():
                    return
                if not self.lies(request, len(self.requests)):
                    return self._relay(request, connection)
                for piece in self.tell(request):
                    match piece:
                        case bytes():
                            connection.sendall(piece)
                        case float():
                            self.dead.wait(piece)
                        case End.RESET:
                            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        case End.DEATH:
                            self.die()
                    if isinstance(piece, End):
                        return

    def _relay(self, request, connection):
        honest = urlsplit(self.honest)
        with socket.create_connection((honest.hostname, honest.port)) as other:
            other.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            while piece := other.recv(MEGABYTE):
                connection.sendall(piece)


def read(connection):
    """One request, head and body; nothing where the connection is closed."""
    received = bytearray()
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65536)):
            return b""
        received += piece
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: (\d+)", head)
    chunked = b"ransfer-Encoding: chunked" in head
    while (len(body) < int(length[1])) if length else (chunked and not body.endswith(b"0\r\n\r\n")):
        if not (piece := connection.recv(MEGABYTE)):
            break
        body += piece
    return head + b"\r\n\r\n" + body
