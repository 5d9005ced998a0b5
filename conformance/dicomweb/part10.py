"""DICOM files: PS3.10 chapter 7, read strictly, and the differences between two data sets."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from io import BytesIO

import pydicom
from pydicom import DataElement, Dataset
from pydicom.config import disable_value_validation
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.hooks import raw_element_vr
from pydicom.pixels.utils import get_expected_length
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from conformance.dicomweb import comparison
from conformance.dicomweb.buffers import Ahead, Buffer, LargeValue, View, joined
from conformance.dicomweb.differences import Difference
from conformance.dicomweb.encoding import (
    DEPTH_LIMIT,
    HEADERS_LIMIT,
    PIXEL_DATA,
    TOO_MANY,
    UNDEFINED,
    VALUES_LIMIT,
    Header,
    MalformedFile,
    elements,
    number_of_values,
    read_header,
    walk,
    walk_items,
)
from conformance.dicomweb.uids import is_valid
from conformance.dicomweb.wording import name, shown

__all__ = ["Large", "MalformedFile", "differences", "merged", "read", "split"]

# Bytes of a binary value from which on it stays in its file, and the most of all others.
LARGE, IN_MEMORY = 64 * 1024, 64 * 1024 * 1024
_BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "OB or OW", "UN"))

# Limits of inflated bytes: a small file may inflate to gigabytes.
INFLATED_LIMIT, LITTLE, RATIO = 1 << 28, 1 << 26, 100
MANY = 1000  # values of an element; from so many on they are not kept: each takes 20 times its bytes
ALL_VALUES_LIMIT = 5_000_000  # of a file
_START = 1 << 16  # bytes; before a file are a preamble and the headers of its part
_PIXELS = ("FloatPixelData", "DoubleFloatPixelData", "PixelData", "PixelDataProviderURL")
_SIZES = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
# Decompressing or compressing an image may have to change these (PS3.5 8.2).
_CHANGED_BY_TRANSCODING = frozenset((PIXEL_DATA, 0x00280004, 0x00280006))


def read(content: Buffer) -> Dataset:
    """Read a DICOM file (PS3.10 7.1) strictly: no missing and no surplus byte.

    The group length, the ends of all elements, items and fragments, the order of tags and the size of native pixel data
    are checked; every value is decoded. Raises MalformedFile. A file that was cut between two elements looks whole;
    `differences` shows the loss.

    Of content that is not bytes, large binary values stay where they are: each is a LargeValue.
    """
    start, syntax = _file_meta(content)
    if syntax == DeflatedExplicitVRLittleEndian:
        small, large = content[:], list[Large]()
        number = walk(_inflated(small[start:]), 0, True, "<")
    else:
        small, large = (content, list[Large]()) if isinstance(content, bytes) else split(content)
        number = walk(small, start, *_form(syntax))
    ds = _parsed(small, number)
    for element in large:
        ds[element.header.tag] = element.data_element
    _check_pixels(ds, syntax)
    return ds


@dataclass(frozen=True)
class Large:
    """A large binary element of a data set: its header, and all its bytes with the header."""

    header: Header
    vr: str
    whole: View

    @property
    def data_element(self) -> DataElement:
        """The element with a LargeValue, which pydicom does not take in UN."""
        is_open, at = self.header.length == UNDEFINED, self.header.value_at
        value = View(self.whole.buffer, at, self.whole.stop - (8 if is_open else 0))
        return DataElement(self.header.tag, self.vr, LargeValue(value), is_undefined_length=is_open)


def split(content: Buffer) -> tuple[bytes, list[Large]]:
    """A file in a native byte stream (not deflated) without its large binary elements, and these, in their order.

    Raises MalformedFile, also if more than IN_MEMORY bytes remain.
    """
    start, syntax = _file_meta(content)
    large: list[Large] = []
    rest, at = [], 0
    for header, end in elements(Ahead(content), start, *_form(syntax)):
        vr = header.vr or (dictionary_VR(header.tag) if dictionary_has_tag(header.tag) else "UN")
        is_value = header.length != UNDEFINED or header.tag == PIXEL_DATA  # not a sequence as UN
        if end - header.value_at > LARGE and vr in _BINARY and is_value:
            large.append(Large(header, {"UN": "OB", "OB or OW": "OW"}.get(vr, vr), View(content, header.at, end)))
            rest.append((at, header.at))
            at = end
    rest.append((at, len(content)))
    if (size := sum(stop - start for start, stop in rest)) > IN_MEMORY:
        raise MalformedFile("the data set without large binary values", f"{size:,} bytes", f"{IN_MEMORY:,} at most")
    return b"".join(content[start:stop] for start, stop in rest), large


def merged(small: bytes, large: Sequence[Large]) -> Buffer:
    """The reverse of `split`: a file, with large elements put into their places."""
    start, syntax = _file_meta(small)
    headers = [header for header, _ in elements(small, start, *_form(syntax))]
    parts: list[Buffer] = []
    at = 0
    for one in large:
        place = next((header.at for header in headers if header.tag > one.header.tag), len(small))
        parts += [small[at:place], one.whole]
        at = place
    return joined([*parts, small[at:]])


def _form(syntax: UID) -> tuple[bool, str]:
    """True if a transfer syntax has explicit VR, and its byte order as struct has it."""
    return syntax != ImplicitVRLittleEndian, ">" if syntax == ExplicitVRBigEndian else "<"


def transfer_syntax(content: Buffer) -> UID:
    """The transfer syntax of a file. Raises MalformedFile."""
    return _file_meta(content)[1]


def _file_meta(content: Buffer) -> tuple[int, UID]:
    """The offset of the data set, and its transfer syntax."""
    if content[128:132] != b"DICM":
        raise MalformedFile("the file from byte 128 on", content[128:132].hex().upper(), "DICM (4449434D)")
    length = read_header(content, 132, len(content))
    if (length.tag, length.vr, length.length) != (0x00020000, "UL", 4):
        raise length.malformed("the first element", "after FileMetaInformationGroupLength")
    at, syntax = length.end, ""
    while content[at : at + 2] == b"\x02\x00":
        element = read_header(content, at, len(content))
        if element.tag == 0x00020010:
            syntax = _value(content, element).decode("latin-1").rstrip("\0 ")
        at = element.end
    declared = int.from_bytes(_value(content, length), "little")
    if declared != at - length.end:
        raise length.malformed(f"{declared} bytes", at - length.end)
    if not is_valid(syntax):
        raise MalformedFile("TransferSyntaxUID", shown(syntax), "a UID")
    return at, UID(syntax)


def _value(content: Buffer, header: Header) -> bytes:
    return content[header.value_at : header.end]


def is_in(content: Buffer) -> bool:
    """True if bytes contain anything of a Part 10 file, even an invalid one: DICM, or a MediaStorageSOPClassUID."""
    start = content[:_START]
    return b"DICM" in start or b"\x02\x00\x02\x00UI" in start


def _inflated(deflated: bytes) -> bytes:
    """The data set of a deflated transfer syntax (PS3.5 A.5)."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    limit = min(INFLATED_LIMIT, max(LITTLE, RATIO * len(deflated)))
    try:
        inflated = inflater.decompress(deflated, limit)
    except zlib.error:
        raise MalformedFile("the data set", "bytes that cannot be inflated", "deflated as RFC 1951 has it") from None
    if not inflater.eof:
        raise MalformedFile("the deflated data set", f"cut off or longer than {limit:,} bytes", "whole")
    rest = inflater.unused_data
    if rest and (rest != b"\0" or len(deflated) % 2):  # one NUL may make the length even
        raise MalformedFile("what follows the deflated data set", f"{len(rest):,} bytes", "nothing")
    return inflated


