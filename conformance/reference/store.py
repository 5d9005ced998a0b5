"""The Store transaction (PS3.18 10.5)."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from . import ingest
from .answers import DICOM_JSON, DICOM_XML, Answers
from .archive import Archive, Instance
from .dicom_json import Json
from .ingest import Refused
from .multipart import Malformed, Reader
from .negotiation import MediaType, Representation
from .target import Target, base_url

DICOM = "application/dicom"
RESPONSES = [
    Representation(DICOM_JSON),
    Representation("application/json"),
    Representation(DICOM_XML),
    Representation(DICOM_XML, multipart=True),
]


class Store(Answers):
    """POST of instances to /studies and to /studies/{study}."""

    archive: Archive
    payloads: tuple[str, ...] = (DICOM,)  # media types of the first part
    multipart_reader = Reader

    async def store(self, request: Request) -> Response:
        """Receive, store, and respond with the Store Instances Response Module (Annex I)."""
        target = Target.of(request)
        # Many clients omit Accept here, and the text is open for a store: the default media type then.
        form = self.choose(request, RESPONSES) if "accept" in request.headers else RESPONSES[0]
        drafts: list[Path] = []
        try:
            request.state.refused = []
            await self.receive(request, self.content_type(request), drafts)
            return await run_in_threadpool(self.conclude, request, target, drafts, form)
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            await run_in_threadpool(_remove, drafts)

    def content_type(self, request: Request) -> MediaType:
        """The Content-Type of a store request. Raises 400 and 415."""
        try:
            media_type = MediaType.parse(request.headers.get("content-type", ""))
        except ValueError as error:
            raise HTTPException(415, f"Content-Type: {error}") from error
        if "content-encoding" in request.headers:
            raise HTTPException(415, "a body with Content-Encoding is not supported")
        part = media_type.parameters.get("type", DICOM) if media_type.name == "multipart/related" else media_type.name
        if part.lower() not in (self.payloads if media_type.name == "multipart/related" else (DICOM,)):
            multiparts = [f'multipart/related; type="{payload}"' for payload in self.payloads]
            supported = f"{', '.join(multiparts)} and {DICOM}"
            raise HTTPException(415, f"instances of type {part} are not supported; supported are {supported}")
        if media_type.name == "multipart/related" and not media_type.parameters.get("boundary"):
            raise HTTPException(400, "the multipart/related Content-Type has no boundary")
        return media_type

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        """Write each instance of the body to a file of its own, listed in `drafts`. Raises 400.

        Instances that cannot be written are added to the refusals in the state of the request.
        """
        if media_type.name == DICOM:
            with self.open_part(b"", drafts) as file:
                async for chunk in request.stream():
                    await run_in_threadpool(file.write, chunk)
            return
        reader = self.multipart_reader(media_type.parameters["boundary"], lambda: self.open_part(reader.header, drafts))
        await self.receive_parts(request, reader)
        if not drafts:
            self.nothing_received()

    async def receive_parts(self, request: Request, reader: Reader) -> None:
        """Let a reader of multipart take the body. Raises 400."""
        try:
            async for chunk in request.stream():
                await run_in_threadpool(reader.feed, chunk)
            reader.close()
        except Malformed as error:
            raise HTTPException(400, f"the body is not well-formed multipart: {error}") from error
        finally:
            reader.release()

    def nothing_received(self) -> None:
        """Raises 400: a store without instances."""
        raise HTTPException(400, "the body has no part")

    def open_part(self, header: bytes, drafts: list[Path]) -> BinaryIO:
        """A file for the next part. Its header is ignored: the file itself shows whether it is DICOM."""
        drafts.append(self.archive.draft())
        return open(drafts[-1], "wb")

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        """Store the received instances one by one, and report the outcome."""
        stored: list[Instance] = []
        refused: list[Refused] = [*request.state.refused]
        for draft in drafts:
            try:
                instance = ingest.read(draft)
                self.admit(instance, target)
                self.keep(instance)
                stored.append(instance)
            except Refused as refusal:
                refused.append(refusal)
        module = self.module(base_url(request), target, stored, refused)
        response = self.describe(module, form)
        response.status_code = self.outcome(stored, refused)
        self.locate(response, module.get("00081190", {}).get("Value", []))
        self.remark(response, base_url(request), stored)
        return response

    def outcome(self, stored: list[Instance], refused: list[Refused]) -> int:
        """The status of a store by the outcome of its instances (Table 10.5.3-1)."""
        return 409 if not stored else 202 if refused else 200

    def remark(self, response: Response, base: str, stored: list[Instance]) -> None:
        """Add further remarks about stored instances: none."""

    def locate(self, response: Response, urls: list[str]) -> None:
        """Give the URL of the study to which something was added, if it is a single one (Table 10.5.3-2)."""
        for url in urls:
            response.headers["Location"] = response.headers["Content-Location"] = url

    def admit(self, instance: Instance, target: Target) -> None:
        """Raises Refused for an instance that does not belong to the study in the path."""
        if target.study not in (None, instance.study):
            raise Refused(ingest.DATA_SET_MISMATCH, instance.sop_class, instance.instance)

    def keep(self, instance: Instance) -> None:
        """Store one instance."""
        self.archive.keep(instance)

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        """The Store Instances Response Module (Table I.1-1) in the DICOM JSON model."""
        studies = {instance.study for instance in stored}
        module: Json = {"00081190": {"vr": "UR"}}
        if len(studies) == 1:
            module["00081190"]["Value"] = [base + Target(studies.pop()).path]
        failed = [_reference(item.sop_class, item.instance) | _reason(item) for item in refused if item.instance]
        if failed:
            module["00081198"] = {"vr": "SQ", "Value": failed}
        if stored:
            module["00081199"] = {"vr": "SQ", "Value": [_stored(instance, base) for instance in stored]}
        others = [_reason(item) for item in refused if not item.instance]
        if others:
            module["0008119A"] = {"vr": "SQ", "Value": others}
        return module


def _reference(sop_class: str, instance: str) -> Json:
    return {"00081150": {"vr": "UI", "Value": [sop_class]}, "00081155": {"vr": "UI", "Value": [instance]}}


def _stored(instance: Instance, base: str) -> Json:
    url = {"00081190": {"vr": "UR", "Value": [base + instance.target.path]}}
    return _reference(instance.sop_class, instance.instance) | url


def _reason(refused: Refused) -> Json:
    return {"00081197": {"vr": "US", "Value": [refused.reason]}}


def _remove(drafts: list[Path]) -> None:
    for draft in drafts:
        draft.unlink(missing_ok=True)
