"""The picture of an own slide on the screen: the mean colour of some of its tiles, compared with the stored one.

A slide has more pixels than a screen, and a viewer shrinks it in a way of its own; that leaves means as they are. A
deviation tells no value.
"""

from __future__ import annotations

from io import BytesIO
from math import isqrt

from PIL import Image, ImageCms
from pydicom import Dataset

from conformance.dicomweb.images import Colour
from conformance.kit.views import Look
from conformance.ohif import comparing
from conformance.retrieve import own_shades
from conformance.retrieve.own_shades import unjudged
from conformance.retrieve.shades import LOSS

TILES = 64  # that are compared, spread over the slide
GRID = 8  # rows and columns of the pixels of a tile whose mean is taken

Place = tuple[int, int]


def different_tile(look: Look) -> int | None:
    """The number of the first tile whose colour is not that of its pixels; None if there is none.

    Raises NotSupported if the places or the colours of the tiles cannot be told here.
    """
    ds = look.instance.dataset
    if why := _left_open(ds):
        raise unjudged(why)
    canvas, profile = comparing.seen(look), _profile(ds)
    colour = comparing.colours(canvas)
    for number, pixels in _tiles(ds).items():
        points = [tuple(map(int, look.place(*place))) for place in pixels.values()]
        if not all(0 <= x < canvas.width and 0 <= y < canvas.height for x, y in points):
            raise unjudged("a part of it is beside the screen")
        wanted = _stored(ds, number, [*pixels])
        found = _mean([colour(x, y) for x, y in points])
        if not any(_is_near(found, each) for each in (wanted, _converted(wanted, profile))):
            return number
    return None


def _left_open(ds: Dataset) -> str:
    if ds.get("DimensionOrganizationType") != "TILED_FULL":
        return "its tiles have places of their own"
    if len(ds.OpticalPathSequence) > 1 or (ds.get("TotalPixelMatrixFocalPlanes") or 1) > 1:
        return "several of its tiles lie in one place"
    if ds.get("SamplesPerPixel") != 3 or ds.get("BitsAllocated") != 8:
        return "viewers choose the colours of a slide of one channel themselves"
    return ""


def _tiles(ds: Dataset) -> dict[int, dict[int, Place]]:
    """Tiles by number: of some pixels of each the place in it, counted by row, and the row and column in the slide.

    Tiles are counted by row (TILED_FULL, PS3.3 C.7.6.17.3); the last of a row may be larger than what is left of it.
    """
    rows, columns = ds.TotalPixelMatrixRows, ds.TotalPixelMatrixColumns
    in_a_row, in_a_column = -(-columns // ds.Columns), -(-rows // ds.Rows)
    step = max(1, isqrt(in_a_row * in_a_column // TILES))
    found = {}
    for down in range(0, in_a_column, step):
        for across in range(0, in_a_row, step):
            pixels = {
                row * ds.Columns + column: (down * ds.Rows + row, across * ds.Columns + column)
                for row in range(0, ds.Rows, max(1, ds.Rows // GRID))
                for column in range(0, ds.Columns, max(1, ds.Columns // GRID))
            }
            found[down * in_a_row + across + 1] = {
                at: (row, column) for at, (row, column) in pixels.items() if row < rows and column < columns
            }
    return found


def _stored(ds: Dataset, number: int, places: list[int]) -> Colour:
    (tile,) = own_shades.frames(ds, [number], places)
    if tile.loss and ds.PhotometricInterpretation == "RGB":
        raise unjudged(own_shades.left_open(tile))
    samples = tile.right[0].samples
    return _mean(list(zip(samples[::3], samples[1::3], samples[2::3], strict=True)))


def _mean(colours: list[Colour]) -> Colour:
    red, green, blue = (round(sum(each) / len(colours)) for each in zip(*colours, strict=True))
    return red, green, blue


def _is_near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= LOSS for a, b in zip(one, other, strict=True))


def _profile(ds: Dataset) -> bytes:
    """The ICC profile of the only optical path; empty if it has none."""
    found: bytes = ds.OpticalPathSequence[0].get("ICCProfile") or b""
    return found


def _converted(colour: Colour, profile: bytes) -> Colour:
    """A colour in sRGB, as a viewer shows it that applies the profile of the slide."""
    if not profile:
        return colour
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        change = ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), "RGB", "RGB")
        image = ImageCms.applyTransform(Image.new("RGB", (1, 1), colour), change)
    except (ImageCms.PyCMSError, OSError):
        raise unjudged("its ICC profile cannot be read") from None
    red, green, blue = image.tobytes() if image else colour
    return red, green, blue
