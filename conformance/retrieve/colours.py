"""Colour frames, read as the metadata with them describe (PS3.3 C.7.6.3.1.2, C.7.6.3.1.3)."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image
from pydicom import Dataset

from conformance.dicomweb import dicom_json, images
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.images import Picture
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.kinds import frames
from conformance.kit.verdicts import NotSupported
from conformance.retrieve import reading

NEAR = 12.0  # mean difference of a sample, of 255, that lossy compression explains


def by_plane(frame: bytes) -> bytes:
    """Colour by pixel (planar configuration 0) as colour by plane (1)."""
    return frame[0::3] + frame[1::3] + frame[2::3]


def by_pixel(instance: Instance) -> bytes:
    """The first frame of a colour image, RGB by pixel."""
    ds, frame = instance.dataset, frames(instance)[0]
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        return frame
    if ds.PhotometricInterpretation == "YBR_FULL":
        return Image.frombytes("YCbCr", (ds.Columns, ds.Rows), rgb(frame, ds)).convert("RGB").tobytes()
    return rgb(frame, ds)


def rgb(frame: bytes, ds: Dataset) -> bytes:
    """A native frame, its samples by pixel whatever the planar configuration of its data set."""
    return _interleaved(frame) if ds.get("PlanarConfiguration") == 1 else frame


def packed(instance: Instance, several: Sequence[bytes]) -> bytes:
    """Frames of single bits, one after the other without padding between them (PS3.5 8.1.1)."""
    bits = instance.dataset.Rows * instance.dataset.Columns
    value = sum(int.from_bytes(frame, "little") << bits * index for index, frame in enumerate(several))
    return bytes(value.to_bytes((bits * len(several) + 7) // 8, "little"))


def as_described(response: Response, described: DataSet, instance: Instance) -> None:
    """Deviate unless the only frame, read with the attributes of a data set, has the colours of the first frame of an
    instance. Raises NotSupported if their values are elsewhere (F.2.2)."""
    if dicom_json.is_elsewhere(described, "PlanarConfiguration"):
        raise NotSupported(f"PlanarConfiguration is returned as a BulkDataURI ({response.request})")
    rows, columns = instance.dataset.Rows, instance.dataset.Columns
    truth = images.native(by_pixel(instance), columns, rows, 3)
    photometric = dicom_json.text(described, "PhotometricInterpretation") or "absent"
    planar = dicom_json.text(described, "PlanarConfiguration") or "absent"
    contents = reading.payloads(response)
    content = contents[0] if contents else b""
    shown = picture_of(content, photometric, planar == "1", columns, rows)
    if shown and shown.distance(truth) <= NEAR:
        return
    forms = [(name, by) for name in ("RGB", "YBR_FULL", "YBR_FULL_422") for by in ("0", "1")]
    others = ((name, by, picture_of(content, name, by == "1", columns, rows)) for name, by in forms)
    near = (
        f"{name}, planar configuration {by}" for name, by, other in others if other and other.distance(truth) <= NEAR
    )
    found = next(near, f"unknown, with {len(content):,} bytes")
    wanted = f"{photometric}, planar configuration {planar}, as in the metadata"
    expect.deviates("the encoding of the frame", found, wanted, response)


def picture_of(content: bytes, photometric: str, planar: bool, columns: int, rows: int) -> Picture | None:
    """The picture of a colour frame of 8 bits a sample; None if it has another length."""
    number = columns * rows
    ybr = photometric.startswith("YBR_FULL")
    if photometric == "YBR_FULL_422" and len(content) in (number * 2, number * 2 + 1):
        content, planar = expanded(content[: number * 2]), False
    if len(content) not in (number * 3, number * 3 + 1):
        return None
    frame = _interleaved(content[: number * 3]) if planar else content[: number * 3]
    # Decompression of YBR_RCT and YBR_ICT gives RGB.
    image = Image.frombytes("YCbCr" if ybr else "RGB", (columns, rows), frame).convert("RGB")
    return Picture(image, "", 8, 1, b"")


def _interleaved(frame: bytes) -> bytes:
    size = len(frame) // 3
    return bytes(
        sample
        for pixel in zip(frame[:size], frame[size : 2 * size], frame[2 * size :], strict=True)
        for sample in pixel
    )


def expanded(frame: bytes) -> bytes:
    """Y Y Cb Cr for each two pixels, converted to Y Cb Cr for each pixel."""
    groups = zip(frame[0::4], frame[1::4], frame[2::4], frame[3::4], strict=True)
    return bytes(value for first, second, blue, red in groups for value in (first, blue, red, second, blue, red))
