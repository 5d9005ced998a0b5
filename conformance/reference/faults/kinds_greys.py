"""Faults that only images with certain tables, windows and stored values show (PS3.3 C.7.6.3, C.11.1, C.11.2)."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image
from pydicom import Dataset
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..attributes import tag
from ..pixels import Pixels
from ..rendering import Rendering
from ..target import Target
from .registry import fault


class Reads(Origin):
    """What describes an image is read wrongly when it is rendered."""

    def read(self, image: Dataset) -> None:
        """Change the data set of the image."""
        raise NotImplementedError

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        self.read(source.image)
        return super().render(instance, source, number, asked)


@fault("voi-lut-is-500", breaks=("RETRIEVE-REND-016",), says="status is 500, should be 200")
class VoiLutIs500(Reads):
    """An image with a VOI LUT Sequence cannot be rendered."""

    def read(self, image: Dataset) -> None:
        if "VOILUTSequence" in image:
            raise HTTPException(500, "AttributeError: WindowCenter")


@fault("voi-lut-ignored", breaks=("RETRIEVE-REND-016",), says="by its VOI LUT")
class VoiLutIgnored(Reads):
    """The VOI LUT Sequence has no effect."""

    def read(self, image: Dataset) -> None:
        image.pop("VOILUTSequence", None)


@fault("voi-lut-from-zero", breaks=("RETRIEVE-REND-016",), says="by its VOI LUT")
class VoiLutFromZero(Reads):
    """The first entry of a VOI LUT is taken to be for the value 0."""

    def read(self, image: Dataset) -> None:
        for item in image.get("VOILUTSequence", []):
            item.LUTDescriptor = [item.LUTDescriptor[0], 0, item.LUTDescriptor[2]]


@fault("modality-lut-ignored", breaks=("RETRIEVE-REND-016",), says="by its window 20000, 30000")
class ModalityLutIgnored(Reads):
    """The Modality LUT Sequence has no effect."""

    def read(self, image: Dataset) -> None:
        image.pop("ModalityLUTSequence", None)


@fault("rescale-slope-ignored", breaks=("RETRIEVE-REND-016",), says="by its window 300, 500")
class RescaleSlopeIgnored(Reads):
    """The rescale slope is taken to be 1."""

    def read(self, image: Dataset) -> None:
        if "RescaleSlope" in image:
            image.RescaleSlope = "1"


@fault("sigmoid-is-linear", breaks=("RETRIEVE-REND-016",), says="SIGMOID")
class SigmoidIsLinear(Reads):
    """A window of the function SIGMOID is applied as a linear one."""

    def read(self, image: Dataset) -> None:
        if image.get("VOILUTFunction") == "SIGMOID":
            del image.VOILUTFunction


@fault("linear-exact-is-linear", breaks=("RETRIEVE-REND-016",), says="LINEAR_EXACT")
class LinearExactIsLinear(Reads):
    """A window of the function LINEAR_EXACT is applied as a linear one."""

    def read(self, image: Dataset) -> None:
        if image.get("VOILUTFunction") == "LINEAR_EXACT":
            del image.VOILUTFunction


@fault("sign-is-in-the-highest-bit", breaks=("RETRIEVE-REND-016",), says="by its window 0, 4096")
class SignIsInTheHighestBit(Reads):
    """Signed values of 12 stored bits are read as the 16 allocated bits are."""

    def read(self, image: Dataset) -> None:
        if image.get("PixelRepresentation"):
            image.BitsStored, image.HighBit = image.BitsAllocated, image.BitsAllocated - 1


@fault("unsigned-16-is-signed", breaks=("RETRIEVE-REND-016",), says="by its window 32768, 65536")
class Unsigned16IsSigned(Reads):
    """Unsigned values of 16 stored bits are read as signed ones."""

    def read(self, image: Dataset) -> None:
        if image.get("BitsStored") == 16 and image.SamplesPerPixel == 1:
            image.PixelRepresentation = 1


@fault("inverted-twice", breaks=("RETRIEVE-REND-016",), says="by its window 1500, 2000")
class InvertedTwice(Reads):
    """A MONOCHROME1 image whose Presentation LUT Shape is INVERSE is inverted for each of them."""

    def read(self, image: Dataset) -> None:
        if image.PhotometricInterpretation == "MONOCHROME1" and image.get("PresentationLUTShape") == "INVERSE":
            image.PhotometricInterpretation, image.PresentationLUTShape = "MONOCHROME2", "IDENTITY"


@fault("rgb-16-is-half-as-bright", breaks=("RETRIEVE-REND-016",), says="by its samples")
class Rgb16IsHalfAsBright(Reads):
    """Colour samples of 16 bits are scaled as if they had one more."""

    def read(self, image: Dataset) -> None:
        if image.SamplesPerPixel == 3 and image.BitsAllocated == 16:
            image.BitsStored = 17


@fault("palette-from-zero", breaks=("RETRIEVE-REND-016",), says="by its palette")
class PaletteFromZero(Reads):
    """The first entry of a palette is taken to be for the index 0."""

    def read(self, image: Dataset) -> None:
        if image.PhotometricInterpretation == "PALETTE COLOR":
            for colour in ("Red", "Green", "Blue"):
                image[f"{colour}PaletteColorLookupTableDescriptor"].value[1] = 0


@fault("window-before-the-modality-lut", breaks=("RETRIEVE-RPAR-010",), says="by its window 128, 256, LINEAR")
class WindowBeforeTheModalityLut(Origin):
    """A window that is asked for is applied to stored values, before a Modality LUT."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if asked.window:
            source.image.pop("ModalityLUTSequence", None)
        return super().render(instance, source, number, asked)


@fault("window-too-wide", breaks=("RETRIEVE-RPAR-010",), says="by its window 128, 256, LINEAR")
class WindowTooWide(Origin):
    """A window that is asked for is an eighth too wide."""

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        return replace(asked, window=replace(asked.window, width=asked.window.width * 1.13)) if asked.window else asked


@fault("thumbnail-of-padded-image-is-500", breaks=("RETRIEVE-THUMB-003",), says="status is 500, should be 200")
class ThumbnailOfPaddedImageIs500(Origin):
    """An image with a Pixel Padding Value has no thumbnail, but an error."""

    def thumbnail(self, request: Request) -> Response:
        if any(tag("PixelPaddingValue") in instance.attributes for instance in self.instances(Target.of(request))):
            raise HTTPException(500, "ValueError: a value is out of bounds")
        return super().thumbnail(request)
