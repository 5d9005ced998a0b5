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
from .altered import refused, request_fault
from .registry import fault


class Reads(Origin):
    """Reads the description of an image wrongly when it renders it."""

    def read(self, image: Dataset) -> None:
        """Change the data set of the image."""
        raise NotImplementedError

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        self.read(source.image)
        return super().render(instance, source, number, asked)


@fault("voi-lut-is-500", breaks=("RETRIEVE-REND-001", "RETRIEVE-REND-016"), says="status is 500, should be 200")
class VoiLutIs500(Reads):
    """Returns 500 for the rendering of an image with a VOI LUT Sequence."""

    def read(self, image: Dataset) -> None:
        if "VOILUTSequence" in image:
            raise HTTPException(500, "AttributeError: WindowCenter")


@fault("voi-lut-ignored", breaks=("RETRIEVE-REND-016",), says=": VOI LUT")
class VoiLutIgnored(Reads):
    """Ignores the VOI LUT Sequence."""

    def read(self, image: Dataset) -> None:
        image.pop("VOILUTSequence", None)


@fault("voi-lut-from-zero", breaks=("RETRIEVE-REND-016",), says=": VOI LUT")
class VoiLutFromZero(Reads):
    """Applies the first entry of a VOI LUT to the value 0."""

    def read(self, image: Dataset) -> None:
        for item in image.get("VOILUTSequence", []):
            item.LUTDescriptor = [item.LUTDescriptor[0], 0, item.LUTDescriptor[2]]


@fault("modality-lut-ignored", breaks=("RETRIEVE-REND-016",), says="window center 20000, width 30000")
class ModalityLutIgnored(Reads):
    """Ignores the Modality LUT Sequence."""

    def read(self, image: Dataset) -> None:
        image.pop("ModalityLUTSequence", None)


@fault("rescale-slope-ignored", breaks=("RETRIEVE-REND-016",), says="window center 300, width 500")
class RescaleSlopeIgnored(Reads):
    """Uses 1 as the rescale slope."""

    def read(self, image: Dataset) -> None:
        if "RescaleSlope" in image:
            image.RescaleSlope = "1"


@fault("sigmoid-is-linear", breaks=("RETRIEVE-REND-016",), says="SIGMOID")
class SigmoidIsLinear(Reads):
    """Applies a window of the function SIGMOID as a linear one."""

    def read(self, image: Dataset) -> None:
        if image.get("VOILUTFunction") == "SIGMOID":
            del image.VOILUTFunction


@fault("linear-exact-is-linear", breaks=("RETRIEVE-REND-016",), says="LINEAR_EXACT")
class LinearExactIsLinear(Reads):
    """Applies a window of the function LINEAR_EXACT as a linear one."""

    def read(self, image: Dataset) -> None:
        if image.get("VOILUTFunction") == "LINEAR_EXACT":
            del image.VOILUTFunction


@fault("sign-is-in-the-highest-bit", breaks=("RETRIEVE-REND-016",), says="window center 0, width 4096")
class SignIsInTheHighestBit(Reads):
    """Reads signed values of 12 stored bits as if all 16 allocated bits were stored."""

    def read(self, image: Dataset) -> None:
        if image.get("PixelRepresentation"):
            image.BitsStored, image.HighBit = image.BitsAllocated, image.BitsAllocated - 1


@fault("unsigned-16-is-signed", breaks=("RETRIEVE-REND-016",), says="window center 32768, width 65536")
class Unsigned16IsSigned(Reads):
    """Reads unsigned values of 16 stored bits as signed."""

    def read(self, image: Dataset) -> None:
        if image.get("BitsStored") == 16 and image.SamplesPerPixel == 1:
            image.PixelRepresentation = 1


@fault("inverted-twice", breaks=("RETRIEVE-REND-016",), says="window center 1500, width 2000")
class InvertedTwice(Reads):
    """Inverts a MONOCHROME1 image whose Presentation LUT Shape is INVERSE twice."""

    def read(self, image: Dataset) -> None:
        if image.PhotometricInterpretation == "MONOCHROME1" and image.get("PresentationLUTShape") == "INVERSE":
            image.PhotometricInterpretation, image.PresentationLUTShape = "MONOCHROME2", "IDENTITY"


@fault("rgb-16-is-half-as-bright", breaks=("RETRIEVE-REND-016",), says=": stored samples")
class Rgb16IsHalfAsBright(Reads):
    """Scales colour samples of 16 bits as if they had 17."""

    def read(self, image: Dataset) -> None:
        if image.SamplesPerPixel == 3 and image.BitsAllocated == 16:
            image.BitsStored = 17


@fault("palette-from-zero", breaks=("RETRIEVE-REND-016",), says=": palette color")
class PaletteFromZero(Reads):
    """Applies the first entry of a palette to the index 0."""

    def read(self, image: Dataset) -> None:
        if image.PhotometricInterpretation == "PALETTE COLOR":
            for colour in ("Red", "Green", "Blue"):
                image[f"{colour}PaletteColorLookupTableDescriptor"].value[1] = 0


