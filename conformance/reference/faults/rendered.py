"""Faults of rendered resources (PS3.18 10.4.1.1.3, 8.7.4)."""

from __future__ import annotations

import io

from PIL import Image
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .. import presentation
from ..app import Origin
from ..archive import Instance
from ..negotiation import Representation
from ..pixels import Pixels
from ..rendered import IMAGES, MULTIPART
from ..rendering import Rendering
from ..target import Target
from .registry import fault

PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"


@fault(
    "rendered-is-no-jpeg",
    breaks=("RETRIEVE-REND-001",),
    says="that cannot be decoded",
    seen=("DICOMcloud/DICOMcloud#19",),
)
class RenderedIsNoJpeg(Origin):
    """Returns the raw pixels as image/jpeg."""

    def encode(self, pictures: list[Image.Image], form: Representation, asked: Rendering) -> bytes:
        return pictures[0].tobytes() if form.media_type == "image/jpeg" else super().encode(pictures, form, asked)


@fault("rendered-frame-is-the-first", breaks=("RETRIEVE-REND-002",), says="the frame nearest to the rendering is 1")
class RenderedFrameIsTheFirst(Origin):
    """Renders the first frame for each frame."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        return super().render(instance, source, 1, asked)


@fault(
    "animation-has-every-other-frame", breaks=("RETRIEVE-REND-001",), says="the number of frames of the animation is 2"
)
class AnimationHasEveryOtherFrame(Origin):
    """Leaves every second frame of a multi-frame image out of an animation."""

    def encode(self, pictures: list[Image.Image], form: Representation, asked: Rendering) -> bytes:
        return super().encode(pictures[::2], form, asked)


@fault(
    "no-rendering-of-several-instances",
    breaks=("RETRIEVE-REND-003", "RETRIEVE-REND-004"),
    says="status is 404, should be 200",
    seen=("orthanc-mirrors/orthanc-dicomweb NEWS 1.20",),
)
class NoRenderingOfSeveralInstances(Origin):
    """Has no rendering of a series or study of more than one instance."""

    def rendered_all(self, request: Request) -> Response:
        if len(self.instances(Target.of(request))) > 1:
            raise HTTPException(404, "there is more than one instance")
        return super().rendered_all(request)


@fault(
    "report-breaks-rendered-study",
    breaks=("RETRIEVE-REND-004", "RETRIEVE-THUMB-002"),
    says="status is 500, should be 200",
    seen=("Chinlinlee/raccoon-dicom#6",),
)
class ReportBreaksRenderedStudy(Origin):
    """Has no rendering or thumbnail of a study that contains a report beside images."""

    def is_image(self, instance: Instance) -> bool:
        if not super().is_image(instance):
            raise HTTPException(500, "this is not an image")
        return True

    def thumbnail(self, request: Request) -> Response:
        for instance in self.instances(Target.of(request)):
            self.is_image(instance)
        return super().thumbnail(request)


@fault("first-rendering-of-several", breaks=("RETRIEVE-RESP-010",), says="status is 200, should be 406")
class FirstRenderingOfSeveral(Origin):
    """Renders the first instance of a study or series that is requested as one image."""

    def rendered_all(self, request: Request) -> Response:
        if request.headers.get("accept") not in IMAGES:
            return super().rendered_all(request)
        first = self.instances(Target.of(request))[:1]
        return self.rendered_images(request, Representation(request.headers["accept"]), first)


@fault("rendered-is-octet-stream", breaks=("RETRIEVE-REND-005",), says="is application/octet-stream, should be")
class RenderedIsOctetStream(Origin):
    """Returns renderings as application/octet-stream."""

    def part_type(self, form: Representation) -> str:
        shown = form.media_type in IMAGES and not form.transfer_syntax
        return "application/octet-stream" if shown else super().part_type(form)


@fault("rendered-default-is-png", breaks=("RETRIEVE-REND-006",), says="is image/png, should be image/jpeg")
class RenderedDefaultIsPng(Origin):
    """Returns renderings in PNG to a client that accepts anything."""

    def image_forms(self, source: Pixels) -> list[Representation]:
        return sorted(super().image_forms(source), key=lambda form: form.media_type != "image/png")


class WithoutType(Origin):
    """Has no renderings in one of the types."""

    lacks: str

    def image_forms(self, source: Pixels) -> list[Representation]:
        return [form for form in super().image_forms(source) if form.media_type != self.lacks]


@fault("no-png", breaks=("RETRIEVE-REND-007",), says="status is 406, should be 200")
class NoPng(WithoutType):
    """Has no renderings in PNG."""

    lacks = "image/png"


@fault("no-gif", breaks=("RETRIEVE-REND-008",), says="status is 406, should be 200")
class NoGif(WithoutType):
    """Has no renderings in GIF."""

    lacks = "image/gif"


@fault("report-only-in-html", breaks=("RETRIEVE-REND-010",), says="status is 406, should be 200")
class ReportOnlyInHtml(Origin):
    """Renders reports only as HTML."""

    def text_forms(self, instance: Instance) -> list[Representation]:
        return super().text_forms(instance)[:1]


@fault("progressive-jpeg", breaks=("RETRIEVE-REND-013",), says="the JPEG process is progressive")
class ProgressiveJpeg(Origin):
    """Returns JPEG renderings of the progressive process."""

    def encode(self, pictures: list[Image.Image], form: Representation, asked: Rendering) -> bytes:
        if form.media_type != "image/jpeg":
            return super().encode(pictures, form, asked)
        file = io.BytesIO()
        pictures[0].save(file, "JPEG", quality=asked.quality, progressive=True)
        return file.getvalue()


@fault("rendered-in-half-size", breaks=("RETRIEVE-REND-014",), says="pixels, should be 256 x 128")
class RenderedInHalfSize(Origin):
    """Returns renderings with half the columns and rows of the image."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        picture = super().render(instance, source, number, asked)
        return picture if asked.viewport else picture.resize((picture.width // 2, picture.height // 2))


class Mistaken(Origin):
    """Renders images of one photometric interpretation as if they had another."""

    interpretation: str
    taken_for = "MONOCHROME2"

    def image(self, instance: Instance) -> Pixels:
        source = super().image(instance)
        if source.image.PhotometricInterpretation == self.interpretation:
            source.image.PhotometricInterpretation = self.taken_for
        return source


@fault("monochrome1-is-a-negative", breaks=("RETRIEVE-REND-015",), says="should be darker")
class Monochrome1IsANegative(Mistaken):
    """Renders MONOCHROME1 as if it were MONOCHROME2."""

    interpretation = "MONOCHROME1"


@fault("palette-is-grey", breaks=("RETRIEVE-REND-015",), says="should be green first and red last")
class PaletteIsGrey(Mistaken):
    """Renders PALETTE COLOR as the indices, without the tables."""

    interpretation = "PALETTE COLOR"


@fault("ybr-is-rgb", breaks=("RETRIEVE-REND-015",), says="should be the picture that was stored")
class YbrIsRgb(Mistaken):
    """Renders YBR_FULL as if luminance and chrominances were red, green and blue."""

    interpretation, taken_for = "YBR_FULL", "RGB"


@fault("red-is-blue", breaks=("RETRIEVE-REND-015",), says="should be the picture that was stored")
class RedIsBlue(Origin):
    """Renders colour images with red and blue swapped."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        picture = super().render(instance, source, number, asked)
        return Image.merge("RGB", picture.split()[::-1]) if picture.mode == "RGB" else picture


@fault("window-of-instance-ignored", breaks=("RETRIEVE-REND-016",), says="should be black, three rising greys, white")
class WindowOfInstanceIgnored(Origin):
    """Renders from the least to the greatest value, whatever window the instance has."""

    def image(self, instance: Instance) -> Pixels:
        source = super().image(instance)
        for keyword in ("WindowCenter", "WindowWidth"):
            source.image.pop(keyword, None)
        return source


@fault("rendered-waveform-is-an-error", breaks=("RETRIEVE-REND-017",), says="status is 500")
class RenderedWaveformIsAnError(Origin):
    """Returns 500 for the rendering of an object without pixels."""

    def image(self, instance: Instance) -> Pixels:
        try:
            return super().image(instance)
        except HTTPException as error:
            raise HTTPException(500, "there is no Pixel Data") from error


class PresentationStates(Origin):
    """Renders presentation states as a grey ramp, whatever image they refer to."""

    picture = Image.linear_gradient("L")

    def rendered_instance(self, request: Request) -> Response:
        (instance,) = self.instances(Target.of(request))
        if instance.sop_class != PRESENTATION_STATE:
            return super().rendered_instance(request)
        form = Representation("image/jpeg", multipart=True)
        part = self.part([self.picture], form, Rendering(), "")
        return self.send(request, [part], form)


@fault("presentation-state-is-blank", breaks=("RETRIEVE-REND-018",), says="a rendering is uniform")
class PresentationStateIsBlank(PresentationStates):
    """Renders a presentation state as a blank image."""

    picture = Image.new("L", (64, 64))


@fault("presentation-state-is-an-error", breaks=("RETRIEVE-REND-018",), says="status is 500, should be 200")
class PresentationStateIsAnError(Origin):
    """Returns 500 for the rendering of a presentation state."""

    def rendered_state(self, request: Request, state: Instance) -> Response:
        raise HTTPException(500, "NoneType is not iterable")


@fault("presentation-state-with-window", breaks=("RETRIEVE-RPAR-012",), says="status is 200, should be 400")
class PresentationStateWithWindow(PresentationStates):
    """Renders a presentation state even if the client requests another window."""


@fault(
    "rendered-list-is-its-first-frame",
    breaks=("RETRIEVE-REND-002",),
    says="the frames nearest to the renderings is 3, should",
)
class RenderedListIsItsFirstFrame(Origin):
    """Renders only the first frame of a list."""

    def rendered_frames(self, request: Request) -> Response:
        request.path_params["frames"] = request.path_params["frames"].split(",")[0]
        return super().rendered_frames(request)


@fault(
    "rendered-list-is-sorted",
    breaks=("RETRIEVE-REND-002",),
    says="the frames nearest to the renderings is 1, 3, should be 3, 1",
)
class RenderedListIsSorted(Origin):
    """Renders the frames of a list in ascending order."""

    def rendered_frames(self, request: Request) -> Response:
        numbers = sorted(self.numbers(request))
        request.path_params["frames"] = ",".join(map(str, numbers))
        return super().rendered_frames(request)


@fault("state-shows-its-series", breaks=("RETRIEVE-REND-018",), says="the number of renderings is 2, should be 1")
class StateShowsItsSeries(Origin):
    """Renders every image of a series of which a presentation state references some."""

    def rendered_state(self, request: Request, instance: Instance) -> Response:
        (series,) = presentation.state_of(instance).ReferencedSeriesSequence
        images = self.archive.find(Target(instance.study, series.SeriesInstanceUID))
        return self.rendered_images(request, self.choose(request, MULTIPART), images)


@fault("mpeg-4-is-called-mpeg", breaks=("RETRIEVE-REND-017",), says="the media type of an MPEG-4 file is video/mpeg")
class Mpeg4IsCalledMpeg(Origin):
    """Labels a rendered MPEG-4 file as video/mpeg."""

    def rendered_video(self, request: Request, instance: Instance) -> Response:
        response = super().rendered_video(request, instance)
        response.headers["content-type"] = "video/mpeg"
        return response
