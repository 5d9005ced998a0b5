"""The Retrieve transaction (PS3.18 10.4): instances, metadata, frames and bulk data."""

from __future__ import annotations

import re

from pydicom.uid import ExplicitVRLittleEndian
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from . import dicom_json, pixels, transcode
from .answers import DICOM_JSON, DICOM_XML, Answers
from .archive import Archive, Instance
from .attributes import tag
from .codecs import Undecodable
from .dicom_json import Json
from .multipart import Content, Part
from .negotiation import Representation
from .pixels import OCTETS, Missing, Pixels
from .target import Target, base_url

DICOM = "application/dicom"
METADATA = [
    Representation(DICOM_JSON),
    Representation(DICOM_XML, multipart=True),
    Representation("application/json"),
]
FRAME_LIST = re.compile("[1-9][0-9]{0,9}(,[1-9][0-9]{0,9})*")


class Retrieve(Answers):
    """GET of stored instances. Each step that affects the response is a method of its own."""

    archive: Archive

    def retrieve(self, request: Request) -> Response:
        """The instances of a study or series, or one instance, as PS3.10 files, or their bulk data."""
        target, base = Target.of(request), base_url(request)
        instances = self.retrieved(target)
        forms = [self.choose(request, self.file_forms(instance, target)) for instance in instances]
        if forms[0].media_type == OCTETS:
            parts = [part for instance in instances for part in self.bulk_parts(instance, base)]
            if not parts:
                raise HTTPException(404, f"there is no bulk data in {target}")
        else:
            parts = [
                Part(self.part_type(form), base + instance.target.path, self.sent(instance, target, form))
                for form, instance in zip(forms, instances, strict=True)
            ]
        return self.send(request, parts, forms[0], self.etag(base, instances_of(instances), forms))

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        """The forms in which an instance can be sent. Single-part only if the target is one instance (10.4.4).

        The kept form comes first, for clients that accept every transfer syntax; those that name none receive Explicit
        VR Little Endian.
        """
        syntaxes = [instance.transfer_syntax]
        if instance.transfer_syntax != ExplicitVRLittleEndian and transcode.possible(instance):
            syntaxes.append(str(ExplicitVRLittleEndian))
        parts = 1 if target.instance else 2
        files = [form for syntax in syntaxes for form in pixels.forms(DICOM, syntax, parts)]
        return [*files, Representation(OCTETS, True, str(ExplicitVRLittleEndian))]

    def sent(self, instance: Instance, target: Target, form: Representation) -> Content:
        """The file of an instance in the transfer syntax of a form. Raises 406 if its frames cannot be decoded."""
        if form.transfer_syntax == instance.transfer_syntax:
            return self.file(instance, target)
        try:
            return Content(self.transcoded(instance))
        except Undecodable as error:
            raise HTTPException(406, f"{instance.target}: {error}") from error

    def file(self, instance: Instance, target: Target) -> Content:
        """The file of an instance as it is kept, sent as or within a target."""
        return Content(instance.path, size=instance.path.stat().st_size)

    def transcoded(self, instance: Instance) -> bytes:
        """The file of an instance in Explicit VR Little Endian. Raises Undecodable."""
        return transcode.explicit(instance)

    def bulk_parts(self, instance: Instance, base: str) -> list[Part]:
        """The bulk data of an instance, each at the URI that the metadata have for it."""
        url = f"{base}{instance.target.path}/bulkdata"
        values = [(path, self.value(instance, path)) for path in dicom_json.bulk_paths(instance.attributes)]
        return [Part(OCTETS, f"{url}/{path}", self.joined(value)) for path, value in values]

    def metadata(self, request: Request) -> Response:
        """All attributes of each instance of the target, bulk values by reference."""
        target, base = Target.of(request), base_url(request)
        instances = self.described(target)
        form = self.choose(request, METADATA)
        tag = self.etag(str(request.url), instances_of(instances), form)
        if self.unchanged(request, tag):
            return Response(status_code=304, headers={"ETag": tag})
        data_sets = [self.data_set(instance, target, base) for instance in instances]
        response = self.describe(data_sets, form, [f"{base}{instance.target.path}/metadata" for instance in instances])
        response.headers["Content-Location"] = str(request.url)
        response.headers["ETag"] = tag
        return response

    def instances(self, target: Target) -> list[Instance]:
        """The instances of a target, at least one. Raises 404."""
        # Instances that are being deleted are already gone to a client.
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

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        """The metadata of an instance, described as or within a target."""
        syntax = {tag("AvailableTransferSyntaxUID"): {"vr": "UI", "Value": [instance.transfer_syntax]}}
        attributes = instance.attributes | syntax | self.decoded_attributes(instance)
        return dicom_json.with_base(dict(sorted(attributes.items())), base + instance.target.path)

    def decoded_attributes(self, instance: Instance) -> Json:
        """The attributes of the metadata about frames that are kept compressed: they describe the frames as sent unless
        a client requests another transfer syntax."""
        return transcode.changes(instance)

    def frames(self, request: Request) -> Response:
        """The frames of a list such as 1,3, in its order, counted from 1."""
        (instance,) = self.instances(Target.of(request))
        numbers = self.numbers(request)
        source = self.source(instance)
        self.check_numbers(numbers, source)
        form = self.choose(request, source.forms(len(numbers)))
        url = f"{base_url(request)}{instance.target.path}/frames"
        contents = [self.content(source, self.frame(source.contents, number), form) for number in numbers]
        parts = [
            Part(self.part_type(form), f"{url}/{number}", content)
            for number, content in zip(numbers, contents, strict=True)
        ]
        return self.send(request, parts, form, self.etag(url, numbers, instances_of([instance]), form))

    def numbers(self, request: Request) -> list[int]:
        """The frame numbers that the path lists. Raises 400."""
        frame_list = request.path_params.get("frames", "")
        if not FRAME_LIST.fullmatch(frame_list):
            raise HTTPException(400, f"{frame_list!r} is not a list of frame numbers, such as 1,3")
        return [int(number) for number in frame_list.split(",")]

    def source(self, instance: Instance) -> Pixels:
        """The frames of an instance as they are kept. Raises 404."""
        try:
            return pixels.frames(instance)
        except Missing as missing:
            raise HTTPException(404, str(missing)) from missing

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        """Raises 404 for a frame past the last."""
        if max(numbers) > len(source.contents):
            raise HTTPException(404, f"there is no frame {max(numbers)}, the instance has {len(source.contents)}")

    def frame(self, frames: list[Content], number: int) -> Content:
        """The frame with a number, counted from 1."""
        return frames[number - 1]

    def bulkdata(self, request: Request) -> Response:
        """The value that a BulkDataURI of the metadata refers to."""
        (instance,) = self.instances(Target.of(request))
        path = request.path_params["path"]
        value = self.value(instance, path)
        form = self.choose(request, value.forms(len(value.contents), decoded=1))
        contents = [self.joined(value)] if form.media_type == OCTETS else value.contents
        url = f"{base_url(request)}{instance.target.path}/bulkdata/{path}"
        parts = [Part(self.part_type(form), url, content) for content in contents]
        return self.send(request, parts, form, self.etag(url, instances_of([instance]), form))

    def value(self, instance: Instance, path: str) -> Pixels:
        """The value at a path of the metadata. Raises 404."""
        try:
            return pixels.bulk(instance, path)
        except Missing as missing:
            raise HTTPException(404, str(missing)) from missing

    def joined(self, value: Pixels) -> Content:
        """A value as one content: the frames of compressed pixel data decoded, one after the other. Raises 406."""
        if value.compressed is None:
            return value.contents[0]
        return Content(b"".join(self.decoded(value, content).read() for content in value.contents))

    def content(self, source: Pixels, content: Content, form: Representation) -> Content:
        """A frame in a form: decoded, unless the form is that of compressed frames."""
        return self.decoded(source, content) if form.media_type == OCTETS else content

    def decoded(self, source: Pixels, content: Content) -> Content:
        """A frame as native samples. Raises 406 if it cannot be decoded."""
        try:
            return source.decoded(content)
        except Undecodable as error:
            raise HTTPException(406, str(error)) from error


def instances_of(instances: list[Instance]) -> list[str]:
    """Identifiers of stored instances; an instance that replaced another has a new one."""
    return [instance.path.name for instance in instances]
