"""Links in responses of the endpoint, rewritten so that they lead through the relay."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import urlsplit

from conformance.dicomweb import uris
from conformance.harness.endpoint.endpoints import Endpoint

MOST = 100_000  # links that are remembered
_JSON = re.compile(rb'"((?:https?:|)\\?/(?:[^"\\]|\\.)*)"')
_XML = re.compile(rb"(?<=[\"'>])https?://[^\"'<>\s]+")
_LINK = re.compile(r"<([^<>]*)>")


class Links:
    """Rewrites links to the endpoint into links below `root`, which is the URL of the relay.

    `named` are the URLs, by the path below the root, that responses named and that are not of a study below the
    endpoint's own root.
    """

    def __init__(self, endpoint: Endpoint, root: str) -> None:
        self.root = root
        self.named: dict[str, str] = {}
        self._endpoint = endpoint

    def reference(self, uri: str, base: str) -> str | None:
        """The link through the relay for a URI reference in a response; None if it does not lead to the endpoint."""
        found = uris.resolved(uri, base)
        if found is None or not self._endpoint.holds(url := found.geturl()):
            return None
        path = found.path.removeprefix(self._root(url)).strip("/")
        query = f"?{found.query}" if found.query else ""
        bare = url.partition("#")[0].partition("?")[0]
        is_usual = path.startswith("studies/") and bare == f"{self._endpoint.root('GET', path)}/{path}"
        if not is_usual and len(self.named) < MOST:
            self.named[path] = bare
        return f"{self.root}/{path}{query}"

    def _root(self, url: str) -> str:
        """The path of the root of the endpoint that a URL is below, the longest one."""
        settings = self._endpoint.settings
        roots = filter(None, (settings.url, settings.qido, settings.wado, settings.stow))
        paths = [urlsplit(root).path.rstrip("/") for root in roots if uris.origin(root) == uris.origin(url)]
        return max((path for path in paths if urlsplit(url).path.startswith(path + "/")), key=len)

    def body(self, content: bytes, media_type: str, base: str) -> bytes:
        """The content of a JSON or XML document with its absolute links rewritten; any other content unchanged."""

        def in_json(match: re.Match[bytes]) -> bytes:
            try:
                uri = json.loads(match[0])
            except ValueError:
                return match[0]
            led = self.reference(uri, base)
            return json.dumps(led).encode() if led else match[0]

        def in_xml(match: re.Match[bytes]) -> bytes:
            led = self.reference(html.unescape(match[0].decode("utf-8", "replace")), base)
            return html.escape(led).encode() if led else match[0]

        if "json" in media_type:
            return _JSON.sub(in_json, content)
        return _XML.sub(in_xml, content) if "xml" in media_type else content

    def field(self, name: str, value: str, base: str) -> str | None:
        """The value of Location, Content-Location or Link; None if it leads elsewhere."""
        if name != "link":
            return self.reference(value, base)
        uris = _LINK.findall(value)
        led = [self.reference(uri, base) for uri in uris]
        if not uris or None in led:
            return None
        following = iter(led)
        return _LINK.sub(lambda _: f"<{next(following)}>", value)
