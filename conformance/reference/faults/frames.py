"""Faults of frame lists and of native frames (PS3.18 10.4.1.1.6, 8.7.3.3.1)."""

from __future__ import annotations

from dataclasses import replace

from pydicom import dcmread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive, Instance
from ..dicom_json import Json
from ..multipart import Content
from ..negotiation import Representation
from ..pixels import OCTETS, Pixels
from ..target import Target
from .altered import accept, answer_fault, path
from .registry import fault

PLANAR_CONFIGURATION = "00280006"


@fault("frames-counted-from-zero", breaks=("RETRIEVE-FRAMES-001",), says="is frame 2, should be frame 1")
class FramesCountedFromZero(Origin):
    """Returns the second frame for frames/1."""

    def frame(self, frames: list[Content], number: int) -> Content:
        return frames[number % len(frames)]


@fault("frames-backwards", breaks=("RETRIEVE-FRAMES-003",), says="is frame 3, should be frame 2")
class FramesBackwards(Origin):
    """Returns the frames of a list with the last one first."""

    def numbers(self, request: Request) -> list[int]:
        return sorted(super().numbers(request), reverse=True)


@fault("frames-sorted", breaks=("RETRIEVE-FRAMES-004",), says="is frame 1, should be frame 3")
class FramesSorted(Origin):
    """Returns the frames of a list in ascending order, whatever the order of the list."""

    def numbers(self, request: Request) -> list[int]:
        return sorted(super().numbers(request))


@fault("frame-twice-is-an-error", breaks=("RETRIEVE-FRAMES-005",), says="status is 500")
class FrameTwiceIsAnError(Origin):
    """Returns 500 for a frame that is listed twice."""

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        if len(set(numbers)) < len(numbers):
            raise HTTPException(500, "duplicate key")
        super().check_numbers(numbers, source)


@fault(
    "frame-past-the-end-is-an-error",
    breaks=("RETRIEVE-FRAMES-006",),
    says="status is 500, should be 404",
    seen=("dcm4che/dcm4chee-arc-light#2827",),
)
class FramePastTheEndIsAnError(Origin):
    """Returns 500 for a frame after the last one."""

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        if max(numbers) > len(source.contents):
            raise HTTPException(500, "index out of range")


@fault("rendered-past-the-end-is-the-last", breaks=("RETRIEVE-FRAMES-006",), says="status is 200, should be 404")
class RenderedPastTheEndIsTheLast(Origin):
    """Renders the last frame in place of one after it."""

    def rendered_frames(self, request: Request) -> Response:
        (instance,) = self.instances(Target.of(request))
        last = len(self.image(instance).contents)
        numbers = [min(number, last) for number in self.numbers(request)]
        request.path_params["frames"] = ",".join(map(str, numbers))
        return super().rendered_frames(request)


@fault("thumbnail-past-the-end-is-an-error", breaks=("RETRIEVE-FRAMES-006",), says="status is 500, should be 404")
class ThumbnailPastTheEndIsAnError(Origin):
    """Returns 500 for the thumbnail of a frame after the last one."""

    def thumbnail(self, request: Request) -> Response:
        try:
            return super().thumbnail(request)
        except HTTPException as refusal:
            if refusal.status_code != 404 or "frames" not in request.path_params:
                raise
            raise HTTPException(500, "index out of range") from refusal


@fault("missing-frames-left-out", breaks=("RETRIEVE-FRAMES-007",), says="status is 200")
class MissingFramesLeftOut(Origin):
    """Returns the existing frames of a list with 200, without the missing ones."""

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        there = [number for number in numbers if number <= len(source.contents)]
        numbers[:] = there or numbers
        super().check_numbers(numbers, source)


@fault("frame-zero-is-the-first", breaks=("RETRIEVE-FRAMES-008",), says="status is 200, should be 400 or 404")
class FrameZeroIsTheFirst(Origin):
    """Returns the first frame for frames/0."""

    def numbers(self, request: Request) -> list[int]:
        return [1] if request.path_params.get("frames") == "0" else super().numbers(request)


@fault("thumbnail-of-frame-zero", breaks=("RETRIEVE-FRAMES-008",), says="status is 200, should be 400 or 404")
class ThumbnailOfFrameZero(Origin):
    """Returns the thumbnail of the first frame for frames/0/thumbnail."""

    def thumbnail(self, request: Request) -> Response:
        if request.path_params.get("frames") == "0":
            request.path_params["frames"] = "1"
        return super().thumbnail(request)


@fault("hole-in-frame-list-is-an-error", breaks=("RETRIEVE-FRAMES-008",), says="status is 500")
class HoleInFrameListIsAnError(Origin):
    """Returns 500 for frames/1,,2."""

    def numbers(self, request: Request) -> list[int]:
        if ",," in request.path_params.get("frames", ""):
            raise HTTPException(500, "an empty string is not a number")
        return super().numbers(request)


