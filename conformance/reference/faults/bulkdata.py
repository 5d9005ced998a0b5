"""Faults of bulk data and pixel data resources (PS3.18 10.4.1.1.5, 10.4.1.1.6, 10.4.3.3.5)."""

from __future__ import annotations

import itertools
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .. import dicom_json
from ..app import STUDY, Origin
from ..archive import Archive, Instance
from ..capabilities import Handler
from ..dicom_json import Json
from ..multipart import Content, Part
from ..negotiation import Representation
from ..pixels import OCTETS, Pixels
from ..target import Target
from .registry import fault

PIXEL_DATA = "7FE00010"


@fault("bulk-data-uri-of-nothing", breaks=("RETRIEVE-BULK-001",), says="status is 404, should be 200")
class BulkDataUriOfNothing(Origin):
    """Returns BulkDataURIs in metadata that lead to nothing."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return super().data_set(instance, target, f"{base}/nowhere")


@fault("bulk-data-uris-are-of-the-first", breaks=("RETRIEVE-BULK-001",), says="as its data set")
class BulkDataUrisAreOfTheFirst(Origin):
    """Puts the BulkDataURIs of all instances of a series or study below the first of them in its metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        first = instance if target.level == "instance" else self.instances(target)[0]
        found = super().data_set(instance, target, base)
        return dicom_json.with_base(dict(sorted((found | instance.attributes).items())), base + first.target.path)


@fault(
    "bulk-data-without-multipart",
    breaks=("RETRIEVE-BULK-002",),
    says="should be multipart/related",
    seen=("RadicalImaging/Static-DICOMWeb!87", "dcmjs-org/dicomweb-client#47"),
)
class BulkDataWithoutMultipart(Origin):
    """Returns bulk data as a single part although multipart was requested."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        bulk = "path" in request.path_params and len(parts) == 1
        return super().send(request, parts, replace(form, multipart=False) if bulk else form, tag)


@fault("bulk-data-without-location", breaks=("RETRIEVE-BULK-004",), says="Content-Location of a part is absent")
class BulkDataWithoutLocation(Origin):
    """Returns parts of bulk data without Content-Location."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        if "path" in request.path_params:
            parts = [replace(part, location="") for part in parts]
        return super().send(request, parts, form, tag)


@fault("bulk-data-with-element-header", breaks=("RETRIEVE-BULK-002", "RETRIEVE-BULK-005"), says="bytes, should be")
class BulkDataWithElementHeader(Origin):
    """Returns a value with the tag, VR and length that precede it in the file."""

    def joined(self, value: Pixels) -> Content:
        content = super().joined(value).read()
        return Content(b"\xe0\x7f\x10\x00OW\0\0" + len(content).to_bytes(4, "little") + content)


@fault("unknown-bulk-data-is-an-error", breaks=("RETRIEVE-BULK-007",), says="status is 500, should be 404")
class UnknownBulkDataIsAnError(Origin):
    """Returns 500 for a bulk data URI that does not exist."""

    def value(self, instance: Instance, path: str) -> Pixels:
        try:
            return super().value(instance, path)
        except HTTPException as error:
            raise HTTPException(500, "null reference") from error


@fault("bulk-data-differ-each-time", breaks=("RETRIEVE-BULK-008",), says="the payload of the second response is")
class BulkDataDifferEachTime(Origin):
    """Changes the last byte of a value with each request."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._number = itertools.count()

    def joined(self, value: Pixels) -> Content:
        content = super().joined(value).read()
        return Content(content[:-1] + bytes([(content[-1] + next(self._number)) % 256]))


@fault("frame-for-each-part-of-bulk-data", breaks=("RETRIEVE-BULK-010",), says="the number of parts is 3, should be 1")
class FrameForEachPartOfBulkData(Origin):
    """Returns native multi-frame Pixel Data as one part per frame."""

    def bulkdata(self, request: Request) -> Response:
        (instance,) = self.instances(Target.of(request))
        if request.path_params["path"] != PIXEL_DATA or len(self.source(instance).contents) == 1:
            return super().bulkdata(request)
        parts = [Part(OCTETS, str(request.url), content) for content in self.source(instance).contents]
        return self.send(request, parts, Representation(OCTETS, multipart=True))


@fault("pixel-data-without-location", breaks=("RETRIEVE-PIXEL-002",), says="Content-Location of a part is absent")
class PixelDataWithoutLocation(Origin):
    """Returns /pixeldata of a study in parts without Content-Location."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        return super().resources() | {f"{STUDY}/pixeldata": {"GET": self.pixel_data}}

    def pixel_data(self, request: Request) -> Response:
        """The Pixel Data of each instance of the study."""
        values = [self.value(instance, PIXEL_DATA) for instance in self.instances(Target.of(request))]
        parts = [Part(OCTETS, "", self.joined(value)) for value in values]
        return self.send(request, parts, Representation(OCTETS, multipart=True))


@fault(
    "bulk-data-uris-are-of-the-instance-alone",
    breaks=("RETRIEVE-BULK-001",),
    says="status is 404, should be 200",
    seen=("dcmjs-org/dicomweb-client#54",),
)
class BulkDataUrisAreOfTheInstanceAlone(Origin):
    """Returns BulkDataURIs relative to the metadata of an instance in those of a study or series too."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return dict(sorted((super().data_set(instance, target, base) | instance.attributes).items()))
