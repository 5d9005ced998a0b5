"""Read a received file and decide whether it can be an instance of the archive (PS3.10, PS3.18 10.5.3)."""

from __future__ import annotations

import json
from pathlib import Path

from pydicom import FileDataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_file_meta_info
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from . import dicom_json, little_endian
from .archive import Instance
from .target import UID as UID_FORM

PREAMBLE = 128  # bytes before the prefix of a file (PS3.10 7.1)
DEFERRED = 64 * 1024  # bytes; longer values stay in the file
REWRITTEN = (ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)
SEQUENCE_DELIMITER = bytes.fromhex("FEFFDDE0 00000000")

# Failure Reasons, PS3.18 I.2.2
DATA_SET_MISMATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000
TRANSFER_SYNTAX_NOT_SUPPORTED = 0xC122


class Refused(Exception):
    """The file is not stored. `reason` is the Failure Reason (0008,1197); the UIDs are empty if it names none."""

    def __init__(self, reason: int, sop_class: str = "", instance: str = "") -> None:
        super().__init__(f"{reason:04X}")
        self.reason, self.sop_class, self.instance = reason, sop_class, instance


def read(path: Path) -> Instance:
    """The instance in a file in the PS3.10 format. Raises Refused.

    Implicit VR, big-endian and deflated files are written again in Explicit VR Little Endian, the only native transfer
    syntax that this server keeps: the first two may not be used in responses (PS3.18 8.7.3.4), all can be changed
    without loss.
    """
    try:
        attributes, named, transfer_syntax = _described(path)
    except Refused:
        raise
    except Exception as error:  # pydicom's errors about malformed bytes have no common base
        raise Refused(CANNOT_UNDERSTAND) from error

    sop_class, instance = _uid(attributes, "00080016"), _uid(attributes, "00080018")
    study, series = _uid(attributes, "0020000D"), _uid(attributes, "0020000E")
    if not (sop_class and instance):
        raise Refused(CANNOT_UNDERSTAND)
    if not (study and series and instance == named):
        raise Refused(DATA_SET_MISMATCH, sop_class, instance)
    text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Instance(path, study, series, instance, sop_class, transfer_syntax, text)


def _described(path: Path) -> tuple[dicom_json.Json, str, str]:
    """The attributes, the SOP Instance UID of the file meta information, and the transfer syntax of the kept file."""
    ds = _read_data_set(path)
    meta = ds.file_meta
    if meta.TransferSyntaxUID in REWRITTEN:
        native = little_endian.converted(ds) if meta.TransferSyntaxUID == ExplicitVRBigEndian else ds
        native.file_meta = meta
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        native.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=True)
        ds = _read_data_set(path)
    return dicom_json.data_set(ds), str(meta.MediaStorageSOPInstanceUID), str(meta.TransferSyntaxUID)


def _read_data_set(path: Path) -> FileDataset:
    transfer_syntax = UID(read_file_meta_info(path).TransferSyntaxUID)
    if not transfer_syntax.is_transfer_syntax:
        ds = dcmread(path, stop_before_pixels=True)
        raise Refused(TRANSFER_SYNTAX_NOT_SUPPORTED, str(ds.SOPClassUID), str(ds.SOPInstanceUID))
    # A file that is written again is read whole: pydicom would look for a deferred value in the original file.
    ds = dcmread(path, defer_size=None if transfer_syntax in REWRITTEN else DEFERRED)
    if transfer_syntax != DeflatedExplicitVRLittleEndian and not _ends_with_its_last_element(ds, path):
        raise Refused(CANNOT_UNDERSTAND)
    return ds


def _ends_with_its_last_element(ds: FileDataset, path: Path) -> bool:
    """False for a file that was cut or has something after its data set: pydicom reads both without a warning."""
    last = ds.get_item(max(ds.keys()), keep_deferred=True)
    size = path.stat().st_size
    if isinstance(last, RawDataElement) and last.length != 0xFFFFFFFF:
        return last.value_tell + last.length == size
    with open(path, "rb") as file:
        file.seek(size - len(SEQUENCE_DELIMITER))
        return file.read() == SEQUENCE_DELIMITER


def _uid(attributes: dicom_json.Json, tag: str) -> str:
    """The UID in an attribute; empty if it is missing or not a UID."""
    values = attributes.get(tag, {}).get("Value", [""])
    return values[0] if len(values) == 1 and UID_FORM.fullmatch(str(values[0])) else ""
