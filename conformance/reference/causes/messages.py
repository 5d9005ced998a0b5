"""Requests and messages: a method, a parameter, a representation or a header field that never works."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..answers import DICOM_JSON
from ..app import Origin
from ..archive import Instance
from ..faults.altered import Altered, accept, names, refused
from ..ingest import TRANSFER_SYNTAX_NOT_SUPPORTED, Refused
from ..negotiation import Representation
from ..target import Target
from .registry import cause

COMPRESSED = "1.2.840.10008.1.2.4."
MOST = 8  # instances of a request


@cause("no-capabilities")
class NoCapabilities(Origin):
    """OPTIONS returns 405, except to the preflight of a browser."""

    def options(self, request: Request) -> Response:
        if "access-control-request-method" in request.headers:
            return super().options(request)
        raise HTTPException(405, "seeded here: 405", {"Allow": "GET, HEAD, POST, DELETE"})


@cause("no-head")
class NoHead(Altered):
    """HEAD returns 405."""

    def asked(self, request: Request) -> Response | None:
        allow = {"Allow": "GET, POST, DELETE, OPTIONS"}
        return Response(status_code=405, headers=allow) if request.method == "HEAD" else None


@cause("no-xml")
class NoXml(Origin):
    """Nothing is returned in XML: 406."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        return super().choose(request, [form for form in forms if form.media_type != "application/dicom+xml"])


@cause("json-is-called-text")
class JsonIsCalledText(Origin):
    """Metadata and matches in JSON have the Content-Type text/plain."""

    def finish(self, request: Request, response: Response) -> Response:
        if response.headers.get("content-type") == DICOM_JSON and request.method in ("GET", "HEAD"):
            response.headers["content-type"] = "text/plain"
        return super().finish(request, response)


@cause("parts-are-called-octets")
class PartsAreCalledOctets(Origin):
    """DICOM files have the Content-Type application/octet-stream."""

    def part_type(self, form: Representation) -> str:
        return "application/octet-stream" if form.media_type == "application/dicom" else super().part_type(form)


@cause("no-transfer-syntax")
class NoTransferSyntax(Altered):
    """A GET whose Accept names a transfer syntax returns 406."""

    def asked(self, request: Request) -> Response | None:
        return refused(406) if request.method == "GET" and "transfer-syntax" in accept(request) else None


@cause("no-compressed-images")
class NoCompressedImages(Origin):
    """A store of a compressed image is refused with 409 and C122."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if instance.transfer_syntax.startswith(COMPRESSED):
            raise Refused(TRANSFER_SYNTAX_NOT_SUPPORTED, instance.sop_class, instance.instance)


@cause("many-instances-are-500")
class ManyInstancesAre500(Origin):
    """A store of more than eight instances in one request returns 500."""

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        if len(drafts) > MOST:
            raise HTTPException(500, "seeded here: 500")
        return super().conclude(request, target, drafts, form)


@cause("entity-tags-stay")
class EntityTagsStay(Origin):
    """All representations have the same entity tag."""

    def etag(self, *sources: object) -> str:
        return 'W/"1"'


@cause("no-cross-origin")
class NoCrossOrigin(Origin):
    """No response has the header fields of CORS."""

    def cross_origin(self, request: Request, response: Response) -> None:
        pass

    def preflight(self, request: Request, allowed: str) -> dict[str, str]:
        return {}


@cause("paging-is-500")
class PagingIs500(Altered):
    """A search with limit or offset returns 500."""

    def asked(self, request: Request) -> Response | None:
        return refused(500) if {"limit", "offset"} & names(request) else None


@cause("no-wildcards")
class NoWildcards(Altered):
    """A search with an asterisk or a question mark in a value returns 500."""

    def asked(self, request: Request) -> Response | None:
        values = "".join(request.query_params.values())
        found = "*" in values or "?" in values
        return refused(500) if found and request.method == "GET" and "accept" not in names(request) else None


@cause("tags-are-not-keys")
class TagsAreNotKeys(Altered):
    """A search whose key is a tag instead of a keyword returns 500."""

    def asked(self, request: Request) -> Response | None:
        return refused(500) if any(re.match(r"[\dA-Fa-f]{8}(\.|$)", name) for name in names(request)) else None


@cause("no-includefield")
class NoIncludefield(Altered):
    """A search with includefield returns 500."""

    def asked(self, request: Request) -> Response | None:
        return refused(500) if "includefield" in names(request) else None
