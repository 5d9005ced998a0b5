"""A correct server seen through a proxy that writes markup, escape codes and worse wherever a server has the word."""

from __future__ import annotations

import http.client
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from zlib import crc32

MARKUP = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "'\" onclick=x ]]> --> </style></pre></textarea> {{ 7 * 7 }} javascript:document.title='owned'"
)
CODES = "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\u202egnp.exe\u2066\u200b"
LONG = 9_000 * "long "
TEXT = f"{MARKUP} {CODES} \0\r\n"  # JSON can say more than a head
HEAD = f"{MARKUP} {CODES}".encode() + b"\xff\xfe\x85\x1c"
# XML that is well formed, and a program to a browser.
XML = (
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{uid}</title></head>'
    "<body><script>document.title='owned'</script></body></html>"
)


def heads(status, reason, fields, body):
    """A reason phrase, and fields: names, values, a parameter of the media type, a Warning."""
    fields = [(n, v + b'; x="' + HEAD.replace(b'"', b"") + b'"' if n == b"content-type" else v) for n, v in fields]
    more = [(b"X-'`|&#!$%^_*+~onclick", HEAD), (b"Warning", b"299 - " + HEAD), (b"ETag", LONG.encode())]
    return status, HEAD, [*fields, *more, (b"Location", b"javascript:document.title='owned'")], body


def strings(status, reason, fields, body):
    """Every text of a JSON document, after what it was: UIDs, URLs, names."""
    if b"json" in _type(fields) and body:
        body = json.dumps(_changed(json.loads(body), lambda text: text + TEXT, lambda key: key)).encode()
    return status, reason, fields, body


def halves(status, reason, fields, body):
    """Half a surrogate pair, which JSON can say and UTF-8 cannot."""
    if b"json" in _type(fields) and body:
        body = json.dumps(_changed(json.loads(body), lambda text: text + "\ud800", lambda key: key)).encode()
    return status, reason, fields, body


def names(status, reason, fields, body):
    """A name more in every object of a JSON document; of which one is not even a tag."""
    if b"json" in _type(fields) and body:
        body = json.dumps(_changed(json.loads(body), lambda text: text, lambda key: key + TEXT)).encode()
    return status, reason, fields, body


def octets(status, reason, fields, body):
    """A JSON document that is not UTF-8; a text of XML, and a header of each part, that end what they stand in."""
    if b"json" in _type(fields):
        body = body.replace(b'"Value"', b'"Val\xff\x1bue"')
    body = re.sub(rb"(<Value [^>]*>)", lambda found: found[1] + b"]]&gt;" + HEAD.replace(b"<", b"&lt;"), body)
    body = re.sub(rb"(?i)(\r\ncontent-type: [^\r]*)", lambda found: found[1] + b"; x=" + HEAD, body)
    return status, reason, fields, re.sub(rb"(?i)\r\n(content-location: )", lambda f: b"\r\n" + f[1] + HEAD, body)


def pages(status, reason, fields, body):
    """A program under the media type that was asked for, with the right status."""
    page = (f"<title>{MARKUP}{CODES}</title>" + XML).encode("utf-8", "replace")
    if b"xml" in _type(fields):
        page = XML.encode()
    return status, reason, fields, page if body else body


def failures(status, reason, fields, body):
    """An error that explains itself."""
    return 500, HEAD, [(b"content-type", b"application/xhtml+xml")], XML.encode()


def silence(status, reason, fields, body):
    """No HTTP at all."""
    return None, reason, fields, HEAD


SINKS = {sink.__name__: sink for sink in (heads, strings, halves, names, octets, pages, failures, silence)}


def sink_of(check):
    """The sink that a check meets. It hangs on the id of the check, so that a run meets all of them."""
    return list(SINKS.values())[crc32(check.encode()) % len(SINKS)]


def _type(fields):
    return dict(fields).get(b"content-type", b"")


def _changed(value, text, key):
    if isinstance(value, dict):
        return {key(name): _changed(item, text, key) if name != "vr" else item for name, item in value.items()} | {
            key(name): item for name, item in value.items() if name == "vr"
        }
    if isinstance(value, list):
        return [_changed(item, text, key) for item in value]
    return text(value) if isinstance(value, str) else value


@contextmanager
def proxy(url, sink=None):
    """The base URI of the server at `url` seen through the proxy.

    With `sink` every answer goes through it; else through the sink of the check that asks, and what is asked before the
    first check, after the last and by the walk over the sample study has a hostile head alone.
    """
    upstream = urlsplit(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            connection = http.client.HTTPConnection(upstream.netloc, timeout=30)
            connection.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
            response = connection.getresponse()
            fields = [(n.lower().encode(), v.encode("latin-1")) for n, v in response.getheaders()]
            answer = response.status, response.reason.encode(), fields, response.read()
            connection.close()
            check = self.headers.get("X-Conformance-Check", "")
            chosen = sink or (sink_of(check) if re.search(r"-\d", check) else heads)
            if chosen is silence and not sink and "metadata" not in self.path:
                chosen = heads  # a server that never answers ends a run
            self.write(*chosen(*answer))

        def write(self, status, reason, fields, body):
            if status is None:
                self.wfile.write(body + b"\n" * 3)
                self.close_connection = True
                return
            dropped = (b"content-length", b"transfer-encoding", b"server", b"connection")
            kept = [field for field in fields if field[0] not in dropped]
            kept += [(b"Server", HEAD), (b"Content-Length", str(len(body)).encode())]
            head = b"HTTP/1.1 %d %s\r\n" % (status, reason) + b"".join(b"%s: %s\r\n" % field for field in kept)
            self.wfile.write(head + b"\r\n" + (body if self.command != "HEAD" else b""))

        do_GET = do_POST = do_DELETE = do_OPTIONS = do_HEAD = do_PUT = answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{upstream.path}"
    finally:
        server.shutdown()
        server.server_close()
