"""Variants of multipart messages and of negotiation."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import multipart
from ..app import Origin
from ..archive import Instance
from ..multipart import Content, Part
from ..negotiation import Representation
from ..target import Target
from .registry import variant

PREAMBLE, EPILOGUE = b"This is a message of several parts.\r\n", b"This was all.\r\n"


@variant("quoted-boundary", "dcm4che/dcm4che#415", "dcm4che/dcm4che#539")
class QuotedBoundary(Origin):
    """Returns a boundary in quotation marks with characters that need them, and a start parameter that names no
    part.
    """

    def multipart_type(self, form: Representation, boundary: str) -> str:
        return f'multipart/related; boundary="{boundary}"; type="{form.media_type}"'

    def boundary(self) -> str:
        return f"(a b)=?/{super().boundary()}"


@variant("parts-with-own-fields", "dcmjs-org/dicomweb-client#17")
class PartsWithOwnFields(Origin):
    """Returns additional header fields of its own in every part."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        return super().send(request, [_Labelled(**vars(part)) for part in parts], form, tag)


class _Labelled(Part):
    @property
    def headers(self) -> dict[str, str]:
        return {"Content-ID": f"<{self.content.length}@part>", "MIME-Version": "1.0"} | super().headers


@variant("parts-without-length", "Enet4/dicom-rs!174")
class PartsWithoutLength(Origin):
    """Returns parts without Content-Length: a client finds their end by the boundary, as in MIME."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        return super().send(request, [_Unmeasured(**vars(part)) for part in parts], form, tag)


class _Unmeasured(Part):
    @property
    def headers(self) -> dict[str, str]:
        return {name: value for name, value in super().headers.items() if name != "Content-Length"}


@variant("preflight-is-202", "standard Fetch 2.2.1, 4.8")
class PreflightIs202(Origin):
    """Returns 202 for a preflight, and names no safelisted method."""

    def finish(self, request: Request, response: Response) -> Response:
        response = super().finish(request, response)
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            response.status_code = 202
            response.headers["Access-Control-Allow-Methods"] = "DELETE"
        return response


@variant("ranges-of-messages", "RFC 9110 14.2, 15.3.7")
class RangesOfMessages(Origin):
    """Returns a range of a multipart representation with 206, like any other."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        if not form.multipart or "range" not in request.headers:
            return super().send(request, parts, form, tag)
        boundary = self.boundary()
        whole = Content(b"".join(multipart.body(parts, boundary)))
        content, status, fields = self.range(request, whole)
        fields = {"Content-Type": self.multipart_type(form, boundary), "Content-Length": str(content.length)} | fields
        return Response(content.read(), status, headers=fields)


@variant("single-part-by-default", "standard 10.4.4")
class SinglePartByDefault(Origin):
    """Returns one instance as a single part of application/dicom to a client that accepts anything."""

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        return sorted(super().file_forms(instance, target), key=lambda form: form.multipart)


@variant("json-by-one-name", "dcm4che/dcm4chee-arc-light#633")
class JsonByOneName(Origin):
    """Returns 406 for application/json, which it does not treat as application/dicom+json."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        return super().choose(request, [form for form in forms if form.media_type != "application/json"])


@variant("folded-fields", "RFC 2045 5.1; RFC 5322 2.2.3")
class FoldedFields(Origin):
    """Returns parts whose fields are in another order and in other cases, and folded."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        return super().send(request, [_Folded(**vars(part)) for part in parts] if form.multipart else parts, form, tag)


class _Folded(Part):
    @property
    def headers(self) -> dict[str, str]:
        fields = {name.lower(): value for name, value in super().headers.items()}
        media_type, *parameters = fields.pop("content-type").split("; ")
        folded = [re.sub("^transfer-syntax=(.*)", r'Transfer-Syntax="\1"', parameter) for parameter in parameters]
        return fields | {"CONTENT-TYPE": ";\r\n\t".join([media_type, *folded])}


@variant("preamble-and-epilogue", "RFC 2046 5.1.1")
class PreambleAndEpilogue(Origin):
    """Returns text before the first delimiter of a multipart message, and after the last."""

    def app(self) -> ASGIApp:
        app = super().app()

        async def around(scope: Scope, receive: Receive, send: Send) -> None:
            before = after = b""

            async def framed(message: Message) -> None:
                nonlocal before, after
                if message["type"] == "http.response.start":
                    fields = MutableHeaders(scope=message)
                    if fields.get("Content-Type", "").lower().startswith("multipart/"):
                        before, after = PREAMBLE, EPILOGUE
                        fields["Content-Length"] = str(int(fields["Content-Length"]) + len(before + after))
                else:
                    end = b"" if message.get("more_body") else after
                    message["body"], before = before + message.get("body", b"") + end, b""
                await send(message)

            await app(scope, receive, framed)

        return around


@variant("types-in-another-form", "RFC 9110 8.3.1, 5.6.6; standard 8.7.1")
class TypesInAnotherForm(Origin):
    """Returns multipart types with boundary as the first parameter, in other cases, and with white space."""

    def multipart_type(self, form: Representation, boundary: str) -> str:
        return f'Multipart/Related ;BOUNDARY="{boundary}" ; Type="{form.media_type}"'


@variant("locations-are-paths", "RFC 9110 8.7; standard 8.6.1.2")
class LocationsArePaths(Origin):
    """Returns parts whose Content-Location is a path without scheme and host."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        local = [replace(part, location=urlsplit(part.location).path) for part in parts]
        return super().send(request, local, form, tag)


@variant("etags-of-any-octet", "RFC 9110 8.8.3")
class EtagsOfAnyOctet(Origin):
    """Returns ETags with octets beyond ASCII."""

    def etag(self, *sources: object) -> str:
        return super().etag(*sources)[:-1] + '\xe9\xa0"'


@variant("etags-of-each-response", "RFC 9110 8.8.1")
class EtagsOfEachResponse(Origin):
    """Returns another ETag with each response."""

    def etag(self, *sources: object) -> str:
        return super().etag(*sources, uuid.uuid4())
