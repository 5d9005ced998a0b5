"""The common parts of all responses: negotiation, messages, conditions, ranges, coding, other origins (PS3.18 8)."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import uuid
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from . import multipart, native_xml, negotiation
from .dicom_json import Json
from .multipart import Content, Part
from .negotiation import Representation

DICOM_JSON, DICOM_XML = "application/dicom+json", "application/dicom+xml"
BYTE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
# Text, which is worth compressing: images and bulk data are large, and often compressed already.
COMPRESSIBLE = re.compile(r'application/(dicom\+json|json|dicom\+xml|vnd\.sun\.wadl\+xml)|multipart/.*dicom\+xml"')
EXPOSED = "Allow, Content-Encoding, Content-Length, Content-Location, Content-Range, ETag, Location, Warning"
# The router's texts for a request that does not reach a handler, and those that this server sends instead.
SENTENCES = {"Not Found": "there is no such resource", "Method Not Allowed": "the resource has no such method"}


class Answers:
    """Messages. Each decision about them is a method of its own."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        """The form that is sent. Raises 406 and 400."""
        return negotiation.choose(request, forms)

    def describe(self, document: Json | list[Json], form: Representation, locations: Iterable[str] = ()) -> Response:
        """Data sets in the DICOM JSON or the Native DICOM Model; in XML each is a part, with its Content-Location."""
        if form.media_type != DICOM_XML:
            return Response(self.json(document), media_type=form.media_type)
        data_sets = document if isinstance(document, list) else [document]
        if not data_sets:
            # RFC 2046 has no multipart message without parts.
            return Response(status_code=204)
        texts = [self.xml(data_set) for data_set in data_sets]
        if not form.multipart:
            return Response(texts[0], media_type=DICOM_XML)
        locations = [*locations] or [""] * len(texts)
        parts = [Part(DICOM_XML, location, Content(text)) for text, location in zip(texts, locations, strict=True)]
        boundary = self.boundary()
        return Response(b"".join(multipart.body(parts, boundary)), media_type=self.multipart_type(form, boundary))

    def json(self, document: Json | list[Json]) -> bytes:
        """The text of a JSON document."""
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    def xml(self, data_set: Json) -> bytes:
        """The text of a data set in the Native DICOM Model."""
        return native_xml.document(data_set)

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        """The parts as multipart/related, or the only one alone, of which a range can be asked for."""
        headers = {"ETag": tag} if tag else {}
        if tag and self.unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        if form.multipart:
            boundary = self.boundary()
            headers["Content-Length"] = str(multipart.length(parts, boundary))
            media_type = self.multipart_type(form, boundary)
            return StreamingResponse(multipart.body(parts, boundary), media_type=media_type, headers=headers)
        (part,) = parts
        content, status, range_headers = self.range(request, part.content)
        headers |= part.headers | {"Content-Length": str(content.length)} | range_headers
        return StreamingResponse(content.chunks(), status, headers=headers)

    def multipart_type(self, form: Representation, boundary: str) -> str:
        """The Content-Type of a multipart message."""
        return f'multipart/related; type="{form.media_type}"; boundary={boundary}'

    def part_type(self, form: Representation) -> str:
        """The Content-Type of a representation, alone or as a part."""
        return form.part_type

    def boundary(self) -> str:
        """A new random word: no stored instance contains it."""
        return uuid.uuid4().hex

    def etag(self, *sources: object) -> str:
        """The entity tag of a representation made from some sources: weak, since boundaries and codings differ."""
        return f'W/"{hashlib.sha256(repr(sources).encode()).hexdigest()[:32]}"'

    def unchanged(self, request: Request, tag: str) -> bool:
        """True if the client has the representation with an entity tag already (RFC 9110 13.1.2)."""
        wanted = request.headers.get("if-none-match", "")
        return wanted.strip() == "*" or tag.removeprefix("W/") in re.findall(r'"[^"]*"', wanted)

    def range(self, request: Request, content: Content) -> tuple[Content, int, dict[str, str]]:
        """The bytes that a Range field requests, the status and header fields. Raises 416 if there are none.

        Several ranges, and one that depends on a version (If-Range: entity tags here are weak), return the whole.
        """
        headers = {"Accept-Ranges": "bytes"}
        match = BYTE_RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
        if not match or not (match[1] or match[2]) or "if-range" in request.headers:
            return content, 200, headers
        size = content.length
        start = int(match[1]) if match[1] else max(0, size - int(match[2]))
        end = min(size, int(match[2]) + 1) if match[1] and match[2] else size
        if start >= end:
            unsatisfied = {"Content-Range": f"bytes */{size}"}
            raise HTTPException(416, f"the range is not within the {size} bytes that there are", unsatisfied)
        return content.slice(start, end - start), 206, headers | {"Content-Range": f"bytes {start}-{end - 1}/{size}"}

    def warn(self, response: Response, base: str, sentences: Iterable[str]) -> None:
        """Report unsupported parameters in Warning fields (8.3.4.2)."""
        for sentence in sentences:
            response.headers.append("Warning", f'299 {base}: "{sentence}"')

    def explain(self, request: Request, error: HTTPException) -> Response:
        """The response to a request that failed: a short sentence (8.5)."""
        text = SENTENCES.get(error.detail, error.detail)
        return PlainTextResponse(text, error.status_code, headers=error.headers)

    def finish(self, request: Request, response: Response) -> Response:
        """A response with the header fields that all responses have."""
        self.compress(request, response)
        self.cross_origin(request, response)
        return response

    def compress(self, request: Request, response: Response) -> None:
        """Apply the content coding gzip to text, if the client accepts it."""
        if not COMPRESSIBLE.match(response.headers.get("content-type", "")) or isinstance(response, StreamingResponse):
            return
        response.headers["Vary"] = "Accept-Encoding"
        if self.is_accepted(request, "gzip"):
            response.body = gzip.compress(response.body, 6, mtime=0)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Length"] = str(len(response.body))

    def is_accepted(self, request: Request, coding: str) -> bool:
        """True if a client accepts a content coding (RFC 9110 12.5.3)."""
        codings = negotiation.weights(request.headers.get("accept-encoding", ""))
        return codings.get(coding, codings.get("*", 0.0)) > 0

    def cross_origin(self, request: Request, response: Response) -> None:
        """Let pages of every origin read the response."""
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
