"""The evidence of a run: each exchange as entries of evidence.zip, without secrets and foreign values.

Everything is masked before it is written: a killed run leaves none of these on the disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from conformance.dicomweb.buffers import Buffer, pieces
from conformance.dicomweb.messages import Answered, Fields, header
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import MASK, Mask
from conformance.harness.wire.client import Answer
from conformance.harness.wire.coded import closed
from conformance.harness.wire.foreign import WITHHELD, Foreign
from conformance.harness.wire.packing import Packer
from conformance.reporting import evidence
from conformance.reporting.record import Body, Exchange, Traffic

TEXT_LIMIT = 4 * 1024  # characters, which take four bytes at most
KEPT_LIMIT = 1024 * 1024  # bytes of a body that is kept for the checks over all responses
KEPT_TOGETHER = 64 * KEPT_LIMIT
WRITTEN_TOGETHER = 4 * 1000**3  # bytes of bodies; a server that sends more must not fill the disk
CREDENTIALS = {"authorization", "proxy-authorization", "cookie", "set-cookie"}


class Recorder:
    """Writes every exchange into the evidence.zip of `folder`, and keeps the list of them by check.

    `check` is the id of the check whose requests come next. Secrets of `mask`, and the values of header fields with
    credentials, are in no file and in no exchange; nor are `foreign` values, and bodies with such a value.
    """

    def __init__(
        self, folder: Path, endpoint: Endpoint, mask: Mask | None = None, foreign: Foreign | None = None
    ) -> None:
        self.check = "preflight"
        self.exchanges: dict[str, list[Exchange]] = {}
        self.files: dict[str, list[str]] = {}
        self.answers: list[Answered] = []
        self.traffic = Traffic(requests=0, sent=0, received=0, failed=0)
        self._packer = Packer(folder / evidence.NAME)
        self._numbers: dict[str, int] = {}
        self._kept = 0
        self._written = 0
        self.mask = Mask.of(endpoint) if mask is None else mask
        self.foreign = Foreign() if foreign is None else foreign
        fields = (place.partition(".") for place in endpoint.concealed)
        self._secret_fields = CREDENTIALS | {name.lower() for table, _, name in fields if table == "headers"}

    @property
    def broken(self) -> str | None:
        """The reason why nothing more can be written, if there is one."""
        return self._packer.broken

    @property
    def full(self) -> bool:
        """True if a body was not written, because there were too many before it."""
        return self._written > WRITTEN_TOGETHER

    def close(self) -> None:
        """Complete the file after all exchanges are recorded."""
        self._packer.close()

    def hide(self, authorization: str) -> None:
        """Mask the value of an Authorization field from now on."""
        self.mask.hide_authorization(authorization)

    @contextmanager
    def of(self, check: str) -> Iterator[None]:
        """Record requests within as evidence of something other than the current check."""
        current, self.check = self.check, check
        try:
            yield
        finally:
            self.check = current

    def cite(self, check: str, exchanges: Iterable[Exchange] | None = None) -> None:
        """Let exchanges that were recorded for another check, all or some of them, be evidence of the current one."""
        known = self.exchanges.setdefault(self.check, [])
        known += [item for item in exchanges or self.exchanges.get(check, []) if item not in known]

    def forget(self) -> None:
        """Remove the exchanges so far from the evidence of the current check."""
        self.exchanges.pop(self.check, None)

    def attach(self, name: str, content: bytes) -> str:
        """Write a file beside the exchanges of the current check; its path, the name of its entry."""
        path = f"evidence/{self.check}/{name}"
        self._packer.add(path, self.mask.pieces([content]))
        self.files.setdefault(self.check, []).append(path)
        return path

    def record(
        self, method: str, url: str, headers: Fields, body: Buffer, answer: Answer, foreign: bool = False
    ) -> Exchange:
        """Write one exchange and add it to the current check's. `foreign`: the body of the request must not be kept."""
        known = self.exchanges.setdefault(self.check, [])
        self._numbers[self.check] = number = self._numbers.get(self.check, 0) + 1
        name = f"evidence/{self.check}/{number:02}"
        path = f"{name}{evidence.SUFFIX}"
        if withheld := self.foreign.seen(method, url, answer.status, answer.headers, answer.body):
            self.foreign.paths.add(path)
        request_head = self._head(answer.conversation.request_head or _unsent(method, url, headers))
        response_head = self._head(answer.conversation.response_head)
        request_body = self._body(f"{name}.request", body, headers, foreign and not self.foreign.keeps)
        response_body = self._body(f"{name}.response", answer.body, answer.headers, withheld)
        error = self._text(answer.error) if answer.error else None
        # Last, so that its bodies are there too if it is found in the evidence of a killed run.
        self._packer.add(path, [f"{request_head}\n\n{response_head or error}\n".encode()])
        exchange = Exchange(
            path=path,
            method=method,
            url=self.foreign.values.url(self.mask.text(url)),
            status=answer.status if answer.error is None else None,
            reason=self._text(answer.reason),
            error=error,
            seconds=round(answer.seconds, 6),
            request_head=request_head,
            request_body=request_body,
            response_head=response_head,
            response_body=response_body,
        )
        known.append(exchange)
        if answer.whole:
            keep = self._kept < KEPT_TOGETHER and not self.foreign.is_given(url)
            answered = _answered(self.check, exchange.path, method, url, headers, answer, keep)
            self.answers.append(answered)
            self._kept += len(answered.content or b"")
        self.traffic.requests += 1
        self.traffic.sent += len(body)
        self.traffic.received += len(answer.body)
        self.traffic.failed += answer.error is not None
        return exchange

    def _head(self, raw: bytes) -> str:
        """A head as text, credentials masked by the name of their field, whatever the letter case and line ends.

        A field may continue on the next lines, which then begin with a blank (RFC 9112 5.2).
        """
        start_line, *lines = raw.decode("latin-1").replace("\r\n", "\n").split("\n")
        shown, is_secret = [start_line], False
        for line in lines:
            if line[:1] in (" ", "\t") and is_secret:
                continue
            field, colon, _ = line.partition(":")
            is_secret = bool(colon) and field.strip().lower() in self._secret_fields
            shown.append(f"{field}: {MASK}" if is_secret else line)
        start_line, end, fields = self.mask.text("\n".join(shown)).partition("\n")
        return self.foreign.values.url(start_line) + end + self.foreign.text(fields, weak=False)

    def _text(self, text: str) -> str:
        return self.foreign.text(self.mask.text(text), weak=False)

    def _body(self, name: str, content: Buffer, headers: Fields, withheld: bool = False) -> Body:
        """Write a body beside its heads. The size is that of the transferred bytes, the digest that of the written
        ones.

        A `withheld` body is not written.
        """
        body = Body(size=len(content), sha256=hashlib.sha256(b"").hexdigest())
        if not content:
            return body
        if withheld:
            return Body(size=len(content), sha256=self.foreign.digest(content), text=WITHHELD)
        if why := closed(content, header(headers, "Content-Encoding") or "", self.mask):
            body.text = f"(not written: {why})"
            return body
        kind = (header(headers, "Content-Type") or "").partition(";")[0].lower()
        # HTML is stored as plain text, and so is XML (it may be XHTML): opening evidence must not execute it.
        suffix = next((word for word in ("json", "xml", "multipart", "dicom") if word in kind), "bin")
        masked = self.mask.pieces(pieces(content))
        if isinstance(content, bytes):
            written = self.mask.octets(content)
            masked = pieces(written)
            if suffix not in ("multipart", "dicom") and (suffix != "bin" or not kind or kind.startswith("text/")):
                suffix = "txt" if suffix == "bin" else suffix
                text = written[: 4 * TEXT_LIMIT].decode("utf-8", "replace")
                body.text, body.cut = text[:TEXT_LIMIT], len(text) > TEXT_LIMIT or len(written) > 4 * TEXT_LIMIT
        found = hashlib.sha256()
        self._written += len(content)
        if self.full:
            for piece in masked:
                found.update(piece)
        else:
            body.path = f"{name}.{'xml.txt' if suffix == 'xml' else suffix}"
            self._packer.add(body.path, _through(masked, found))
        body.sha256 = found.hexdigest()
        return body


def _unsent(method: str, url: str, headers: Fields) -> bytes:
    """The head of a request of which nothing was sent, as it would have been sent."""
    target = urlsplit(url)._replace(scheme="", netloc="").geturl() or "/"
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\n".join(lines).encode("latin-1", "replace")


def _through(content: Iterable[bytes], found: hashlib._Hash) -> Iterator[bytes]:
    """The pieces, each added to the digest."""
    for piece in content:
        found.update(piece)
        yield piece


def _answered(check: str, path: str, method: str, url: str, headers: Fields, answer: Answer, keep: bool) -> Answered:
    return Answered(
        check=check,
        path=path,
        method=method,
        url=url,
        request_headers=headers,
        status=answer.status if answer.error is None else None,
        headers=answer.headers,
        size=len(answer.body),
        content=answer.content[:] if keep and len(answer.content) <= KEPT_LIMIT else None,
        head=answer.conversation.response_head,
        error=answer.error,
        surplus=answer.surplus,
        undecodable=answer.undecodable,
    )
