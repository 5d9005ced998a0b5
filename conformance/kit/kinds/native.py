"""Kinds with native pixel data."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

from PIL import Image
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pictures, pixels
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import ct_slice, multi_frame_secondary_capture, secondary_capture


@kind(
    "rgb-multiframe-odd",
    "RGB, 3 frames of odd size",
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    traits=("native",),
)
def rgb_multiframe_odd(study: Study) -> Iterator[Instance]:
    """15 x 17 x 3 bytes: frames begin at odd offsets, and the element ends with a pad byte."""
    ds = multi_frame_secondary_capture(study, MultiFrameTrueColorSecondaryCaptureImageStorage)
    pixels.set_native(ds, pictures.colours(15, 17, frames=3))
    yield study.instance(ds)


@kind("rgb-planar", "RGB, colour by plane", SecondaryCaptureImageStorage, traits=("native",))
def rgb_planar(study: Study) -> Iterator[Instance]:
    picture = pictures.colours(16, 24)
    planes = b"".join(picture.frames[0][sample::3] for sample in range(3))
    ds = secondary_capture(study)
    pixels.set_native(ds, replace(picture, frames=(planes,)))
    ds.PlanarConfiguration = 1
    yield study.instance(ds)


@kind("ybr-full", "YBR_FULL, native", SecondaryCaptureImageStorage, traits=("native",))
def ybr_full(study: Study) -> Iterator[Instance]:
    """Luminance and two chrominances, uncompressed: shown as if they were RGB, the picture is green and pink."""
    picture = pictures.colours(16, 24)
    image = Image.frombytes("RGB", (picture.columns, picture.rows), picture.frames[0]).convert("YCbCr")
    ds = secondary_capture(study)
    pixels.set_native(ds, replace(picture, frames=(image.tobytes(),)), "YBR_FULL")
    yield study.instance(ds)


@kind("ct-16", "CT, signed 16 bit, series of 4 slices", CTImageStorage, traits=("native",))
def ct_16(study: Study) -> Iterator[Instance]:
    for number in range(1, 5):
        yield study.instance(ct_slice(study, pictures.hounsfield(32, 32, number), number))


@kind("monochrome1", "CR, MONOCHROME1, 12 bit", ComputedRadiographyImageStorage, traits=("native",))
def monochrome1(study: Study) -> Iterator[Instance]:
    """White is 0, so a picture rendered as MONOCHROME2 is a negative."""
    ds = study.data_set(ComputedRadiographyImageStorage, "CR")
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.BodyPartExamined = "CHEST"
    ds.ViewPosition = "PA"
    ds.PatientOrientation = ["L", "F"]
    pixels.set_native(ds, pictures.grey(32, 48, 12), "MONOCHROME1")
    yield study.instance(ds)


@kind("palette", "Palette colour, 8 bit indices, 16 bit tables", SecondaryCaptureImageStorage, traits=("native",))
def palette(study: Study) -> Iterator[Instance]:
    """Red grows with the index, green falls, blue is constant."""
    ds = secondary_capture(study)
    pixels.set_native(ds, pictures.grey(32, 32, 8), "PALETTE COLOR")
    rising = [index * 257 for index in range(256)]
    for colour, table in (("Red", rising), ("Green", rising[::-1]), ("Blue", [0x8080] * 256)):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", struct.pack("<256H", *table))
    yield study.instance(ds)


@kind("quadrants", "RGB, four coloured quadrants", SecondaryCaptureImageStorage, traits=("native",))
def quadrants(study: Study) -> Iterator[Instance]:
    """128 rows by 256 columns: a viewport shows which part of it was rendered."""
    ds = secondary_capture(study)
    pixels.set_native(ds, pictures.quadrants(128, 256))
    yield study.instance(ds)


@kind("grey-ramp", "CT, 12 bit ramp", CTImageStorage)
def grey_ramp(study: Study) -> Iterator[Instance]:
    """-1024 to 3056 HU from left to right in steps of 16: a window shows which values it made black and white."""
    ds = ct_slice(study, pictures.ramp(64, 256))
    ds.WindowCenter, ds.WindowWidth, ds.WindowCenterWidthExplanation = "40", "400", "SOFT TISSUE"
    yield study.instance(ds)


@kind("implicit-vr", "Implicit VR Little Endian", CTImageStorage, ImplicitVRLittleEndian, traits=("native",))
@kind(
    "deflated", "Deflated Explicit VR Little Endian", CTImageStorage, DeflatedExplicitVRLittleEndian, traits=("native",)
)
def ct_in_another_transfer_syntax(study: Study) -> Iterator[Instance]:
    yield study.instance(ct_slice(study, pictures.hounsfield(32, 32, 1)))


@kind("big-endian", "Explicit VR Big Endian (retired)", CTImageStorage, ExplicitVRBigEndian, traits=("native",))
def big_endian(study: Study) -> Iterator[Instance]:
    ds = ct_slice(study, pictures.hounsfield(32, 32, 1))
    ds.PixelData = pixels.swapped(ds.PixelData)
    yield study.instance(ds)


@kind("group-lengths", "Group lengths, as old systems write them", CTImageStorage, traits=("native",))
def group_lengths(study: Study) -> Iterator[Instance]:
    """Each group begins with its retired length (PS3.5 7.2), which is not part of metadata."""
    file = study.file(ct_slice(study, pictures.hounsfield(32, 32, 1)))
    yield Instance(with_group_lengths(file), fresh=True)


def with_group_lengths(file: bytes, vr: bytes = b"UL") -> bytes:
    """A file in Explicit VR Little Endian, without sequences, with the length of each group of its data set in VR UL,
    or wrongly in UN."""
    form = "<HH2sHL" if vr == b"UL" else "<HH2s2xLL"
    groups: dict[int, bytes] = {}
    begin = at = 144 + int.from_bytes(file[140:144], "little")  # after the File Meta Information, PS3.10 7.1
    while at < len(file):
        group, _, own, short = struct.unpack_from("<HH2sH", file, at)
        length = 12 + int.from_bytes(file[at + 8 : at + 12], "little") if own in (b"OB", b"OW") else 8 + short
        groups[group] = groups.get(group, b"") + file[at : at + length]
        at += length
    lengths = {group: struct.pack(form, group, 0, vr, 4, len(content)) for group, content in groups.items()}
    return file[:begin] + b"".join(lengths[group] + content for group, content in groups.items())
