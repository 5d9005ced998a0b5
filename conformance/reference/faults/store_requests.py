"""Faults of the store: forms of the request, and broken bodies (PS3.18 10.5.1, 8.4, 8.6)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .. import ingest
from ..app import Origin
from ..archive import Archive
from ..negotiation import MediaType, Representation
from ..target import Target, base_url
from .altered import answer_fault, refused, request_fault
from .registry import fault

LIMIT = 10 * 1024 * 1024


@fault("store-keeps-ten-parts", breaks=("STOW-REQ-001",), says="is not in the body")
class StoreKeepsTenParts(Origin):
    """Stores and lists the first ten of more parts, and does not mention the others."""

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        await super().receive(request, media_type, drafts)
        for draft in drafts[10:]:
            draft.unlink()
        del drafts[10:]


@fault("store-takes-one-study", breaks=("STOW-REQ-004",), says="FailedSOPSequence is there with 1 item,")
class StoreTakesOneStudy(Origin):
    """Refuses instances of another study than that of the first part."""

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        with suppress(ingest.Refused):
            target = Target(ingest.read(drafts[0]).study) if target.study is None else target
        return super().conclude(request, target, drafts, form)


@fault(
    "store-skips-labelled-parts",
    breaks=("STOW-REQ-009", "STOW-REQ-010", "STOW-RESP-025"),
    says="status is 404",
    seen=("orthanc-mirrors/orthanc-dicomweb NEWS 1.19", "orthanc-mirrors/orthanc-tests Plugins/DicomWeb/Run.py"),
)
class StoreSkipsLabelledParts(Origin):
    """Returns 200 and skips a part whose Content-Type has a transfer-syntax parameter."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._skipped: set[Path] = set()

    def open_part(self, header: bytes, drafts: list[Path]) -> BinaryIO:
        file = super().open_part(header, drafts)
        if b"transfer-syntax" in header:
            self._skipped.add(drafts[-1])
        return file

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        taken = [draft for draft in drafts if draft not in self._skipped]
        if taken:
            return super().conclude(request, target, taken, form)
        return self.describe(self.module(base_url(request), target, [], []), form)


@fault("store-trusts-the-label", breaks=("STOW-REQ-010",), says="status is 409")
class StoreTrustsTheLabel(Origin):
    """Refuses a part that is wrongly labelled as JPEG."""

    def open_part(self, header: bytes, drafts: list[Path]) -> BinaryIO:
        if b"1.2.840.10008.1.2.4" in header:
            raise HTTPException(409, "the part is not in JPEG")
        return super().open_part(header, drafts)


@fault("store-without-type-is-500", breaks=("STOW-REQ-003",), says="status is 500")
class StoreWithoutTypeIs500(Origin):
    """Returns 500 for a store without Content-Type."""

    def content_type(self, request: Request) -> MediaType:
        if "content-type" not in request.headers:
            raise HTTPException(500)
        return super().content_type(request)


@answer_fault("store-of-pdf-is-taken", breaks=("STOW-REQ-008",), says="status is 200")
def store_of_pdf_is_taken(request: Request, response: Response) -> Response | None:
    """Returns 200 for a store of application/pdf, and stores nothing."""
    pdf = request.headers.get("content-type", "").startswith("application/pdf")
    return JSONResponse({}, media_type="application/dicom+json") if pdf and response.status_code == 415 else None


@request_fault("store-in-gzip-is-500", breaks=("STOW-REQ-013",), says="status is 500")
def store_in_gzip_is_500(request: Request) -> Response | None:
    """Returns 500 for a store with Content-Encoding."""
    return refused(500) if request.method == "POST" and "content-encoding" in request.headers else None


@answer_fault("store-in-gzip-is-swallowed", breaks=("STOW-RESP-025",), says="status is 404")
def store_in_gzip_is_swallowed(request: Request, response: Response) -> Response | None:
    """Returns 200 for a store with Content-Encoding, and stores nothing."""
    coded = "content-encoding" in request.headers
    return JSONResponse({}, media_type="application/dicom+json") if coded and response.status_code == 415 else None


@answer_fault("store-without-parts-is-200", breaks=("STOW-REQ-006",), says="status is 200")
def store_without_parts_is_200(request: Request, response: Response) -> Response | None:
    """Returns 200 for a store without parts."""
    nothing = request.method == "POST" and b"has no part" in bytes(response.body)
    return JSONResponse({"00081190": {"vr": "UR"}}, media_type="application/dicom+json") if nothing else None


@answer_fault("store-with-another-boundary-is-500", breaks=("STOW-REQ-007",), says="status is 500")
def store_with_another_boundary_is_500(request: Request, response: Response) -> Response | None:
    """Returns 500 for a body without the boundary of its Content-Type."""
    return refused(500) if b"is not well-formed multipart" in bytes(response.body) else None


@fault("store-fills-up-a-cut-body", breaks=("STOW-REQ-007",), says="is retrievable, should be absent")
class StoreFillsUpACutBody(Origin):
    """Fills up a truncated instance with zeros, and stores it."""

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        try:
            await super().receive(request, media_type, drafts)
        except HTTPException:
            if not drafts:
                raise
            with open(drafts[-1], "ab") as file:
                # The reader holds back what may be the beginning of a delimiter, too.
                file.write(bytes(_missing(drafts[-1])))


def _missing(draft: Path) -> int:
    """The number of bytes missing from an image of 8 x 8 pixels whose Pixel Data end the file."""
    content = draft.read_bytes()
    start = content.find(b"\xe0\x7f\x10\x00O") + 12
    return max(0, start + int.from_bytes(content[start - 4 : start], "little") - len(content))


@request_fault("large-store-is-broken-off", breaks=("STOW-BEH-015",), says="bytes is absent")
def large_store_is_broken_off(request: Request) -> bytes | None:
    """Closes the connection of a store of more than 10 MiB without a response."""
    large = request.method == "POST" and int(request.headers.get("content-length", "0")) > LIMIT
    return b"" if large else None
