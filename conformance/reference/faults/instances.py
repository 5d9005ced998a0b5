"""Faults of retrieved studies, series and instances (PS3.18 10.4.1.1.1, 10.4.3)."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..app import Origin
from ..archive import Archive, Instance
from ..multipart import Content
from ..negotiation import Representation
from ..target import Target
from .registry import fault

FILE_META = 132


@fault("study-lacks-a-series", breaks=("RETRIEVE-STUDY-001",), says="is not in the body")
class StudyLacksASeries(Origin):
    """Returns a study without its last series."""

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        last = found[-1].target.series
        kept = [instance for instance in found if instance.target.series != last]
        return kept if target.level == "study" and kept else found


@fault(
    "retrieve-cut-at-page-size",
    breaks=("RETRIEVE-RESP-004",),
    says="the number of instances with status 200 is 20",
    seen=("ImagingDataCommons/dicomweb-client#94", "medplum/medplum!10154"),
)
class RetrieveCutAtPageSize(Origin):
    """Returns only the first 20 instances of a study or series, with status 200."""

    def retrieved(self, target: Target) -> list[Instance]:
        return super().retrieved(target)[:20]


@fault("parents-ignored", breaks=("RETRIEVE-RESP-006",), says="status is 200, should be 404")
class ParentsIgnored(Origin):
    """Returns an instance by its SOP Instance UID, whatever study and series the path names."""

    def instances(self, target: Target) -> list[Instance]:
        return super().instances(Target(instance=target.instance) if target.instance else target)


@fault(
    "unknown-study-has-empty-metadata",
    breaks=("RETRIEVE-RESP-006",),
    says="status is 200, should be 404",
    seen=("dcmjs-org/dicomweb-server test/wadoTest.js",),
)
class UnknownStudyHasEmptyMetadata(Origin):
    """Returns an empty list as the metadata of a study that does not exist."""

    def described(self, target: Target) -> list[Instance]:
        try:
            return super().described(target)
        except HTTPException:
            return []


@fault(
    "series-of-any-study",
    breaks=("RETRIEVE-SERIES-001",),
    says="is in the body",
    seen=("orthanc-mirrors/orthanc-dicomweb NEWS 1.9",),
)
class SeriesOfAnyStudy(Origin):
    """Returns a series by its Series Instance UID alone, whatever study the path names."""

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        return self.archive.find(Target(series=target.series)) if target.level == "series" else found


@fault(
    "single-part-is-a-bad-request",
    breaks=("RETRIEVE-STUDY-003", "RETRIEVE-SERIES-002"),
    says="status is 400, should be 406",
    seen=("cornerstonejs/cornerstoneWADOImageLoader#356",),
)
class SinglePartIsABadRequest(Origin):
    """Returns 400 for a study or series as single-part application/dicom."""

    def retrieve(self, request: Request) -> Response:
        if request.headers.get("accept") == "application/dicom" and Target.of(request).level != "instance":
            raise HTTPException(400, "application/dicom has to be multipart")
        return super().retrieve(request)


@fault(
    "octet-stream-is-a-bad-request",
    breaks=("RETRIEVE-STUDY-004",),
    says="status is 400, should be 200",
    seen=("cornerstonejs/cornerstoneWADOImageLoader#356",),
)
class OctetStreamIsABadRequest(Origin):
    """Returns 400 for studies, series and instances as application/octet-stream."""

    def retrieve(self, request: Request) -> Response:
        if "octet-stream" in request.headers.get("accept", ""):
            raise HTTPException(400, "application/octet-stream is only for bulk data")
        return super().retrieve(request)


class WithoutPreamble(Origin):
    """The files of one level start with their File Meta Information."""

    level: str

    def file(self, instance: Instance, target: Target) -> Content:
        content = super().file(instance, target)
        return Content(content.read()[FILE_META:]) if target.level == self.level else content


@fault("study-files-without-preamble", breaks=("RETRIEVE-STUDY-002",), says="should be DICM")
class StudyFilesWithoutPreamble(WithoutPreamble):
    """Returns the files of a study without preamble and prefix."""

    level = "study"


@fault("series-files-without-preamble", breaks=("RETRIEVE-SERIES-002",), says="should be DICM")
class SeriesFilesWithoutPreamble(WithoutPreamble):
    """Returns the files of a series without preamble and prefix."""

    level = "series"


@fault("instance-without-preamble", breaks=("RETRIEVE-INST-004",), says="should be DICM")
class InstanceWithoutPreamble(WithoutPreamble):
    """Returns the file of an instance without preamble and prefix."""

    level = "instance"


@fault(
    "deflated-files-are-empty",
    breaks=("RETRIEVE-INST-001",),
    says="is not in the body",
    seen=("dcm4che/dcm4chee-arc-light#3028",),
)
class DeflatedFilesAreEmpty(Origin):
    """Returns only the File Meta Information of an instance that was stored deflated."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.deflated: set[str] = set()

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        for meta in map(read_file_meta_info, drafts):
            if meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
                self.deflated.add(str(meta.MediaStorageSOPInstanceUID))
        return super().conclude(request, target, drafts, form)

    def file(self, instance: Instance, target: Target) -> Content:
        content = super().file(instance, target).read()
        length = int.from_bytes(content[140:144], "little")  # of what follows in the File Meta Information
        return Content(content[: 144 + length] if instance.target.instance in self.deflated else content)