def _parsed(content: bytes, headers: int) -> Dataset:
    """The data set with all its values decoded. `headers` is the number of its elements and items."""
    with disable_value_validation(), warnings.catch_warnings(action="ignore"):  # judged elsewhere
        try:
            ds = pydicom.dcmread(BytesIO(content))
        except Exception as error:
            raise MalformedFile("the data set", f"not decodable ({error})", "encoded as PS3.5 has it") from None
        pending: list[tuple[Dataset, int]] = [(ds, 0)]
        values = 0
        while pending:
            item, depth = pending.pop()
            if depth > DEPTH_LIMIT:
                raise MalformedFile("the depth of the items", f"more than {DEPTH_LIMIT} levels", "fewer")
            for tag in list(item.keys()):
                raw, several = item.get_item(tag), 1
                if isinstance(raw, RawDataElement):
                    several, hidden = _numbers(raw, item)
                    values, headers = values + several, headers + hidden
                    if headers > HEADERS_LIMIT:
                        raise MalformedFile(*TOO_MANY)
                    if values > ALL_VALUES_LIMIT:
                        raise MalformedFile("the number of values", f"more than {ALL_VALUES_LIMIT:,}", "fewer")
                element = _decoded(item, tag)
                if element.VR == "SQ":
                    pending.extend((inner, depth + 1) for inner in element.value)
                elif several > MANY:
                    item[tag] = raw
    return ds


