"""Retrieve in the service of the profile azure (its conformance statement, Retrieve)."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from . import negotiation, pixels
from .app import Origin
from .archive import Instance
from .attributes import tag
from .dicom_json import BINARY, Json
from .multipart import Content, Part
from .negotiation import Representation
from .pixels import OCTETS
from .retrieve import METADATA
from .store import DICOM
from .target import Target


class Retrieving(Origin):
    """Files as they are stored, in Explicit VR Little Endian and in JPEG 2000; metadata without binary values."""

    def retrieve(self, request: Request) -> Response:
        """An unavailable form is refused before the resource is searched for. Several instances are sent only as they
        are stored."""
        self.choose(request, self.all_forms(request))
        entries = negotiation.accepted(request.headers.get("accept", ""))
        stored = any(entry.name == "*/*" or entry.parameters.get("transfer-syntax") == "*" for entry in entries)
        if not stored and len(self.retrieved(Target.of(request))) > 1:
            raise HTTPException(406, "several instances are sent as they are stored: accept transfer-syntax=*")
        return super().retrieve(request)

    def all_forms(self, request: Request) -> list[Representation]:
        """The forms of a study, a series or an instance."""
        parts = 1 if "instance" in request.path_params else 2
        return [
            form
            for syntax in (ExplicitVRLittleEndian, JPEG2000Lossless)
            for form in pixels.forms(DICOM, str(syntax), parts)
        ]

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        forms = [form for form in super().file_forms(instance, target) if form.media_type != OCTETS]
        if instance.transfer_syntax != JPEG2000Lossless and _is_native(instance):
            forms += pixels.forms(DICOM, str(JPEG2000Lossless), 1 if target.instance else 2)
        return forms

    def sent(self, instance: Instance, target: Target, form: Representation) -> Content:
        if form.transfer_syntax == JPEG2000Lossless != instance.transfer_syntax:
            return Content(self.compressed(instance))
        return super().sent(instance, target, form)

    def compressed(self, instance: Instance) -> bytes:
        """The file of an instance in JPEG 2000, without loss."""
        ds = dcmread(instance.path)
        contents = pixels.frames(instance).contents
        frames = [self.encoded(_picture(content.read(), ds.Columns, ds.Rows)) for content in contents]
        if ds.SamplesPerPixel == 3:
            ds.PhotometricInterpretation = "YBR_RCT"
        ds.PixelData = encapsulate(frames)
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
        file = BytesIO()
        ds.save_as(file, enforce_file_format=True)
        return file.getvalue()

    def encoded(self, picture: Image.Image) -> bytes:
        """A frame as a codestream of JPEG 2000, without loss."""
        file = BytesIO()
        picture.save(file, "JPEG2000", no_jp2=True, irreversible=False)
        return file.getvalue()

    def frames(self, request: Request) -> Response:
        """The list is read before the instance is searched for; a single part has one frame."""
        entries = negotiation.accepted(request.headers.get("accept", ""))
        if len(self.numbers(request)) > 1 and [entry.name for entry in entries] == [OCTETS]:
            raise HTTPException(400, f"several frames are sent as multipart/related, not as {OCTETS}")
        return super().frames(request)

    def metadata(self, request: Request) -> Response:
        self.choose(request, METADATA)
        return super().metadata(request)

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        """Metadata have no binary values, and no URIs of them."""
        return _without_binary(super().data_set(instance, target, base))

    def etag(self, *sources: object) -> str:
        """A token without quotation marks."""
        return super().etag(*sources).removeprefix('W/"').removesuffix('"')

    def unchanged(self, request: Request, tag: str) -> bool:
        return request.headers.get("if-none-match") == tag

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        """Only metadata have an entity tag, and no part has a Content-Location."""
        return super().send(request, [replace(part, location="") for part in parts], form)

    def multipart_type(self, form: Representation, boundary: str) -> str:
        return f'multipart/related; boundary="{boundary}"'

    def range(self, request: Request, content: Content) -> tuple[Content, int, dict[str, str]]:
        """Ranges are not served."""
        return content, 200, {}


def _is_native(instance: Instance) -> bool:
    """True if an instance has uncompressed pixels of 8 bits, grey or RGB by pixel."""
    bits, interpretation, planes = (
        instance.attributes.get(tag(keyword), {}).get("Value", [0])[0]
        for keyword in ("BitsAllocated", "PhotometricInterpretation", "PlanarConfiguration")
    )
    native = instance.transfer_syntax == ExplicitVRLittleEndian and (bits, planes) == (8, 0)
    return native and interpretation in ("MONOCHROME1", "MONOCHROME2", "RGB")


def _picture(frame: bytes, columns: int, rows: int) -> Image.Image:
    return Image.frombytes("L" if len(frame) < 2 * columns * rows else "RGB", (columns, rows), frame)


def _without_binary(attributes: Json) -> Json:
    kept = {}
    for name, attribute in attributes.items():
        if attribute["vr"] == "SQ" and "Value" in attribute:
            attribute = attribute | {"Value": [_without_binary(item) for item in attribute["Value"]]}
        if attribute["vr"] not in BINARY and "BulkDataURI" not in attribute:
            kept[name] = attribute
    return kept
