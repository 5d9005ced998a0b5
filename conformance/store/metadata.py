"""Readings of instances stored as metadata and bulk data: data sets, and the pictures that their pixels show."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pydicom import Dataset
from pydicom.encaps import generate_frames

from conformance.dicomweb.messages import Answered, Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.kinds import frames
from conformance.kit.stow import STORED
from conformance.kit.verdicts import NotSupported

EXPLICIT = 'multipart/related; type="application/dicom"'
PALETTE = ("Red", "Green", "Blue")


def offered(answers: Sequence[Answered], what: str = "metadata in JSON", judge: str = "stow-meta-001") -> None:
    """Raise NotSupported if something is not taken, as the checks of its judge have found."""
    found = [answer.status for answer in answers if answer.check.startswith(judge) and answer.method == "POST"]
    if not set(STORED) & set(found):
        statuses = ", ".join(map(str, dict.fromkeys(found)))
        raise NotSupported(f"a store of {what} is not supported: status is {statuses or 'unknown'}")


def returned(response: Response, instance: Instance, keyword: str = "SOPInstanceUID") -> Dataset:
    """The data set of the only instance of a response, which has an attribute. Raises Deviates."""
    found = expect.instances(response, [instance])[instance.sop_instance_uid]
    expect.present(keyword, found.get(keyword), response)
    return found


def same_pixels(response: Response, instance: Instance) -> None:
    """Deviate unless the body is this instance with the native pixels that were sent."""
    found, sent = returned(response, instance, "PixelData").PixelData, b"".join(frames(instance))
    content = bytes(found)[: len(sent)]
    at = next((at for at, (a, b) in enumerate(zip(content, sent, strict=False)) if a != b), len(content))
    came = content[at : at + 4].hex() or "at its end"
    expect.that(content == sent, f"PixelData from byte {at}", came, sent[at : at + 4].hex(), response)


def codestream(ds: Dataset) -> bytes | None:
    """The only frame of a compressed data set, empty if it cannot be found; None for native pixels."""
    if not ds["PixelData"].is_undefined_length:
        return None
    try:
        return next(generate_frames(ds.PixelData, number_of_frames=1), b"")
    except ValueError:
        return b""


def colours(ds: Dataset) -> bytes:
    """The native pixels of 8 bits as RGB by pixel, however they are stored. Raises NotSupported."""
    photometric, data = ds.get("PhotometricInterpretation", "none"), ds.PixelData
    if ds["PixelData"].is_undefined_length or ds.BitsAllocated != 8:
        raise NotSupported("the pixels are returned compressed, or not in 8 bits, and are not compared")
    samples = bytes(data[: ds.Rows * ds.Columns * ds.SamplesPerPixel])
    if photometric == "MONOCHROME2":
        return bytes(sample for sample in samples for _ in range(3))
    if photometric == "RGB" and ds.get("PlanarConfiguration") == 1:
        size = len(samples) // 3
        planes = (samples[plane * size : (plane + 1) * size] for plane in range(3))
        return bytes(sample for pixel in zip(*planes, strict=True) for sample in pixel)
    if photometric == "RGB":
        return samples
    if photometric == "PALETTE COLOR" and all(f"{colour}PaletteColorLookupTableData" in ds for colour in PALETTE):
        tables = [_table(ds, colour) for colour in PALETTE]
        return bytes(table[min(index, len(table) - 1)] for index in samples for table in tables)
    raise NotSupported(f"pixels of {photometric} are not compared")


def _table(ds: Dataset, colour: str) -> list[int]:
    """The brightness of each index from 0 on in a palette, of 8 bits (PS3.3 C.7.6.3.1.5)."""
    number, first, bits = ds[f"{colour}PaletteColorLookupTableDescriptor"].value
    data = ds[f"{colour}PaletteColorLookupTableData"].value
    number = number or 65536
    if len(data) < 2 * number:
        values: list[int] = list(data[:number])
    else:
        values = [value >> 8 if bits == 16 else value for value in struct.unpack_from(f"<{number}H", data)]
    return values[:1] * int(first) + values
