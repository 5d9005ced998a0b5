"""The attributes in a body, in whatever form, read as far as possible: mistakes in it are judged elsewhere.

Data sets are found by their Study Instance UID, without reading all of a body; only data that may be foreign are read.
"""

from __future__ import annotations

import json
import re
import warnings
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple

from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.dataelem import DataElement
from pydicom.filereader import read_dataset, read_partial
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from conformance.dicomweb import comparison, dicom_json, dicom_xml, multipart, part10
from conformance.dicomweb.buffers import PIECE, Buffer
from conformance.dicomweb.dicom_json import DataSet

STUDY, PATIENT = 0x0020000D, 0x0010  # a tag, and the group of the Patient Module
SKIPPED = {0x00080005, 0x00081190}  # the encoding of texts, and the URL of a resource, which is made of UIDs
FILES = 10_000  # of a body
FILE = 4 * 1024 * 1024  # bytes of a file that are read if no pixels come before
ATTRIBUTE, FAILURES = 64 * 1024, 1000  # bytes of an attribute that is read by itself, and the most unreadable ones
TEXT = 64 * 1024  # bytes of a value of unknown VR that may be text
INFLATED = 64 * 1024 * 1024
_PIXELS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW"))
_JSON_STUDY = re.compile(rb'(?i)"0020000D"\s*:\s*\{[^{}]*?"Value"\s*:\s*\[\s*"([^"]*)"')
_XML_STUDY = re.compile(rb'(?i)tag="0020000D"[^<>]*>\s*<[^<>]*>([^<>]*)<')
_JSON_ATTRIBUTE = re.compile(r'"([0-9A-Fa-f]{8})"\s*:\s*(?=\{)')
_JSON_PATIENT = re.compile(r'"(0010[0-9A-Fa-f]{4})"\s*:\s*(?=\{)')
_XML_PATIENT = re.compile(rb'<DicomAttribute\b[^<>]{0,500}\btag="0010[0-9A-Fa-f]{4}"[^<>]{0,500}[^/<>]>')
_XML_END = b"</DicomAttribute>"
_XML_TEXT = re.compile(rb">([^<>]+)<")


class Attribute(NamedTuple):
    """One value of an attribute, as text."""

    tag: int
    vr: str
    value: str


def studies(content: bytes) -> set[str]:
    """The Study Instance UIDs in a document in JSON or XML, of nested items too."""
    found = (_JSON_STUDY if is_json(content) else _XML_STUDY).findall(content)
    return {uid.decode("latin-1").strip(" \0") for uid in found}


