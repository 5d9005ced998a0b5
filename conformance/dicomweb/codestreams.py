"""Compressed frames as PS3.18 sends them: the transfer syntaxes of a bare codestream (8.7.3.3.2, PS3.5 A.4, G)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

# PS3.18 Table 8.7.3-5: the transfer syntaxes of a media type; the first is the default.
SYNTAXES = {
    "image/jpeg": (
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.57",
    ),
    "image/dicom-rle": ("1.2.840.10008.1.2.5",),
    "image/jls": ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"),
    "image/jp2": ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
    "image/jpx": ("1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"),
    "image/jphc": ("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"),
    "image/jxl": ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"),
}
MEDIA_TYPES = {syntax: media_type for media_type, syntaxes in SYNTAXES.items() for syntax in syntaxes}

_JPEG = "1.2.840.10008.1.2.4."
_PROCESSES = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC9: "arithmetic",
    0xCA: "arithmetic progressive",
    0xCB: "arithmetic lossless",
    0xF7: "JPEG-LS",
}
_SYNTAXES_OF_PROCESS = {
    "baseline": (_JPEG + "50", _JPEG + "51"),
    "extended": (_JPEG + "51",),
    "lossless": (_JPEG + "70", _JPEG + "57"),
    "JPEG-LS": (_JPEG + "80", _JPEG + "81"),
}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_SEGMENTS, _FILL = 10_000, 1000  # segments that are examined before the coded data; fill bytes before a marker
_NO_FILL = re.compile(rb"[^\xff]")


def process(content: bytes) -> str | None:
    """The coding process that the frame header of a JPEG or JPEG-LS stream names (ISO 10918-1 B.1.1.3, T.87 C.1.1)."""
    return next((_PROCESSES[marker] for marker, _ in _segments(content) if marker in _PROCESSES), None)


def syntaxes(content: bytes) -> tuple[str, ...]:
    """UIDs of the transfer syntaxes that a bare codestream can be of; empty when its first bytes are of none.

    A reversible JPEG 2000 stream may also stand under the UID that allows lossy ones, a baseline JPEG under that of
    the extended process.
    """
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content.startswith(b"\xff\x4f\xff\x51"):
        return _jpeg2000(content)
    if content.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ")):
        return SYNTAXES["image/jxl"]
    if _is_rle(content):
        return SYNTAXES["image/dicom-rle"]
    return ()


def _jpeg(content: bytes) -> tuple[str, ...]:
    found = _SYNTAXES_OF_PROCESS.get(process(content) or "", ())
    scan = next((segment for marker, segment in _segments(content) if marker == 0xDA), b"\0")
    # After the components of a scan: the predictor of a lossless JPEG, NEAR (0 without loss) of a JPEG-LS.
    parameter = scan[1 + 2 * scan[0] :][:1]
    if found == _SYNTAXES_OF_PROCESS["lossless"] and parameter != b"\x01":
        return found[1:]
    if found == _SYNTAXES_OF_PROCESS["JPEG-LS"] and parameter != b"\0":
        return found[1:]
    return found


def _jpeg2000(content: bytes) -> tuple[str, ...]:
    segments = dict(_segments(content))
    reversible = segments.get(0x52, b"")[9:10] == b"\x01"  # COD: the wavelet transformation
    if 0x50 in segments:  # CAP: Part 15, high throughput
        high = SYNTAXES["image/jphc"]
        return high if reversible else high[2:]
    known = SYNTAXES["image/jp2"] + SYNTAXES["image/jpx"]
    return known if reversible else (known[1], known[3])


def _is_rle(content: bytes) -> bool:
    """True for a header of 16 numbers: the count of segments and the offset of each, the first right after the
    header."""
    if len(content) < 64:
        return False
    number, *offsets = struct.unpack_from("<16L", content)
    used, unused = offsets[:number], offsets[number:]
    return 1 <= number <= 15 and used[0] == 64 and used == sorted(used) and not any(unused)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each marker segment, up to the first that is followed by coded data."""
    at = 2
    for _ in range(_SEGMENTS):
        found = _NO_FILL.search(content, at, at + _FILL)
        if found is None or found.start() == at or found.start() + 3 > len(content):
            return
        at, marker = found.start() - 1, content[found.start()]
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        yield marker, content[at + 4 : at + 2 + length] or b"\0"
        if marker in (0xDA, 0x90):
            return
        at += 2 + length
