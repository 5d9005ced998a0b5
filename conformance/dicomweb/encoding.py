"""Strict check that encoded data elements fill their data set exactly: PS3.5 chapter 7 and A.4.

pydicom is lenient; this walk reads only headers and lengths, and accepts no missing or surplus byte. It uses a stack of
its own, so that deep nesting cannot exhaust Python's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

from conformance.dicomweb.buffers import Buffer
from conformance.dicomweb.differences import Malformed
from conformance.dicomweb.wording import name

DEPTH_LIMIT = 64
# Elements, items and fragments of a file; values of an element. The largest that are stored anywhere have fewer.
HEADERS_LIMIT, VALUES_LIMIT = 500_000, 200_000
TOO_MANY = ("the number of elements and items", f"more than {HEADERS_LIMIT:,}", "fewer")
UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = 0x7FE00010
ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

_SHORT = frozenset(str(vr) for vr in EXPLICIT_VR_LENGTH_16)
_LONG = frozenset(str(vr) for vr in EXPLICIT_VR_LENGTH_32)
_SIZES = {"AT": 4, "FD": 8, "FL": 4, "SL": 4, "SS": 2, "SV": 8, "UL": 4, "US": 2, "UV": 8}
_SEPARATED = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"))


class MalformedFile(Malformed):
    """Bytes that are not a whole DICOM file."""


@dataclass(frozen=True)
class Header:
    """Header of a data element or item. `at` and `value_at` are byte offsets, `length` is in bytes or UNDEFINED."""

    tag: int
    vr: str
    at: int
    value_at: int
    length: int

    @property
    def end(self) -> int:
        """Offset of the byte after the value."""
        return self.value_at + self.length

    def malformed(self, found: str, wanted: object, what: str = "") -> MalformedFile:
        """The error about this element or item, or about `what` of it: "the length"."""
        subject = f"{name(self.tag)} at byte {self.at}"
        return MalformedFile(f"{what} of {subject}" if what else subject, found, wanted)


@dataclass
class _Level:
    """A data set, sequence or list of fragments that the walk is in."""

    holds: str  # "elements", "items" or "fragments"
    bound: int  # an offset that its content must not exceed
    delimited: bool  # ends with a delimitation item, otherwise at its bound
    explicit: bool
    last: int = -1  # tag of the last element


def read_header(data: Buffer, at: int, bound: int, explicit: bool = True, order: str = "<") -> Header:
    """Read the header of the element or item at an offset, and check that its value does not end beyond the bound.

    `order` is "<" for little endian, ">" for big endian. Raises MalformedFile.
    """
    if bound - at < 8:
        raise MalformedFile(f"the length of the element header at byte {at}", f"{bound - at} bytes", "at least 8")
    head = data[at : at + 12]
    group, number, length = struct.unpack_from(f"{order}HHL", head)
    tag, vr, value_at = group << 16 | number, "", at + 8
    if explicit and group != 0xFFFE:
        vr = head[4:6].decode("latin-1")
        if vr in _SHORT:
            (length,) = struct.unpack_from(f"{order}H", head, 6)
        elif vr in _LONG and bound - at >= 12:
            (length,) = struct.unpack_from(f"{order}L", head, 8)
            value_at = at + 12
        elif vr in _LONG:
            raise MalformedFile(f"the length of the element header at byte {at}", f"{bound - at} bytes", "12")
        else:
            bad = head[4:6].hex().upper()
            raise MalformedFile(f"the VR of {name(tag)} at byte {at}", f"the bytes {bad}", "one of PS3.5 6.2")
    header = Header(tag, vr, at, value_at, length)
    if length != UNDEFINED:
        if header.end > bound:
            raise header.malformed(f"cut off after {bound - value_at} bytes", f"{length} bytes", "the value")
        if length % 2:
            raise header.malformed(f"{length} bytes", "an even number", "the length")
    return header


def number_of_values(vr: str, content: bytes) -> int:
    """The number of values in an encoded value, of a VR or one of several ("US or SS")."""
    if size := _SIZES.get(vr.partition(" ")[0]):
        return len(content) // size
    return content.count(b"\\") + 1 if vr in _SEPARATED else 1


def walk(data: bytes, start: int, explicit: bool, order: str) -> int:
    """Walk the data set that starts at an offset, and return the number of its elements and items at every depth.

    Raises MalformedFile unless it ends with the last byte.
    """
    return _walk(data, start, _Level("elements", len(data), False, explicit), order)[0]


def elements(data: Buffer, start: int, explicit: bool, order: str) -> Iterator[tuple[Header, int]]:
    """The elements of a data set that starts at an offset, without those in items, each with the offset after it.

    Only headers are read. Raises MalformedFile unless the last one ends with the last byte.
    """
    level, at = _Level("elements", len(data), False, explicit), start
    while at < level.bound:
        header = read_header(data, at, level.bound, explicit, order)
        inner = _in_element(header, level)
        is_open = inner is not None and header.length == UNDEFINED
        at = _walk(data, header.value_at, inner, order)[1] if inner and is_open else header.end
        yield header, at


def walk_items(data: bytes, order: str) -> int:
    """Walk the items of a sequence in implicit VR, as `walk` does."""
    return _walk(data, 0, _Level("items", len(data), False, False), order)[0]


def _walk(data: Buffer, start: int, outermost: _Level, order: str) -> tuple[int, int]:
    """The number of elements and items, and the offset after the last one."""
    levels, at, number = [outermost], start, 0
    while levels:
        level = levels[-1]
        if at == level.bound and not level.delimited:
            levels.pop()
            continue
        if at == level.bound:
            raise MalformedFile(f"the delimitation item of the {level.holds} that end at byte {at}", "absent", "there")
        header = read_header(data, at, level.bound, level.explicit, order)
        number += 1
        if number > HEADERS_LIMIT:
            raise MalformedFile(*TOO_MANY)
        if level.delimited and header.tag == (
            ITEM_DELIMITATION if level.holds == "elements" else SEQUENCE_DELIMITATION
        ):
            if header.length:
                raise header.malformed(f"{header.length} bytes", "0", "the length")
            levels.pop()
            at = header.value_at
            continue
        inner = _in_element(header, level) if level.holds == "elements" else _in_item(header, level)
        at = header.end if inner is None else header.value_at
        if inner is not None:
            levels.append(inner)
        if len(levels) > 2 * DEPTH_LIMIT:
            raise header.malformed(f"more than {DEPTH_LIMIT} levels", "fewer", "the depth")
    return number, at


def _in_element(header: Header, level: _Level) -> _Level | None:
    """The content of an element of a data set: items or fragments, None for a plain value."""
    if header.tag >> 16 == 0xFFFE:
        raise header.malformed("an item or delimitation item", "a data element")
    if header.tag <= level.last:
        raise header.malformed(f"after {name(level.last)}", "before it, and only once")
    level.last = header.tag
    vr = header.vr
    if not level.explicit and dictionary_has_tag(header.tag):
        vr = dictionary_VR(header.tag)
    if header.length != UNDEFINED:
        return _Level("items", header.end, False, level.explicit) if vr == "SQ" else None
    if header.tag == PIXEL_DATA and header.vr in ("OB", "OW"):
        return _Level("fragments", level.bound, True, level.explicit)
    if vr == "SQ" or header.vr == "UN" or (not level.explicit and not dictionary_has_tag(header.tag)):
        # A sequence as UN is in implicit VR (PS3.5 6.2.2).
        return _Level("items", level.bound, True, level.explicit and header.vr != "UN")
    raise header.malformed("undefined", "defined", "the length")


def _in_item(header: Header, level: _Level) -> _Level | None:
    """The content of an item of a sequence: elements; None for a fragment."""
    if header.tag != ITEM:
        raise header.malformed("not an item", "an item")
    if level.holds == "items":
        delimited = header.length == UNDEFINED
        return _Level("elements", level.bound if delimited else header.end, delimited, level.explicit)
    if header.length == UNDEFINED:
        raise header.malformed("undefined", "defined, as of any fragment", "the length")
    return None