def is_json(content: bytes) -> bool:
    """True if a document is meant to be JSON."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{")


def documents(content: bytes, content_type: str) -> list[bytes]:
    """The documents of a body: itself, or its parts."""
    boundary = multipart.boundary_of(content_type)
    return [bytes(part.content) for part in multipart.parse(boundary, content).parts] if boundary else [content]


def data_sets(document: bytes) -> list[DataSet]:
    """The data sets of a document in JSON or XML, as far as they can be read."""
    if not is_json(document):
        try:
            return [dicom_xml.data_set(dicom_xml.load(document))]
        except dicom_xml.MalformedXml:
            texts = (found.decode("utf-8", "replace") for found in _XML_TEXT.findall(document))
            return [{"00000000": {"vr": "UN", "Value": [text]}} for text in texts if text.strip()]
    try:
        found = dicom_json.load(document)
    except dicom_json.MalformedJson:
        return [{key: value} for key, value in _loose(document, _JSON_ATTRIBUTE)]
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]


def patient(document: bytes) -> Iterator[Attribute]:
    """The values of the Patient Module in a document, at every depth, without reading the rest of it."""
    if is_json(document):
        for key, value in _loose(document, _JSON_PATIENT):
            yield from values({key: value})
        return
    for found in _XML_PATIENT.finditer(document) if b'tag="0010' in document else ():
        if (end := document.find(_XML_END, found.end(), found.end() + ATTRIBUTE)) < 0:
            return
        with suppress(dicom_xml.MalformedXml):
            whole = document[found.start() : end + len(_XML_END)]
            yield from values(dicom_xml.data_set(dicom_xml.load(b"<m>%s</m>" % whole)))


def study_of(found: DataSet) -> str:
    """The Study Instance UID of a data set; "" if it has none."""
    attribute = found.get(f"{STUDY:08X}")
    listed = attribute.get("Value") if isinstance(attribute, dict) else None
    return str(listed[0]).strip(" \0") if isinstance(listed, list) and listed else ""


def values(found: DataSet) -> Iterator[Attribute]:
    """The values of a data set in the DICOM JSON Model, and of its items; not UIDs, and not bulk data."""
    pending: list[Any] = [found]
    while pending:
        item = pending.pop()
        for key, attribute in item.items() if isinstance(item, dict) else ():
            tag = int(key, 16) if re.fullmatch("[0-9A-Fa-f]{8}", key) else 0
            if tag in SKIPPED or not isinstance(attribute, dict):
                continue
            listed, vr = attribute.get("Value"), _vr(attribute.get("vr"))
            listed = listed if isinstance(listed, list) else []
            if vr == "SQ":
                pending += listed
            elif vr != "UI":
                yield from (Attribute(tag, vr, text) for text in _texts(vr, listed))
            if vr not in _PIXELS and isinstance(inline := attribute.get("InlineBinary"), str):
                yield Attribute(tag, vr, inline[:TEXT])
                with suppress(ValueError):
                    yield from _of_bytes(tag, vr, b64decode(inline[: 4 * TEXT]))


def files(content: Buffer) -> Iterator[bytes]:
    """The DICOM files in a body, alone or in parts, each up to its pixels or FILE bytes of it."""
    places: list[int] = []
    for start in range(0, len(content), PIECE):
        piece, at = content[start : start + PIECE + 3], -1
        while (at := piece.find(b"DICM", at + 1)) >= 0 and len(places) < FILES:
            places.append(start + at - 128)
    for start, end in pairwise([*places, len(content)]):
        if start >= 0:
            yield content[start : min(end, start + FILE)]


def head(file: bytes) -> Dataset:
    """The first elements of a file, up to its Study Instance UID; empty if it cannot be read."""
    try:
        if DeflatedExplicitVRLittleEndian.encode() in file[:1024]:
            return _inflated(file, lambda tag, *_: tag > STUDY)
        return read_partial(BytesIO(file), lambda tag, *_: tag > STUDY)
    except Exception:  # whatever pydicom raises
        return Dataset()


def elements(file: bytes) -> Iterator[Attribute]:
    """The values of a file, as far as it can be read."""
    with disable_value_validation(), warnings.catch_warnings(action="ignore"):
        try:
            ds = part10.read(file)
        except part10.MalformedFile:
            try:
                deflated = DeflatedExplicitVRLittleEndian.encode() in file[:1024]
                ds = (
                    _inflated(file, None)
                    if deflated
                    else read_partial(BytesIO(file), lambda tag, *_: tag >= 0x7FE00008)
                )
            except Exception:
                return
        yield from of_dataset(ds)


def of_dataset(ds: Dataset, group: int | None = None) -> Iterator[Attribute]:
    """The values of a data set, and of its items; of one group of it, if that is given."""
    pending = [ds]
    while pending:
        item = pending.pop()
        for tag in list(item.keys()):
            if tag in SKIPPED or (group is not None and tag.group != group and item is ds):
                continue
            if (element := _element(item, tag)) is None:
                continue
            if element.VR == "SQ":
                pending += list(element.value or ())
            elif element.VR not in _PIXELS | {"UI", "OB or OW"}:
                yield from _of_element(element)


def _element(item: Dataset, tag: BaseTag) -> DataElement | None:
    with suppress(Exception):  # a value that cannot be decoded cannot be in a message
        return item[tag]
    return None


def _of_element(element: DataElement) -> Iterator[Attribute]:
    vr, content = _vr(element.VR), element.value
    if isinstance(content, bytes):
        yield from _of_bytes(element.tag, vr, content)
    else:
        listed = content if isinstance(content, Iterable) and not isinstance(content, str) and vr != "PN" else [content]
        listed = list(content) if vr == "PN" and type(content).__name__ == "MultiValue" else listed
        yield from (Attribute(element.tag, vr, text) for text in _texts(vr, listed))


def _texts(vr: str, listed: Iterable[object]) -> Iterator[str]:
    """Values as the texts in which a message may have them: a name and its groups, a number in both forms."""
    for item in listed:
        if item is None or isinstance(item, bool | list):
            continue
        groups = [str(group) for group in item.values()] if isinstance(item, dict) else str(item).split("=")
        if vr == "PN":
            shown = [group.rstrip("^ ") for group in groups]
            names = [part for group in shown for part in group.split("^")]
            yield from dict.fromkeys(["=".join(shown).rstrip("="), *groups, *shown, *names])
        elif vr == "AT" and isinstance(item, int):
            yield f"{item:08X}"
        elif not isinstance(item, dict):
            yield from dict.fromkeys([str(item), comparison.plain(comparison.value(vr, item))])


def _of_bytes(tag: int, vr: str, content: bytes) -> Iterator[Attribute]:
    """Text in bytes, such as that of a private attribute without a known VR."""
    with suppress(UnicodeDecodeError):
        text = content[:TEXT].rstrip(b"\0 ").decode()
        if text.isprintable():
            yield from (Attribute(tag, vr, part) for part in dict.fromkeys([text, *text.split("\\")]))


def _vr(vr: object) -> str:
    return vr if isinstance(vr, str) and re.fullmatch("[A-Z]{2}", vr) else "UN"


def _loose(document: bytes, pattern: re.Pattern[str]) -> Iterator[tuple[str, Any]]:
    """The attributes of a document in JSON, each read by itself."""
    text, decoder, done, failures = document.decode("utf-8", "replace"), json.JSONDecoder(), 0, 0
    for found in pattern.finditer(text):
        if found.start() < done:
            continue
        try:
            value, size = decoder.raw_decode(text[found.end() : found.end() + ATTRIBUTE])
        except (ValueError, RecursionError):
            if (failures := failures + 1) > FAILURES:
                return
        else:
            done = found.end() + size
            yield found[1].upper(), value


def _inflated(file: bytes, stop: Any) -> Dataset:
    """The data set of a file in the deflated transfer syntax, of INFLATED bytes at most."""
    at = 132 + 12 + int.from_bytes(file[140:144], "little")
    content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file[at:], INFLATED)
    return read_dataset(BytesIO(content), False, True, stop_when=stop)