def _numbers(raw: RawDataElement, within: Dataset) -> tuple[int, int]:
    """The number of values of an element, and of elements in it, if it does not say that it is a sequence.

    Raises MalformedFile for more than are read.
    """
    found: dict[str, str] = {}
    raw_element_vr(raw, found, ds=within)
    vr, content = found["VR"], raw.value or b""
    number = number_of_values(vr, content)
    if number > VALUES_LIMIT:
        raise MalformedFile(f"the number of values of {name(raw.tag)}", f"{number:,}", f"{VALUES_LIMIT:,} at most")
    is_hidden = vr == "SQ" and raw.VR != "SQ"
    return number, walk_items(content, "<" if raw.is_little_endian else ">") if is_hidden else 0


def _decoded(item: Dataset, tag: BaseTag) -> DataElement:
    try:
        return item[tag]
    except Exception:
        raise MalformedFile(f"the value of {name(tag)}", "unreadable", "one of its VR") from None


def _check_pixels(ds: Dataset, syntax: UID) -> None:
    present = [keyword for keyword in _PIXELS if keyword in ds]
    if not present and all(keyword in ds for keyword in _SIZES):
        raise MalformedFile("PixelData", "absent", "there, because Rows and Columns are")
    if "PixelData" not in present:
        return
    if syntax.is_transfer_syntax and syntax.is_compressed != ds["PixelData"].is_undefined_length:
        found, wanted = ("native", "encapsulated") if syntax.is_compressed else ("encapsulated", "native")
        raise MalformedFile("PixelData", found, f"{wanted} (transfer syntax {syntax.name})")
    if ds["PixelData"].is_undefined_length:
        return
    for keyword in _SIZES:
        if not isinstance(ds.get(keyword), int):
            found = "not a number" if keyword in ds else "absent"
            raise MalformedFile(keyword, found, "a number, because PixelData is there")
    length, expected = len(ds.PixelData or b""), _expected_length(ds)
    if length != expected + expected % 2:
        size = " x ".join(f"{keyword} {ds[keyword].value}" for keyword in (*_SIZES, "NumberOfFrames") if keyword in ds)
        raise MalformedFile("the length of PixelData", f"{length:,} bytes", f"{expected + expected % 2:,} ({size})")


def _expected_length(ds: Dataset) -> int:
    """Length of native pixel data in bytes, without the pad byte."""
    try:
        return get_expected_length(ds)
    except Exception:
        raise MalformedFile("NumberOfFrames or PhotometricInterpretation", "unusable", "valid") from None


