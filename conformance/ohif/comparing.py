"""The picture on the screen, compared with the stored values at the centre of each pixel.

Between two centres a viewer interpolates. At a centre it shows the value itself, or, where a centre lies between two
points of the canvas, one between those of its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import NamedTuple

from PIL import Image

from conformance.dicomweb.images import Colour
from conformance.kit.instances import Instance
from conformance.kit.kinds import KINDS
from conformance.kit.views import WHOLE, Look
from conformance.retrieve import shades
from conformance.retrieve.shades import Shades

NEAR = 4  # of 255: what rounding explains
LOSSY = 16  # of 255: what lossy compression explains, at single pixels
MOST = 2500  # pixels that are compared, spread over the image
ENOUGH = 0.8  # of these, that are on the screen: OHIF cuts the outer rows or columns off
SIDE = 128  # pixels of a picture in a report


class Difference(NamedTuple):
    """A pixel whose colour on the screen is not that of its value; `by` is the transformation that gives `wanted`."""

    row: int
    column: int
    found: Colour
    wanted: Colour
    by: str

    def __str__(self) -> str:
        return f"row {self.row + 1}, column {self.column + 1}"


def seen(look: Look) -> Image.Image:
    """The canvas."""
    return Image.open(BytesIO(look.canvas)).convert("RGB")


def difference(look: Look, kind: str) -> Difference | None:
    """The first pixel that is not shown right, by the transformation that explains most; None if there is none.

    Nearly all of the image must be on the screen.
    """
    canvas, near = seen(look), LOSSY if "lossy" in _traits(kind) else NEAR
    found = [list(_different(look, canvas, wanted, by, near)) for wanted, by in wanted_of(look)]
    best = min(found, key=len, default=[])
    return best[0] if best else None


def wanted_of(look: Look) -> list[tuple[Image.Image, str]]:
    """The pictures that may be there, a pixel for each of the image, and the transformation that each is made by."""
    instance = look.instance
    if look.frame == WHOLE:
        return [(slide_of(instance), "tiles")]
    shown = shades.candidates(shades.frame_of(instance, look.frame))
    return [(pixels_of(instance, each), each.by) for each in shown]


def slide_of(instance: Instance) -> Image.Image:
    """The tiles of a slide in their places: each row of them from the left to the right (TILED_FULL, PS3.3
    C.7.6.17.3)."""
    ds = instance.dataset
    whole = Image.new("RGB", (ds.TotalPixelMatrixColumns, ds.TotalPixelMatrixRows))
    in_a_row = -(-ds.TotalPixelMatrixColumns // ds.Columns)
    for at in range(int(ds.NumberOfFrames)):
        row, column = divmod(at, in_a_row)
        (tile,) = shades.candidates(shades.frame_of(instance, at + 1))
        whole.paste(pixels_of(instance, tile), (column * ds.Columns, row * ds.Rows))
    return whole


def _traits(kind: str) -> frozenset[str]:
    return frozenset(KINDS[kind].traits) if kind in KINDS else frozenset()


def pixels_of(instance: Instance, shown: Shades) -> Image.Image:
    """The picture that should be there, a pixel for each of the image."""
    ds = instance.dataset
    mode = "L" if len(shown.samples) == ds.Rows * ds.Columns else "RGB"
    return Image.frombytes(mode, (ds.Columns, ds.Rows), bytes(shown.samples)).convert("RGB")


def _different(look: Look, canvas: Image.Image, wanted: Image.Image, by: str, near: int) -> Iterator[Difference]:
    (width, height), on_screen, stored = wanted.size, colours(canvas), colours(wanted)
    places = [divmod(at, width) for at in range(0, width * height, max(1, width * height // MOST))]
    points = {place: tuple(map(int, look.place(*place))) for place in places}
    shown = {
        place: (x, y) for place, (x, y) in points.items() if 0 < x < canvas.width - 1 and 0 < y < canvas.height - 1
    }
    if len(shown) < ENOUGH * len(places):
        yield Difference(0, 0, (0, 0, 0), stored(0, 0), f"{by}; the image is not on the screen")
    for (row, column), point in shown.items():
        found = on_screen(*point)
        near_by = [stored(*place) for place in around(row, column, width, height)]
        ranges = [(min(own) - near, max(own) + near) for own in zip(*near_by, strict=True)]
        if any(not low <= value <= high for value, (low, high) in zip(found, ranges, strict=True)):
            yield Difference(row, column, found, stored(column, row), by)


def around(row: int, column: int, width: int, height: int) -> list[tuple[int, int]]:
    """The places, column and row, of a pixel and its neighbours."""
    rows, columns = range(max(0, row - 1), min(height, row + 2)), range(max(0, column - 1), min(width, column + 2))
    return [(x, y) for y in rows for x in columns]


def colours(image: Image.Image) -> Callable[[int, int], Colour]:
    """The function from the column and row of a picture in RGB to the colour there."""
    data, width = image.tobytes(), image.width

    def colour(x: int, y: int) -> Colour:
        at = 3 * (y * width + x)
        return data[at], data[at + 1], data[at + 2]

    return colour


def strip(looks: Sequence[Look], most: int = 3) -> bytes:
    """A picture, PNG: above the first frames as they should be, below as they are on the screen."""
    shown = looks[:most]
    made = Image.new("RGB", ((SIDE + 4) * len(shown), 2 * SIDE + 4), (255, 255, 255))
    for number, look in enumerate(shown):
        canvas = seen(look)
        wanted = wanted_of(look)
        expected = _placed(look, wanted[0][0], canvas.size) if wanted else Image.new("RGB", canvas.size)
        for image, y in ((expected, 0), (canvas, SIDE + 4)):
            image.thumbnail((SIDE, SIDE))
            made.paste(image, ((SIDE + 4) * number + (SIDE - image.width) // 2, y + (SIDE - image.height) // 2))
    file = BytesIO()
    made.quantize(256).save(file, "PNG", optimize=True)
    return file.getvalue()


def _placed(look: Look, image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """An image where the screen should show it, turned as it is there."""
    if not look.area:
        return Image.new("RGB", size)
    (row, column), (low, across), (deep, down) = look.pixel(0, 0), look.pixel(1, 0), look.pixel(0, 1)
    # Images count from the corner of a pixel.
    data = (across - column, down - column, column + 0.5, low - row, deep - row, row + 0.5)
    return image.transform(size, Image.Transform.AFFINE, data)
