"""The server's own API for removing a study: what a lookup returns is not deleted before it is seen to be the study."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urljoin

from conformance.harness.endpoint.endpoints import Removal
from conformance.harness.wire.connection import Connection
from conformance.kit.stow import Body

_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}")
_STUDY = re.compile(rb'(?i)StudyInstanceUID"?\s*:\s*"([0-9.]+)"')


class NotRemoved(Exception):
    """A study is, or may be, still there; the message says why."""


def url_of(endpoint: Connection, scheme: Removal, study: str) -> str:
    """The URL of a study in the server's own API, its fields filled in. Raises NotRemoved, Unanswered, Blocked."""
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
        _read_back(endpoint, url, study)
    return url


def _read_back(endpoint: Connection, url: str, study: str) -> None:
    """Prove that the result of a lookup is the study, because it is deleted. Raises NotRemoved."""
    response = endpoint.absolute("GET", url)
    named = re.findall(rb"(?<![0-9.])" + re.escape(study.encode()) + rb"(?![0-9.])", response.content)
    if response.status != 200 or not named:
        raise NotRemoved(f"what the lookup names ({url}) is not seen to be this study: GET returns {response.status}")
    if others := set(_STUDY.findall(response.content)) - {study.encode()}:
        raise NotRemoved(f"what the lookup names ({url}) has another study, too ({min(others).decode()})")


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
