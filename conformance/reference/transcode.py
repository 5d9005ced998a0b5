"""Instances in Explicit VR Little Endian, in whatever transfer syntax they are kept (PS3.18 8.7.3.4)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from . import codecs, pixels
from .archive import Instance
from .attributes import tag
from .dicom_json import Json

EXTENDED_OFFSETS = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")


def possible(instance: Instance) -> bool:
    """True if an instance can be sent in Explicit VR Little Endian."""
    return (
        instance.transfer_syntax == ExplicitVRLittleEndian
        or tag("PixelData") not in instance.attributes
        or codecs.decodable(instance.transfer_syntax, _value(instance.attributes, "BitsAllocated") or 0)
    )


def changes(instance: Instance) -> Json:
    """The attributes, in the DICOM JSON Model, that differ between an instance as it is kept and as it is decoded."""
    interpretation = _value(instance.attributes, "PhotometricInterpretation")
    if instance.transfer_syntax == ExplicitVRLittleEndian or not interpretation or not possible(instance):
        return {}
    samples = _value(instance.attributes, "SamplesPerPixel") or 1
    changed = codecs.changes(instance.transfer_syntax, interpretation, samples)
    vrs = {"PhotometricInterpretation": "CS", "PlanarConfiguration": "US"}
    return {tag(keyword): {"vr": vrs[keyword], "Value": [value]} for keyword, value in changed.items()}


def explicit(instance: Instance) -> bytes:
    """The file of an instance with its frames decoded, so that they are native. Raises codecs.Undecodable."""
    ds = dcmread(instance.path)
    _decode(ds, instance.transfer_syntax)
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = BytesIO()
    try:
        ds.save_as(file, enforce_file_format=True)
    except ValueError as error:
        raise codecs.Undecodable(f"the data set cannot be written: {error}") from error
    return file.getvalue()


def _decode(ds: Dataset, transfer_syntax: str) -> None:
    """Replace compressed Pixel Data by native, in items too: icons are compressed like the image."""
    for element_tag in list(ds.keys()):
        if ds.get_item(element_tag).VR == "SQ":
            for item in ds[element_tag].value:
                _decode(item, transfer_syntax)
    if "PixelData" not in ds or not ds["PixelData"].is_undefined_length:
        return
    try:
        frames = pixels.compressed_frames(ds)
    except (AttributeError, TypeError, ValueError) as error:
        raise codecs.Undecodable(f"the frames cannot be told apart: {error}") from error
    samples = b"".join(codecs.decode(frame, transfer_syntax, ds) for frame in frames)
    ds.add_new("PixelData", "OB" if ds.BitsAllocated <= 8 else "OW", samples + b"\0" * (len(samples) % 2))
    for keyword in EXTENDED_OFFSETS:
        ds.pop(keyword, None)
    changed = codecs.changes(transfer_syntax, ds.PhotometricInterpretation, ds.SamplesPerPixel)
    for keyword, value in changed.items():
        setattr(ds, keyword, value)


def _value(attributes: Json, keyword: str) -> Any:
    """The first value of an attribute, None if there is none."""
    return attributes.get(tag(keyword), {}).get("Value", [None])[0]
