"""Faults of thumbnails (PS3.18 10.4.1.1.4, 8.3.5.2)."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image, ImageChops
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import FRAMES, Origin
from ..archive import Instance
from ..capabilities import Handler
from ..multipart import Content, Part
from ..negotiation import Representation
from ..pixels import Pixels
from ..rendering import Rendering, Viewport
from ..target import Target
from .registry import fault


@fault("no-thumbnails-of-frames", breaks=("RETRIEVE-THUMB-002",), says="status is 404, should be 200")
class NoThumbnailsOfFrames(Origin):
    """Has no thumbnails of frames, only of studies, series and instances."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        found = super().resources()
        del found[f"{FRAMES}/thumbnail"]
        return found


@fault("thumbnail-is-an-animation", breaks=("RETRIEVE-THUMB-003",), says="the number of frames of the image is 2")
class ThumbnailIsAnAnimation(Origin):
    """Returns an animation as a thumbnail."""

    def thumbnail(self, request: Request) -> Response:
        response = super().thumbnail(request)
        if response.headers.get("content-type") != "image/jpeg":
            return response
        (instance, *_) = [found for found in self.instances(Target.of(request)) if self.is_image(found)]
        picture = self.render(instance, self.image(instance), 1, Rendering())
        form = Representation("image/gif")
        content = Content(self.encode([picture, ImageChops.invert(picture)], form, Rendering()))
        return self.send(request, [Part("image/gif", "", content)], form)


@fault("thumbnail-names-the-patient", breaks=("RETRIEVE-THUMB-004",), says="is in the comments of the image")
class ThumbnailNamesThePatient(Origin):
    """Returns renderings with the Patient ID in a JPEG comment."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        picture = super().render(instance, source, number, asked)
        picture.info["comment"] = source.image.PatientID.encode()
        return picture


@fault("thumbnail-default-is-png", breaks=("RETRIEVE-THUMB-006",), says="is image/png, should be image/jpeg")
class ThumbnailDefaultIsPng(Origin):
    """Returns thumbnails in PNG to a client that accepts anything."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        any_type = request.url.path.endswith("/thumbnail") and request.headers.get("accept") == "*/*"
        return super().choose(request, forms[::-1] if any_type else forms)


@fault(
    "unacceptable-thumbnail-is-an-error",
    breaks=("RETRIEVE-THUMB-006",),
    says="status is 500, should be 406",
    seen=("dcm4che/dcm4chee-arc-light#3408",),
)
class UnacceptableThumbnailIsAnError(Origin):
    """Returns 500 for a thumbnail in an unsupported type."""

    def thumbnail(self, request: Request) -> Response:
        try:
            return super().thumbnail(request)
        except HTTPException as error:
            raise HTTPException(500, error.detail) if error.status_code == 406 else error from error


@fault("viewport-of-thumbnail-exceeded", breaks=("RETRIEVE-THUMB-007",), says="should be 64 x 64 at most")
class ViewportOfThumbnailExceeded(Origin):
    """Returns thumbnails that are one pixel larger than the viewport."""

    def thumbnail_rendering(self, request: Request) -> Rendering:
        asked = super().thumbnail_rendering(request)
        size = asked.viewport if "viewport" in request.query_params else None
        return replace(asked, viewport=replace(size, width=size.width + 1, height=size.height + 1)) if size else asked


@fault("region-of-thumbnail-ignored", breaks=("RETRIEVE-RPAR-009",), says="status is 200, should be 400")
class RegionOfThumbnailIgnored(Origin):
    """Reads only width and height of a thumbnail's viewport."""

    def thumbnail_rendering(self, request: Request) -> Rendering:
        asked = Rendering.of(request.query_params)
        viewport = asked.viewport and replace(asked.viewport, left=0, top=0, region_width=None, region_height=None)
        return replace(asked, viewport=viewport)


class Stretched(Viewport):
    """A viewport that is filled, whatever the shape of the picture."""

    def show(self, picture: Image.Image) -> Image.Image:
        return picture.resize((self.width, self.height))


@fault("thumbnail-is-stretched", breaks=("RETRIEVE-THUMB-007",), says="filled by the image")
class ThumbnailIsStretched(Origin):
    """Stretches thumbnails to a square."""

    def thumbnail_rendering(self, request: Request) -> Rendering:
        asked = super().thumbnail_rendering(request)
        return (
            replace(asked, viewport=Stretched(asked.viewport.width, asked.viewport.height)) if asked.viewport else asked
        )
