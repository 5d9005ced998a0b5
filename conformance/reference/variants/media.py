"""Variants in the type that a media range selects, and labels that were once right."""

from __future__ import annotations

import importlib
import json
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..imaging import Unrenderable, picture
from ..multipart import Content, Part
from ..negotiation import Representation
from ..pixels import OCTETS
from ..target import Target, base_url
from .registry import variant

RETRIEVE_URL = "00081190"


def accepts(request: Request) -> str:
    """The Accept field as it was sent."""
    return request.headers.get("accept", "").strip()


@variant("rendered-as-webp", "standard 8.7.4")
class RenderedAsWebp(Origin):
    """Returns a rendering as image/webp for image/*, one of the additional types that a server may support."""

    def rendered_instance(self, request: Request) -> Response:
        if accepts(request) != "image/*" or request.query_params:
            return super().rendered_instance(request)
        (instance,) = self.instances(Target.of(request))
        try:
            shown = picture(self.image(instance), 1)
        except Unrenderable as error:
            raise HTTPException(406, str(error)) from error
        file = BytesIO()
        Image.Image.save(shown.convert("RGB"), file, "WEBP")
        part = Part("image/webp", str(request.url), Content(file.getvalue()))
        return self.send(request, [part], Representation("image/webp"))


@variant("multipart-range-is-bulk-data", "standard 8.7.7, Table 10.4.4-1")
class MultipartRangeIsBulkData(Origin):
    """Returns the bulk data of a study for multipart/*, in parts of application/octet-stream."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        octets = [form for form in forms if form.media_type == OCTETS and form.multipart]
        return octets[0] if octets and accepts(request) == "multipart/*" else super().choose(request, forms)


@variant("any-frame-is-jpeg-ls", "standard 8.7.8.1, Table 8.7.3-5")
class AnyFrameIsJpegLs(Origin):
    """Returns a native frame of one sample as image/jls for */*, the type that this server prefers."""

    def frames(self, request: Request) -> Response:
        (instance,) = self.instances(Target.of(request))
        source, numbers = self.source(instance), self.numbers(request)
        image = source.image
        grey = image.get("SamplesPerPixel") == 1 and image.get("BitsAllocated") in (8, 16) and "PixelData" in image
        if accepts(request) != "*/*" or not grey or source.compressed or not find_spec("imagecodecs"):
            return super().frames(request)
        self.check_numbers(numbers, source)
        form = Representation("image/jls", True, str(JPEGLSLossless))
        url = f"{base_url(request)}{instance.target.path}/frames"
        parts = [
            Part(self.part_type(form), f"{url}/{number}", Content(_jpeg_ls(source.contents[number - 1].read(), image)))
            for number in numbers
        ]
        return self.send(request, parts, form)


def _jpeg_ls(samples: bytes, image: Any) -> bytes:
    numpy, imagecodecs = importlib.import_module("numpy"), importlib.import_module("imagecodecs")
    array = numpy.frombuffer(samples, f"<u{image.BitsAllocated // 8}")[: image.Rows * image.Columns]
    encoded: bytes = imagecodecs.jpegls_encode(array.reshape(image.Rows, image.Columns))
    return encoded


@variant("frames-are-of-multi-frame-instances", "standard Table 10.1-1")
class FramesAreOfMultiFrameInstances(Origin):
    """Has frames, rendered frames and thumbnails of frames only for multi-frame instances."""

    def frames(self, request: Request) -> Response:
        return super().frames(self._multi_frame(request))

    def rendered_frames(self, request: Request) -> Response:
        return super().rendered_frames(self._multi_frame(request))

    def thumbnail(self, request: Request) -> Response:
        return super().thumbnail(self._multi_frame(request) if "frames" in request.path_params else request)

    def _multi_frame(self, request: Request) -> Request:
        (instance,) = self.instances(Target.of(request))
        if len(self.source(instance).contents) == 1:
            raise HTTPException(404, "this is not a multi-frame image")
        return request


@variant("retrieve-url-is-ut", "standard PS3.6 until 2015; I.1, note")
class RetrieveUrlIsUt(Origin):
    """Returns RetrieveURL with its VR before 2016, UT, in searches and store responses."""

    def json(self, document: Json | list[Json]) -> bytes:
        copy = json.loads(super().json(document))
        pending = list(copy) if isinstance(copy, list) else [copy]
        while pending:
            data_set = pending.pop()
            if RETRIEVE_URL in data_set:
                data_set[RETRIEVE_URL]["vr"] = "UT"
            pending += [item for each in data_set.values() if each["vr"] == "SQ" for item in each.get("Value", [])]
        return super().json(copy)


@variant("json-by-its-other-name", "standard 8.7.7; RFC 9110 12.5.1")
class JsonByItsOtherName(Origin):
    """Labels JSON as application/json to a client that accepts anything, and as application/dicom+json on request."""

    def finish(self, request: Request, response: Response) -> Response:
        kind = response.headers.get("content-type", "")
        if kind.startswith("application/dicom+json") and accepts(request) in ("*/*", "application/*"):
            response.headers["Content-Type"] = "application/json"
        return super().finish(request, response)


@variant("json-names-its-character-set", "standard 8.7.3.5.3")
class JsonNamesItsCharacterSet(Origin):
    """Returns DICOM JSON with the charset parameter utf-8."""

    def finish(self, request: Request, response: Response) -> Response:
        response = super().finish(request, response)
        if response.headers.get("content-type") == "application/dicom+json":
            response.headers["Content-Type"] = "application/dicom+json; charset=UTF-8"
        return response


@variant("frame-alone-by-default", "standard 10.4.4, note 3")
class FrameAloneByDefault(Origin):
    """Returns one frame as a single part to a client that accepts anything."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        alone = [form for form in forms if form.media_type == OCTETS and not form.multipart]
        is_frames = request.url.path.rpartition("/")[0].endswith("/frames")
        return alone[0] if alone and is_frames and accepts(request) == "*/*" else super().choose(request, forms)


@variant("last-instance-first", "standard 10.4.3.3.1, 10.4.3.3.2")
class LastInstanceFirst(Origin):
    """Returns the instances of a study, and their metadata, in the reverse order of storing."""

    def retrieved(self, target: Target) -> list[Instance]:
        return super().retrieved(target)[::-1]

    def described(self, target: Target) -> list[Instance]:
        return super().described(target)[::-1]


@variant("description-is-wadl", "standard 8.9.4")
class DescriptionIsWadl(Origin):
    """Describes its capabilities only as WADL, one of the two types."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        wadl = [form for form in forms if form.media_type != "application/json"]
        return super().choose(request, wadl if request.method == "OPTIONS" else forms)


@variant("last-of-equal-types", "standard 8.7.8.1")
class LastOfEqualTypes(Origin):
    """Returns its last preference of several types that the client names with the same weight."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        named = [form for form in forms if form.media_type in accepts(request)]
        return super().choose(request, named[::-1] if len(named) > 1 and "*" not in accepts(request) else forms)


@variant("decompresses-for-any-syntax", "standard 8.7.3.5.2; PS3.5 A.4")
class DecompressesForAnySyntax(Origin):
    """Returns files in Explicit VR Little Endian where any transfer syntax is accepted, if it can."""

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        forms = super().file_forms(instance, target)
        return sorted(forms, key=lambda form: form.transfer_syntax != ExplicitVRLittleEndian)
