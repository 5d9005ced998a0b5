"""Faults of a store of metadata and bulk data."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image
from pydicom import Dataset
from pydicom.uid import UID
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..answers import DICOM_JSON, DICOM_XML
from ..app import Origin
from ..assembly import DOCUMENT, PIXEL_DATA, Assembly, Received
from ..bulk_images import JP2_SIGNATURE, Pixels
from ..dicom_json import Json
from ..json_reader import Unreadable
from ..little_endian import swapped
from ..negotiation import MediaType
from .editing import everywhere
from .registry import fault

ROWS = "00280010"


def assembly_fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[type[Assembly]], type[Assembly]]:
    """Register a faulty assembly; its docstring is the sentence."""

    def register(faulty: type[Assembly]) -> type[Assembly]:
        class Assembling(Origin):
            assembly = faulty

        Assembling.__doc__ = faulty.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(Assembling)
        return faulty

    return register


class FailsFor(Origin):
    """Returns 500 for a store of `payload`."""

    payload: str

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        if media_type.content == self.payload:
            raise HTTPException(500)
        await super().receive(request, media_type, drafts)


@fault("metadata-store-json-fails", breaks=("STOW-META-001",), says="status is 500")
class MetadataStoreJsonFails(FailsFor):
    """Returns 500 for a store of metadata in JSON."""

    payload = DICOM_JSON


@fault("metadata-store-xml-fails", breaks=("STOW-META-002",), says="status is 500")
class MetadataStoreXmlFails(FailsFor):
    """Returns 500 for a store of metadata in XML."""

    payload = DICOM_XML


@assembly_fault("metadata-store-absolute-uri", breaks=("STOW-META-001",), says="status is 409")
class AbsoluteURI(Assembly):
    """Looks for an absolute BulkDataURI elsewhere, not among the parts."""

    def part(self, uri: str) -> Received:
        if "://" in uri:
            raise Unreadable(f"{uri} cannot be retrieved")
        return super().part(uri)


@assembly_fault("metadata-store-first-document", breaks=("STOW-META-002",), says="status is 404")
class FirstDocument(Assembly):
    """Stores only the first of several XML documents."""

    def metadata(self) -> list[Json]:
        return super().metadata()[: 1 if self.payload == DICOM_XML else None]


@assembly_fault("metadata-store-first-data-set", breaks=("STOW-META-010",), says="status is 404")
class FirstDataSet(Assembly):
    """Stores only the first of several data sets in a JSON array."""

    def metadata(self) -> list[Json]:
        return super().metadata()[: 1 if self.payload == DICOM_JSON else None]


@assembly_fault("metadata-store-parts-in-order", breaks=("STOW-META-010",), says="PixelData from byte")
class PartsInOrder(Assembly):
    """Assigns bulk data parts in their order, whatever their Content-Location."""

    def __init__(self, payload: str, parts: list[Received], base: str) -> None:
        super().__init__(payload, parts, base)
        self._order: dict[str, Received] = {}

    def part(self, uri: str) -> Received:
        super().part(uri)
        if uri not in self._order:
            bulk = [part for part in self.parts if part.media_type != self.payload]
            self._order[uri] = bulk[len(self._order)]
        return self._order[uri]


@assembly_fault("metadata-store-swaps-bytes", breaks=("STOW-META-003", "STOW-META-010"), says="PixelData from byte")
class SwapsBytes(Assembly):
    """Reads bulk data of VR OW as big-endian."""

    def value(self, part: Received, tag: str, attributes: Json) -> bytes:
        content = super().value(part, tag, attributes)
        return swapped(content, 2) if attributes.get(tag, {}).get("vr") == "OW" else content


@assembly_fault(
    "metadata-store-jpeg-refused",
    breaks=("STOW-META-004", "STOW-META-006"),
    says="status is 409",
    seen=("dcm4che/dcm4chee-arc-light#1127",),
)
class JpegRefused(Assembly):
    """Refuses metadata with pixels in image/jpeg with 409."""

    def pixels(self, part: Received) -> Pixels:
        if part.media_type == "image/jpeg":
            raise Unreadable("image/jpeg is not supported")
        return super().pixels(part)


@assembly_fault(
    "metadata-store-jpeg-again", breaks=("STOW-META-004",), says="the distance to the picture that was sent is"
)
class JpegAgain(Assembly):
    """Decodes a JPEG and compresses it again, in a lower quality."""

    def pixels(self, part: Received) -> Pixels:
        pixels = super().pixels(part)
        if part.media_type != "image/jpeg":
            return pixels
        return replace(pixels, frames=[_as_jpeg(Image.open(BytesIO(frame))) for frame in pixels.frames])


@assembly_fault("metadata-store-lossless-jpeg-is-lossy", breaks=("STOW-META-004",), says="LossyImageCompression is 01")
class LosslessJpegIsLossy(Assembly):
    """Stores every JPEG as an image that was compressed with loss."""

    def pixels(self, part: Received) -> Pixels:
        pixels = super().pixels(part)
        lossy = {"LossyImageCompression": "01"} if part.media_type == "image/jpeg" else {}
        return replace(pixels, description=pixels.description | lossy)


@assembly_fault("metadata-store-jp2-boxes", breaks=("STOW-META-004",), says="should be that of a codestream of")
class Jp2Boxes(Assembly):
    """Encapsulates a JP2 file with the boxes around its codestream."""

    def pixels(self, part: Received) -> Pixels:
        pixels = super().pixels(part)
        return replace(pixels, frames=[part.content]) if part.content.startswith(JP2_SIGNATURE) else pixels


@assembly_fault(
    "metadata-store-png-refused",
    breaks=("STOW-META-005",),
    says="status is 409",
    seen=("dcm4che/dcm4chee-arc-light#2430",),
)
class PngRefused(Assembly):
    """Refuses metadata with pixels in image/png with 409."""

    def pixels(self, part: Received) -> Pixels:
        if part.media_type == "image/png":
            raise Unreadable("image/png is not supported")
        return super().pixels(part)


@assembly_fault(
    "metadata-store-lossy-transformation", breaks=("STOW-META-005",), says="the number of samples that differ is"
)
class LossyTransformation(Assembly):
    """Applies a lossy compression to a PNG or a GIF before it stores the pixels."""

    def pixels(self, part: Received) -> Pixels:
        pixels = super().pixels(part)
        if part.media_type not in ("image/png", "image/gif"):
            return pixels
        picture = Image.open(BytesIO(part.content)).convert(
            "RGB" if pixels.description["SamplesPerPixel"] == 3 else "L"
        )
        lossy = Image.open(BytesIO(_as_jpeg(picture)))
        return replace(pixels, frames=[lossy.tobytes()])


@assembly_fault("metadata-store-swaps-rows", breaks=("STOW-META-006",), says="Rows is 64, should be 48")
class SwapsRows(Assembly):
    """Swaps Rows and Columns when it derives them from a codestream."""

    def instance(self, attributes: Json) -> Dataset:
        ds = super().instance(attributes)
        if PIXEL_DATA in attributes and ROWS not in attributes:
            ds.Rows, ds.Columns = ds.Columns, ds.Rows
        return ds


@assembly_fault("metadata-store-document-refused", breaks=("STOW-META-007",), says="status is 409")
class DocumentRefused(Assembly):
    """Accepts a document only as application/octet-stream."""

    def value(self, part: Received, tag: str, attributes: Json) -> bytes:
        return super().value(part, tag, attributes if tag != DOCUMENT else {})


@assembly_fault("metadata-store-lets-bulk-data-go", breaks=("STOW-META-008",), says="is not reported")
class LetsBulkDataGo(Assembly):
    """Stores an instance without the attribute whose bulk data were not sent."""

    def instance(self, attributes: Json) -> Dataset:
        uris = {tag: item["BulkDataURI"] for tag, item in attributes.items() if "BulkDataURI" in item}
        lost = [tag for tag, uri in uris.items() if not self.sent(uri)]
        return super().instance({tag: item for tag, item in attributes.items() if tag not in lost})

    def sent(self, uri: str) -> bool:
        return any(self.resolved(part.location) == self.resolved(uri) for part in self.parts)


@assembly_fault("metadata-store-inline-as-text", breaks=("STOW-META-009",), says="byte 0 of")
class InlineAsText(Assembly):
    """Stores the base64 text of InlineBinary instead of its bytes."""

    def instance(self, attributes: Json) -> Dataset:
        binary = {tag: item["InlineBinary"].encode() for tag, item in attributes.items() if "InlineBinary" in item}
        encoded = {tag: {"InlineBinary": base64.b64encode(text).decode()} for tag, text in binary.items()}
        return super().instance({tag: item | encoded.get(tag, {}) for tag, item in attributes.items()})


@assembly_fault("metadata-store-question-marks", breaks=("STOW-META-009",), says="is '?")
class QuestionMarks(Assembly):
    """Stores characters beyond ASCII as question marks."""

    def instance(self, attributes: Json) -> Dataset:
        text = json.dumps(attributes, ensure_ascii=False)
        return super().instance(json.loads(text.encode("ascii", "replace")))


def _as_jpeg(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=40)
    return file.getvalue()


@assembly_fault(
    "metadata-store-items-lose-bulk-data",
    breaks=("STOW-META-009",),
    says="WaveformData",
    seen=("pydicom/pydicom#1254",),
)
class ItemsLoseBulkData(Assembly):
    """Stores an attribute of an item without a value if that was sent as bulk data."""

    def instance(self, attributes: Json) -> Dataset:
        def emptied(item: Json) -> Json:
            return {tag: {"vr": each["vr"]} if "BulkDataURI" in each else each for tag, each in item.items()}

        return super().instance(
            {
                tag: each | {"Value": [emptied(item) for item in each["Value"]]}
                if each["vr"] == "SQ" and "Value" in each
                else each
                for tag, each in attributes.items()
            }
        )


@assembly_fault(
    "metadata-store-first-syntax-for-all",
    breaks=("STOW-META-010",),
    says="the length of PixelData",
    seen=("dcm4che/dcm4chee-arc-light#2051", "dcm4che/dcm4che#615"),
)
class FirstSyntaxForAll(Assembly):
    """Stores all instances of a request in the transfer syntax of the first."""

    first: UID | None = None

    def instance(self, attributes: Json) -> Dataset:
        ds = super().instance(attributes)
        self.first = self.first or ds.file_meta.TransferSyntaxUID
        ds.file_meta.TransferSyntaxUID = self.first
        return ds


@assembly_fault("metadata-store-xml-values-move-up", breaks=("STOW-META-009",), says="SoftwareVersions")
class XmlValuesMoveUp(Assembly):
    """Ignores the numbers of values in XML, so that those after an empty one move up."""

    def metadata(self) -> list[Json]:
        found = super().metadata()
        return [everywhere(data_set, _without_empty) for data_set in found] if self.payload == DICOM_XML else found


def _without_empty(_: str, attribute: Json) -> Json:
    values = attribute.get("Value", [])
    is_plain = attribute["vr"] != "SQ" and len(values) > 1
    return attribute | {"Value": [value for value in values if value]} if is_plain else attribute


@assembly_fault("metadata-store-names-are-alphabetic", breaks=("STOW-META-009",), says="(0099,1071)")
class NamesAreAlphabetic(Assembly):
    """Stores a name in an item without a value if it has no alphabetic group."""

    def instance(self, attributes: Json) -> Dataset:
        def edit(_: str, attribute: Json) -> Json:
            names = attribute.get("Value", []) if attribute["vr"] == "PN" else []
            return {"vr": "PN"} if any(name and "Alphabetic" not in name for name in names) else attribute

        return super().instance(everywhere(attributes, edit))


@assembly_fault("metadata-store-xml-has-one-block", breaks=("STOW-META-009",), says="(0031,1")
class XmlHasOneBlock(Assembly):
    """Puts the private attributes of all creators of a group in XML into the block of the first."""

    def metadata(self) -> list[Json]:
        found = super().metadata()
        if self.payload != DICOM_XML:
            return found
        return [{_in_block_10(tag): each for tag, each in ds.items()} for ds in found]


def _in_block_10(tag: str) -> str:
    is_private = int(tag[3], 16) % 2 and tag[4:6] != "00"
    return f"{tag[:4]}10{tag[6:]}" if is_private else tag
