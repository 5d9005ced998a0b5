"""The server's own API for removing a study: what a lookup returns is not deleted before it is seen to be the study."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from urllib.parse import quote, urljoin

from conformance.harness.endpoint.endpoints import Removal
from conformance.harness.wire.connection import Connection
from conformance.kit.stow import Body

_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}")
_UID = re.compile(rb"(?<![0-9.])(?:2\.25(?:\.[0-9]+)+|[0-2](?:\.[0-9]+){4,})(?![0-9.])")
_STANDARD = b"1.2.840.10008."


class NotRemoved(Exception):
    """A study is, or may be, still there; the message says why."""


def url_of(endpoint: Connection, scheme: Removal, study: str, below: Collection[str]) -> str:
    """The URL of a study in the server's own API, its fields filled in; `below` are the UIDs of its series and
    instances. Raises NotRemoved, Unanswered, Blocked."""
    base = endpoint.config.settings.url.rstrip("/") + "/"
    fields = {"StudyInstanceUID": study}
    if scheme.lookup:
        response = endpoint.absolute("POST", urljoin(base, scheme.lookup), Body("text/plain", study.encode()))
        if response.status != 200:
            raise NotRemoved(f"the lookup of its name returns {response.status}, should be 200")
        fields = _names(response.content) | fields
    try:
        path = scheme.url.format_map({key: quote(value, "") for key, value in fields.items()})
    except (LookupError, ValueError) as error:
        raise NotRemoved(f'removal.url "{scheme.url}" cannot be filled from {", ".join(fields)}') from error
    if path == scheme.url:
        raise NotRemoved(f'removal.url "{scheme.url}" does not name a study: it needs a field such as {{ID}}')
    url = urljoin(base, path)
    if scheme.lookup:
        _read_back(endpoint, url, study, below)
    return url


def _read_back(endpoint: Connection, url: str, study: str, below: Collection[str]) -> None:
    """Prove that the result of a lookup is the study and nothing else, because it is deleted: it names the study, and
    no UID but those of the run and of the standard. Raises NotRemoved."""
    response = endpoint.absolute("GET", url)
    seen = f"what the lookup names ({url}) is not seen to be this study"
    if response.status != 200 or not re.search(
        rb"(?<![0-9.])%b(?![0-9.])" % re.escape(study.encode()), response.content
    ):
        raise NotRemoved(f"{seen}: GET returns {response.status}")
    named = {uid.decode() for uid in _UID.findall(response.content) if not uid.startswith(_STANDARD)}
    if others := named - {study, *below}:
        raise NotRemoved(f"{seen} alone: it names {min(others)}, too")


def _names(content: bytes) -> dict[str, str]:
    """The server's own names for a study, from the response to a lookup: one object, plain names. Raises NotRemoved."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise NotRemoved("the lookup does not return JSON") from None
    items = answer if isinstance(answer, list) else [answer]
    if len(items) != 1 or not isinstance(items[0], dict):
        raise NotRemoved(f"the lookup returns {len(items)} resources, should be one study")
    kind = items[0].get("Type", "Study")
    if kind != "Study":
        raise NotRemoved("the lookup returns a resource of another Type, should be Study")
    return {key: value for key, value in items[0].items() if isinstance(value, str) and _NAME.fullmatch(value)}
