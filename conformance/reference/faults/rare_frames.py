"""Faults that only certain frames, codestreams and looks of images show (PS3.3 C.7.6, C.9, C.11; PS3.5 8.1, A.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, RLELossless
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..multipart import Content, Part
from ..negotiation import Representation
from ..pixels import Pixels
from ..rendered import VIDEO
from .kinds_greys import Reads
from .registry import fault

OVERLAYS = range(0x6000, 0x6020, 2)


class Decompresses(Origin):
    """Makes a mistake in an instance that it decompresses."""

    def spoil(self, ds: Dataset, stored: Dataset) -> None:
        """Change a decompressed data set."""
        raise NotImplementedError

    def transcoded(self, instance: Instance) -> bytes:
        stored, ds = dcmread(instance.path), dcmread(BytesIO(super().transcoded(instance)))
        if instance.transfer_syntax != ExplicitVRLittleEndian:
            self.spoil(ds, stored)
        file = BytesIO()
        ds.save_as(file, enforce_file_format=True)
        return file.getvalue()


@fault(
    "decompressed-frames-drift",
    breaks=("RETRIEVE-INST-007",),
    says="frame 2 is changed",
    seen=("fo-dicom/fo-dicom#1019", "fo-dicom/fo-dicom#1300", "Efferent-Health/fo-dicom.Codecs#20"),
)
class DecompressedFramesDrift(Decompresses):
    """Pads each frame of odd length in an instance that it decompresses, so that each begins a byte later."""

    def spoil(self, ds: Dataset, stored: Dataset) -> None:
        number = int(ds.get("NumberOfFrames") or 1)
        size = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8
        if number > 1 and size % 2:
            data = ds.PixelData
            ds.PixelData = b"".join(data[at * size : (at + 1) * size] + b"\0" for at in range(number))[: len(data)]


@fault("lossy-is-forgotten", breaks=("RETRIEVE-INST-001",), says="LossyImageCompression is '00'")
class LossyIsForgotten(Decompresses):
    """Marks an image that it decompresses as one that was never compressed with loss."""

    def spoil(self, ds: Dataset, stored: Dataset) -> None:
        if "LossyImageCompression" in ds:
            ds.LossyImageCompression = "00"


@fault("offsets-of-fragments-stay", breaks=("RETRIEVE-INST-001",), says="ExtendedOffsetTable is there")
class OffsetsOfFragmentsStay(Decompresses):
    """Leaves the Extended Offset Table in an image that it decompresses."""

    def spoil(self, ds: Dataset, stored: Dataset) -> None:
        for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            if keyword in stored:
                setattr(ds, keyword, stored[keyword].value)


@fault("six-segments-are-500", breaks=("RETRIEVE-FRAMES-010",), says="is 500", seen=("innovative-io/io-dicom#46",))
class SixSegmentsAre500(Origin):
    """Returns 500 for a decompressed frame of RLE in six segments."""

    def decoded(self, source: Pixels, content: Content) -> Content:
        image = source.image
        if source.compressed == RLELossless and image.SamplesPerPixel == 3 and image.BitsAllocated == 16:
            raise HTTPException(500, "ERROR, format not supported")
        return super().decoded(source, content)


@fault("frames-have-one-digit", breaks=("RETRIEVE-FRAMES-001",), says="is frame 1, should be frame 10")
class FramesHaveOneDigit(Origin):
    """Reads only the first digit of the number of a frame."""

    def numbers(self, request: Request) -> list[int]:
        return [int(str(number)[0]) for number in super().numbers(request)]


@fault("thumbnail-of-the-first-frame", breaks=("RETRIEVE-THUMB-002",), says="the frame nearest to the thumbnail")
class ThumbnailOfTheFirstFrame(Origin):
    """Returns the thumbnail of the first frame for each frame."""

    def thumbnail(self, request: Request) -> Response:
        if "frames" in request.path_params:
            request.path_params["frames"] = "1"
        return super().thumbnail(request)


@fault("rendered-video-is-empty", breaks=("RETRIEVE-REND-017",), says="what is rendered is empty")
class RenderedVideoIsEmpty(Origin):
    """Takes the empty table of offsets for the stream of a video, and returns that."""

    def rendered_video(self, request: Request, instance: Instance) -> Response:
        form = self.choose(request, [Representation(VIDEO)])
        return self.send(request, [Part(VIDEO, str(request.url), Content(b""))], form)


@fault("report-is-shallow", breaks=("RETRIEVE-REND-010",), says="of a content item is missing from the text")
class ReportIsShallow(Origin):
    """Renders only the first two levels of a report."""

    def report(self, instance: Instance, media_type: str, charset: str) -> bytes:
        text = self.json(_cut(instance.attributes, 2)).decode()
        return super().report(replace(instance, data_set=text), media_type, charset)


def _cut(item: Json, levels: int) -> Json:
    children = item.get("0040A730", {}).get("Value", [])
    if not levels:
        return {tag: attribute for tag, attribute in item.items() if tag != "0040A730"}
    inner = {"vr": "SQ", "Value": [_cut(child, levels - 1) for child in children]}
    return item | ({"0040A730": inner} if children else {})


def _reads(id: str, says: str, seen: tuple[str, ...] = (), breaks: str = "RETRIEVE-REND-016") -> Callable[..., None]:
    """Register a function that changes the description of an image as a fault."""

    def register(change: Callable[[Dataset], None]) -> None:
        class ReadsWrongly(Reads):
            def read(self, image: Dataset) -> None:
                change(image)

        ReadsWrongly.__doc__ = change.__doc__
        fault(id, breaks=(breaks,), says=says, seen=seen)(ReadsWrongly)

    return register


@_reads("slope-has-no-sign", "window center 300, width 500", ("OHIF/Viewers#127",))
def slope_has_no_sign(image: Dataset) -> None:
    """Ignores the sign of a rescale slope."""
    if "RescaleSlope" in image:
        image.RescaleSlope = abs(float(image.RescaleSlope))


@_reads("unused-bits-count", "window center 2048, width 4096", ("dgobbi/vtk-dicom#134",))
def unused_bits_count(image: Dataset) -> None:
    """Reads the bits above the stored ones as part of an unsigned value."""
    if image.get("SamplesPerPixel") == 1 and not image.get("PixelRepresentation") and image.BitsAllocated == 16:
        image.BitsStored, image.HighBit = 16, 15


@_reads("table-of-zero-entries", ": VOI LUT", ("Enet4/dicom-rs#828",))
def table_of_zero_entries(image: Dataset) -> None:
    """Ignores a VOI LUT of 65,536 entries, which its descriptor writes as 0."""
    if "VOILUTSequence" in image and image.VOILUTSequence[0].LUTDescriptor[0] == 0:
        del image.VOILUTSequence


@_reads("overlay-before-the-image-is-500", "is 500", ("fo-dicom/fo-dicom#1559",), "RETRIEVE-REND-001")
def overlay_before_the_image(image: Dataset) -> None:
    """Returns 500 for the rendering of an image with an overlay that begins above it, or to the left of it."""
    origins = [image[group, 0x50].value for group in OVERLAYS if (group, 0x50) in image]
    if any(min(origin) < 1 for origin in origins):
        raise HTTPException(500, "Index was outside the bounds of the array")
