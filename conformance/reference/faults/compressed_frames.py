"""Faults of compressed frames, and of frames in several parts (PS3.18 8.7.3.3, 8.7.3.3.2)."""

from __future__ import annotations

from dataclasses import replace

from pydicom.encaps import generate_fragments
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .. import imaging, rendering
from ..app import Origin
from ..archive import Instance
from ..codecs import UNCOMPRESSED
from ..multipart import Content, Part
from ..negotiation import Representation
from ..pixels import OCTETS, Pixels
from ..target import Target
from .registry import fault


class FramesInOnePart(Origin):
    """Returns several frames concatenated in one part."""

    octets: bool

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        if "frames" in request.path_params and form.transfer_syntax and (form.media_type == OCTETS) is self.octets:
            parts = [replace(parts[0], content=Content(b"".join(part.content.read() for part in parts)))]
        return super().send(request, parts, form, tag)


@fault("compressed-frames-in-one-part", breaks=("RETRIEVE-FRAMES-002",), says="the number of parts is 1, should be 2")
class CompressedFramesInOnePart(FramesInOnePart):
    """Returns several compressed frames concatenated in one part."""

    octets = False


@fault("native-frames-in-one-part", breaks=("RETRIEVE-FRAMES-002",), says="should be 2, one per frame")
class NativeFramesInOnePart(FramesInOnePart):
    """Returns several native frames concatenated in one part."""

    octets = True


@fault("uncompressed-fragments-are-406", breaks=("RETRIEVE-FRAMES-010",), says="status is 406")
class UncompressedFragmentsAre406(Origin):
    """Returns 406 for the native frames of an instance in Encapsulated Uncompressed."""

    def frames(self, request: Request) -> Response:
        (instance,) = self.instances(Target.of(request))
        if instance.transfer_syntax == UNCOMPRESSED:
            raise HTTPException(406, "this transfer syntax cannot be decoded")
        return super().frames(request)


@fault("double-floats-are-cut", breaks=("RETRIEVE-FRAMES-016",), says="should be")
class DoubleFloatsAreCut(Origin):
    """Returns the first half of the frame of Double Float Pixel Data, as if a value had 32 bits."""

    def source(self, instance: Instance) -> Pixels:
        found = super().source(instance)
        halves = [content.slice(0, content.length // 2) for content in found.contents]
        return replace(found, contents=halves) if "DoubleFloatPixelData" in found.image else found


@fault("decompressed-frame-changed", breaks=("RETRIEVE-FRAMES-010",), says="of the frame in part 1 is")
class DecompressedFrameChanged(Origin):
    """Changes the first byte of a decompressed frame."""

    def content(self, source: Pixels, content: Content, form: Representation) -> Content:
        found = super().content(source, content, form)
        if not source.compressed or form.media_type != OCTETS:
            return found
        octets = found.read()
        return Content(bytes([octets[0] ^ 0x10]) + octets[1:])


@fault("compressed-frame-in-an-item", breaks=("RETRIEVE-FRAMES-011",), says="the start of the frame is an item tag")
class CompressedFrameInAnItem(Origin):
    """Returns a compressed frame with the item tag and length that precede it in the file."""

    def content(self, source: Pixels, content: Content, form: Representation) -> Content:
        found = super().content(source, content, form)
        if form.media_type == OCTETS:
            return found
        return Content(b"\xfe\xff\x00\xe0" + found.length.to_bytes(4, "little") + found.read())


@fault(
    "first-fragment-only",
    breaks=("RETRIEVE-FRAMES-011",),
    says="the frame is cut after",
    seen=("orthanc-mirrors/orthanc-tests Plugins/DicomWeb/Run.py",),
)
class FirstFragmentOnly(Origin):
    """Returns only the first of a frame's fragments."""

    def source(self, instance: Instance) -> Pixels:
        found = super().source(instance)
        if found.compressed and len(found.contents) == 1:
            _, *fragments = generate_fragments(found.image.PixelData)
            return replace(found, contents=[Content(fragments[0])])
        return found


@fault("jpeg-is-called-jp2", breaks=("RETRIEVE-FRAMES-012",), says="is image/jp2, should be image/jpeg")
class JpegIsCalledJp2(Origin):
    """Returns JPEG frames as image/jp2."""

    def part_type(self, form: Representation) -> str:
        found = super().part_type(form)
        return found.replace("image/jpeg", "image/jp2") if form.transfer_syntax else found


@fault(
    "compressed-part-without-transfer-syntax",
    breaks=("RETRIEVE-FRAMES-014",),
    says="transfer-syntax is absent",
    seen=("dcm4che/dcm4chee-arc-light#4399", "cornerstonejs/cornerstoneWADOImageLoader#228"),
)
class CompressedPartWithoutTransferSyntax(Origin):
    """Does not name the transfer syntax of compressed frames and bulk data."""

    def part_type(self, form: Representation) -> str:
        return form.media_type if form.media_type.startswith("image/") else super().part_type(form)


@fault("jpeg-baseline-by-default", breaks=("RETRIEVE-FRAMES-013",), says=", the default of image")
class JpegBaselineByDefault(Origin):
    """Returns frames as image/jpeg without a transfer syntax in lossy compression."""

    def frames(self, request: Request) -> Response:
        if request.headers.get("accept") != 'multipart/related; type="image/jpeg"':
            return super().frames(request)
        (instance,) = self.instances(Target.of(request))
        picture = imaging.picture(self.source(instance), self.numbers(request)[0])
        content = Content(rendering.encoded([picture], "image/jpeg"))
        return self.send(request, [Part("image/jpeg", "", content)], Representation("image/jpeg", multipart=True))


@fault("transfer-syntax-of-part-is-wrong", breaks=("RETRIEVE-FRAMES-014",), says="transfer-syntax is")
class TransferSyntaxOfPartIsWrong(Origin):
    """Labels all compressed frames as JPEG Lossless."""

    def part_type(self, form: Representation) -> str:
        found = super().part_type(form)
        lossless = f"{form.media_type}; transfer-syntax=1.2.840.10008.1.2.4.70"
        return lossless if form.media_type.startswith("image/") and form.transfer_syntax else found
