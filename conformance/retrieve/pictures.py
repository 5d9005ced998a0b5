"""Renderings in answers, decoded, and the pictures that they should show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from conformance.dicomweb import images
from conformance.dicomweb.images import Picture
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, NotSupported
from conformance.retrieve import colours, reading

JPEG = "image/jpeg"
TEXTUAL = ("text/", "application/pdf")
MOST = 100  # renderings in one answer; a series that is rendered has fewer images
DARK, LIGHT = 32, 223  # what counts as black and as white, of 255: rendering and compression leave some play
BLUR = 12.0  # mean difference of two pictures, of 255, that compression and scaling explain


class Endpoint(Protocol):
    """What is needed of an endpoint."""

    def fetch(self, target: str, *, accept: str | None, params: dict[str, str] | None) -> Response: ...


def each(response: Response) -> Iterator[Picture]:
    """The renderings that a 200 holds, MOST at most, decoded one after another (8.7.4)."""
    # Each part has a media type of its own (8.7.8.1): a report beside images is text.
    kinds = reading.types(response)
    contents = [
        content
        for content, kind in zip(reading.payloads(response), kinds, strict=True)
        if len(kinds) == 1 or not kind.startswith(TEXTUAL)
    ]
    if len(contents) > MOST:
        sentence = f"the number of renderings is {len(contents)}, should be {MOST} at most"
        raise AssertionError(f"{sentence} ({response.request})")
    for number, content in enumerate(contents, 1):
        try:
            yield images.read(content)
        except images.MalformedImage as error:
            if content.startswith(b"--"):
                sentence = "the body is a multipart message, should be labelled so in Content-Type, or be an image"
                raise AssertionError(f"{sentence} ({response.request})") from None
            raise AssertionError(f"rendering {number}: {error} ({response.request})") from None


def one(response: Response) -> Picture:
    """The only rendering of a 200."""
    number = len(reading.payloads(response))
    if number != 1:
        raise AssertionError(f"the number of renderings is {number}, should be 1 ({response.request})")
    return next(each(response))


def given_one(response: Response) -> Picture:
    """The only rendering of a 200; where there is none, another check fails."""
    try:
        return one(response)
    except AssertionError as error:
        raise Blocked(f"a precondition does not hold: {error}", "retrieve-rend-001") from None


def truth(instance: Instance) -> Picture:
    """The first frame of a colour image of 8 bits a sample."""
    return images.native(colours.by_pixel(instance), instance.dataset.Columns, instance.dataset.Rows, 3)


def rendered(endpoint: Endpoint, instance: Instance, accept: str = JPEG, **parameters: str) -> Response:
    """The rendering of an instance, with query parameters; asked for once a run."""
    return endpoint.fetch(f"{instance.path}/rendered", accept=accept, params=parameters or None)


def has_effect(endpoint: Endpoint, instance: Instance, name: str, value: str, other: str | None = None) -> bool:
    """Whether a rendering with a parameter is another image than without it, or with the other value."""
    plain = rendered(endpoint, instance, **({name: other} if other else {}))
    changed = rendered(endpoint, instance, **{name: value})
    expect.status(plain, 200)
    return changed.status == 200 and reading.payloads(changed) != reading.payloads(plain)


def supported(endpoint: Endpoint, instance: Instance, name: str, value: str, other: str | None = None) -> None:
    """A rendering parameter has an effect; RETRIEVE-RPAR-001 says so where it has none. Raises NotSupported."""
    given_one(rendered(endpoint, instance))
    if not has_effect(endpoint, instance, name, value, other):
        raise NotSupported(f"{name}={value} has no effect on a rendering, which RETRIEVE-RPAR-001 judges")


def sized(picture: Picture, size: tuple[int, int], response: Response) -> None:
    """The picture has this many columns and rows."""
    if picture.size != size:
        is_, should = (" x ".join(map(str, pair)) for pair in (picture.size, size))
        raise AssertionError(f"the rendering is {is_} pixels, should be {should} ({response.request})")


def alike(picture: Picture, other: Picture, what: str, response: Response) -> None:
    """The picture shows the same as another one, as far as compression and scaling let it."""
    sized(picture, other.size, response)
    distance = picture.distance(other)
    if distance > BLUR:
        raise AssertionError(
            f"the rendering differs by {distance:.0f} of 255 a sample, should be {what} ({response.request})"
        )
