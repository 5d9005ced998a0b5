"""Renderings in responses, decoded, and the pictures that they should show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from conformance.dicomweb import images
from conformance.dicomweb.images import Picture
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, Deviates, NotSupported
from conformance.retrieve import colours, reading

JPEG = "image/jpeg"
TEXTUAL = ("text/", "application/pdf")
MOST = 100  # renderings in one response; a rendered series has fewer images
DARK, LIGHT = 32, 223  # limits of black and white, of 255: rendering and compression cause small differences
RULE_2 = "rule 2 of 8.3.5.1 does not require a server to support every parameter"
BLUR = 12.0  # mean difference of two pictures, of 255, that compression and scaling explain


class Endpoint(Protocol):
    """The part of an endpoint that is needed here."""

    @property
    def claims(self) -> frozenset[str]: ...

    def fetch(self, target: str, *, accept: str | None, params: dict[str, str] | None) -> Response: ...


def each(response: Response) -> Iterator[Picture]:
    """The renderings in a 200, MOST at most, decoded one after another (8.7.4)."""
    # Each part has a media type of its own (8.7.8.1): a report beside images is text.
    kinds = reading.types(response)
    contents = [
        content
        for content, kind in zip(reading.payloads(response), kinds, strict=True)
        if len(kinds) == 1 or not kind.startswith(TEXTUAL)
    ]
    expect.that(len(contents) <= MOST, "the number of renderings", len(contents), f"{MOST} at most", response)
    for number, content in enumerate(contents, 1):
        try:
            yield images.read(content)
        except images.MalformedImage as error:
            if content.startswith(b"--"):
                wanted = "an image, or labelled as multipart in Content-Type"
                expect.deviates("the body", "a multipart message", wanted, response)
            expect.readable(error, response, f"rendering {number}")


def one(response: Response) -> Picture:
    """The only rendering of a 200."""
    expect.equal("the number of renderings", len(reading.payloads(response)), 1, response)
    return next(each(response))


def given_one(response: Response) -> Picture:
    """The only rendering of a 200. Raises Blocked, since RETRIEVE-REND-001 judges that."""
    try:
        return one(response)
    except Deviates as error:
        raise Blocked.of(error.deviation, "retrieve-rend-001") from None


def truth(instance: Instance) -> Picture:
    """The first frame of a colour image of 8 bits a sample."""
    return images.native(colours.by_pixel(instance), instance.dataset.Columns, instance.dataset.Rows, 3)


def rendered(endpoint: Endpoint, instance: Instance, accept: str = JPEG, **parameters: str) -> Response:
    """The rendering of an instance, with query parameters; requested once in a run."""
    return endpoint.fetch(f"{instance.path}/rendered", accept=accept, params=parameters or None)


def has_effect(endpoint: Endpoint, instance: Instance, name: str, value: str, other: str | None = None) -> bool:
    """Return whether a rendering with a parameter differs from the one without it, or with the other value."""
    plain = rendered(endpoint, instance, **({name: other} if other else {}))
    changed = rendered(endpoint, instance, **{name: value})
    expect.status(plain, 200)
    return changed.status == 200 and reading.payloads(changed) != reading.payloads(plain)


def supported(endpoint: Endpoint, instance: Instance, name: str, value: str, other: str | None = None) -> None:
    """Raise NotSupported if a rendering parameter has no effect, since RETRIEVE-RPAR-001 judges that."""
    given_one(rendered(endpoint, instance))
    if not has_effect(endpoint, instance, name, value, other):
        raise NotSupported(f"{name}={value} has no effect on a rendering, which RETRIEVE-RPAR-001 judges")


def sized(picture: Picture, size: tuple[int, int], response: Response) -> None:
    """Deviate unless the picture has this many columns and rows."""
    expect.equal("the size of the rendering", pixels(picture.size), pixels(size), response)


def pixels(size: tuple[int, int]) -> str:
    """Columns and rows as a message names them."""
    return f"{size[0]} x {size[1]} pixels"


def alike(picture: Picture, other: Picture, what: str, response: Response) -> None:
    """Deviate unless the picture shows the same as another one, within the effects of compression and scaling."""
    sized(picture, other.size, response)
    distance = picture.distance(other)
    expect.that(distance <= BLUR, "the rendering", different(distance), what, response)


def different(distance: float) -> str:
    """A picture with this mean difference of its samples, 0 to 255, as a message names it."""
    return f"a different picture (mean difference {distance:.0f} of 255)"


def windowed(response: Response, values: Sequence[int]) -> None:
    """Deviate unless the rendering of `grey-ramp` shows the first of some values, in HU, black, the last white, the
    others between."""
    picture = one(response)
    levels = [picture.grey((value + 1024) / 4096, 0.5) for value in values]
    expect.that(
        levels[0] <= DARK and levels[-1] >= LIGHT and levels == sorted(set(levels)),
        f"the grey level of {', '.join(map(str, values))} HU",
        f"{', '.join(map(str, levels))} (of 0 to 255)",
        "black, three rising greys, white",
        response,
    )
