"""The picture of an own object on the screen, compared with what this machine makes of its stored pixels.

Compared are points of the canvas that lie near the centre of a pixel: there a viewer shows the value of that pixel, or
one between those of its neighbours. A deviation says which picture is there instead, and tells no value. Where the
pixels cannot be decoded here, or where the viewer may show them otherwise, nothing is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isqrt

from pydicom import Dataset

from conformance.dicomweb.images import Colour
from conformance.kit.views import Look
from conformance.ohif import comparing
from conformance.retrieve import own_shades
from conformance.retrieve.own_shades import Stored, unjudged
from conformance.retrieve.shades import LOSS, channels_of

LARGEST = 4096  # rows or columns, more of which may not fit into the memory of a graphics processor
STRAY = 0.02  # of the points, that another decoder of lossy compression explains
# OHIF chooses their contrast itself: a picture with another one is not judged.
SCALED = ("PT", "NM", "RTDOSE")


@dataclass(frozen=True)
class Seen:
    """A frame, and the colour on the screen at some of its pixels, by row and column."""

    stored: Stored
    points: dict[tuple[int, int], Colour]

    def fits(self, inverted: bool = False) -> bool:
        """True if each point has a colour between those of the pixels around it."""
        if not self.stored.right:
            return self.rises(inverted)
        colours = [_by_place(self.stored, samples) for samples, _ in self.stored.right]
        return any(self._share(found, inverted) <= (STRAY if self.stored.loss else 0) for found in colours)

    def rises(self, inverted: bool = False) -> bool:
        """True if pixels of greater values are brighter."""
        columns = self.stored.frame.ds.Columns
        values = dict(zip(self.stored.places, self.stored.frame.values, strict=True))
        shown = {row * columns + column: colour[0] for (row, column), colour in self.points.items()}
        shown = {at: grey for at, grey in shown.items() if at in values}
        frame = self.stored.frame._replace(values=[values[at] for at in shown])
        return replace(self.stored, places=[*shown], frame=frame).rises(shown, LOSS, inverted)

    def _share(self, colours: dict[int, Colour], inverted: bool) -> float:
        """The part of the points that have another colour."""
        ds, near = self.stored.frame.ds, LOSS if self.stored.loss else comparing.NEAR
        compared = other = 0
        for (row, column), found in self.points.items():
            around = [colours.get(y * ds.Columns + x) for x, y in comparing.around(row, column, ds.Columns, ds.Rows)]
            if None in around:  # padding
                continue
            compared += 1
            ranges = [(min(each) - near, max(each) + near) for each in zip(*filter(None, around), strict=True)]
            if inverted:
                ranges = [(255 - high, 255 - low) for low, high in ranges]
            other += any(not low <= level <= high for level, (low, high) in zip(found, ranges, strict=True))
        if not compared:
            raise unjudged("nearly all of it is padding")
        return other / compared


def difference(look: Look, others: list[int]) -> str:
    """Which picture is on the screen instead of that of a frame; "" if it is that one. `others`: the numbers of frames
    that may be there instead.

    Raises NotSupported if the pixels cannot be decoded here, or if the viewer may show them otherwise.
    """
    seen = _seen(look, look.frame)
    if not seen.stored.right and len(set(seen.points.values())) == 1:
        raise unjudged("it is of one grey on the screen, and no window tells which contrast it should have")
    if seen.fits():
        return ""
    if why := _left_open(seen.stored):
        raise unjudged(why)
    for number in others:
        if number != look.frame and seen.stored.right and _seen(look, number).fits():
            return f"frame {number}"
    if seen.fits(inverted=True):
        return "the stored image, inverted"
    if channels_of(seen.stored.frame.ds) == 1 and seen.stored.right and seen.rises():
        return "the stored image with other contrast"
    return "a different picture"


def _seen(look: Look, number: int) -> Seen:
    ds = look.instance.dataset
    points = _points(look, ds)
    around = {place for row, column in points for place in comparing.around(row, column, ds.Columns, ds.Rows)}
    places = sorted(row * ds.Columns + column for column, row in around)
    (stored,) = own_shades.frames(ds, [number], places)
    return Seen(stored, points)


def _points(look: Look, ds: Dataset) -> dict[tuple[int, int], Colour]:
    """The colours on the screen at about MOST pixels of an image, spread over it. Raises NotSupported if little of it
    is on the screen."""
    canvas = comparing.seen(look)
    colour = comparing.colours(canvas)
    step = max(1, isqrt(ds.Rows * ds.Columns // comparing.MOST))
    wanted = [(row, column) for row in range(0, ds.Rows, step) for column in range(0, ds.Columns, step)]
    found = {}
    for place in wanted:
        x, y = map(int, look.place(*place))
        if not (0 < x < canvas.width - 1 and 0 < y < canvas.height - 1):
            continue
        corners = [look.pixel(x + right, y + below) for right in (0, 1) for below in (0, 1)]
        # A pixel of the canvas at the edge of the image is a mixture with what is beside it.
        if all(-0.5 <= row <= ds.Rows - 0.5 and -0.5 <= column <= ds.Columns - 0.5 for row, column in corners):
            row, column = map(round, look.pixel(x + 0.5, y + 0.5))
            found[row, column] = colour(x, y)
    if len(found) < comparing.ENOUGH * len(wanted):
        raise unjudged("a part of it is beside the screen")
    return found


def _by_place(stored: Stored, samples: Sequence[int]) -> dict[int, Colour]:
    """The colours of a right picture, by place."""
    if len(samples) == len(stored.places):
        return {at: (grey, grey, grey) for at, grey in zip(stored.places, samples, strict=True)}
    return dict(zip(stored.places, zip(samples[::3], samples[1::3], samples[2::3], strict=True), strict=True))


def _left_open(stored: Stored) -> str:
    """The reason why OHIF may show an image otherwise; "" if there is none."""
    ds = stored.frame.ds
    if max(ds.Rows, ds.Columns) > LARGEST:
        return f"it has more than {LARGEST:,} rows or columns"
    for keyword, name in (("ModalityLUTSequence", "Modality"), ("VOILUTSequence", "VOI")):
        if keyword in ds:
            return f"OHIF does not apply its {name} LUT"
    if ds.SamplesPerPixel == 3 and ds.BitsAllocated > 8:
        return f"OHIF does not show colours of {ds.BitsAllocated} bits"
    if ds.BitsAllocated not in (8, 16) or stored.more or ds.get("HighBit", ds.BitsStored - 1) != ds.BitsStored - 1:
        return "viewers differ in what they make of bits beside the stored ones"
    if ds.get("PresentationLUTShape") == "INVERSE" and ds.PhotometricInterpretation == "MONOCHROME2":
        return "viewers differ in whether they apply Presentation LUT Shape"
    if ds.get("Modality") in SCALED:
        return f"OHIF chooses the contrast of {ds.Modality} itself"
    return own_shades.left_open(stored)
