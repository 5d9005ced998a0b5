"""run.har (`--har`): every exchange of a run as HTTP Archive 1.2, for browsers' network panels and other HTTP tools."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from conformance.reporting.evidence import NAME, Evidence
from conformance.reporting.record import Body, Exchange, Results

BODY_CAP = 64 * 1024


def write(results: Results, folder: Path, path: Path) -> None:
    """Write the exchanges of a run, in the order of its checks, to `path`; each once, though many checks may cite it.

    Bodies of more than BODY_CAP bytes are given by size alone; the others as text, or in base64, where the evidence in
    `folder`, that of the run, has them. The same results make the same file.
    """
    evidence = Evidence(folder) if (folder / NAME).exists() else None
    creator = Creator(results.suite.name, results.suite.version)
    with path.open("w", encoding="utf-8") as file, HarFile(file, creator=creator, comment=results.run) as har:
        written: set[str] = set()
        for check in results.every_check:
            for exchange in check.evidence:
                if exchange.path in written:
                    continue
                written.add(exchange.path)
                milliseconds = round(exchange.seconds * 1000, 3)
                har.add_entry(
                    startedDateTime=check.started,
                    time=milliseconds,
                    request=_request(exchange, evidence),
                    response=_response(exchange, evidence),
                    # HAR wants three phases; an exchange knows their sum alone.
                    timings=Timings(send=0, wait=milliseconds, receive=0),
                    comment=check.id,
                )


def _request(exchange: Exchange, evidence: Evidence | None) -> Request:
    start_line, headers = _head(exchange.request_head)
    body = exchange.request_body
    text, encoding = _content(body, evidence)
    return Request(
        method=exchange.method,
        url=exchange.url,
        httpVersion=start_line.rpartition(" ")[2],
        headers=headers,
        queryString=[Record(*pair) for pair in parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)],
        postData=PostData(_media_type(headers), text=text or "", comment=encoding) if body.size else None,
        headersSize=len(exchange.request_head.encode()),
        bodySize=body.size,
    )


def _response(exchange: Exchange, evidence: Evidence | None) -> Response:
    start_line, headers = _head(exchange.response_head)
    body = exchange.response_body
    text, encoding = _content(body, evidence)
    return Response(
        # 0 is what browsers write where no answer came.
        status=exchange.status or 0,
        statusText=exchange.reason,
        httpVersion=start_line.partition(" ")[0],
        headers=headers,
        content=Content(size=body.size, mimeType=_media_type(headers), text=text, encoding=encoding),
        redirectURL=next((header.value for header in headers if header.name.lower() == "location"), ""),
        headersSize=len(exchange.response_head.encode()),
        bodySize=body.size,
        comment=exchange.error,
    )


def _head(head: str) -> tuple[str, list[Record]]:
    # Not splitlines: a server's header field may hold what that takes for the end of a line, such as 0x85.
    start_line, *fields = head.replace("\r\n", "\n").split("\n")
    pairs = (field.partition(":") for field in fields if ":" in field)
    return start_line, [Record(name.strip(), value.strip()) for name, _, value in pairs]


def _media_type(headers: list[Record]) -> str:
    return next((header.value for header in headers if header.name.lower() == "content-type"), "")


def _content(body: Body, evidence: Evidence | None) -> tuple[str | None, str | None]:
    """The text of a body and its encoding, both None where the body is too large or was not kept."""
    if body.size > BODY_CAP:
        return None, None
    if body.text is not None and not body.cut:
        return body.text, None
    if evidence is None or body.path not in evidence.entries:
        return None, None
    content = evidence.read(body.path)
    if body.text is not None:
        return content.decode("utf-8", "replace"), None
    return b64encode(content).decode("ascii"), "base64"
