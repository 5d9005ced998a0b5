"""Faults of the service of the profile azure in the files, frames and renderings that it returns."""

from __future__ import annotations

from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..archive import Instance
from ..azure import Azure
from ..negotiation import Representation
from ..pixels import OCTETS, Pixels
from ..rendering import Rendering
from ..store import DICOM
from ..target import Target
from .registry import fault


@fault("service-part-without-syntax", breaks=("MS-WADO-02",), says="transfer-syntax of the part is absent")
class PartWithoutSyntax(Azure):
    """Returns parts that do not name the transfer syntax of their file."""

    def part_type(self, form: Representation) -> str:
        return form.media_type


@fault("service-quotes-are-not-read", breaks=("MS-WADO-04",), says="status is 406, should be 200")
class QuotesAreNotRead(Azure):
    """Does not understand a transfer syntax in quotation marks."""

    def retrieve(self, request: Request) -> Response:
        if 'transfer-syntax="' in request.headers.get("accept", ""):
            raise HTTPException(406)
        return super().retrieve(request)


@fault("service-parts-only", breaks=("MS-WADO-05",), says="status is 406, should be 200")
class PartsOnly(Azure):
    """Returns an instance only as multipart."""

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        return [form for form in super().file_forms(instance, target) if form.multipart]


@fault("service-files-for-any-accept", breaks=("MS-WADO-06",), says="status is 200, should be 406")
class FilesForAnyAccept(Azure):
    """Returns files, whatever the Accept field says."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        return forms[0] if forms[0].media_type == DICOM else super().choose(request, forms)


@fault("service-leaves-out-what-it-cannot-decode", breaks=("MS-WADO-07",), says="status is 200, should be 406")
class LeavesOutWhatItCannotDecode(Azure):
    """Omits videos from their study."""

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        return [instance for instance in found if not instance.transfer_syntax.endswith(".4.100")] or found


@fault("service-compresses-with-loss", breaks=("MS-WADO-09",), says="the distance to the stored pixels is")
class CompressesWithLoss(Azure):
    """Changes pixels when it compresses an instance for a client."""

    def encoded(self, picture: Image.Image) -> bytes:
        return super().encoded(picture.point(lambda value: value & 0xF0))


@fault("service-never-decompresses", breaks=("MS-WADO-09",), says="status is 406, should be 200")
class NeverDecompresses(Azure):
    """Returns compressed instances only as they are stored."""

    def file_forms(self, instance: Instance, target: Target) -> list[Representation]:
        found = super().file_forms(instance, target)
        kept = [form for form in found if form.transfer_syntax == instance.transfer_syntax]
        return found if instance.transfer_syntax == ExplicitVRLittleEndian else kept


@fault("service-absent-is-gone", breaks=("MS-WADO-10",), says="status is 410, should be 404")
class AbsentIsGone(Azure):
    """Returns 410 for a resource that does not exist."""

    def explain(self, request: Request, error: HTTPException) -> Response:
        return super().explain(request, HTTPException(410) if error.status_code == 404 else error)


@fault("service-images-only", breaks=("MS-WADO-11",), says="status is 404, should be 200")
class ImagesOnly(Azure):
    """Omits instances without pixel data from their study and series."""

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        images = [instance for instance in found if target.instance or "7FE00010" in instance.attributes]
        if not images:
            raise HTTPException(404)
        return images


@fault("service-frames-in-reverse", breaks=("MS-FRAM-02",), says="part 1 is frame 2, should be frame 1")
class FramesInReverse(Azure):
    """Returns the frames of a list with the last one first."""

    def numbers(self, request: Request) -> list[int]:
        return super().numbers(request)[::-1]


@fault("service-first-frame-alone", breaks=("MS-FRAM-03",), says="should be 400")
class FirstFrameAlone(Azure):
    """Returns the first of several frames that are requested without multipart."""

    def numbers(self, request: Request) -> list[int]:
        found = super().numbers(request)
        return found[:1] if request.headers.get("accept", "").startswith(OCTETS) else found


@fault("service-frames-in-parts-only", breaks=("MS-FRAM-03",), says="status is 406, should be 200")
class FramesInPartsOnly(Azure):
    """Returns frames only as multipart."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        return super().choose(request, [form for form in forms if form.multipart or form.media_type != OCTETS])


@fault("service-bad-frame-is-absent", breaks=("MS-FRAM-04",), says="status is 404, should be 400")
class BadFrameIsAbsent(Azure):
    """Returns 404 for a list with something that is not a frame number."""

    def numbers(self, request: Request) -> list[int]:
        try:
            return super().numbers(request)
        except HTTPException as error:
            raise HTTPException(404) from error


@fault("service-frame-beyond-is-bad", breaks=("MS-FRAM-05", "MS-REND-04"), says="status is 400, should be 404")
class FrameBeyondIsBad(Azure):
    """Returns 400 for a frame after the last one."""

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        try:
            super().check_numbers(numbers, source)
        except HTTPException as error:
            raise HTTPException(400) from error


@fault("service-renders-small", breaks=("MS-REND-01",), says="the size of the image is")
class RendersSmall(Azure):
    """Returns renderings with half the width and half the height of the instance."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        found = super().render(instance, source, number, asked)
        return found.resize((found.width // 2, found.height // 2))


@fault("service-rendering-demands-accept", breaks=("MS-REND-02",), says="status is 406, should be 200")
class RenderingDemandsAccept(Azure):
    """Returns 406 for a rendering requested without Accept."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        if request.url.path.endswith("/rendered") and "accept" not in request.headers:
            raise HTTPException(406)
        return super().choose(request, forms)


@fault("service-any-quality", breaks=("MS-REND-03",), says="status is 200, should be 400")
class AnyQuality(Azure):
    """Ignores quality."""

    def rendering(self, request: Request) -> Rendering:
        return Rendering()
