"""Answers that are small to send and expensive to read: each is built, and read by what reads it in a run.

`BOMBS` has them by name. `tests/attacks/test_bounds.py` sets off each of them in a small size, and
`tests/benchmarks/bounds.py` in full size, a process each, and says how long it took and how much memory.
"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

from PIL import Image
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from conformance.dicomweb import (
    codestreams,
    dicom_json,
    dicom_xml,
    images,
    json_walker,
    media_types,
    multipart,
    part10,
    wadl,
    warning_field,
    xml_walker,
)
from conformance.dicomweb.multipart import boundary_of
from conformance.reporting import advice, exchanges
from tests.reporting import factory

MB = 1_000_000
BOUNDARY = "b"
SEQUENCE = b'{"00400100":{"vr":"SQ","Value":['


class Bomb(NamedTuple):
    """`build(n)` gives what reads the attack. `full` is n of an attack in earnest, `small` that of a test."""

    build: Callable[[int], Callable[[], object]]
    full: int
    small: int


BOMBS: dict[str, Bomb] = {}


def bomb(full, small):
    """Register an attack."""

    def register(build):
        BOMBS[build.__name__.replace("_", "-")] = Bomb(build, full, small)
        return build

    return register


def read(reader, *args):
    """What a reader says: that something is malformed is an answer, any other exception is not."""
    try:
        return reader(*args)
    except (
        dicom_json.MalformedJson,
        dicom_xml.MalformedXml,
        part10.MalformedFile,
        wadl.MalformedDescription,
        images.MalformedImage,
        media_types.MalformedMediaType,
    ) as error:
        return str(error)


def json(content):
    """All that reads DICOM JSON."""

    def run():
        found = read(dicom_json.datasets, content)
        return len(json_walker.walk(content)), json_walker.is_json(content), json_walker.vrs(content), found

    return run


def xml(content):
    """All that reads Native DICOM XML."""

    def run():
        found = len(xml_walker.walk(content))
        try:
            return found, dicom_json.text(dicom_xml.data_set(dicom_xml.load(content)), "PatientID")
        except dicom_xml.MalformedXml as error:
            return found, str(error)

    return run


@bomb(100_000, 40_000)
def json_name_twice(n):
    """An object of many names, the last of them twice."""
    names = [f'"{number:08X}":{{}}' for number in [*range(n), n - 1]]
    return json(f"[{{{','.join(names)}}}]".encode())


@bomb(10_000_000, 5_000_000)
def json_many_numbers(n):
    return json(b'[{"00280010":{"vr":"US","Value":[' + b"0," * n + b"0]}}]")


@bomb(10_000_000, 5_000_000)
def json_many_lists(n):
    return json(b"[" + b"[]," * n + b"[]]")


@bomb(4_000_000, 4_000_000)
def json_many_data_sets(n):
    return json(b"[" + b'{"a":1},' * n + b"{}]")


@bomb(3_900_000, 200_000)
def json_many_names(n):
    return json(b"[{" + b",".join(b'"%x":1' % number for number in range(n // 2)) + b"}]")


@bomb(100_000, 100_000)
def json_deep_lists(n):
    return json(b"[" * n)


@bomb(32 * MB, MB)
def json_deep_sequences(n):
    """As deep as it can be read, and at the bottom many attributes, each with something to say about."""
    depth = 60
    bottom = b",".join(b'"%08x":{"vr":"XX"}' % number for number in range(n // 32))
    return json(b"[" + SEQUENCE * depth + b"{" + bottom + b"}" + b"]}}" * depth + b"]")


@bomb(11 * MB, MB // 2)
def json_deep_items(n):
    """The same with many items at the bottom."""
    depth = 60
    bottom = b'{"00400100":{"vr":"SQ","Value":[' + b"{}," * (n // 3) + b"{}]}}"
    return json(b"[" + SEQUENCE * depth + bottom + b"]}}" * depth + b"]")


@bomb(30 * MB, MB // 2)
def json_long_names(n):
    """A name of megabytes, in many data sets below it."""
    return json(b'[{"' + b"A" * (n // 2) + b'":{"vr":"SQ","Value":[' + b'{"b":1},' * (n // 16) + b"{}]}}]")


@bomb(30 * MB, 100_000)
def json_number_as_text(n):
    """A decimal string that is none, compared with the stored one."""
    stored = Dataset()
    stored.PatientWeight = 70
    text = "1" * n + "x"
    found = {"00101030": {"vr": "DS", "Value": [text]}}
    return lambda: dicom_json.differences(stored, found)


@bomb(30 * MB, 2 * MB)
def json_inline_values(n):
    """Binary data that are millions of values in the VR of the stored element."""
    stored = Dataset()
    stored.PatientWeight = 70
    content = base64.b64encode(b"1\\" * (n // 2)).decode()
    return lambda: dicom_json.differences(stored, {"00101030": {"vr": "UN", "InlineBinary": content}})


@bomb(30 * MB, MB // 2)
def json_inline_sequence(n):
    stored = Dataset()
    stored.RequestAttributesSequence = [Dataset()]
    stored.RequestAttributesSequence[0].PatientID = "1"
    content = base64.b64encode(struct.pack("<HHL", 0xFFFE, 0xE000, 0) * (n // 8)).decode()
    return lambda: dicom_json.differences(stored, {"00400275": {"vr": "UN", "InlineBinary": content}})


def model(content):
    return (
        f'<NativeDicomModel xmlns="{dicom_xml.NAMESPACE}" xml:space="preserve">'.encode()
        + content
        + b"</NativeDicomModel>"
    )


@bomb(100_000, 50_000)
def xml_deep_items(n):
    start = b'<DicomAttribute tag="00400100" vr="SQ"><Item number="1">'
    return xml(model(start * n + b"</Item></DicomAttribute>" * n))


@bomb(32 * MB, 2 * MB)
def xml_many_elements(n):
    return xml(model(b'<a b=""/>' * (n // 9)))


@bomb(32 * MB, 4 * MB)
def xml_many_names(n):
    """An attribute that holds very many kinds of content."""
    children = b"".join(b"<x%07x/>" % number for number in range(n // 11))
    return xml(model(b'<DicomAttribute tag="00100020" vr="LO" keyword="PatientID">' + children + b"</DicomAttribute>"))


@bomb(32 * MB, MB)
def xml_many_items(n):
    return xml(model(b'<DicomAttribute tag="00400100" vr="SQ">' + b"<Item/>" * (n // 7) + b"</DicomAttribute>"))


@bomb(32 * MB, 4 * MB)
def xml_many_attributes(n):
    """One element with very many attributes of XML."""
    return xml(model(b"<DicomAttribute " + b" ".join(b'a%x=""' % number for number in range(n // 10)) + b"/>"))


def description(content):
    start = f'<application xmlns="{wadl.NAMESPACE}"><resources base="http://pacs.example/">'
    return start.encode() + content + b"</resources></application>"


def described(content):
    """A description as the checks read it."""

    def run():
        found = read(wadl.read, content)
        return found if isinstance(found, str) else (len(found.resources), len(found.parameters("query")))

    return run


@bomb(7 * MB, 7 * MB)
def wadl_long_paths(n):
    """Long paths, nested, above very many resources."""
    length = 100_000
    depth = min(49, n // 2 // length)
    start = b"".join(b'<resource path="%s">' % (b"p" * length) for _ in range(depth))
    return described(description(start + b'<resource path="a"/>' * (n // 2 // 20) + b"</resource>" * depth))


@bomb(32 * MB, 4 * MB)
def wadl_many_resources(n):
    return described(description(b"".join(b'<resource path="%x"/>' % number for number in range(n // 25))))


@bomb(1, 1)
def wadl_entities_in_utf16(n):
    """A document type in an encoding in which its bytes are others."""
    text = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY e "expanded">]>{description(b"").decode()}'
    return described(text.replace("http://pacs.example/", "&e;").encode("utf-16"))


def element(tag, vr, content=b"", length=None):
    """An element in Explicit VR Little Endian, in Implicit VR without a VR."""
    size = len(content) if length is None else length
    if not vr:
        head = struct.pack("<HHL", tag >> 16, tag & 0xFFFF, size)
    elif vr in ("SQ", "UN", "OB", "OW", "UC", "UT"):
        head = struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr.encode(), 0, size)
    else:
        head = struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), size)
    return head + content


def file(content, syntax=ExplicitVRLittleEndian):
    name = str(syntax).encode()
    meta = element(0x00020010, "UI", name + b"\0" * (len(name) % 2))
    return b"\0" * 128 + b"DICM" + element(0x00020000, "UL", struct.pack("<L", len(meta))) + meta + content


def part(content):
    return lambda: type(read(part10.read, content))


@bomb(1_000_000, 600_000)
def file_many_elements(n):
    """As many private elements as there are."""
    each = [
        element((0x0009 + 2 * (number // 60_000) << 16) + 0x1000 + number % 60_000, "SH", b"A ") for number in range(n)
    ]
    return part(file(b"".join(each)))


@bomb(250 * MB, 10 * MB)
def file_many_items(n):
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
    return part(file(element(0x00400100, "SQ", item * (n // 8))))


@bomb(250 * MB, 10 * MB)
def file_many_fragments(n):
    fragments = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * (n // 8) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    return part(file(element(0x7FE00010, "OB", fragments, 0xFFFFFFFF)))


@bomb(250 * MB, 10 * MB)
def file_many_values(n):
    """One element of millions of decimal strings."""
    return part(file(element(0x00101030, "", b"1\\" * (n // 2)), ImplicitVRLittleEndian))


@bomb(250 * MB, 10 * MB)
def file_many_integers(n):
    return part(file(element(0x00280010, "", b"1\0" * (n // 2)), ImplicitVRLittleEndian))


@bomb(250 * MB, 10 * MB)
def file_many_values_in_unknown(n):
    """The same as UN, 64 kB each, in tags whose VR is known."""
    content = b"1\\" * 32_766
    tags = [0x00400000 + number for number in range(0x10, 0xFFFF)][: n // len(content)]
    return part(file(b"".join(element(tag, "UN", content) for tag in tags)))


@bomb(100_000, 100_000)
def file_deep_sequences(n):
    start = struct.pack("<HH2sHL", 0x0040, 0x0100, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    return part(file(start * n))


@bomb(64_000, 64_000)
def file_deep_sequences_in_unknown(n):
    """Sequences of defined length in Implicit VR, one in another, in elements of UN that say so of none."""
    content = b""
    for _ in range(n // 16 - 10):
        item = struct.pack("<HHL", 0xFFFE, 0xE000, len(content)) + content
        content = struct.pack("<HHL", 0x0040, 0x0100, len(item)) + item
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(content)) + content
    tags = [0x00400100, 0x00400260, 0x00400275, 0x00400281]
    return part(file(b"".join(element(tag, "UN", item) for tag in tags)))


@bomb(32 * MB, 4 * MB)
def file_private_sequence(n):
    """A private sequence whose creator is known, in Implicit VR, where nothing says that it is one."""
    creator = element(0x20050010, "", b"Philips MR Imaging DD 001 ")
    items = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * (n // 8)
    return part(file(creator + element(0x20051071, "", items) + element(0x2005108E, "", items), ImplicitVRLittleEndian))


@bomb(250 * MB, 32 * MB)
def file_deflated_zeros(n):
    packer = zlib.compressobj(9, wbits=-15)
    content = b"".join([packer.compress(element(0x7FE00010, "OW", bytes(n))), packer.flush()])
    return part(file(content, "1.2.840.10008.1.2.1.99"))


@bomb(2_000_000_000, 2_000_000_000)
def file_many_frames(n):
    ds = element(0x00280002, "US", b"\1\0") + element(0x00280004, "CS", b"MONOCHROME2 ")
    ds += element(0x00280008, "IS", f"{n:<12}".encode()) + element(0x00280010, "US", b"\xff\xff")
    ds += element(0x00280011, "US", b"\xff\xff") + element(0x00280100, "US", b"\x10\0")
    return part(file(ds + element(0x7FE00010, "OW", b"\0\0")))


def related(content, type="application/dicom"):
    return lambda: (found := multipart.parse(BOUNDARY, content)) and (len(found.parts), len(found.findings))


@bomb(1_000_000, 200_000)
def multipart_many_parts(n):
    return related(b"--b\r\n\r\n\r\n" * n + b"--b--\r\n")


@bomb(250 * MB, 10 * MB)
def multipart_many_header_fields(n):
    """Parts whose header is as long as it may be, a field in each three bytes."""
    part = b"--b\r\n" + b"a:\n" * 21_000 + b"\r\n"
    return related(part * (n // len(part)) + b"--b--\r\n")


@bomb(250 * MB, 32 * MB)
def multipart_padding(n):
    return related(b"--b" + b" " * n)


@bomb(250 * MB, 32 * MB)
def multipart_preamble(n):
    return related(b"a\r\n--" * (n // 5) + b"\r\n--b\r\n\r\n\r\n--b--\r\n")


@bomb(250 * MB, 32 * MB)
def multipart_delimiters_that_are_none(n):
    return related(b"--b\r\n\r\n" + b"\r\n--bx" * (n // 7))


@bomb(64_000, 64_000)
def content_type_loose(n):
    value = 'multipart/related;"; ' + "boundary  " * (n // 10)
    return lambda: boundary_of(value)


@bomb(90_000, 90_000)
def warning_of_more(n):
    value = "299 more " * (n // 9)
    return lambda: (warning_field.speaks_of_more(value), warning_field.remaining(value))


@bomb(90_000, 90_000)
def warning_of_codes(n):
    value = "299 " * (n // 4)
    return lambda: (warning_field.speaks_of_more(value), warning_field.remaining(value))


def encoded(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def picture(content):
    return lambda: str(read(images.read, content))[:80]


@bomb(4096, 4096)
def image_large(n):
    content = encoded(Image.new("L", (n, n)), "PNG")

    def run():
        picture = images.read(content)
        return picture.distance(images.read(content))

    return run


@bomb(30_000, 30_000)
def image_too_large(n):
    chunks = [b"IHDR" + struct.pack(">LLBBBBB", n, n, 1, 0, 0, 0, 0), b"IDAT" + zlib.compress(bytes(1000))]
    written = [struct.pack(">L", len(each) - 4) + each + struct.pack(">L", zlib.crc32(each)) for each in chunks]
    return picture(b"\x89PNG\r\n\x1a\n" + b"".join(written))


@bomb(300_000, 3000)
def image_of_many_scans(n):
    """A progressive JPEG whose last scan comes again and again."""
    content = encoded(Image.new("L", (4096, 4096)), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    return picture(content[:-2] + last * n + b"\xff\xd9")


@bomb(200_000, 20_000)
def image_of_many_frames(n):
    first = encoded(Image.new("L", (1, 1)), "GIF")
    # The block of a frame, after header, screen and its table of 256 or 2 colours.
    start = first.index(b"\x2c")
    return picture(first[:start] + first[start:-1] * n + b";")


@bomb(250 * MB, 32 * MB)
def codestream_of_fill_bytes(n):
    content = b"\xff\xd8" + b"\xff" * n
    return lambda: (codestreams.syntaxes(content), codestreams.process(content))


@bomb(250 * MB, 32 * MB)
def codestream_of_empty_markers(n):
    content = b"\xff\xd8" + b"\xff\x01" * (n // 2)
    return lambda: (codestreams.syntaxes(content), codestreams.process(content))


def advised(text, number=200):
    """What a report makes of a run in which each answer has this text."""
    run = factory.deviating()
    for check in run.checks:
        check.evidence = [
            factory.replace(
                item,
                path=f"evidence/{check.id}/{at}.http",
                method="GET",
                url=f"{factory.URL}/studies",
                response_body=factory.Body(size=len(text), sha256="", text=text),
            )
            for item in check.evidence
            for at in range(number // len(run.checks))
        ]
    return lambda: advice.advice(run)


@bomb(16_384, 16_384)
def advice_on_spaces(n):
    return advised(" " * (n - 1) + "x")


@bomb(16_384, 16_384)
def advice_on_tags(n):
    return advised('tag="00081190"' * (n // 14))


@bomb(16_384, 16_384)
def advice_on_values(n):
    return advised('tag="00081190"><Value' * (n // 21))


@bomb(1_000_000, 100_000)
def sentence_of_requests(n):
    check = factory.replace(factory.deviating().checks[0], deviation=None, summary="GET /x " * (n // 7))
    check.evidence = check.evidence * 500
    return lambda: exchanges.subject(check) is None
