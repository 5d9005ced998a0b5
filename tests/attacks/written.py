"""The ways in which a program may write a text that it was sent, for whoever looks for it."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import shlex
import zlib
from urllib.parse import quote, quote_plus, unquote

from conformance.reporting.text import visible
from conformance.reporting.words import css_string


def forms(text):
    """Name and bytes of each way of writing a text."""
    octets = text.encode()
    written = {
        "as it is": text,
        "in lower case": text.lower(),
        "in upper case": text.upper() if len(text.upper()) == len(text) else text,
        "JSON": json.dumps(text)[1:-1],
        "JSON, beyond ASCII too": json.dumps(text, ensure_ascii=False)[1:-1],
        "JSON, each character": "".join(f"\\u{ord(character):04x}" for character in text),
        "JSON, with \\/": json.dumps(text)[1:-1].replace("/", "\\/"),
        "JSON in JSON": json.dumps(json.dumps(text)),
        "JSON in HTML": html.escape(json.dumps(text)),
        "HTML in JSON": json.dumps(html.escape(text)),
        "HTML": html.escape(text),
        "HTML without quotes": html.escape(text, quote=False),
        "HTML in HTML": html.escape(html.escape(text)),
        "HTML, decimal": "".join(f"&#{ord(character)};" for character in text),
        "HTML, hex": "".join(f"&#x{ord(character):X};" for character in text),
        "XML, with &apos;": html.escape(text).replace("&#x27;", "&apos;").replace("&quot;", "&#34;"),
        "URL": quote(text),
        "URL, slashes too": quote(text, ""),
        "URL, lower hex": re.sub("%..", lambda found: found[0].lower(), quote(text, "")),
        "URL, each octet": "".join(f"%{octet:02X}" for octet in octets),
        "URL in a URL": quote(quote(text, ""), ""),
        "a form": quote_plus(text),
        "repr": repr(text)[1:-1],
        "repr of bytes": repr(octets)[2:-1],
        "ascii": ascii(text)[1:-1],
        "a shell": shlex.quote(text),
        "TOML": "".join(f"\\U{ord(character):08x}" for character in text),
        "CSS": css_string(text),
        "visible": visible(text),
        "hex": octets.hex(),
        "hex in upper case": octets.hex().upper(),
        "quoted-printable": "".join(f"={octet:02X}" for octet in octets),
        "UTF-8 as Latin-1": octets.decode("latin-1"),
        "a folded field": f"{text[:7]}\r\n\t {text[7:]}",
        "a wrapped line": f"{text[:5]}\n           {text[5:]}",
    }
    found = {name: value.encode() for name, value in written.items()}
    found |= {name: text.encode(name) for name in ("utf-16-le", "utf-16-be", "utf-16")}
    if max(text) < "\u0100":
        found |= {name: text.encode(name) for name in ("latin-1", "utf-32")}
    for raw, of in ((octets, "it"), (quote(text, "").encode(), "a URL of it")):
        for offset in range(3):
            whole = b"a:b"[:offset] + raw + b"."
            found |= {
                f"base64 of {of} at {offset}": base64.b64encode(whole),
                f"base64url of {of} at {offset}": base64.urlsafe_b64encode(whole),
                f"base64 of {of} in a URL at {offset}": quote(base64.b64encode(whole), "").encode(),
                f"base64 of {of} in JSON at {offset}": base64.b64encode(whole).replace(b"/", b"\\/"),
                f"base64 of {of} in lines at {offset}": base64.encodebytes(b"a" * 48 + whole),
            }
    return found


def shows(content, *texts):
    """Whether bytes show one of these texts to somebody who undoes escapes, base64 and gzip, to some depth; how, if so.

    It looks for eight characters in a row, of the text itself or of the middle of its base64.
    """
    parts = {part.lower() for text in texts for part in _parts(text)}
    lowered = ((name, view.lower()) for name, view in _views(content))
    return [f"{name}: {part}" for name, view in lowered for part in parts if part in view]


def _parts(text):
    windows = {text[start : start + 8].encode() for start in range(len(text) - 7)}
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            inner = encode(bytes(offset) + text.encode())[4:-4]
            windows |= {inner[start : start + 12] for start in range(len(inner) - 11)}
    return windows


def _views(content):
    yield "raw", content
    for member in re.finditer(rb"\x1f\x8b\x08", content):
        try:
            inside = zlib.decompressobj(31).decompress(content[member.start() :], 1 << 25)
        except zlib.error:
            continue
        yield from ((f"gzip, {name}", view) for name, view in _views(inside))
    yield "UTF-16", content.replace(b"\0", b"")
    text = content.decode("utf-8", "replace")
    for name, undo in (("HTML", html.unescape), ("URL", unquote), ("backslashes", _unbackslashed)):
        once = undo(text)
        if once != text:
            yield name, once.encode("utf-8", "replace")
            for other in (html.unescape, unquote, _unbackslashed):
                yield f"{name}, {other.__name__}", other(once).encode("utf-8", "replace")


def _unbackslashed(text):
    text = re.sub(r"\\+(?:u|x)([0-9a-fA-F]{4}|[0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\+(.)", r"\1", text)


def coded(octets):
    """Bytes in the content codings that a server may use, by the value of Content-Encoding."""
    raw = zlib.compressobj(wbits=-15)
    return {
        "gzip": gzip.compress(octets, mtime=0),
        "x-gzip": gzip.compress(octets, mtime=0),
        "deflate": zlib.compress(octets),
        "Deflate": raw.compress(octets) + raw.flush(),
        "deflate, gzip": gzip.compress(zlib.compress(octets), mtime=0),
        "br": octets[::-1],
        "": b"before " + gzip.compress(octets, mtime=0) + b" after",
        "identity": gzip.compress(gzip.compress(octets, mtime=0), mtime=0),
    }
