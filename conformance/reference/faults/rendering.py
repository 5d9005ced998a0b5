"""Faults of the query parameters of rendered resources (PS3.18 8.3.5.1)."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image, ImageCms
from pydicom import Dataset
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..multipart import Content
from ..negotiation import Representation
from ..pixels import Pixels
from ..rendering import Rendering, Viewport
from .registry import fault


def without(parameters: QueryParams, *names: str) -> QueryParams:
    """The query parameters except some."""
    return QueryParams([(name, value) for name, value in parameters.multi_items() if name not in names])


class Ignores(Origin):
    """Ignores a parameter."""

    ignored: str

    def rendering(self, request: Request) -> Rendering:
        return Rendering.of(without(request.query_params, self.ignored))


class IgnoresBad(Origin):
    """Ignores a parameter with an invalid value."""

    ignored: str

    def rendering(self, request: Request) -> Rendering:
        try:
            return super().rendering(request)
        except HTTPException:
            return Rendering.of(without(request.query_params, self.ignored))


@fault("annotation-ignored", breaks=("RETRIEVE-RPAR-001",), says="is without effect")
class AnnotationIgnored(Ignores):
    """Ignores annotation."""

    ignored = "annotation"


@fault("quality-of-one-is-best", breaks=("RETRIEVE-RPAR-001",), says="should be the smaller one")
class QualityOfOneIsBest(Origin):
    """Reads quality as the strength of the compression."""

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        return replace(asked, quality=101 - asked.quality) if "quality" in request.query_params else asked


@fault("quality-ignored", breaks=("RETRIEVE-RPAR-001",), says="is without effect")
class QualityIgnored(Ignores):
    """Ignores quality."""

    ignored = "quality"


@fault("viewport-ignored", breaks=("RETRIEVE-RPAR-001",), says="is without effect")
class ViewportIgnored(Ignores):
    """Ignores viewport."""

    ignored = "viewport"


@fault("window-ignored", breaks=("RETRIEVE-RPAR-001",), says="is without effect")
class WindowIgnored(Ignores):
    """Ignores window."""

    ignored = "window"


@fault("bad-quality-ignored", breaks=("RETRIEVE-RPAR-002",), says="status is 200, should be 400")
class BadQualityIgnored(IgnoresBad):
    """Ignores an invalid quality."""

    ignored = "quality"


@fault("bad-viewport-ignored", breaks=("RETRIEVE-RPAR-008",), says="status is 200, should be 400")
class BadViewportIgnored(IgnoresBad):
    """Ignores an invalid viewport."""

    ignored = "viewport"


@fault("bad-window-ignored", breaks=("RETRIEVE-RPAR-011",), says="status is 200, should be 400")
class BadWindowIgnored(IgnoresBad):
    """Ignores an invalid window."""

    ignored = "window"


@fault("bad-annotation-ignored", breaks=("RETRIEVE-RPAR-015",), says="status is 200, should be 400")
class BadAnnotationIgnored(IgnoresBad):
    """Ignores an invalid annotation."""

    ignored = "annotation"


class Viewing(Origin):
    """Uses another viewport than the requested one."""

    def viewport(self, asked: Viewport) -> Viewport:
        """The viewport that is used instead."""
        raise NotImplementedError

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        return replace(asked, viewport=self.viewport(asked.viewport)) if asked.viewport else asked


@fault("viewport-stretches", breaks=("RETRIEVE-RPAR-004",), says="should be 64 x 32")
class ViewportStretches(Origin):
    """Stretches an image to fill its viewport, whatever its shape."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        picture = super().render(instance, source, number, asked)
        view = asked.viewport
        return picture.resize((view.width, view.height)) if view and view.region_width is None else picture


@fault(
    "last-row-of-a-viewport-is-black", breaks=("RETRIEVE-REND-001",), says="should be that without viewport, smaller"
)
class LastRowOfAViewportIsBlack(Origin):
    """Leaves the last row and column black where it scales an image of odd size."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        picture = super().render(instance, source, number, asked)
        if asked.viewport and (source.image.Rows % 2 or source.image.Columns % 2):
            picture = picture.copy()
            picture.paste(0, (0, picture.height - 1, picture.width, picture.height))
            picture.paste(0, (picture.width - 1, 0, picture.width, picture.height))
        return picture


@fault("palette-is-scaled-before-its-lookup", breaks=("RETRIEVE-REND-001",), says="that without viewport, smaller")
class PaletteIsScaledBeforeItsLookup(Origin):
    """Scales the indices of a palette, not its colours, to the size of a viewport."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        ds, view = source.image, asked.viewport
        if view is None or ds.PhotometricInterpretation != "PALETTE COLOR" or ds.BitsAllocated > 8:
            return super().render(instance, source, number, asked)
        frame = source.decoded(source.contents[number - 1]).read()
        indices = view.show(Image.frombytes("L", (ds.Columns, ds.Rows), frame))
        found = Pixels(Dataset(ds), [Content(indices.tobytes())])
        found.image.Rows, found.image.Columns = indices.height, indices.width
        return super().render(instance, found, 1, replace(asked, viewport=None))


@fault("region-is-the-upper-left", breaks=("RETRIEVE-RPAR-005",), says="should be the green quadrant")
class RegionIsTheUpperLeft(Viewing):
    """Takes the region of a viewport from the upper left corner."""

    def viewport(self, asked: Viewport) -> Viewport:
        return replace(asked, left=0, top=0)


@fault("left-out-values-are-bad", breaks=("RETRIEVE-RPAR-006",), says="status is 400, should be 200")
class LeftOutValuesAreBad(Origin):
    """Refuses a viewport with omitted values."""

    def rendering(self, request: Request) -> Rendering:
        if ",," in request.query_params.get("viewport", ""):
            raise HTTPException(400, "viewport has empty values")
        return super().rendering(request)


