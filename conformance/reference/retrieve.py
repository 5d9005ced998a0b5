"""The Retrieve transaction (PS3.18 10.4): instances, metadata, frames and bulk data."""

from __future__ import annotations

import re
import uuid

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from . import dicom_json, multipart, pixels
from .archive import Archive, Instance
from .dicom_json import Json
from .multipart import Content, Part
from .negotiation import Representation, choose
from .target import Target, base_url

METADATA = [Representation("application/dicom+json"), Representation("application/json")]
FRAME_LIST = re.compile("[1-9][0-9]{0,9}(,[1-9][0-9]{0,9})*")


class Retrieve:
    """GET of what is stored. Each step that decides what is sent is a method of its own."""

    archive: Archive

    def retrieve(self, request: Request) -> Response:
        """The instances of a study or series, or one instance, as PS3.10 files."""
        target, base = Target.of(request), base_url(request)
        instances = self.retrieved(target)
        forms = [choose(request, _file_forms(instance, target)) for instance in instances]
        parts = [
            Part(form.part_type, base + instance.target.path, self.file(instance, target))
            for form, instance in zip(forms, instances, strict=True)
        ]
        return self.send(parts, forms[0])

    def metadata(self, request: Request) -> Response:
        """All attributes of each instance of the target, bulk values by reference."""
        target, base = Target.of(request), base_url(request)
        instances = self.described(target)
        form = choose(request, METADATA)
        data_sets = [self.data_set(instance, target, base) for instance in instances]
        return JSONResponse(data_sets, media_type=form.media_type, headers={"Content-Location": str(request.url)})

    def instances(self, target: Target) -> list[Instance]:
        """The instances of a target, at least one. Raises 404."""
        # What is being deleted is gone already, as far as a client can tell.
        found = [instance for instance in self.archive.find(target) if instance.path.exists()]
        if not found:
            raise HTTPException(404, f"there is no {target}")
        return found

    def retrieved(self, target: Target) -> list[Instance]:
        """The instances that are sent for a target."""
        return self.instances(target)

    def described(self, target: Target) -> list[Instance]:
        """The instances that the metadata of a target describe."""
        return self.instances(target)

    def file(self, instance: Instance, target: Target) -> Content:
        """The file of an instance, sent as or within a target."""
        return Content(instance.path, size=instance.path.stat().st_size)

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        """The metadata of an instance, described as or within a target."""
        return dicom_json.with_base(instance.attributes, base + instance.target.path)

    def frames(self, request: Request) -> Response:
        """The frames of a list such as 1,3, in its order, counted from 1."""
        (instance,) = self.instances(Target.of(request))
        frame_list = request.path_params.get("frames", "")
        if not FRAME_LIST.fullmatch(frame_list):
            raise HTTPException(400, f"{frame_list!r} is not a list of frame numbers, such as 1,3")
        numbers = [int(number) for number in frame_list.split(",")]
        try:
            frames, native = pixels.frames(instance)
        except pixels.Missing as missing:
            raise HTTPException(404, str(missing)) from missing
        if max(numbers) > len(frames):
            raise HTTPException(404, f"there is no frame {max(numbers)}, the instance has {len(frames)}")
        form = choose(request, pixels.forms(instance, len(numbers), native))
        url = f"{base_url(request)}{instance.target.path}/frames"
        parts = [Part(form.part_type, f"{url}/{number}", self.frame(frames, number)) for number in numbers]
        return self.send(parts, form)

    def frame(self, frames: list[Content], number: int) -> Content:
        """The frame with a number, counted from 1."""
        return frames[number - 1]

    def bulkdata(self, request: Request) -> Response:
        """The value that a BulkDataURI of the metadata refers to."""
        (instance,) = self.instances(Target.of(request))
        try:
            contents, native = pixels.bulk(instance, request.path_params["path"])
        except pixels.Missing as missing:
            raise HTTPException(404, str(missing)) from missing
        form = choose(request, pixels.forms(instance, len(contents), native))
        return self.send([Part(form.part_type, str(request.url), content) for content in contents], form)

    def send(self, parts: list[Part], form: Representation) -> Response:
        """The parts as multipart/related, or the only one alone."""
        if not form.multipart:
            (part,) = parts
            headers = {"Content-Length": str(part.content.length), "Content-Location": part.location}
            return StreamingResponse(part.content.chunks(), media_type=part.media_type, headers=headers)
        boundary = self.boundary()
        return StreamingResponse(
            multipart.body(parts, boundary),
            media_type=f'multipart/related; type="{form.media_type}"; boundary={boundary}',
            headers={"Content-Length": str(multipart.length(parts, boundary))},
        )

    def boundary(self) -> str:
        """A new random word: nothing that is stored can hold it."""
        return uuid.uuid4().hex


def _file_forms(instance: Instance, target: Target) -> list[Representation]:
    """An instance can be sent alone only where the target is one instance (10.4.4)."""
    multipart_or_not = (True, False) if target.instance else (True,)
    return [Representation("application/dicom", form, instance.transfer_syntax) for form in multipart_or_not]
