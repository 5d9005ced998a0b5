"""Faults of the Store transaction."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from pydicom.uid import generate_uid
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..ingest import Refused
from ..multipart import Reader
from ..negotiation import MediaType
from ..target import Target
from .registry import fault

PROCESSING_FAILURE = 0x0110
BUFFER = 4096  # bytes


@fault(
    "store-names-nothing",
    breaks=("STOW-RESP-010",),
    says="is 0 times in ReferencedSOPSequence",
    seen=("RadicalImaging/Static-DICOMWeb!76",),
)
class StoreNamesNothing(Origin):
    """Stores instances sent to /studies and lists none of them in its response."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        return super().module(base, target, stored if target.study else [], refused)


@fault("store-names-another", breaks=("STOW-RESP-010",), says="is 0 times in ReferencedSOPSequence")
class StoreNamesAnother(Origin):
    """Lists an instance as stored that was not sent, for POST /studies/{study}."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        if target.study and stored:
            stored = [*stored[:-1], replace(stored[-1], instance=str(generate_uid()))]
        return super().module(base, target, stored, refused)


@fault("store-to-study-missing", breaks=("SEED-STORE-STUDY",), says="status is 404")
class StoreToStudyMissing(Origin):
    """Returns 404 for POST /studies/{study}."""

    async def store(self, request: Request) -> Response:
        if request.path_params:
            raise HTTPException(404)
        return await super().store(request)


@fault("store-one-instance-a-series", breaks=("SEED-STORE-SERIES",), says="status is 409")
class StoreOneInstanceASeries(Origin):
    """Stores one instance per series, and refuses further ones."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        others = self.archive.find(Target(instance.study, instance.series))
        if any(other.instance != instance.instance for other in others):
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)


@fault(
    "store-keeps-nothing",
    breaks=("SEED-STORE-READ-BACK",),
    says="status is 404",
    seen=("orthanc-mirrors/orthanc-dicomweb NEWS 1.19",),
)
class StoreKeepsNothing(Origin):
    """Returns 200 for a store and stores nothing."""

    def keep(self, instance: Instance) -> None:
        pass


@fault("store-keeps-first-part", breaks=("SEED-WIRE-SEVERAL",), says="status is 404")
class StoreKeepsFirstPart(Origin):
    """Stores and lists only the first of several parts."""

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        await super().receive(request, media_type, drafts)
        for draft in drafts[1:]:
            draft.unlink()
        del drafts[1:]


class RefusesContentType(Origin):
    """Returns `status` if the Content-Type of a store request contains `pattern`."""

    pattern: str
    status: int

    def content_type(self, request: Request) -> MediaType:
        if re.search(self.pattern, request.headers.get("content-type", "")):
            raise HTTPException(self.status)
        return super().content_type(request)


@fault(
    "store-boundary-quoted-refused",
    breaks=("SEED-WIRE-BOUNDARY-QUOTED",),
    says="status is 400",
    seen=("orthanc-bz#190",),
)
class StoreBoundaryQuotedRefused(RefusesContentType):
    """Returns 400 for a boundary in quotation marks."""

    pattern, status = 'boundary="', 400


@fault(
    "store-boundary-unquoted-refused",
    breaks=("SEED-STORE-STUDIES", "SEED-STORE-STUDY"),
    says="status is 400",
)
class StoreBoundaryUnquotedRefused(RefusesContentType):
    """Returns 400 for a boundary without quotation marks."""

    pattern, status = 'boundary=[^"]', 400


@fault(
    "store-type-quoted-refused",
    breaks=("SEED-WIRE-TYPE-QUOTED", "SEED-WIRE-BOUNDARY-UNQUOTED", "SEED-STORE-STUDIES", "SEED-STORE-STUDY"),
    says="status is 415",
)
class StoreTypeQuotedRefused(RefusesContentType):
    """Returns 415 for a type parameter in quotation marks."""

    pattern, status = 'type="', 415


@fault("store-type-unquoted-refused", breaks=("SEED-WIRE-TYPE-UNQUOTED",), says="status is 415")
class StoreTypeUnquotedRefused(RefusesContentType):
    """Returns 415 for a type parameter without quotation marks."""

    pattern, status = 'type=[^"]', 415


@fault("store-single-part-refused", breaks=("SEED-WIRE-SINGLE-PART",), says="status is 415")
class StoreSinglePartRefused(RefusesContentType):
    """Returns 415 for an instance sent without multipart."""

    pattern, status = "^application/dicom", 415


@fault("store-chunked-refused", breaks=("SEED-WIRE-CHUNKED",), says="status is 400")
class StoreChunkedRefused(Origin):
    """Returns 400 for a body of unknown length."""

    def content_type(self, request: Request) -> MediaType:
        if "content-length" not in request.headers:
            raise HTTPException(400)
        return super().content_type(request)


class EachBufferAlone(Reader):
    """Looks for a delimiter in each 4 KiB of a body by themselves."""

    taken = 0

    def feed(self, data: bytes) -> None:
        while data:
            room = -self.taken % BUFFER or BUFFER
            self.taken += len(data[:room])
            super().feed(data[:room])
            if self._step == self._content:
                self._write(len(self._buffer))
            data = data[room:]


@fault("store-delimiter-cut-by-a-buffer", breaks=("STOW-BEH-008",), says="status is 400")
class StoreDelimiterCutByABuffer(Origin):
    """Does not find a delimiter that begins in one buffer of a body, and ends in the next."""

    multipart_reader = EachBufferAlone
