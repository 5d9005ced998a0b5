"""Faults that only a pair of properties of an image shows, such as a codec and a number of bits (PS3.3 C.7.6.3, C.11;
PS3.5 A.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image
from pydicom import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .. import codecs
from ..app import Origin
from ..archive import Instance
from ..attributes import tag
from ..dicom_json import Json
from ..multipart import Content
from ..pixels import Pixels
from ..rendering import Rendering
from ..target import Target
from .kinds_pixels import Source, fragments
from .registry import fault


def has(instance: Instance, *keywords: str) -> bool:
    """Whether an instance has all of these attributes."""
    return all(tag(keyword) in instance.attributes for keyword in keywords)


def value(instance: Instance, keyword: str) -> object:
    """The first value of an attribute of an instance."""
    return instance.attributes.get(tag(keyword), {}).get("Value", [None])[0]


@fault(
    "extended-offsets-of-jpeg-ls-are-500",
    breaks=("STOW-BEH-008", "STOW-BEH-017"),
    says="of JPEG-LS, extended offset table is 500, but right with",
)
class ExtendedOffsetsOfJpegLsAre500(Origin):
    """Returns 500 for the store of a JPEG-LS image with an Extended Offset Table."""

    def keep(self, instance: Instance) -> None:
        if instance.transfer_syntax == JPEGLSLossless and has(instance, "ExtendedOffsetTable"):
            raise HTTPException(500, "IndexError: list index out of range")
        super().keep(instance)


@fault("overlay-lost-beside-a-table", breaks=("RETRIEVE-INST-001",), says="of modality LUT, overlay is absent")
class OverlayLostBesideATable(Origin):
    """Drops the overlay of an image with a Modality LUT when it returns it."""

    def file(self, instance: Instance, target: Target) -> Content:
        found = super().file(instance, target)
        if not has(instance, "ModalityLUTSequence") or "60003000" not in instance.attributes:
            return found
        content = found.read()
        at = content.find(b"\x00\x60\x00\x30OW")
        length = 12 + int.from_bytes(content[at + 8 : at + 12], "little")
        return Content(content[:at] + content[at + length :])


@fault("windows-lost-beside-padding", breaks=("RETRIEVE-META-004",), says="of three windows, padding value is absent")
class WindowsLostBesidePadding(Origin):
    """Drops several windows from the metadata of an image with a Pixel Padding Value."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        if has(instance, "PixelPaddingValue") and len(found.get(tag("WindowCenter"), {}).get("Value", [])) > 1:
            del found[tag("WindowCenter")]
        return found


@fault("profile-lost-beside-an-overlay", breaks=("RETRIEVE-META-005",), says="of overlay, ICC profile is without value")
class ProfileLostBesideAnOverlay(Origin):
    """Leaves the value of an ICC Profile out of the metadata of an image with an overlay."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        if "60003000" in found and tag("ICCProfile") in found:
            found = {**found, tag("ICCProfile"): {"vr": "OB"}}
        return found


@fault("signed-padding-is-unsigned", breaks=("RETRIEVE-META-009",), says="signed, padding value is ")
class SignedPaddingIsUnsigned(Origin):
    """Shows a negative Pixel Padding Value in metadata as an unsigned one."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        attribute = found.get(tag("PixelPaddingValue"), {})
        if attribute.get("vr") == "SS":
            found = {**found, tag("PixelPaddingValue"): {"vr": "SS", "Value": [attribute["Value"][0] & 0xFFFF]}}
        return found


@dataclass(frozen=True)
class Swapped(Pixels):
    """Decodes the two bytes of each sample in the wrong order."""

    def decoded(self, content: Content) -> Content:
        found = bytearray(super().decoded(content).read())
        found[::2], found[1::2] = found[1::2], found[::2]
        return Content(bytes(found))


@fault("rle-of-16-bits-is-swapped", breaks=("RETRIEVE-FRAMES-001",), says="16 bit, 5 frames, RLE Lossless is ")
class RleOf16BitsIsSwapped(Source):
    """Swaps the bytes of samples of 16 bits when it decodes several frames of RLE."""

    def wrong(self, source: Pixels) -> Pixels:
        several = len(source.contents) > 1 and source.image.BitsStored == 16
        wrong = source.compressed == RLELossless and several
        return Swapped(source.image, source.contents, source.compressed) if wrong else source


@fault(
    "first-fragment-of-jpeg-lossless", breaks=("RETRIEVE-FRAMES-011",), says="of JPEG Lossless, uneven fragments is "
)
class FirstFragmentOfJpegLossless(Source):
    """Returns only the first fragment of a frame of JPEG Lossless in more than two."""

    def wrong(self, source: Pixels) -> Pixels:
        if source.compressed != JPEGLosslessSV1 or len(source.contents) != 1 or len(fragments(source)) < 3:
            return source
        return replace(source, contents=[Content(fragments(source)[0])])


@fault(
    "sigmoid-after-a-table-is-linear",
    breaks=("RETRIEVE-REND-016",),
    says="of modality LUT, SIGMOID is ",
)
class SigmoidAfterATableIsLinear(Origin):
    """Applies a SIGMOID window as a linear one to the output of a Modality LUT."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        image: Dataset = source.image
        if "ModalityLUTSequence" in image and image.get("VOILUTFunction") == "SIGMOID":
            del image.VOILUTFunction
        return super().render(instance, source, number, asked)


@fault("planes-of-rle-are-pixels", breaks=("RETRIEVE-REND-016",), says="by plane, ")
class PlanesOfRleArePixels(Origin):
    """Renders planes of RLE in YBR_FULL as if they were pixels."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if source.compressed == RLELossless and source.image.PhotometricInterpretation == "YBR_FULL":
            planar = source.image.PlanarConfiguration
            frame = codecs.decode(source.contents[number - 1].read(), RLELossless, source.image)
            source.image.PlanarConfiguration = 0
            native = Pixels(source.image, [Content(frame)] * len(source.contents))
            return super().render(instance, native if planar else source, number, asked)
        return super().render(instance, source, number, asked)


@fault("thumbnail-of-several-bits-is-500", breaks=("RETRIEVE-THUMB-003",), says="1 bit, ")
class ThumbnailOfSeveralBitsIs500(Origin):
    """Returns 500 for the thumbnail of several frames of single bits."""

    def thumbnail(self, request: Request) -> Response:
        for instance in self.instances(Target.of(request)):
            if value(instance, "BitsAllocated") == 1 and value(instance, "NumberOfFrames"):
                raise HTTPException(500, "ValueError: cannot reshape array")
        return super().thumbnail(request)


@fault("images-with-profile-in-jpeg-2000-are-not-found", breaks=("SEARCH-RES-003",), says="ICC profile is 0")
class ImagesWithProfileInJpeg2000AreNotFound(Origin):
    """Does not find palette images in JPEG 2000 with an ICC Profile."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        lost = {
            value(instance, "SOPInstanceUID")
            for instance in self.archive.find(target)
            if instance.transfer_syntax == JPEG2000Lossless and has(instance, "ICCProfile")
        }
        for entity in super().entities(target, level, base):
            if level != "instance" or entity[tag("SOPInstanceUID")]["Value"][0] not in lost:
                yield entity