@fault("metadata-say-by-pixel-of-planes", breaks=("RETRIEVE-FRAMES-020",), says="planar configuration 1, should be RGB")
class MetadataSayByPixelOfPlanes(Origin):
    """Describes colour as by pixel in metadata, even for frames where it is by plane."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        by_pixel = {PLANAR_CONFIGURATION: {"vr": "US", "Value": [0]}}
        return data_set | by_pixel if PLANAR_CONFIGURATION in data_set else data_set


@fault(
    "frames-are-big-endian", breaks=("RETRIEVE-FRAMES-009",), says="of the frame in part 1 is", seen=("orthanc-bz#219",)
)
class FramesAreBigEndian(Origin):
    """Returns native 16-bit frames in big endian."""

    def content(self, source: Pixels, content: Content, form: Representation) -> Content:
        found = super().content(source, content, form)
        if source.compressed or source.image.get("BitsAllocated") != 16:
            return found
        words = bytearray(found.read())
        words[::2], words[1::2] = words[1::2], words[::2]
        return Content(bytes(words))


@fault(
    "media-type-is-misspelt",
    breaks=("RETRIEVE-FRAMES-009",),
    says="application/octed-stream",
    seen=("knopkem/dicomweb-proxy#118",),
)
class MediaTypeIsMisspelt(Origin):
    """Returns frames as application/octed-stream, in a message whose parameters are in single quotes."""

    def part_type(self, form: Representation) -> str:
        return super().part_type(form).replace("octet-stream", "octed-stream")

    def multipart_type(self, form: Representation, boundary: str) -> str:
        if form.media_type != OCTETS:
            return super().multipart_type(form, boundary)
        return f"multipart/related; type='application/octed-stream'; boundary={boundary}"


@fault(
    "single-frame-images-have-no-frames",
    breaks=("RETRIEVE-FRAMES-015",),
    says="status is 404, should be 200",
    seen=("dcmjs-org/dicomweb-server#58", "dcmjs-org/dicomweb-server#88", "DICOMcloud/DICOMcloud#48"),
)
class SingleFrameImagesHaveNoFrames(Origin):
    """Returns 404 for frames/1 of a single-frame image."""

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        if "NumberOfFrames" not in source.image:
            raise HTTPException(404, "this is not a multi-frame image")
        super().check_numbers(numbers, source)


@fault(
    "float-pixels-are-an-error",
    breaks=("RETRIEVE-FRAMES-016",),
    says="status is 500, should be 200",
    seen=("dcm4che/dcm4chee-arc-light#3458",),
)
class FloatPixelsAreAnError(Origin):
    """Returns 500 for a frame of Float Pixel Data."""

    def check_numbers(self, numbers: list[int], source: Pixels) -> None:
        if "PixelData" not in source.image:
            raise HTTPException(500, "there is no Pixel Data")
        super().check_numbers(numbers, source)


@fault("report-frame-is-an-error", breaks=("RETRIEVE-FRAMES-017",), says="status is 500, should be 404")
class ReportFrameIsAnError(Origin):
    """Returns 500 for a frame of an object without pixels."""

    def source(self, instance: Instance) -> Pixels:
        try:
            return super().source(instance)
        except HTTPException as error:
            raise HTTPException(500, "there is no Pixel Data") from error


@fault(
    "metadata-say-ybr-of-rgb-frames",
    breaks=("RETRIEVE-FRAMES-020",),
    says="the encoding of the frame is RGB",
    seen=("orthanc-mirrors/orthanc-tests Plugins/DicomWeb/Run.py",),
)
class MetadataSayYbrOfRgbFrames(Origin):
    """Decompresses frames to RGB, but names the photometric interpretation of the compressed ones in metadata."""

    def decoded_attributes(self, instance: Instance) -> Json:
        return {}


@fault("bit-frames-start-at-a-byte", breaks=("RETRIEVE-FRAMES-021",), says="of the frame in part 1 is")
class BitFramesStartAtAByte(Origin):
    """Starts frames of single bits at the next whole byte."""

    def source(self, instance: Instance) -> Pixels:
        found = super().source(instance)
        if found.image.get("BitsAllocated") != 1:
            return found
        size, data = found.contents[0].length, dcmread(instance.path).PixelData
        contents = [Content(data[size * index : size * (index + 1)]) for index in range(len(found.contents))]
        return replace(found, contents=contents)


@answer_fault(
    "single-frame-is-called-dicom",
    breaks=("RETRIEVE-FRAMES-023",),
    says="application/dicom",
    seen=("microsoft/dicom-server#3286",),
)
def single_frame_is_called_dicom(request: Request, response: Response) -> None:
    """Labels a frame alone as application/dicom if any transfer syntax is accepted."""
    alone = not response.headers.get("content-type", "").startswith("multipart/")
    if response.status_code == 200 and alone and "/frames/" in path(request) and "syntax=*" in accept(request):
        response.headers["content-type"] = "application/dicom"


@fault("decoded-frames-are-of-the-series", breaks=("RETRIEVE-FRAMES-010",), says="of the frame in part 1 is")
class DecodedFramesAreOfTheSeries(Origin):
    """Keeps decoded frames by their series and number, so that each instance has those of the first that was read."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._decoded: dict[tuple[str, int], Content] = {}

    def content(self, source: Pixels, content: Content, form: Representation) -> Content:
        found = super().content(source, content, form)
        if source.compressed is None or form.media_type != OCTETS:
            return found
        number = next(at for at, one in enumerate(source.contents) if one is content)
        return self._decoded.setdefault((str(source.image.SeriesInstanceUID), number), found)
