"""Comparison of the values of an attribute, whatever form they are in: PS3.5 6.2, PS3.18 F.2.3."""

from __future__ import annotations

import math
import re
import struct
import warnings
from collections.abc import Iterator, Sequence

from pydicom import DataElement, Dataset
from pydicom.charset import convert_encodings
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.multival import MultiValue
from pydicom.tag import Tag

from conformance.dicomweb import buffers, encoding
from conformance.dicomweb.buffers import Buffer, LargeValue
from conformance.dicomweb.differences import Difference
from conformance.dicomweb.wording import LIMIT, count, shown

Value = str | int | float | bytes | LargeValue

_BULK = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
# Extended Offset Table and its lengths: of compressed frames, whose fragments a server may cut anew (PS3.5 A.4).
OFFSET_TABLES = frozenset((0x7FE00001, 0x7FE00002))
_ORIGINAL_ATTRIBUTES = 0x04000561
_SPACES_BEFORE_MEAN_NOTHING = frozenset(("AE", "CS", "LO", "SH"))
_NUMBERS_AS_TEXT = frozenset(("DS", "IS", "SV", "UV"))
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")


def elements(ds: Dataset) -> Iterator[DataElement]:
    """The elements that are compared: not group 0002, group lengths, padding and SpecificCharacterSet."""
    for tag in sorted(ds.keys()):
        if tag.group != 2 and tag.element != 0 and tag not in (0xFFFCFFFC, 0x00080005):
            yield ds[tag]


def is_bulk(element: DataElement) -> bool:
    """True if JSON never has the value of an element in Value (F.2.2); the VR may be ambiguous, such as "OB or OW"."""
    return element.VR in _BULK or isinstance(element.value, bytes)


def values(element: DataElement) -> list[Value]:
    """The values of an element that is not a sequence, in the form that `same` compares; none for an empty one."""
    content = element.value
    if isinstance(content, MultiValue | list):
        return [value(element.VR, item) for item in content]
    return [] if content is None or content in ("", b"") else [value(element.VR, content)]


def value(vr: str, item: object) -> Value:
    """One value: text without padding, numbers as numbers, PN as its three groups, AT as eight digits, bytes."""
    if item is None:
        return ""
    if vr == "AT" and isinstance(item, int):
        return f"{item:08X}"
    if isinstance(item, bytes | int | float | LargeValue):
        return item
    text = str(item)
    if vr == "PN":
        return "=".join(group.strip(" \0").rstrip("^ ") for group in text.split("=")).rstrip("=")
    text = text.rstrip(" \0")
    if vr in _NUMBERS_AS_TEXT:
        return _number(text.strip(" "))
    return text.lstrip(" ") if vr in _SPACES_BEFORE_MEAN_NOTHING else text


