"""An exchange of a run as reports see it, and as it is in results.json: there every text stands once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta, field

from conformance.reporting import curl

_NOTHING = sha256(b"").hexdigest()
Number = Annotated[int, Meta(ge=0, le=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
# A file within the run's folder: relative to it, "/" between names, none of them "..".
InFolder = Annotated[str, Meta(pattern=r"\A(?!/)(?!(?:.*/)?\.\.(?:/|\Z))[^\\:\x00-\x1f]+\Z")]


class Struct(msgspec.Struct, kw_only=True, omit_defaults=False):
    """Base of what results.json holds: keyword-only, every field written."""


class Body(Struct):
    """A message body as a report shows it. `text` is set for text up to a cap, whole only when `cut` is False.

    `path` is that of its entry in the evidence: None where there is no body, where it may hold a secret, or where the
    evidence already had as much as it may have.
    """

    size: Number
    sha256: str
    path: InFolder | None = None
    text: str | None = None
    cut: bool = False


class Exchange(Struct):
    """One request and its answer. `path` is the entry of the evidence with the request and response heads.

    Heads are what went over the wire (start line and fields, secrets masked). `status` is None, and `error` a
    sentence, when no answer came.
    """

    path: InFolder
    method: str
    url: str
    status: Annotated[int, Meta(ge=100, le=999)] | None
    reason: str
    error: str | None
    seconds: Seconds
    request_head: str
    request_body: Body
    response_head: str
    response_body: Body

    @property
    def curl(self) -> str:
        """The command that sends the same request again, from the run folder with its body as a file."""
        return curl.line(self.method, self.url, self.request_head, self.request_body.path)


class StoredBody(Body, kw_only=True):
    """A body as it is in the file: `text` is a number, in schema 1 the text itself."""

    text: Number | str | None = None  # type: ignore[assignment]


class StoredExchange(Exchange, kw_only=True):
    """An exchange as it is in the file: heads are the numbers of their lines, in schema 1 text."""

    request_head: list[Number] | str  # type: ignore[assignment]
    request_body: StoredBody = field(default_factory=lambda: StoredBody(size=0, sha256=_NOTHING))
    response_head: list[Number] | str  # type: ignore[assignment]
    response_body: StoredBody = field(default_factory=lambda: StoredBody(size=0, sha256=_NOTHING))
    error: str | None = None


def shared(exchange: dict[str, Any], texts: dict[str, int]) -> dict[str, Any]:
    """An exchange with numbers of texts in their place, without bodies that are empty, and without an error that is
    none."""
    if exchange["error"] is None:
        del exchange["error"]
    for head in ("request_head", "response_head"):
        exchange[head] = [texts.setdefault(line, len(texts)) for line in exchange[head].split("\n")]
    for name in ("request_body", "response_body"):
        body = {key: value for key, value in exchange.pop(name).items() if value is not None and value is not False}
        if "text" in body:
            body["text"] = texts.setdefault(body["text"], len(texts))
        if body != {"size": 0, "sha256": _NOTHING}:
            exchange[name] = body
    return exchange


def restored(exchanges: Iterable[StoredExchange], texts: Sequence[str], most: int) -> Iterator[Exchange]:
    """The exchanges with their texts, of `most` characters. Raises LookupError, ValidationError."""
    together = 0

    def text(part: list[int] | int | str | None) -> str | None:
        nonlocal together
        if isinstance(part, list):
            together += sum(len(texts[number]) for number in part)
            found: str | None = "\n".join(map(texts.__getitem__, part)) if together <= most else ""
        else:
            found = texts[part] if isinstance(part, int) else part
            together += len(found or "")
        if together > most:
            raise msgspec.ValidationError("its texts are larger than a run leaves")
        return found

    for item in exchanges:
        fields = msgspec.structs.asdict(item)
        for name in ("request_head", "response_head"):
            fields[name] = text(fields[name])
        for name in ("request_body", "response_body"):
            body = fields[name]
            fields[name] = Body(**msgspec.structs.asdict(body) | {"text": text(body.text)})
        yield Exchange(**fields)
