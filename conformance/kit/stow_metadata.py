"""Bodies of stores of metadata and bulk data (PS3.18 10.5.1.4)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from pydicom.datadict import tag_for_keyword

from conformance.dicomweb import dicom_json, json_writer, xml_writer
from conformance.dicomweb import multipart as wire
from conformance.dicomweb.dicom_json import DataSet
from conformance.kit.instances import Instance
from conformance.kit.stow import Body

OCTETS = "application/octet-stream"
JSON, XML = "application/dicom+json", "application/dicom+xml"
# The Image Pixel Description Macro (PS3.3 C.7.6.3), which a server derives from compressed bulk data (10.5.2).
PIXEL_DESCRIPTION = (
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelAspectRatio"),
)


@dataclass(frozen=True)
class Bulk:
    """A value that is sent as a part of its own: its URI, its Content-Type and its bytes."""

    uri: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Separated:
    """An instance as metadata and one value as bulk data, if it has one."""

    instance: Instance
    metadata: DataSet
    bulk: Bulk | None


def separated(
    instance: Instance,
    keyword: str = "PixelData",
    content_type: str = OCTETS,
    content: bytes | None = None,
    *,
    base: str = "",
    without: Sequence[str] = (),
    within: str = "",
) -> Separated:
    """An instance with one attribute as bulk data, by default as it is stored; `without` are attributes left out,
    `within` is a sequence whose first item has the attribute.

    The BulkDataURI is a relative reference, unless `base` makes it an absolute URI.
    """
    ds, tag = instance.dataset, f"{tag_for_keyword(keyword):08X}"
    uri = f"{base}bulk/{instance.sop_instance_uid}/{tag}"
    left_out = {f"{tag_for_keyword(name):08X}" for name in without}
    metadata = {key: item for key, item in json_writer.data_set(ds).items() if key not in left_out}
    holder = metadata
    if within:
        ds, (holder, *_) = ds[within].value[0], dicom_json.items(metadata, within)
    holder[tag] = {"vr": str(ds[keyword].VR), "BulkDataURI": uri}
    return Separated(instance, metadata, Bulk(uri, content_type, ds[keyword].value if content is None else content))


def undivided(instance: Instance) -> Separated:
    """An instance without bulk data: all of it is metadata."""
    return Separated(instance, json_writer.data_set(instance.dataset), None)


def as_json(items: Sequence[Separated], bulk: Sequence[Bulk | None] | None = None) -> Body:
    """One part with an array of all data sets, and one for each bulk value: all bulk values, or those in `bulk`.

    Members are in the order of their names, so that `vr` is the last of an attribute: their order has no meaning
    (RFC 8259 4).
    """
    text = json.dumps([item.metadata for item in items], ensure_ascii=False, allow_nan=False, sort_keys=True)
    return _body(JSON, items, [text.encode()], bulk)


def as_xml(items: Sequence[Separated]) -> Body:
    """One part for each data set, and one for each bulk value."""
    return _body(XML, items, [xml_writer.document(item.metadata) for item in items], None)


def _body(
    content_type: str, items: Sequence[Separated], documents: Sequence[bytes], bulk: Sequence[Bulk | None] | None
) -> Body:
    boundary = f"dwc-{uuid4().hex}"
    parts = [({"Content-Type": content_type}, document) for document in documents]
    for part in filter(None, [item.bulk for item in items] if bulk is None else bulk):
        parts.append(({"Content-Type": part.content_type, "Content-Location": part.uri}, part.content))
    related = f'multipart/related; type="{content_type}"; boundary={boundary}'
    return Body(related, wire.written(parts, boundary), tuple(item.instance for item in items))