@fault(
    "part-is-octet-stream",
    breaks=("RETRIEVE-RESP-001", "RETRIEVE-INST-002"),
    says="application/octet-stream, should be application/dicom",
)
class PartIsOctetStream(Origin):
    """Returns DICOM files as parts of application/octet-stream."""

    def part_type(self, form: Representation) -> str:
        return "application/octet-stream" if form.media_type == "application/dicom" else super().part_type(form)


@fault("instance-lacks-private-attributes", breaks=("RETRIEVE-INST-001",), says="is absent")
class InstanceLacksPrivateAttributes(Origin):
    """Returns an instance without its private attributes."""

    def file(self, instance: Instance, target: Target) -> Content:
        ds = dcmread(instance.path)
        ds.remove_private_tags()
        file = io.BytesIO()
        ds.save_as(file, enforce_file_format=True)
        return Content(file.getvalue())


@fault("file-meta-of-another-instance", breaks=("RETRIEVE-INST-005",), says="MediaStorageSOPInstanceUID is")
class FileMetaOfAnotherInstance(Origin):
    """Returns an instance whose File Meta Information has another SOP Instance UID than the data set."""

    def file(self, instance: Instance, target: Target) -> Content:
        content = super().file(instance, target).read()
        uid = str(instance.target.instance).encode()
        return Content(content.replace(uid, re.sub(rb"\d\Z", lambda last: b"%d" % (int(last[0]) ^ 1), uid), 1))


@fault("decompressed-pixel-changed", breaks=("RETRIEVE-INST-007",), says="frame 1 is changed")
class DecompressedPixelChanged(Origin):
    """Changes one pixel of a decompressed instance."""

    def transcoded(self, instance: Instance) -> bytes:
        ds = dcmread(io.BytesIO(super().transcoded(instance)))
        if "PixelData" in ds:
            ds.PixelData = bytes([ds.PixelData[0] ^ 0x10]) + ds.PixelData[1:]
        file = io.BytesIO()
        ds.save_as(file, enforce_file_format=True)
        return file.getvalue()


@fault("stored-pixel-changed", breaks=("RETRIEVE-INST-007",), says="is changed, should be as it was stored")
class StoredPixelChanged(Origin):
    """Changes one byte near the end of an instance as it is stored, native or compressed."""

    def file(self, instance: Instance, target: Target) -> Content:
        content = bytearray(super().file(instance, target).read())
        content[-40] ^= 0x10
        return Content(bytes(content))


@fault("requests-share-their-instance", breaks=("RETRIEVE-INST-001",), says="is not in the body")
class RequestsShareTheirInstance(Origin):
    """Returns the last requested instance to all simultaneous requests."""

    asked: Instance | None = None

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        if target.level != "instance":
            return found
        self.asked = found[0]
        time.sleep(0.02)  # seconds, for another request to come in between
        return [self.asked]


@fault(
    "broken-off-downloads-keep-their-permit",
    breaks=("COMMON-RESP-001",),
    says="status is 503",
    seen=("UMEssen/DICOM-RST tests/stow.rs",),
)
class BrokenOffDownloadsKeepTheirPermit(Origin):
    """Returns 503 for every retrieve after three interrupted downloads."""

    permits = 3

    def retrieve(self, request: Request) -> Response:
        if self.permits <= 0:
            raise HTTPException(503, "too many downloads at the same time")
        response = super().retrieve(request)
        if isinstance(response, StreamingResponse):
            response.body_iterator = self._watched(request, response.body_iterator)
        return response

    async def _watched(self, request: Request, chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
        ended = False
        try:
            async for chunk in chunks:
                yield chunk
            await asyncio.sleep(0.05)  # seconds: a small body is written before the client hangs up
            ended = not await request.is_disconnected()
        finally:
            self.permits -= not ended
