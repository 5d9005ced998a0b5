"""Variants of rendered resources: the supported parameters, and the parts of a rendered study."""

from __future__ import annotations

from PIL import Image, ImageDraw
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from .. import documents
from ..app import Origin
from ..archive import Instance
from ..multipart import Content, Part
from ..negotiation import Representation
from ..rendered import IMAGES, THUMBNAIL
from ..rendering import Rendering
from ..target import Target
from .registry import variant


@variant("window-is-linear", "standard 8.3.5.1, rule 2")
class WindowIsLinear(Origin):
    """Supports only the window function linear, and returns 400 for the others."""

    def rendering(self, request: Request) -> Rendering:
        window = request.query_params.get("window", "linear")
        if window.endswith(("linear-exact", "sigmoid")):
            raise HTTPException(400, "window: the only function is linear")
        return super().rendering(request)


@variant("other-windows-are-ignored", "standard 8.3.5.1, rule 2")
class OtherWindowsAreIgnored(Origin):
    """Supports only the window function linear, and ignores a window with another."""

    def rendered_instance(self, request: Request) -> Response:
        window = request.query_params.get("window", "linear")
        if window.endswith(("linear-exact", "sigmoid")):
            scope = {name: value for name, value in request.scope.items() if name != "query_string"}
            request = Request(scope | {"query_string": b""}, request.receive)
        return super().rendered_instance(request)


@variant("reports-are-rendered-beside-images", "standard 8.7.8.1")
class ReportsAreRenderedBesideImages(Origin):
    """Returns a rendered study with a text/html part for each report too, to a client that accepts anything."""

    def rendered_images(self, request: Request, form: Representation, instances: list[Instance]) -> Response:
        reports = [instance for instance in instances if documents.is_report(instance)]
        if len(instances) == 1 or not reports or "*/*" not in request.headers.get("accept", ""):
            return super().rendered_images(request, form, instances)
        self._texts = [
            Part("text/html; charset=utf-8", str(request.url), Content(self.report(report, "text/html", "utf-8")))
            for report in reports
        ]
        return super().rendered_images(request, form, instances)

    def send_rendered(
        self, request: Request, parts: list[Part], form: Representation, asked: Rendering, instances: list[Instance]
    ) -> Response:
        texts, self._texts = self._texts, []
        return super().send_rendered(request, [*parts, *texts], form, asked, instances)

    _texts: list[Part] = []


@variant("rendered-studies-are-of-any-type", "standard 8.7.8.1")
class RenderedStudiesAreOfAnyType(ReportsAreRenderedBesideImages):
    """Returns a rendered study only to a client that accepts anything: images, and reports as text/html."""

    def rendered_all(self, request: Request) -> Response:
        if "*/*" not in request.headers.get("accept", ""):
            raise HTTPException(406, "a rendered study has parts of several types: accept any")
        return super().rendered_all(request)


@variant("thumbnails-have-one-size", "standard Table 10.4.1-5")
class ThumbnailsHaveOneSize(Origin):
    """Ignores the viewport of thumbnails, which it does not support."""

    def thumbnail_rendering(self, request: Request) -> Rendering:
        return Rendering(viewport=THUMBNAIL)


@variant("thumbnails-are-icons", "standard 10.4.3.3.4; 10.4.5, note")
class ThumbnailsAreIcons(Origin):
    """Returns an icon of the modality as the thumbnail of anything, also of a report."""

    def thumbnail(self, request: Request) -> Response:
        instances = self.instances(Target.of(request))
        form = self.choose(request, [*map(Representation, IMAGES[:2])])
        asked = self.thumbnail_rendering(request)
        if "frames" in request.path_params:
            self.check_numbers(self.numbers(request), self.image(instances[0]))
        icon = Image.new("RGB", (96, 64), "navy")
        modality = documents.text(instances[0].attributes, "Modality")
        ImageDraw.Draw(icon).text((20, 20), modality or "?", fill="white")
        shown = asked.viewport.show(icon) if asked.viewport else icon
        return self.send(request, [self.part([shown], form, asked, str(request.url))], form)


@variant("thumbnail-is-a-redirect", "standard 10.4.3.3.4")
class ThumbnailIsARedirect(Origin):
    """Returns a redirect to the rendering of the first frame in place of the thumbnail of an image."""

    def thumbnail(self, request: Request) -> Response:
        instances = self.instances(Target.of(request))
        if Target.of(request).level != "instance" or "frames" in request.path_params or not self.is_image(instances[0]):
            return super().thumbnail(request)
        self.choose(request, [*map(Representation, IMAGES[:2])])
        return RedirectResponse(request.url.path.removesuffix("thumbnail") + "frames/1/rendered", 302)
