"""Instances assembled from metadata and the bulk data that were sent with them (PS3.18 10.5.1.4, 10.5.2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from . import bulk_images, json_reader, xml_reader
from .answers import DICOM_XML
from .dicom_json import Json
from .json_reader import Unreadable
from .pixels import OCTETS

PIXEL_DATA, DOCUMENT, DOCUMENT_TYPE = "7FE00010", "00420011", "00420012"
UTF_8 = "ISO_IR 192"


@dataclass(frozen=True)
class Received:
    """A part of a request, in a file. `location` is its Content-Location as it was sent; empty for none."""

    media_type: str
    location: str
    path: Path

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()


class Assembly:
    """The parts of one request. `payload` is the media type of its metadata, `base` the URL that URIs are relative to.

    Its methods raise Unreadable. Each decision is a method of its own.
    """

    def __init__(self, payload: str, parts: list[Received], base: str) -> None:
        self.payload, self.parts, self.base = payload, parts, base

    def metadata(self) -> list[Json]:
        """The data sets in the DICOM JSON model: an array in the first part, or one XML document per part."""
        documents = [part.content for part in self.parts if part.media_type == self.payload]
        if not documents or self.parts[0].media_type != self.payload:
            raise Unreadable(f"the first part is not {self.payload}")
        if self.payload == DICOM_XML:
            return [xml_reader.data_set(document) for document in documents]
        found = json.loads(documents[0])
        if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
            raise Unreadable("the first part is not an array of data sets")
        return found

    def instance(self, attributes: Json) -> Dataset:
        """The instance of a data set, with file meta information in the transfer syntax that its pixels need."""
        image = self.image(attributes)
        described = {tag: attribute for tag, attribute in attributes.items() if not (image and tag == PIXEL_DATA)}
        ds = json_reader.data_set(described, lambda tag, uri: self.value(self.part(uri), tag, attributes))
        if not json.dumps(attributes, ensure_ascii=False).isascii():
            # Text that was sent as UTF-8 is kept so, whatever character set it had before.
            ds.SpecificCharacterSet = UTF_8
        if image:
            image.put(ds)
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = image.transfer_syntax if image else ExplicitVRLittleEndian
        return ds

    def part(self, uri: Any) -> Received:
        """The part whose Content-Location is a BulkDataURI."""
        for part in self.parts:
            if part.location and isinstance(uri, str) and self.resolved(part.location) == self.resolved(uri):
                return part
        raise Unreadable(f"no part has the Content-Location {uri}")

    def resolved(self, uri: str) -> str:
        """A URI in its absolute form."""
        return urljoin(self.base, uri)

    def value(self, part: Received, tag: str, attributes: Json) -> bytes:
        """A part as the little-endian bytes of an attribute; a document has a media type of its own."""
        document = attributes.get(DOCUMENT_TYPE, {}).get("Value", [None])[0] if tag == DOCUMENT else None
        if part.media_type not in (OCTETS, document):
            raise Unreadable(f"the part for {tag} is {part.media_type}")
        return part.content

    def image(self, attributes: Json) -> bulk_images.Pixels | None:
        """The pixels of an image in another media type, if any was sent."""
        pixel_data = attributes.get(PIXEL_DATA)
        if not isinstance(pixel_data, dict) or "BulkDataURI" not in pixel_data:
            return None
        part = self.part(pixel_data["BulkDataURI"])
        return self.pixels(part) if part.media_type in bulk_images.READERS else None

    def pixels(self, part: Received) -> bulk_images.Pixels:
        """The pixels of an image part."""
        return bulk_images.read(part.media_type, part.content)

    def write(self, attributes: Json, path: Path) -> None:
        """Write the instance of a data set as a file in the PS3.10 format."""
        try:
            ds = self.instance(attributes)
            ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            ds.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=True)
        except Unreadable:
            raise
        except Exception as error:  # pydicom's errors about values that cannot be written have no common base
            raise Unreadable(f"the instance cannot be written: {error}") from error