def differences(stored: Dataset, returned: Dataset) -> list[Difference]:
    """The differences that a reader of the returned data set sees; empty when nothing is changed.

    Each element of `stored` that is missing in `returned` or has another value. Not differences: padding, how a number
    or VR is spelled, character set, elements that `returned` adds, attributes that its OriginalAttributesSequence
    records as coerced (PS3.18 10.5.3). Pixel data are compared when both data sets have them in native form; compressed
    ones, and the attributes that change with compression, are not.
    """
    coerced: set[int] = set()
    for record in _items(returned, "OriginalAttributesSequence"):
        for item in _items(record, "ModifiedAttributesSequence"):
            coerced.update(item.keys())
    transcoded = _transcoded(stored, returned)
    found: list[Difference] = []
    gone = coerced if _has_the_fragments_of(stored, returned) else coerced | comparison.OFFSET_TABLES
    for element in comparison.elements(stored):
        if element.tag not in gone:
            found += _differences(element, returned, "", stored, transcoded)
    return found


def _differences(
    element: DataElement, returned: Dataset, path: str, root: Dataset, transcoded: Set[int]
) -> Iterator[Difference]:
    """The differences of one element, and of the elements in its items; values of those in `transcoded` are not
    compared."""
    where = path + name(element.tag)
    if element.tag not in returned:
        yield Difference(where, "absent", comparison.described(element))
        return
    if element.tag in transcoded:
        return
    element, other = _aligned(element, returned[element.tag], root)
    if element.VR != "SQ" or other.VR != "SQ":
        if not comparison.equal(element, other):
            yield comparison.difference(where, element, other)
        return
    if not comparison.enough_items(element, len(other.value)):
        yield comparison.difference(where, element, other)
    for index, (item, other_item) in enumerate(zip(element.value, other.value, strict=False)):
        decoded = _is_compressed(item) != _is_compressed(other_item)  # an icon
        for inner in comparison.elements(item):
            changed = _CHANGED_BY_TRANSCODING if decoded else frozenset[int]()
            yield from _differences(inner, other_item, f"{where}[{index}].", root, changed)


def _has_the_fragments_of(stored: Dataset, returned: Dataset) -> bool:
    """Whether compressed frames are in the stored fragments, so that an Extended Offset Table still holds."""
    if not _is_compressed(returned) or "PixelData" not in stored:
        return False
    return comparison.equal(stored["PixelData"], returned["PixelData"])


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    return list(ds[keyword].value) if keyword in ds and ds[keyword].VR == "SQ" else []


def _aligned(element: DataElement, other: DataElement, root: Dataset) -> tuple[DataElement, DataElement]:
    """Two elements in the same VR, if one of them has bytes of another VR: UN, or OB or OW where both are allowed."""
    if element.VR != other.VR and isinstance(other.value, bytes):
        other = comparison.interpreted(other.value, element, root) or other
    elif element.VR != other.VR and isinstance(element.value, bytes):
        element = comparison.interpreted(element.value, other, root) or element
    return element, other


def _transcoded(stored: Dataset, returned: Dataset) -> Set[int]:
    """Attributes of the data set whose values cannot be compared because of the transfer syntaxes."""
    compressed, syntaxes = zip(*(_coding(ds) for ds in (stored, returned)), strict=True)
    if syntaxes[0] != syntaxes[1] and any(compressed):
        return _CHANGED_BY_TRANSCODING
    if any(compressed) or (syntaxes[0] != syntaxes[1] and ExplicitVRBigEndian in syntaxes):
        return frozenset((PIXEL_DATA,))
    return frozenset()


def _coding(ds: Dataset) -> tuple[bool, UID]:
    """True if the pixel data of a data set are compressed, and its transfer syntax ("" if that is not known)."""
    syntax = UID(getattr(getattr(ds, "file_meta", None), "TransferSyntaxUID", ""))
    return _is_compressed(ds) or (syntax.is_transfer_syntax and syntax.is_compressed), syntax


def _is_compressed(ds: Dataset) -> bool:
    """True if the pixel data of a data set or an item are encapsulated."""
    return PIXEL_DATA in ds and bool(ds[PIXEL_DATA].is_undefined_length)