def _number(text: str) -> Value:
    """The number that a text is; the text itself if it is not a number."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def equal(stored: DataElement, returned: DataElement) -> bool:
    """True if two elements have the same values; a sequence never equals another VR."""
    return "SQ" not in (stored.VR, returned.VR) and same(stored.VR, values(stored), values(returned))


def same(vr: str, stored: Sequence[Value], returned: Sequence[Value]) -> bool:
    """True if two lists of values are equal, in the precision of their VR."""
    return len(stored) == len(returned) and all(_same(vr, a, b) for a, b in zip(stored, returned, strict=True))


def _same(vr: str, a: Value, b: Value) -> bool:
    if isinstance(a, bytes | LargeValue) and isinstance(b, bytes | LargeValue):
        return _same_bytes(a, b)
    if isinstance(a, int | float) and isinstance(b, int | float):
        if vr == "FL":
            return a == b or _single(a) == _single(b)  # 0 is -0
        # A DS of 16 characters that was converted to a double may differ in the last bit.
        return a == b or (a != a and b != b) or (vr == "DS" and math.isclose(a, b, rel_tol=2**-52))
    return type(a) is type(b) and a == b


def _same_bytes(a: Buffer, b: Buffer) -> bool:
    """True if bytes are the same. A value of odd length has one byte of padding in a file."""
    shorter, longer = sorted((a, b), key=len)
    if len(longer) - len(shorter) > 1 or (len(longer) > len(shorter) and longer[-1:] != b"\0"):
        return False
    return buffers.first_difference(a, b) in (None, len(shorter))


def _single(number: float) -> bytes:
    """A number in single precision; a number out of range equals nothing else."""
    try:
        return struct.pack("<f", float(number))
    except OverflowError:
        return b""


def interpreted(content: bytes, element: DataElement, root: Dataset) -> DataElement | None:
    """An element with a tag and VR, parsed from bytes in UN or InlineBinary; None if they cannot be parsed."""
    if not _is_readable(content, element.VR):
        return None
    encodings = convert_encodings(root.get("SpecificCharacterSet", None))
    raw = RawDataElement(Tag(element.tag), element.VR, len(content), content, 0, True, True)
    with warnings.catch_warnings(action="ignore"):
        try:
            return convert_raw_data_element(raw, encoding=encodings)
        except Exception:  # whatever pydicom raises for bytes that are not of that VR
            return None


def _is_readable(content: bytes, vr: str) -> bool:
    """True if bytes have so few values, or items, that they fit in memory."""
    if vr != "SQ":
        return encoding.number_of_values(vr, content) <= encoding.VALUES_LIMIT
    try:
        encoding.walk_items(content, "<")
    except encoding.MalformedFile:
        return False
    return True


def described(stored: DataElement) -> str:
    """The value of an element, as a message shows it."""
    return count(len(stored.value), "item") if stored.VR == "SQ" else values_shown(values(stored))


def difference(path: str, stored: DataElement, returned: DataElement) -> Difference:
    """The difference of two elements that are not equal."""
    if "SQ" in (stored.VR, returned.VR):
        return Difference(path, described(returned), described(stored))
    return values_difference(path, values(stored), values(returned))


def values_difference(path: str, stored: Sequence[Value], returned: Sequence[Value]) -> Difference:
    """The difference of values that are not the same."""
    if len(stored) == len(returned) == 1:
        old, new = stored[0], returned[0]
        if isinstance(old, bytes | LargeValue) and isinstance(new, bytes | LargeValue):
            return _bytes_difference(path, old, new)
    got, want = values_shown(returned), values_shown(stored)
    if got == want and _text(returned) == _text(stored):
        counts = (f"{got} as {count(len(values), 'value')}" for values in (returned, stored))
        return Difference(path, *counts)
    if got == want:  # both are long, and are abridged before they differ
        at = first_difference(_text(stored), _text(returned))
        got, want = shown(_text(returned)[at:]), shown(_text(stored)[at:])
        return Difference(f"{path} from character {at + 1} on", got, want)
    return Difference(path, got, want)


def enough_items(stored: DataElement, found: int) -> bool:
    """True if a sequence has the stored number of items; a record of coercions may have more."""
    return found == len(stored.value) or (stored.tag == _ORIGINAL_ATTRIBUTES and found > len(stored.value))


def first_difference(a: str | bytes, b: str | bytes) -> int:
    """Index of the first character or byte in which two sequences differ, by bisection."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _bytes_difference(path: str, stored: Buffer, returned: Buffer) -> Difference:
    at = buffers.first_difference(stored, returned)
    if at is not None and at < min(len(stored), len(returned)):
        found, wanted = (each[at : at + 1].hex().upper() for each in (returned, stored))
        return Difference(f"byte {at} of {path}", found, wanted)
    return Difference(f"the length of {path}", f"{len(returned):,} bytes", f"{len(stored):,}")


def values_shown(values: Sequence[Value]) -> str:
    """Values as a message shows them: text in quotes, numbers bare, several joined as DICOM does."""
    text = _text(values)
    bare = values and all(isinstance(item, int | float | bytes | LargeValue) for item in values)
    return text[:LIMIT] if bare else shown(text)


def _text(values: Sequence[Value]) -> str:
    return "\\".join(plain(item) for item in values)


def plain(item: Value) -> str:
    """A value as text: 1 for 1.0, bytes by their length."""
    if isinstance(item, bytes | LargeValue):
        return f"{len(item)} bytes"
    if isinstance(item, float) and item.is_integer():
        return str(int(item)) if abs(item) < 2**53 else repr(item)
    return str(item)