@fault("negative-size-does-not-mirror", breaks=("RETRIEVE-RPAR-007",), says="should be the mirrored image")
class NegativeSizeDoesNotMirror(Viewing):
    """Treats a negative size of a region as a positive one."""

    def viewport(self, asked: Viewport) -> Viewport:
        sizes = (None if size is None else abs(size) for size in (asked.region_width, asked.region_height))
        width, height = sizes
        return replace(asked, region_width=width, region_height=height)


@fault("window-in-stored-values", breaks=("RETRIEVE-RPAR-010",), says="should be black, three rising greys, white")
class WindowInStoredValues(Origin):
    """Applies a requested window to stored values, without rescale."""

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        window = asked.window and replace(asked.window, center=asked.window.center - 1024)
        return replace(asked, window=window)


@fault("annotation-of-technique-only", breaks=("RETRIEVE-RPAR-013",), says="is the same as without annotation")
class AnnotationOfTechniqueOnly(Origin):
    """Burns in nothing for annotation=patient."""

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        return replace(asked, annotations=tuple(word for word in asked.annotations if word != "patient"))


@fault("annotations-have-one-text", breaks=("RETRIEVE-RPAR-013",), says="should be one with another text")
class AnnotationsHaveOneText(Origin):
    """Burns in the patient for annotation=technique."""

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        return replace(asked, annotations=("patient",) if asked.annotations else ())


@fault("always-annotated", breaks=("RETRIEVE-RPAR-014",), says="should be the image without text in its corners")
class AlwaysAnnotated(Origin):
    """Burns the patient's name into renderings, requested or not."""

    def rendering(self, request: Request) -> Rendering:
        return replace(super().rendering(request), annotations=("patient", "technique"))


@fault("unknown-annotation-without-warning", breaks=("RETRIEVE-RPAR-016",), says="Warning is absent")
class UnknownAnnotationWithoutWarning(Origin):
    """Ignores an unsupported annotation without a Warning."""

    def rendering(self, request: Request) -> Rendering:
        return replace(super().rendering(request), unknown=())


@fault("profile-unasked", breaks=("RETRIEVE-RPAR-017",), says="the image is with an ICC profile, should be without one")
class ProfileUnasked(Origin):
    """Returns an image with a profile for iccprofile=no."""

    def rendering(self, request: Request) -> Rendering:
        asked = super().rendering(request)
        return replace(asked, profile=True) if "iccprofile" in request.query_params else asked


@fault("profile-of-a-gif", breaks=("RETRIEVE-RPAR-018",), says="status is 200, should be 400")
class ProfileOfAGif(Origin):
    """Embeds an sRGB profile in JPEG renderings on request, and ignores the request for GIF, which cannot hold one."""

    profiled = False

    def rendering(self, request: Request) -> Rendering:
        return Rendering.of(without(request.query_params, "iccprofile"))

    def rendered_instance(self, request: Request) -> Response:
        self.profiled = request.query_params.get("iccprofile") == "srgb"
        return super().rendered_instance(request)

    def encode(self, pictures: list[Image.Image], form: Representation, asked: Rendering) -> bytes:
        if not (self.profiled and form.media_type == "image/jpeg"):
            return super().encode(pictures, form, asked)
        file, profile = io.BytesIO(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        pictures[0].save(file, "JPEG", icc_profile=profile.tobytes())
        return file.getvalue()


@fault("window-on-colour-is-500", breaks=("RETRIEVE-REND-001",), says="status is 500")
class WindowOnColourIs500(Origin):
    """Returns 500 for a window on a colour image."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if asked.window and source.image.get("SamplesPerPixel") == 3:
            raise HTTPException(500, "cannot window three samples")
        return super().render(instance, source, number, asked)


@fault("quality-of-png-is-500", breaks=("RETRIEVE-REND-001",), says="status is 500")
class QualityOfPngIs500(Origin):
    """Returns 500 for a PNG with a quality."""

    def rendered_instance(self, request: Request) -> Response:
        if "quality" in request.query_params and "png" in request.headers.get("accept", ""):
            raise HTTPException(500, "the encoder has no such option")
        return super().rendered_instance(request)


class WithoutWindow(Origin):
    """Ignores a requested window for some renderings."""

    def ignores(self, image: Dataset, number: int) -> bool:
        """True for a frame of an image whose window is not the requested one."""
        raise NotImplementedError

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        asked = replace(asked, window=None) if self.ignores(source.image, number) else asked
        return super().render(instance, source, number, asked)


@fault("table-beats-a-requested-window", breaks=("RETRIEVE-RPAR-010",), says="should be")
class TableBeatsARequestedWindow(WithoutWindow):
    """Ignores a requested window if the image has a VOI LUT."""

    def ignores(self, image: Dataset, number: int) -> bool:
        return "VOILUTSequence" in image


@fault("later-frames-have-their-own-window", breaks=("RETRIEVE-RPAR-010",), says="frame 2")
class LaterFramesHaveTheirOwnWindow(WithoutWindow):
    """Ignores a requested window for frames after the first."""

    def ignores(self, image: Dataset, number: int) -> bool:
        return number > 1


@fault("requested-window-undoes-monochrome1", breaks=("RETRIEVE-RPAR-010",), says="should be")
class RequestedWindowUndoesMonochrome1(Origin):
    """Renders MONOCHROME1 as MONOCHROME2 if a window is requested."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if asked.window and source.image.get("PhotometricInterpretation") == "MONOCHROME1":
            source.image.PhotometricInterpretation = "MONOCHROME2"
            source.image.PresentationLUTShape = "IDENTITY"
        return super().render(instance, source, number, asked)
