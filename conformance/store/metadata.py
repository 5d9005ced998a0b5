"""Readings of what was stored as metadata and bulk data: data sets, and the pictures that their pixels show."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pydicom import Dataset
from pydicom.encaps import generate_frames

from conformance.dicomweb.messages import Answered, Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.verdicts import NotSupported

EXPLICIT = 'multipart/related; type="application/dicom"'


def offered(answers: Sequence[Answered]) -> None:
    """Metadata in JSON are taken, as the checks of STOW-META-001 have found. Raises NotSupported where none is."""
    found = [
        answer.status for answer in answers if answer.check.startswith("stow-meta-001") and answer.method == "POST"
    ]
    if not {200, 202} & set(found):
        raise NotSupported(
            f"a store of metadata in JSON is answered {', '.join(map(str, dict.fromkeys(found))) or 'by nobody'}"
        )


def returned(response: Response, instance: Instance) -> Dataset:
    """The data set of the only instance of an answer. Raises AssertionError where it is not there."""
    return expect.instances(response, [instance])[instance.sop_instance_uid]


def codestream(ds: Dataset) -> bytes | None:
    """The only frame of a data set as it is compressed, without padding bytes; None for native pixels."""
    if not ds["PixelData"].is_undefined_length:
        return None
    return next(generate_frames(ds.PixelData, number_of_frames=1))


def colours(ds: Dataset) -> bytes:
    """The native pixels of 8 bits as RGB by pixel, whatever they are stored as. Raises NotSupported."""
    photometric, data = ds.PhotometricInterpretation, ds.PixelData
    size = ds.Rows * ds.Columns * ds.SamplesPerPixel
    if ds["PixelData"].is_undefined_length or ds.BitsAllocated != 8:
        raise NotSupported("the pixels come compressed, or not in 8 bits, and are not compared")
    if photometric == "MONOCHROME2":
        return bytes(sample for sample in data[:size] for _ in range(3))
    if photometric == "RGB" and ds.PlanarConfiguration == 1:
        return bytes(sample for pixel in zip(*_thirds(data[:size]), strict=True) for sample in pixel)
    if photometric == "RGB":
        return bytes(data[:size])
    if photometric == "PALETTE COLOR":
        tables = [_table(ds, name) for name in ("Red", "Green", "Blue")]
        return bytes(table[index] for index in data[:size] for table in tables)
    raise NotSupported(f"pixels of {photometric} are not compared")


def _thirds(data: bytes) -> list[bytes]:
    size = len(data) // 3
    return [data[plane * size : (plane + 1) * size] for plane in range(3)]


def _table(ds: Dataset, colour: str) -> dict[int, int]:
    """The brightness of each index, of 8 bits, in a palette (PS3.3 C.7.6.3.1.5)."""
    entries, first, bits = ds[f"{colour}PaletteColorLookupTableDescriptor"].value
    data, number = ds[f"{colour}PaletteColorLookupTableData"].value, entries or 65536
    wide = len(data) >= 2 * number
    values = struct.unpack_from(f"<{number}H", data) if wide else data[:number]
    return {first + index: value >> 8 if wide and bits == 16 else value for index, value in enumerate(values)}
