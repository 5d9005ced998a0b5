"""The grey or colour that each pixel of a rendering must have, by PS3.3 C.7.6.3, C.11.1 and C.11.2."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from PIL import Image
from pydicom import Dataset

from conformance.dicomweb.images import Picture
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.kinds import frames, is_lossy
from conformance.retrieve import colours, pictures

NEAR, LOSS = 3, 24  # of 255: what rounding, and what lossy compression explains
Level = Callable[[float], float]


class Window(NamedTuple):
    """Centre, width and function of a window (C.11.2.1)."""

    center: float
    width: float
    function: str = "LINEAR"

    def __str__(self) -> str:
        return f"window center {self.center:g}, width {self.width:g}, {self.function}"

    def level(self, value: float) -> float:
        """The brightness of a value, from 0 to 1."""
        match self.function:
            case "SIGMOID":
                return 1 / (1 + math.exp(min(600.0, -4 * (value - self.center) / self.width)))
            case "LINEAR_EXACT":
                found = (value - self.center) / self.width + 0.5
            case _ if self.width == 1:
                found = float(value > self.center - 0.5)
            case _:
                found = (value - (self.center - 0.5)) / (self.width - 1) + 0.5
        return min(1.0, max(0.0, found))


class Frame(NamedTuple):
    """A frame of an image, or some of its pixels: `values` are the samples in their stored bits, with their sign,
    colour by pixel; with `ybr` they are luminance and chrominances."""

    ds: Dataset
    number: int
    values: Sequence[int]
    ybr: bool = False


class Shades(NamedTuple):
    """The samples, 0 to 255, that a rendering of a frame may have, and the transformation that gives them."""

    samples: Sequence[int]
    by: str


def judge(response: Response, instance: Instance, number: int = 1, window: Window | None = None) -> None:
    """Deviate unless the only rendering of a response shows a frame, as `judge_picture` says."""
    judge_picture(pictures.one(response), response, instance, number, window)


def judge_picture(
    picture: Picture, response: Response, instance: Instance, number: int = 1, window: Window | None = None
) -> None:
    """Deviate unless a rendering shows a frame, with a window or with one of those of the instance; without any,
    greater values have to be brighter.

    A PNG is compared pixel by pixel, within NEAR; what lost something in compression by its mean difference.
    """
    ds, frame = instance.dataset, frame_of(instance, number)
    pictures.sized(picture, (ds.Columns, ds.Rows), response)
    shown, channels = shown_in(picture, ds), channels_of(ds)
    exempt, colour = _open(frame), channels == 3
    precise = picture.format == "PNG" and not is_lossy(instance) and ds.PhotometricInterpretation != "YBR_FULL_422"
    if not (right := candidates(frame, window)):
        _ordered(shown, frame, exempt, NEAR if precise else LOSS, response)
        return
    found = [(_distances(shown, shades.samples, channels, exempt), shades) for shades in right]
    distances, nearest = min(found, key=lambda item: sum(item[0]))
    worst = max(range(len(distances)), key=distances.__getitem__)
    if precise and distances[worst] > NEAR:
        level = ("red", "green", "blue")[worst % 3] if colour else "grey"
        place = _place(level, frame, worst // channels)
        wanted = f"{nearest.samples[worst]}: {nearest.by}"
        expect.deviates(place, f"{shown[worst]} (of 0 to 255)", wanted, response)
    mean = sum(distances) / len(distances)
    if mean > pictures.BLUR:
        wanted = f"the stored image: {nearest.by}"
        expect.deviates(f"the rendering of frame {number}", pictures.different(mean), wanted, response)


def channels_of(ds: Dataset) -> int:
    """The number of samples that a pixel of a rendering has: 3 of a colour image, 1 of a grey one."""
    return 3 if ds.SamplesPerPixel == 3 or ds.PhotometricInterpretation == "PALETTE COLOR" else 1


def shown_in(picture: Picture, ds: Dataset) -> bytes:
    """The samples of a rendering of an image."""
    return picture.pixels.tobytes() if channels_of(ds) == 3 else picture.pixels.convert("L").tobytes()


def _place(level: str, frame: Frame, at: int) -> str:
    row, column = divmod(at, frame.ds.Columns)
    return f"the {level} level of frame {frame.number} in row {row + 1}, column {column + 1}"


def _ordered(shown: bytes, frame: Frame, exempt: frozenset[int], near: int, response: Response) -> None:
    """Deviate unless pixels of greater values are at least as bright as those of lesser ones, and the greatest is
    brighter than the least; the other way round, if the image is inverse."""
    values, inverse = frame.values, is_inverse(frame.ds)
    order = sorted((at for at in range(len(values)) if at not in exempt), key=values.__getitem__, reverse=inverse)
    brightest = 0
    for at in order:
        brightest = max(brightest, shown[at])
        if shown[at] < brightest - near:
            wanted = f"{brightest} or more, as those of {'greater' if inverse else 'lesser'} stored values"
            expect.deviates(_place("grey", frame, at), f"{shown[at]} (of 0 to 255)", wanted, response)
    if order and values[order[0]] != values[order[-1]]:
        darkest, found = shown[order[0]], shown[order[-1]]
        what = f"the grey of {values[order[-1]]} in the rendering of frame {frame.number}"
        expect.that(
            found > darkest, what, f"{found} of 255", f"brighter than {darkest}, that of {values[order[0]]}", response
        )


def is_inverse(ds: Dataset) -> bool:
    """True if greater values of a grey image are darker."""
    return bool(ds.get("PresentationLUTShape") == "INVERSE" or ds.PhotometricInterpretation == "MONOCHROME1")


def _distances(shown: bytes, wanted: Sequence[int], channels: int, exempt: frozenset[int]) -> list[int]:
    return [
        0 if at // channels in exempt else abs(one - other)
        for at, (one, other) in enumerate(zip(shown, wanted, strict=True))
    ]


def candidates(frame: Frame, window: Window | None = None) -> list[Shades]:
    """The right pictures of a frame: one, or one for each table and window of the instance; none for grey without
    them."""
    ds, number, values, ybr = frame
    if ybr:
        image = Image.frombytes("YCbCr", (len(values) // 3, 1), bytes(values))
        return [Shades(image.convert("RGB").tobytes(), "stored samples")]
    if ds.SamplesPerPixel == 3:
        surplus = ds.BitsStored - 8
        return [Shades([value >> surplus for value in values], "stored samples")]
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        levels = [_entries(ds, f"{name}PaletteColorLookupTable") for name in ("Red", "Green", "Blue")]
        return [
            Shades([round(255 * level(value)) for value in values for level in levels], "palette color lookup tables")
        ]
    in_units = modality(ds, number)
    inverse = is_inverse(ds)
    found = []
    for level, by in [(window.level, str(window))] if window else _levels(ds, number):
        shades = {value: 255 * level(in_units(value)) for value in set(values)}
        found.append(Shades([round(255 - shades[value] if inverse else shades[value]) for value in values], by))
    return found


def frame_of(instance: Instance, number: int) -> Frame:
    """A frame of a kind."""
    return Frame(instance.dataset, number, stored_values(instance, number), _is_ybr(instance))


def stored_values(instance: Instance, number: int) -> list[int]:
    """The samples of a frame in their stored bits, with their sign, colour by pixel."""
    ds, frame = instance.dataset, frames(instance)[number - 1]
    count = ds.Rows * ds.Columns * ds.SamplesPerPixel
    if ds.BitsAllocated == 1:
        return [frame[at // 8] >> at % 8 & 1 for at in range(count)]
    native = not ds.file_meta.TransferSyntaxUID.is_encapsulated
    if native and ds.PhotometricInterpretation == "YBR_FULL_422":
        frame = colours.expanded(frame)
    samples = struct.unpack_from(f"<{count}{'B' if ds.BitsAllocated == 8 else 'H'}", frame)
    if native and ds.get("PlanarConfiguration") == 1:
        planes = (samples[plane * count // 3 : (plane + 1) * count // 3] for plane in range(3))
        samples = tuple(sample for pixel in zip(*planes, strict=True) for sample in pixel)
    mask, sign = (1 << ds.BitsStored) - 1, 1 << ds.BitsStored - 1 if ds.PixelRepresentation else 0
    return [((sample & mask) ^ sign) - sign for sample in samples]


def _is_ybr(instance: Instance) -> bool:
    """True if the samples are luminance and chrominances: those of compressed YBR_FULL_422 are decoded to RGB."""
    ds = instance.dataset
    native = not ds.file_meta.TransferSyntaxUID.is_encapsulated
    return bool(
        ds.PhotometricInterpretation == "YBR_FULL" or (native and ds.PhotometricInterpretation == "YBR_FULL_422")
    )


def modality(ds: Dataset, number: int) -> Level:
    """The Modality LUT of a frame, or its rescale (C.11.1)."""
    if "ModalityLUTSequence" in ds:
        item = ds.ModalityLUTSequence[0]
        top = (1 << item.LUTDescriptor[2]) - 1
        entry = _entries(item, "LUT")
        return lambda value: top * entry(value)
    group = _group(ds, number, "PixelValueTransformationSequence")
    slope, intercept = float(group.get("RescaleSlope", 1)), float(group.get("RescaleIntercept", 0))
    return lambda value: slope * value + intercept


def _levels(ds: Dataset, number: int) -> Iterator[tuple[Level, str]]:
    """Each item of the VOI LUT Sequence of an instance, and each of its windows, for a frame."""
    for item in ds.get("VOILUTSequence", []):
        yield _entries(item, "LUT"), "VOI LUT"
    group = _group(ds, number, "FrameVOILUTSequence")
    centers, widths = (_several(group.get(keyword, [])) for keyword in ("WindowCenter", "WindowWidth"))
    for center, width in zip(centers, widths, strict=True):
        window = Window(center, width, group.get("VOILUTFunction", "LINEAR"))
        yield window.level, str(window)


def _group(ds: Dataset, number: int, macro: str) -> Dataset:
    """The item of a functional group for a frame, its own or the shared one; the data set if there is none."""
    frame, shared = ds.get("PerFrameFunctionalGroupsSequence", []), ds.get("SharedFunctionalGroupsSequence", [])
    for groups in (*frame[number - 1 : number], *shared):
        if macro in groups:
            item: Dataset = groups[macro].value[0]
            return item
    return ds


def _entries(ds: Dataset, prefix: str) -> Level:
    """A table from a value to its entry as a fraction, 0 to 1, of the largest possible one (C.11.1.1.1,
    C.7.6.3.1.5)."""
    number, first, bits = ds[f"{prefix}Descriptor"].value
    number = number or 1 << 16
    data = ds[f"{prefix}Data"].value
    # Two entries of 8 bits may share a word (C.7.6.3.1.6).
    form = "B" if bits == 8 and isinstance(data, bytes) and len(data) < 2 * number else "H"
    entries = struct.unpack(f"<{number}{form}", data) if isinstance(data, bytes) else data
    return lambda value: entries[min(max(int(value) - first, 0), number - 1)] / ((1 << bits) - 1)


def _several(value: float | Sequence[float]) -> list[float]:
    return [float(item) for item in value] if isinstance(value, Sequence) else [float(value)]


def _open(frame: Frame) -> frozenset[int]:
    """The pixels whose look is left open: padding, and those that a graphic may cover."""
    ds = frame.ds
    found: set[int] = set()
    if "PixelPaddingValue" in ds:
        found |= {at for at, value in enumerate(frame.values) if value == ds.PixelPaddingValue}
    if (0x6000, 0x3000) in ds:
        rows, columns = ds[0x6000, 0x0010].value, ds[0x6000, 0x0011].value
        found |= {row * ds.Columns + column for row in range(rows) for column in range(columns)}
    return frozenset(found)
