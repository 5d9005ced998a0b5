"""Rendered resources and thumbnails (PS3.18 10.4.1.1.3, 10.4.1.1.4, 8.7.4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from PIL import Image
from pydicom import Dataset
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from . import documents, imaging, negotiation, pixels, presentation, rendering
from .archive import Instance
from .attributes import tag
from .imaging import Unrenderable
from .multipart import Content, Part
from .negotiation import Representation
from .pixels import Missing, Pixels
from .rendering import Rendering, Viewport
from .retrieve import Retrieve, instances_of
from .target import Target, base_url

IMAGES = ("image/jpeg", "image/png", "image/gif")
MULTIPART = [Representation(media_type, multipart=True) for media_type in IMAGES]
PDF, VIDEO = "application/pdf", "video/mp4"
ENCAPSULATED_DOCUMENT = "00420011"
THUMBNAIL = Viewport(128, 128)


class Rendered(Retrieve):
    """GET of renderings. Each step that affects the picture is a method of its own."""

    def rendered_instance(self, request: Request) -> Response:
        """An instance: an image, all frames of a multi-frame image, the text of a report or a document, or the images
        that a presentation state shows."""
        (instance,) = self.instances(Target.of(request))
        if instance.transfer_syntax in pixels.VIDEOS:
            return self.rendered_video(request, instance)
        if texts := self.text_forms(instance):
            return self.rendered_text(request, instance, self.choose(request, texts))
        if presentation.is_state(instance):
            return self.rendered_state(request, instance)
        form = self.choose(request, self.image_forms(self.image(instance)))
        return self.rendered_images(request, form, [instance])

    def rendered_all(self, request: Request) -> Response:
        """The images of a study or series, one part each; instances that are not images are left out."""
        instances = self.instances(Target.of(request))
        form = self.choose(request, MULTIPART)
        return self.rendered_images(request, form, instances)

    def rendered_frames(self, request: Request) -> Response:
        """The frames of a list, one part each, or a single one alone."""
        (instance,) = self.instances(Target.of(request))
        numbers, asked = self.numbers(request), self.rendering(request)
        source = self.image(instance)
        self.check_numbers(numbers, source)
        alone = map(Representation, IMAGES) if len(numbers) == 1 else []
        form = self.choose(request, [*alone, *MULTIPART])
        url = f"{base_url(request)}{instance.target.path}/frames"
        parts = [
            self.part([self.render(instance, source, number, asked)], form, asked, f"{url}/{number}/rendered")
            for number in numbers
        ]
        return self.send_rendered(request, parts, form, asked, [instance])

    def thumbnail(self, request: Request) -> Response:
        """A small image of the first image of the target, or of a frame."""
        instances = self.instances(Target.of(request))
        form = self.choose(request, [*map(Representation, IMAGES[:2])])
        asked = self.thumbnail_rendering(request)
        for instance in instances:
            if self.is_image(instance):
                source = self.image(instance)
                number = self.numbers(request)[0] if "frames" in request.path_params else 1
                self.check_numbers([number], source)
                shown = self.render(instance, source, number, asked)
                return self.send(request, [self.part([shown], form, asked, str(request.url))], form)
        raise HTTPException(404, "there is no image to make a thumbnail of")

    # Sources and forms of renderings

    def text_forms(self, instance: Instance) -> list[Representation]:
        """The forms of an instance that is text, the default first (Table 8.7.4-1); none for an image."""
        if documents.is_report(instance):
            return [Representation(media_type) for media_type in documents.TEXTS]
        mime_type = instance.attributes.get(tag("MIMETypeOfEncapsulatedDocument"), {}).get("Value", [""])[0]
        return [Representation(PDF)] if mime_type == PDF else []

    def image_forms(self, source: Pixels) -> list[Representation]:
        """The forms of an image. A multi-frame image alone is an animation; else each frame is a part."""
        if len(source.contents) == 1:
            return [*map(Representation, IMAGES), *MULTIPART]
        return [Representation("image/gif"), *MULTIPART]

    def is_image(self, instance: Instance) -> bool:
        """True if an instance has frames that can be shown."""
        try:
            imaging.picture(self.image(instance), 1)
        except (HTTPException, Unrenderable):
            return False
        return True

    def image(self, instance: Instance) -> Pixels:
        """The frames of an instance. Raises 406 if it has none: there is no rendering of it."""
        try:
            return self.source(instance)
        except HTTPException as error:
            raise HTTPException(406, f"{instance.target} cannot be rendered: {error.detail}") from error

    # Steps of rendering

    def rendering(self, request: Request) -> Rendering:
        """The rendering that the query parameters request. Raises 400."""
        return Rendering.of(request.query_params)

    def thumbnail_rendering(self, request: Request) -> Rendering:
        """The size of a thumbnail. Raises 400 for a viewport that is not vw,vh (8.3.5.1.3)."""
        given = request.query_params.get("viewport")
        return Rendering(viewport=THUMBNAIL if given is None else rendering.viewport(given, most=2))

    def state_rendering(self, request: Request) -> Rendering:
        """The rendering that a request for a presentation state may have. Raises 400 for a window and a region
        (8.3.5.1.3, -4)."""
        if "window" in request.query_params:
            raise HTTPException(400, "window: a presentation state has its own")
        if "viewport" in request.query_params:
            rendering.viewport(request.query_params["viewport"], most=2)
        return self.rendering(request)

    def render_by(self, state: Dataset, image: Instance, number: int, asked: Rendering) -> Image.Image:
        """A frame as a presentation state shows it. Raises 406 and 400."""
        source = self.image(image)
        self.check_numbers([number], source)
        presentation.apply(state, source.image)
        shown = presentation.turned(state, self.render(image, source, number, replace(asked, viewport=None)))
        return asked.viewport.show(shown) if asked.viewport else shown

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        """A frame as requested. Raises 406 and 400."""
        try:
            picture = imaging.picture(source, number, asked.window)
        except Unrenderable as error:
            raise HTTPException(406, f"{instance.target} cannot be rendered: {error}") from error
        if asked.viewport:
            picture = asked.viewport.show(picture)
        return rendering.annotated(picture, self.annotation(instance, asked))

    def annotation(self, instance: Instance, asked: Rendering) -> list[str]:
        """The lines of text that are burnt in (8.3.5.1.1)."""
        keywords = {
            "patient": ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
            "technique": ("Modality", "SeriesDescription", "WindowCenter", "WindowWidth"),
        }
        lines = []
        for name in asked.annotations:
            values = (documents.text(instance.attributes, keyword) for keyword in keywords[name])
            lines.append(" ".join(filter(None, values)) or name)
        return lines

    def encode(self, pictures: list[Image.Image], form: Representation, asked: Rendering) -> bytes:
        """Pictures in a rendered media type."""
        return rendering.encoded(pictures, form.media_type, asked.quality, asked.profile)

    # Responses

    def rendered_images(self, request: Request, form: Representation, instances: list[Instance]) -> Response:
        """A part for each image, or for each frame if the target is a multi-frame image. Raises 406 if there is none.

        A multi-frame image in a study or series is sent only if it is one picture, a GIF.
        """
        asked, base = self.rendering(request), base_url(request)
        alone = Target.of(request).level == "instance"
        parts = []
        for instance in instances:
            if not alone and not self.is_image(instance):
                continue
            source, url = self.image(instance), base + instance.target.path
            pictures = (self.render(instance, source, number, asked) for number in range(1, len(source.contents) + 1))
            if len(source.contents) == 1 or form.media_type == "image/gif":
                parts.append(self.part(list(pictures), form, asked, f"{url}/rendered"))
            elif alone:
                parts += [
                    self.part([shown], form, asked, f"{url}/frames/{number}/rendered")
                    for number, shown in zip(count(1), pictures, strict=False)
                ]
        if not parts:
            raise HTTPException(406, f"there is nothing in {Target.of(request)} that {form.media_type} can show")
        return self.send_rendered(request, parts, form, asked, instances)

    def rendered_state(self, request: Request, instance: Instance) -> Response:
        """The images that a presentation state shows, as it shows them. Raises 406 if they are not in the archive."""
        state, asked = presentation.state_of(instance), self.state_rendering(request)
        shown = [
            self.render_by(state, image, number, asked)
            for reference in presentation.references(state)
            for image in self.archive.find(reference.target)
            for number in reference.frames
        ]
        if not shown:
            raise HTTPException(406, f"{instance.target} cannot be rendered: its images are not here")
        form = self.choose(request, [*map(Representation, IMAGES), *MULTIPART] if len(shown) == 1 else MULTIPART)
        parts = [self.part([picture], form, asked, str(request.url)) for picture in shown]
        return self.send_rendered(request, parts, form, asked, [instance])

    def rendered_video(self, request: Request, instance: Instance) -> Response:
        """A video as it is kept, of which a range can be asked for. Raises 406 if it has no stream."""
        form = self.choose(request, [Representation(VIDEO)])
        try:
            stream = pixels.video(instance)
        except Missing as error:
            raise HTTPException(406, f"{instance.target} cannot be rendered: {error}") from error
        tag = self.etag(str(request.url), instances_of([instance]), form)
        return self.send(request, [Part(self.part_type(form), str(request.url), stream)], form, tag)

    def rendered_text(self, request: Request, instance: Instance, form: Representation) -> Response:
        """A report or a document."""
        asked = self.rendering(request)
        if form.media_type == PDF:
            content = self.value(instance, ENCAPSULATED_DOCUMENT).contents[0]
            return self.send(request, [Part(PDF, str(request.url), content)], form)
        charset = self.charset(request, form)
        text = Content(self.report(instance, form.media_type, charset))
        part = Part(f"{form.media_type}; charset={charset}", str(request.url), text)
        return self.send_rendered(request, [part], form, asked, [instance])

    def charset(self, request: Request, form: Representation) -> str:
        """The character set of text (8.8.5)."""
        return negotiation.charset(request, form)

    def report(self, instance: Instance, media_type: str, charset: str) -> bytes:
        """A structured report as text. Raises 406 if the character set lacks a character of it (8.8.5)."""
        try:
            return documents.report(instance, media_type, charset)
        except UnicodeEncodeError as error:
            raise HTTPException(406, f"the report cannot be written in {charset}; available: utf-8") from error

    def part(self, pictures: list[Image.Image], form: Representation, asked: Rendering, location: str) -> Part:
        """Pictures as a part, or as the message."""
        return Part(self.part_type(form), location, Content(self.encode(pictures, form, asked)))

    def send_rendered(
        self, request: Request, parts: list[Part], form: Representation, asked: Rendering, instances: list[Instance]
    ) -> Response:
        """The message, with a warning about annotations that are not supported."""
        tag = self.etag(str(request.url), instances_of(instances), form)
        response = self.send(request, parts, form, tag)
        self.warn(response, base_url(request), [f"annotation {word} is not supported" for word in asked.unknown])
        return response
