"""Faults of a reader that loses its place: icons, sequences in VR UN, and what Original Attributes hold."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from starlette.exceptions import HTTPException

from ..app import Origin
from ..archive import Instance
from ..multipart import Content
from ..pixels import UNDEFINED_LENGTH, Pixels
from ..raw import elements
from ..rendering import Rendering
from ..target import Target
from .registry import fault

PIXEL_DATA, ITEM = 0x7FE00010, b"\xfe\xff\x00\xe0"
OF_A_STORE = ("STOW-BEH-008", "STOW-BEH-017")


def icons(ds: Dataset) -> list[RawDataElement]:
    """The Pixel Data in items."""
    return [raw for holder, raw in elements(ds) if holder is not ds and raw.tag == PIXEL_DATA]


class RefusingStore(Origin):
    """Returns 500 for the store of some instances."""

    def fails(self, ds: Dataset) -> bool:
        """True if it cannot read a data set."""
        raise NotImplementedError

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if self.fails(dcmread(instance.path)):
            raise HTTPException(500, "Stack empty")


@fault(
    "icon-is-the-first-frame",
    breaks=("RETRIEVE-FRAMES-009",),
    says="the length of the frame in part 1 is 1,024 bytes",
    seen=("chafey/dicomp10-to-dicomweb-js#21",),
)
class IconIsTheFirstFrame(Origin):
    """Returns the pixels of an icon as frame 1 of its image."""

    def source(self, instance: Instance) -> Pixels:
        found = super().source(instance)
        small = icons(found.image) if found.compressed is None else []
        return replace(found, contents=[Content(raw.value or b"") for raw in small] + found.contents)


@fault(
    "compressed-icon-is-500", breaks=OF_A_STORE, says=" is 500", seen=("fo-dicom/fo-dicom#133", "dcm4che/dcm4che#877")
)
class CompressedIconIs500(RefusingStore):
    """Returns 500 for the store of an image whose icon is compressed."""

    def fails(self, ds: Dataset) -> bool:
        return any(raw.length == UNDEFINED_LENGTH for raw in icons(ds))


@fault("native-icon-is-500", breaks=("RETRIEVE-FRAMES-010",), says="status is 500", seen=("fo-dicom/fo-dicom#1483",))
class NativeIconIs500(Origin):
    """Returns 500 for frames of a compressed image whose icon is native."""

    def source(self, instance: Instance) -> Pixels:
        found = super().source(instance)
        if found.compressed and any(raw.length != UNDEFINED_LENGTH for raw in icons(found.image)):
            raise HTTPException(500, "the icon is not encapsulated")
        return found


@fault("image-with-an-icon-is-not-rendered", breaks=("RETRIEVE-REND-001",), says="status is 500")
class ImageWithAnIconIsNotRendered(Origin):
    """Returns 500 for the rendering of an image that has an icon."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if icons(source.image):
            raise HTTPException(500, "there are two Pixel Data")
        return super().render(instance, source, number, asked)


@fault("former-bytes-are-500", breaks=OF_A_STORE, says=" is 500", seen=("dcm4che/dcm4chee-arc-light#341",))
class FormerBytesAre500(RefusingStore):
    """Returns 500 for the store of an image whose Original Attributes have a binary value."""

    def fails(self, ds: Dataset) -> bool:
        records = ds.get("OriginalAttributesSequence", [])
        return any(raw.VR in ("OB", "OW", "UN") for record in records for _, raw in elements(record))


@fault(
    "long-numbers-in-items-are-500",
    breaks=("RETRIEVE-BULK-002",),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#3794",),
)
class LongNumbersInItemsAre500(Origin):
    """Returns 500 for bulk data from an item if they are longer than 2 MB."""

    def value(self, instance: Instance, path: str) -> Pixels:
        found = super().value(instance, path)
        if "." in path and found.contents[0].length > 2_000_000:
            raise HTTPException(500, "out of memory")
        return found


@fault("unknown-sequence-is-lost", breaks=("RETRIEVE-INST-001",), says="(0099,1001) is", seen=("dcmjs-org/dcmjs#492",))
class UnknownSequenceIsLost(Origin):
    """Returns an element of VR UN without its value if that is a sequence."""

    def file(self, instance: Instance, target: Target) -> Content:
        ds = dcmread(instance.path)
        lost = [raw.tag for _, raw in elements(ds) if raw.VR == "UN" and (raw.value or b"").startswith(ITEM)]
        if not lost:
            return super().file(instance, target)
        for tag in lost:
            ds[tag] = RawDataElement(tag, "UN", 0, b"", 0, False, True)
        file = BytesIO()
        ds.save_as(file, enforce_file_format=True)
        return Content(file.getvalue())


@fault(
    "open-unknown-sequence-is-500", breaks=OF_A_STORE, says=" is 500", seen=("ivmartel/dwv#799", "pydicom/pydicom#242")
)
class OpenUnknownSequenceIs500(Origin):
    """Returns 500 for the store of a sequence in VR UN whose length is undefined."""

    def keep(self, instance: Instance) -> None:
        if b"UN\0\0\xff\xff\xff\xff" + ITEM in instance.path.read_bytes():
            raise HTTPException(500, "Unknown Value Representation")
        super().keep(instance)


@fault("decompressed-pixels-are-odd", breaks=("RETRIEVE-INST-004",), says="PixelData", seen=("fo-dicom/fo-dicom#1403",))
class DecompressedPixelsAreOdd(Origin):
    """Returns decompressed Pixel Data of an odd length without the byte that makes it even."""

    def transcoded(self, instance: Instance) -> bytes:
        found = super().transcoded(instance)
        ds = dcmread(BytesIO(found))
        if "PixelData" not in ds:
            return found
        length: int = len(ds.PixelData)
        frames = int(ds.get("NumberOfFrames") or 1)
        size: int = frames * ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8
        if size == length or not found.endswith(ds.PixelData):
            return found
        start = len(found) - length
        return found[: start - 4] + size.to_bytes(4, "little") + found[start:-1]
