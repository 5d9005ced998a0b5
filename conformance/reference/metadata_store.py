"""A store of metadata and bulk data (PS3.18 10.5.1.4): received in parts, stored like any other instance."""

from __future__ import annotations

from email.parser import HeaderParser
from pathlib import Path
from typing import Any, BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from .answers import DICOM_JSON, DICOM_XML
from .assembly import Assembly, Received
from .dicom_json import Json
from .ingest import CANNOT_UNDERSTAND, Refused
from .json_reader import Unreadable
from .multipart import Reader
from .negotiation import MediaType
from .pixels import OCTETS
from .store import DICOM, Store
from .target import UID as UID_FORM


class MetadataStore(Store):
    """A store that also takes metadata in JSON or XML with their bulk data."""

    payloads: tuple[str, ...] = (DICOM, DICOM_JSON, DICOM_XML)
    assembly: type[Assembly] = Assembly

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        if media_type.content not in (DICOM_JSON, DICOM_XML):
            return await super().receive(request, media_type, drafts)
        parts: list[Received] = []

        def open_part() -> BinaryIO:
            parts.append(_received(reader.header, self.archive.draft()))
            return open(parts[-1].path, "wb")

        reader = Reader(media_type.parameters["boundary"], open_part)
        try:
            await self.receive_parts(request, reader)
            assembly = self.assembly(media_type.content, parts, str(request.url))
            request.state.refused += await run_in_threadpool(self.assemble, assembly, drafts)
        finally:
            for part in parts:
                part.path.unlink(missing_ok=True)

    def assemble(self, assembly: Assembly, drafts: list[Path]) -> list[Refused]:
        """Write each instance to a file, listed in `drafts`; returns the refusals of the others. Raises 400."""
        try:
            metadata = assembly.metadata()
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, f"the metadata cannot be read: {error}") from error
        refused = []
        for attributes in metadata:
            draft = self.archive.draft()
            try:
                assembly.write(attributes, draft)
                drafts.append(draft)
            except Unreadable:
                draft.unlink(missing_ok=True)
                refused.append(_refusal(attributes))
        return refused


def _received(header: bytes, path: Path) -> Received:
    fields = HeaderParser().parsestr(header.decode("latin-1"))
    media_type = fields.get("Content-Type", OCTETS).partition(";")[0].strip().lower()
    return Received(media_type, fields.get("Content-Location", "").strip(), path)


def _refusal(attributes: Json) -> Refused:
    """The refusal of metadata that did not become an instance, with its UIDs if they can be read."""
    values = [_first(attributes.get(tag)) for tag in ("00080016", "00080018")]
    named = all(isinstance(value, str) and UID_FORM.fullmatch(value) for value in values)
    return Refused(CANNOT_UNDERSTAND, *(values if named else ()))


def _first(attribute: Any) -> Any:
    """The first value of an attribute, whatever was sent as the attribute."""
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    return values[0] if isinstance(values, list) and values else None
