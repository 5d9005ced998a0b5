"""The instance of a row of the covering array, made by one part for each factor.

PS3.3 A.7, A.8, A.14, A.38, C.7.6.3, C.9 and C.11; PS3.5 A.4.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from functools import cache, partial

from PIL import Image
from pydicom import Dataset
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MultiFrameSingleBitSecondaryCaptureImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
    XRayAngiographicImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pixels
from conformance.kit.kinds.encapsulated import run_lengths
from conformance.kit.kinds.enhanced import multi_frame
from conformance.kit.kinds.factors import INDEXED, LOSSY, NATIVE, NONE, Row
from conformance.kit.kinds.greys import lut
from conformance.kit.kinds.kind import Label, Study
from conformance.kit.kinds.modules import ARCHIVE, srgb
from conformance.kit.kinds.pictures import Picture
from conformance.kit.kinds.pixels import Encapsulated

SYNTAXES: dict[str, UID] = {
    "Explicit VR": ExplicitVRLittleEndian,
    "Implicit VR": ImplicitVRLittleEndian,
    "Deflated": DeflatedExplicitVRLittleEndian,
    "RLE Lossless": RLELossless,
    "JPEG Baseline": JPEGBaseline8Bit,
    "JPEG Extended": JPEGExtended12Bit,
    "JPEG Lossless": JPEGLosslessSV1,
    "JPEG-LS": JPEGLSLossless,
    "JPEG 2000 Lossless": JPEG2000Lossless,
    "JPEG 2000": JPEG2000,
    "HTJ2K": HTJ2KLossless,
}
METHODS = {"JPEG Baseline": "ISO_10918_1", "JPEG Extended": "ISO_10918_1", "JPEG 2000": "ISO_15444_1"}
PARTS: dict[str, tuple[int, ...]] = {"1 fragment": (1,), "2 fragments": (2,), "uneven fragments": (3, 1, 2)}
MOST = 4096  # entries of a table
PADDING = 3  # above the least value


class Unencoded(Exception):
    """A row has no codestream yet: `fixtures/encode.py` makes those of the array and of rows that are simpler."""


@dataclass
class Made:
    """An image while it is made. `rescaled` and `windowed` hold its rescale and its windows: the image itself, or a
    functional group. `low` and `high` are the limits of its values so far."""

    ds: Dataset
    rescaled: Dataset
    windowed: Dataset
    low: int = 0
    high: int = 0


def instance(label: Label, name: str, series: int, row: Row) -> Instance:
    """The instance of a row, in a series of the study `name`. Raises Unencoded."""
    study = Study(label, name, SYNTAXES[row.syntax])
    made, picture = _object(study, row, series), shown(row)
    ds = made.ds
    made.low, made.high = limits(row)
    for part in (_palette, _modality, _voi, _overlay, _profile, _padding):
        part(made, row)
    if row.syntax in NATIVE:
        pixels.set_native(ds, picture, row.photometric)
        _describe(made, row)
        data = b"".join(map(partial(native, row), picture.frames)) if row.bits != "1 bit" else bits(row)
        ds["PixelData"].value = data + b"\0" * (len(data) % 2)
        return study.instance(ds)
    streams = [codestream(row, frame) for frame in range(row.number)]
    if row.syntax in LOSSY:
        pixels.mark_lossy(ds, picture, streams[0], METHODS[row.syntax])
    pixels.describe(ds, picture, row.photometric)
    _describe(made, row)
    if row.offsets == "extended offset table":
        pixels.extended_offsets(ds, streams)
    shares = PARTS[row.fragments]
    shares = tuple(shares[frame % len(shares)] for frame in range(row.number))
    pixels.encapsulate_frames(ds, streams, shares, row.offsets == "offset table")
    return Encapsulated(study.file(ds), True, picture.frames, tuple(streams))


# The pictures


def limits(row: Row) -> tuple[int, int]:
    """The least and the greatest stored value."""
    number = int(row.bits.split()[0])
    low = -(1 << number - 1) if "signed" in row.bits else 0
    return low, low + (1 << number) - 1


@cache
def shown(row: Row) -> Picture:
    """The frames of a row, colour by pixel: grey or RGB, which in YBR_FULL is converted as stored.

    Smooth, so that lossy compression changes little, and another picture in each frame and each sample.
    """
    low, high = limits(row)
    samples, length = (1 if row.photometric in INDEXED else 3), row.rows + row.columns - 2
    frames = []
    for frame in range(row.number):
        values = [
            low + (position if sample != 1 else length - position) * (high - low) * (8 - frame - sample) // (8 * length)
            for position in (y + x for y in range(row.rows) for x in range(row.columns))
            for sample in range(samples)
        ]
        form = {8: "B", 16: "H"}[8 if high - low < 256 else 16]
        frames.append(struct.pack(f"<{len(values)}{form.lower() if low else form}", *values))
    bits = int(row.bits.split()[0])
    if row.photometric == "YBR_FULL":
        frames = [Image.frombytes("RGB", (row.columns, row.rows), frame).convert("YCbCr").tobytes() for frame in frames]
    return Picture(row.rows, row.columns, bits, tuple(frames), samples, signed=low < 0)


def native(row: Row, frame: bytes) -> bytes:
    """A frame of `shown` as it is stored uncompressed: by plane, or with chrominance for pairs of pixels."""
    if row.planes == "by plane":
        width = 2 if row.bits == "16 bit" else 1
        count = len(frame) // width
        words = [frame[at * width : (at + 1) * width] for at in range(count)]
        return b"".join(b"".join(words[sample::3]) for sample in range(3))
    if row.photometric == "YBR_FULL_422":
        ybr = Image.frombytes("RGB", (row.columns, row.rows), frame).convert("YCbCr").tobytes()
        pairs = (ybr[at : at + 6] for at in range(0, len(ybr), 6))
        return b"".join(bytes((pair[0], pair[3], pair[1], pair[2])) for pair in pairs)
    return frame


def bits(row: Row) -> bytes:
    """Frames of single bits, each with other ones set, one after another without padding (PS3.5 8.1.1)."""
    number = row.rows * row.columns
    values = [(pixel % (frame + 2)) == 0 for frame in range(row.number) for pixel in range(number)]
    return sum(bit << position for position, bit in enumerate(values)).to_bytes((len(values) + 7) // 8, "little")


def key(row: Row, frame: int) -> str:
    """The name of a codestream in the archive: it depends on no other factor."""
    levels = row.syntax, row.photometric, row.bits, row.size
    return "-".join(levels).lower().replace(" ", "") + f"-{frame}"


def codestream(row: Row, frame: int) -> bytes:
    """A compressed frame. Raises Unencoded."""
    if row.syntax == "RLE Lossless":
        return run_lengths(shown(row), frame)
    try:
        return _streams()[key(row, frame)]
    except KeyError as error:
        raise Unencoded(str(error)) from None


@cache
def _streams() -> dict[str, bytes]:
    with zipfile.ZipFile(ARCHIVE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# The parts of an image, each of which knows one factor


def _object(study: Study, row: Row, series: int) -> Made:
    """An object of a class that has such frames: Secondary Capture, single or of bits; Enhanced CT, whose values may be
    signed; X-Ray Angiographic for other greys, Ultrasound for colours."""
    if row.number == 1:
        ds = _secondary_capture(study, SecondaryCaptureImageStorage, series)
    elif row.bits == "1 bit":
        ds = _secondary_capture(study, MultiFrameSingleBitSecondaryCaptureImageStorage, series)
        ds.BurnedInAnnotation, ds.FrameTime, ds.FrameIncrementPointer = "NO", "40", 0x00181063
    elif "signed" in row.bits:
        return _enhanced_ct(study, row, series)
    elif row.photometric == "MONOCHROME2":
        ds = study.data_set(XRayAngiographicImageStorage, "XA", series)
        ds.ImageType, ds.PixelIntensityRelationship, ds.RadiationSetting = (
            ["ORIGINAL", "PRIMARY", "SINGLE PLANE"],
            "LIN",
            "GR",
        )
        ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime, ds.PositionerMotion = "80", "", "", "STATIC"
        ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle, ds.LossyImageCompression = "", "", "00"
        ds.FrameTime, ds.FrameIncrementPointer, ds.PatientOrientation = "40", 0x00181063, ""
    else:
        ds = study.data_set(UltrasoundMultiFrameImageStorage, "US", series)
        ds.ImageType, ds.PatientOrientation, ds.LossyImageCompression = ["ORIGINAL", "PRIMARY"], "", "00"
        ds.FrameTime, ds.FrameIncrementPointer = "40", 0x00181063
    return Made(ds, ds, ds)


def _secondary_capture(study: Study, sop_class: UID, series: int) -> Dataset:
    ds = study.data_set(sop_class, "OT", series)
    ds.ConversionType, ds.ImageType, ds.PatientOrientation = "SYN", ["ORIGINAL", "SECONDARY"], ""
    return ds


def _enhanced_ct(study: Study, row: Row, series: int) -> Made:
    ds = multi_frame(study, EnhancedCTImageStorage, "CT", series, row.number)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.PixelPresentation, ds.VolumetricProperties, ds.VolumeBasedCalculationTechnique = "MONOCHROME", "VOLUME", "NONE"
    ds.AcquisitionDateTime, ds.AcquisitionDuration = "20240229101500", 1.0
    ds.ContentQualification, ds.BurnedInAnnotation, ds.PresentationLUTShape = "RESEARCH", "NO", "IDENTITY"
    rescaled, windowed = Dataset(), Dataset()
    shared = ds.SharedFunctionalGroupsSequence[0]
    shared.PixelValueTransformationSequence, shared.FrameVOILUTSequence = [rescaled], [windowed]
    return Made(ds, rescaled, windowed)


def _describe(made: Made, row: Row) -> None:
    """What a picture does not know of: planes, single bits, and the VR of pixels."""
    if row.bits == "1 bit":
        made.ds.BitsAllocated, made.ds.BitsStored, made.ds.HighBit = 1, 1, 0
    if row.planes == "by plane":
        made.ds.PlanarConfiguration = 1


def _palette(made: Made, row: Row) -> None:
    """Red rises over the indices of 8 bits, green falls, blue has two levels; of 16 bits the ends go on."""
    if row.photometric == "PALETTE COLOR":
        rising = [index * 257 for index in range(256)]
        for colour, table in (("Red", rising), ("Green", rising[::-1]), ("Blue", [0x2000] * 128 + [0xC000] * 128)):
            made.ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
            made.ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", struct.pack("<256H", *table))


def _modality(made: Made, row: Row) -> None:
    """Twice each value less 100, or a table of the middle of the range."""
    if row.modality == "rescale":
        made.rescaled.RescaleSlope, made.rescaled.RescaleIntercept, made.rescaled.RescaleType = "2", "-100", "US"
        made.low, made.high = made.low * 2 - 100, made.high * 2 - 100
    elif row.modality == "modality LUT":
        made.ds.ModalityLUTSequence = [_table(made, 12)]
        made.ds.ModalityLUTSequence[0].ModalityLUTType = "US"
        made.low, made.high = 0, 4095


def _voi(made: Made, row: Row) -> None:
    """Windows of three quarters of the range, or a table of its middle."""
    middle, width = (made.low + made.high) // 2, (made.high - made.low + 1) * 3 // 4
    if row.voi == "VOI LUT":
        made.ds.VOILUTSequence = [_table(made, 8)]
    elif row.voi == "three windows":
        made.windowed.WindowCenter = [str(middle), str(middle - width // 4), str(middle + width // 4)]
        made.windowed.WindowWidth = [str(width), str(width // 2), str(width // 2)]
    elif row.voi != NONE:
        made.windowed.WindowCenter, made.windowed.WindowWidth = str(middle), str(width)
        if row.voi != "window":
            made.windowed.VOILUTFunction = row.voi


def _table(made: Made, deep: int) -> Dataset:
    """A table that rises over the middle half of the values, or fewer, to entries of so many bits."""
    number, top = min(MOST, (made.high - made.low + 1) // 2), (1 << deep) - 1
    return lut(number, (made.low + made.high + 1 - number) // 2, deep, lambda value: value * top // (number - 1))


def _overlay(made: Made, row: Row) -> None:
    """A graphic whose upper left corner is a row above the image, and a column to the left of it (PS3.3 C.9.2)."""
    if row.overlay == NONE:
        return
    rows, columns = min(4, row.rows), min(8, row.columns)
    data = b"\xff\x81\x81\xff"[: (rows * columns + 7) // 8]
    for element, vr, value in (
        *((0x10, "US", rows), (0x11, "US", columns), (0x40, "CS", "G"), (0x50, "SS", [0, 0])),
        *((0x100, "US", 1), (0x102, "US", 0), (0x3000, "OW", data + b"\0" * (len(data) % 2))),
    ):
        made.ds.add_new(0x6000_0000 | element, vr, value)


def _profile(made: Made, row: Row) -> None:
    """The profile of sRGB, which changes nothing (PS3.3 C.11.15)."""
    if row.profile != NONE:
        made.ds.ICCProfile, made.ds.ColorSpace = srgb(), "SRGB"


def _padding(made: Made, row: Row) -> None:
    if row.padding != NONE:
        low, _ = limits(row)
        made.ds.add_new("PixelPaddingValue", "SS" if low else "US", low + PADDING)
