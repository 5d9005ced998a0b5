"""Kinds whose stored values become greys in each way that images have: PS3.3 C.7.6.3, C.11.1, C.11.2, C.9.2."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace

from pydicom import Dataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    SecondaryCaptureImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pictures, pixels
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import ct_slice, secondary_capture
from conformance.kit.kinds.pictures import Picture

RAMP_8 = pictures.steps(16, 64, 8)
RAMP_12 = pictures.steps(16, 64, 12)
RAMP_16 = pictures.steps(16, 64, 16)


def lut(number: int, first: int, bits: int, entries: Callable[[int], int]) -> Dataset:
    """An item of a LUT sequence: `number` entries of which the first is for the value `first`; 65,536 are written as 0
    (PS3.3 C.11.1.1)."""
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [number % 0x10000, first, bits])
    item.LUTExplanation = "made"
    item.add_new("LUTData", "OW", struct.pack(f"<{number}H", *map(entries, range(number))))
    return item


def _windowed(ds: Dataset, center: str, width: str, function: str = "") -> None:
    ds.WindowCenter, ds.WindowWidth = center, width
    if function:
        ds.VOILUTFunction = function


def _inverting(ds: Dataset) -> None:
    ds.VOILUTSequence = [lut(256, 0, 8, lambda value: 255 - value)]


def _voi_from_1000(ds: Dataset) -> None:
    """Below its first value and above its last one, a table has the entries of its ends."""
    ds.VOILUTSequence = [lut(1024, 1000, 12, lambda value: value * 4 + 3)]


def _modality_lut(ds: Dataset) -> None:
    """Values are squared; a window is in the unit that the table gives."""
    ds.ModalityLUTSequence = [lut(256, 0, 16, lambda value: value * value)]
    ds.ModalityLUTSequence[0].ModalityLUTType = "US"
    _windowed(ds, "20000", "30000")


def _several_windows(ds: Dataset) -> None:
    ds.WindowCenter, ds.WindowWidth = ["64", "1000", "3000"], ["100", "1000", "800"]
    ds.WindowCenterWidthExplanation = ["LOW", "MIDDLE", "HIGH"]


def _overlay(ds: Dataset) -> None:
    """A graphic of 4 rows and 8 columns in the upper left corner, which a server may draw or not (PS3.3 C.9.2)."""
    for element, vr, value in (
        *((0x10, "US", 4), (0x11, "US", 8), (0x15, "IS", "1"), (0x22, "LO", "a graphic"), (0x40, "CS", "G")),
        *((0x50, "SS", [1, 1]), (0x51, "US", 1), (0x100, "US", 1), (0x102, "US", 0)),
        (0x3000, "OW", b"\xff\x81\x81\xff"),
    ):
        ds.add_new(0x6000_0000 | element, vr, value)
    _windowed(ds, "128", "256")


# Kind, title, picture, and the attributes that describe its greys.
GREYS: tuple[tuple[str, str, Picture, Callable[[Dataset], None]], ...] = (
    ("voi-lut", "Inverting VOI LUT", RAMP_8, _inverting),
    ("voi-lut-12", "VOI LUT of 1,024 entries from 1000 on", RAMP_12, _voi_from_1000),
    ("modality-lut", "Modality LUT", RAMP_8, _modality_lut),
    ("window-8", "8 bit, window 128, 256", RAMP_8, lambda ds: _windowed(ds, "128", "256")),
    ("narrow-window", "8 bit, window 100.5, 32", RAMP_8, lambda ds: _windowed(ds, "100.5", "32")),
    ("window-forms", "Window in other forms of numbers", RAMP_8, lambda ds: _windowed(ds, "+1.28e2", "25600E-2")),
    ("sigmoid", "Window, SIGMOID", RAMP_12, lambda ds: _windowed(ds, "2048", "1024", "SIGMOID")),
    ("linear-exact", "Window, LINEAR_EXACT", RAMP_8, lambda ds: _windowed(ds, "128", "16", "LINEAR_EXACT")),
    ("several-windows", "Three windows", RAMP_12, _several_windows),
    ("overlay", "Overlay plane", RAMP_8, _overlay),
    ("unsigned-16", "Unsigned 16 bit, whole range", RAMP_16, lambda ds: _windowed(ds, "32768", "65536")),
    ("grey-odd", "Grey, 37 x 23, native", pictures.edge(37, 23), lambda ds: _windowed(ds, "128", "256")),
    ("grey-30", "Grey, 30 x 30, native", pictures.edge(30, 30), lambda ds: _windowed(ds, "128", "256")),
)


def _register(name: str, title: str, picture: Picture, say: Callable[[Dataset], None]) -> None:
    @kind(name, title, SecondaryCaptureImageStorage, traits=("native", "shown"))
    def shown(study: Study) -> Iterator[Instance]:
        ds = secondary_capture(study)
        pixels.set_native(ds, picture)
        say(ds)
        yield study.instance(ds)


for _grey in GREYS:
    _register(*_grey)


@kind("signed-12", "CT, signed 12 of 16 bits", CTImageStorage, traits=("native", "shown"))
def signed_12(study: Study) -> Iterator[Instance]:
    """-2048 to 2047: the sign is in bit 11, and the bits above it are not part of the value (PS3.5 8.1.1)."""
    row = [(-2048 + column * 4095 // 63) & 0x0FFF for column in range(64)]
    frame = struct.pack("<64H", *row) * 16
    ds = ct_slice(study, Picture(16, 64, 12, (frame,), signed=True))
    _windowed(ds, "0", "4096")
    del ds.WindowCenterWidthExplanation
    yield study.instance(ds)


@kind("unused-bits", "Grey, 12 of 16 bits, the others set", SecondaryCaptureImageStorage, traits=("shown",))
def unused_bits(study: Study) -> Iterator[Instance]:
    """Bits above the stored ones, which are not part of the values (PS3.5 8.1.1)."""
    ds = secondary_capture(study)
    frame = bytes(byte | at % 2 * 0xA0 for at, byte in enumerate(RAMP_12.frames[0]))
    pixels.set_native(ds, replace(RAMP_12, frames=(frame,)))
    _windowed(ds, "2048", "4096")
    yield study.instance(ds)


@kind("padding", "CT with Pixel Padding Value", CTImageStorage, traits=("native", "shown"))
def padding(study: Study) -> Iterator[Instance]:
    """The first quarter of each row is padding (PS3.3 C.7.5.1.1.2); its look in a rendering is left open."""
    row = [-2000] * 16 + [-160 + 8 * column for column in range(48)]
    ds = ct_slice(study, Picture(16, 64, 16, (struct.pack("<64h", *row) * 16,), signed=True))
    ds.add_new("PixelPaddingValue", "SS", -2000)
    ds.WindowCenter, ds.WindowWidth, ds.WindowCenterWidthExplanation = "40", "400", "SOFT TISSUE"
    yield study.instance(ds)


@kind("rescale", "Rescale slopes 0.25 and -0.25", CTImageStorage, traits=("native", "shown"))
def rescale(study: Study) -> Iterator[Instance]:
    """A window is in the unit after the rescale: 0.25 a stored value; a negative slope makes greater values darker."""
    for number, (slope, intercept) in enumerate((("0.25", "-32"), ("-0.25", "700")), 1):
        ds = ct_slice(study, RAMP_12, number)
        ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
        ds.WindowCenter, ds.WindowWidth, ds.WindowCenterWidthExplanation = "300", "500", "WIDE"
        yield study.instance(ds)


@kind("dx", "CR, MONOCHROME1 with a window", ComputedRadiographyImageStorage, traits=("native", "shown"))
def dx(study: Study) -> Iterator[Instance]:
    ds = study.data_set(ComputedRadiographyImageStorage, "CR")
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.BodyPartExamined, ds.ViewPosition, ds.PatientOrientation = "CHEST", "PA", ["L", "F"]
    pixels.set_native(ds, RAMP_12, "MONOCHROME1")
    ds.PresentationLUTShape = "INVERSE"
    _windowed(ds, "1500", "2000")
    yield study.instance(ds)


@kind("rgb-16", "RGB, 16 bit", SecondaryCaptureImageStorage, traits=("native", "shown"))
def rgb_16(study: Study) -> Iterator[Instance]:
    ds = secondary_capture(study)
    pixels.set_native(ds, pictures.edge(24, 26, colour=True, bits=16))
    yield study.instance(ds)


@kind("palette-8", "Palette colour, tables of 8 bit", SecondaryCaptureImageStorage, traits=("native", "shown"))
def palette_8(study: Study) -> Iterator[Instance]:
    """Two entries share a word (PS3.3 C.7.6.3.1.6). Four bands without blue, whose mean indices are blue: an index is
    no colour, and has no mean."""
    ds = secondary_capture(study)
    bands = b"".join(bytes([index]) * 6 for index in (0, 240, 10, 230))
    pixels.set_native(ds, Picture(10, 24, 8, (bands * 10,)), "PALETTE COLOR")
    rising = bytes(range(256))
    between = bytes(255 if 20 < index < 220 else 0 for index in range(256))
    for colour, table in (("Red", rising), ("Green", rising[::-1]), ("Blue", between)):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 8])
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", table)
    yield study.instance(ds)


@kind("palette-whole", "Palette colour, 65,536 entries", SecondaryCaptureImageStorage, traits=("native",))
def palette_whole(study: Study) -> Iterator[Instance]:
    """A table of as many entries as there are indices of 16 bits, a number that its descriptor gives as 0 (PS3.3
    C.7.6.3.1.5)."""
    ds = secondary_capture(study)
    frame = struct.pack("<24H", *(column * 0x0B00 for column in range(24))) * 10
    pixels.set_native(ds, Picture(10, 24, 16, (frame,)), "PALETTE COLOR")
    rising = b"".join(struct.pack("<H", step * 0x0101) * 256 for step in range(256))
    falling = b"".join(struct.pack("<H", step * 0x0101) * 256 for step in range(255, -1, -1))
    for colour, table in (("Red", rising), ("Green", falling), ("Blue", b"\x40\x40" * 0x10000)):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [0, 0, 16])
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", table)
    yield study.instance(ds)


@kind("palette-16", "Palette colour, 16 entries from 4 on", SecondaryCaptureImageStorage, traits=("native", "shown"))
def palette_16(study: Study) -> Iterator[Instance]:
    """Indices below the first entry and above the last one have the colours of the ends (PS3.3 C.7.6.3.1.5)."""
    ds = secondary_capture(study)
    frame = bytes(column for column in range(24)) * 10
    pixels.set_native(ds, Picture(10, 24, 8, (frame,)), "PALETTE COLOR")
    rising = [index * 0x1000 + 0x80 for index in range(16)]
    for colour, table in (("Red", rising), ("Green", rising[::-1]), ("Blue", [0x4040] * 16)):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [16, 4, 16])
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", struct.pack("<16H", *table))
    yield study.instance(ds)


@kind("overlay-in-pixels", "Overlay in the unused bits of pixels", SecondaryCaptureImageStorage, traits=("native",))
def overlay_in_pixels(study: Study) -> Iterator[Instance]:
    """Bit 12 of the first 8 pixels of each row is a graphic: retired, and in archives (PS3.5 8.1.2)."""
    ds = secondary_capture(study)
    row = [(column * 4095 // 63) | (0x1000 if column < 8 else 0) for column in range(64)]
    pixels.set_native(ds, Picture(16, 64, 12, (struct.pack("<64H", *row) * 16,)))
    for element, vr, value in (
        *((0x10, "US", 16), (0x11, "US", 64), (0x40, "CS", "G"), (0x50, "SS", [1, 1])),
        *((0x100, "US", 16), (0x102, "US", 12)),
    ):
        ds.add_new(0x6000_0000 | element, vr, value)
    _windowed(ds, "2048", "4096")
    yield study.instance(ds)