@fault("window-before-the-modality-lut", breaks=("RETRIEVE-RPAR-010",), says="window center 128, width 256, LINEAR")
class WindowBeforeTheModalityLut(Origin):
    """Applies a requested window to stored values, before a Modality LUT."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if asked.window:
            source.image.pop("ModalityLUTSequence", None)
        return super().render(instance, source, number, asked)


@fault("window-too-wide", breaks=("RETRIEVE-RPAR-010",), says="window center 128, width 256, LINEAR")
class WindowTooWide(Origin):
    """Applies a requested window an eighth too wide."""

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        return replace(asked, window=replace(asked.window, width=asked.window.width * 1.13)) if asked.window else asked


@fault("thumbnail-of-padded-image-is-500", breaks=("RETRIEVE-THUMB-003",), says="status is 500, should be 200")
class ThumbnailOfPaddedImageIs500(Origin):
    """Returns 500 for the thumbnail of an image with a Pixel Padding Value."""

    def thumbnail(self, request: Request) -> Response:
        if any(tag("PixelPaddingValue") in instance.attributes for instance in self.instances(Target.of(request))):
            raise HTTPException(500, "ValueError: a value is out of bounds")
        return super().thumbnail(request)


@fault("palette-of-8-bits-is-16", breaks=("RETRIEVE-REND-016",), says="palette color lookup tables")
class PaletteOf8BitsIs16(Reads):
    """Takes each two entries of a palette of 8 bits for one of 16."""

    def read(self, image: Dataset) -> None:
        if image.PhotometricInterpretation == "PALETTE COLOR" and image.RedPaletteColorLookupTableDescriptor[2] == 8:
            for colour in ("Red", "Green", "Blue"):
                image[f"{colour}PaletteColorLookupTableDescriptor"].value[0] = 128
                image[f"{colour}PaletteColorLookupTableDescriptor"].value[2] = 16


@fault("slope-of-the-first-slice", breaks=("RETRIEVE-REND-016",), says="window center 1000, width 20000")
class SlopeOfTheFirstSlice(Origin):
    """Renders every slice of a series with the rescale slope of the first."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        first = min(
            self.archive.find(Target(instance.target.study, instance.target.series)),
            key=lambda each: each.attributes.get(tag("InstanceNumber"), {}).get("Value", [0])[0],
        )
        slope = first.attributes.get(tag("RescaleSlope"), {}).get("Value")
        if slope and "RescaleSlope" in source.image:
            source.image.RescaleSlope = slope[0]
        return super().render(instance, source, number, asked)


@fault("shared-window-is-lost", breaks=("RETRIEVE-REND-002",), says="window center 1500, width 3500")
class SharedWindowIsLost(Reads):
    """Looks for a window only in the functional groups of each frame."""

    def read(self, image: Dataset) -> None:
        for groups in image.get("SharedFunctionalGroupsSequence", []):
            groups.pop("FrameVOILUTSequence", None)


@fault("exponent-of-a-window-is-lost", breaks=("RETRIEVE-REND-016",), says="window center 128, width 256")
class ExponentOfAWindowIsLost(Reads):
    """Reads the centre of a window up to its exponent."""

    def read(self, image: Dataset) -> None:
        if "e" in str(getattr(image.get("WindowCenter"), "original_string", "")):
            image.WindowCenter = "1.28"


@fault("first-window-of-a-state-for-all", breaks=("RETRIEVE-REND-018",), says="window center 180, width 100")
class FirstWindowOfAStateForAll(Origin):
    """Shows all images of a presentation state with its first window."""

    def render_by(self, state: Dataset, image: Instance, number: int, asked: Rendering) -> Image.Image:
        for item in state.SoftcopyVOILUTSequence:
            item.pop("ReferencedImageSequence", None)
        return super().render_by(state, image, number, asked)


@fault("table-beats-the-window-of-a-state", breaks=("RETRIEVE-REND-018",), says="window center 100, width 120")
class TableBeatsTheWindowOfAState(Origin):
    """Applies the VOI LUT of an image, where a presentation state has a window."""

    def render_by(self, state: Dataset, image: Instance, number: int, asked: Rendering) -> Image.Image:
        source = self.image(image)
        table = source.image.get("VOILUTSequence")
        if table:
            state.SoftcopyVOILUTSequence[0].VOILUTSequence = table
        return super().render_by(state, image, number, asked)


@fault(
    "narrowest-window-is-black", breaks=("RETRIEVE-RPAR-010",), says="width 1, LINEAR", seen=("dcm4che/dcm4che!1514",)
)
class NarrowestWindowIsBlack(Origin):
    """Renders everything black with a window of width 1."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        shown = super().render(instance, source, number, asked)
        return Image.new(shown.mode, shown.size) if asked.window and asked.window.width == 1 else shown


@request_fault(
    "negative-centre-is-refused",
    breaks=("RETRIEVE-RPAR-010",),
    says="status is 400",
    seen=("fo-dicom/fo-dicom-samples#42",),
)
def negative_centre_is_refused(request: Request) -> Response | None:
    """Returns 400 for a window with a centre below zero."""
    return refused(400) if request.query_params.get("window", "").startswith("-") else None
