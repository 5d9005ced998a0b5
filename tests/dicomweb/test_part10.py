"""DICOM files: PS3.10 chapter 7, PS3.5 chapter 7 and annex A."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from conformance.dicomweb.part10 import MalformedFile, differences, read

from .datasets import compressed, encode, image, item

SAMPLES = sorted((Path(__file__).parents[2] / "fixtures").glob("*.dcm"))
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def refusal(content):
    with pytest.raises(MalformedFile) as refused:
        read(content)
    return str(refused.value)


def element(group, number, vr, value, length=None):
    """An element in Explicit VR Little Endian; "" for the VR makes it implicit, or an item."""
    length = len(value) if length is None else length
    tag = struct.pack("<HH", group, number)
    if vr in ("OB", "OW", "SQ", "UN"):
        return tag + vr.encode() + struct.pack("<HL", 0, length) + value
    return tag + (vr.encode() + struct.pack("<H", length) if vr else struct.pack("<L", length)) + value


ITEM_END, SEQUENCE_END = element(0xFFFE, 0xE00D, "", b""), element(0xFFFE, 0xE0DD, "", b"")
UNDEFINED = 0xFFFFFFFF
META = b"\0" * 128 + b"DICM" + element(2, 0, "UL", struct.pack("<L", 26)) + element(2, 16, "UI", b"1.2.840.10008.1.2\0")
EXPLICIT = (
    META[:-18].replace(struct.pack("<L", 26), struct.pack("<L", 28))[:-2]
    + struct.pack("<H", 20)
    + b"1.2.840.10008.1.2.1\0"
)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_file_is_read(path):
    content = path.read_bytes()

    assert differences(read(content), read(content)) == []


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_is_written_is_read(syntax):
    ds = read(encode(image(), syntax))

    assert (differences(image(), ds), differences(ds, image())) == ([], [])


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_cut_at_any_byte_is_noticed(syntax):
    content = encode(image(), syntax)

    for end in range(len(content)):
        try:
            ds = read(content[:end])
        except MalformedFile:
            continue
        # Between two elements the file is whole as far as its bytes tell, but what follows is missing.
        assert any(difference.found == "absent" for difference in differences(image(), ds)), end


@pytest.mark.parametrize("syntax", SYNTAXES)
@settings(derandomize=True, deadline=None)
@given(st.binary(min_size=1))
def test_trailing_bytes_are_noticed(syntax, trailing):
    assert refusal(encode(image(), syntax) + trailing)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.lists(st.tuples(st.integers(128, 755), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_damage_is_refused_or_read(changes):
    content = bytearray(encode(image()))
    for offset, byte in changes:
        content[offset] = byte

    try:
        ds = read(bytes(content))
    except MalformedFile:
        return
    assert isinstance(differences(image(), ds), list)


LEGAL = {
    "no data set": META,
    "items of defined length": EXPLICIT
    + element(8, 0x1110, "SQ", element(0xFFFE, 0xE000, "", element(8, 0x1155, "UI", b"1.2\0"))),
    "items of undefined length": EXPLICIT
    + element(8, 0x1110, "SQ", b"", UNDEFINED)
    + element(0xFFFE, 0xE000, "", b"", UNDEFINED)
    + element(8, 0x1155, "UI", b"1.2\0")
    + ITEM_END
    + SEQUENCE_END,
    "empty sequence": EXPLICIT + element(8, 0x1110, "SQ", b""),
    "unknown sequence in implicit VR": META
    + element(9, 0x1010, "", b"", UNDEFINED)
    + element(0xFFFE, 0xE000, "", element(8, 0x1155, "", b"1.2\0"))
    + SEQUENCE_END,
    "sequence as UN, which is in implicit VR": EXPLICIT
    + element(9, 0x1010, "UN", b"", UNDEFINED)
    + element(0xFFFE, 0xE000, "", element(8, 0x1155, "", b"1.2\0"))
    + SEQUENCE_END,
}

BAD = {
    "empty": (b"", "the file from byte 128 on is empty, should be DICM (4449434D)"),
    "text": (b"<html>" * 30, "the file from byte 128 on is 746D6C3E, should be DICM (4449434D)"),
    "no preamble": (EXPLICIT[128:] + b"\0" * 128, "the file from byte 128 on is 00000000, should be DICM (4449434D)"),
    "nothing after the prefix": (
        EXPLICIT[:132],
        "the length of the element header at byte 132 is 0 bytes, should be at least 8",
    ),
    "no group length": (
        META[:132] + META[144:],
        "TransferSyntaxUID at byte 132 is the first element, should be after FileMetaInformationGroupLength",
    ),
    "wrong group length": (
        META.replace(struct.pack("<L", 26), struct.pack("<L", 27)),
        "FileMetaInformationGroupLength at byte 132 is 27 bytes, should be 26",
    ),
    "no transfer syntax": (
        META[:140] + struct.pack("<L", 0),
        "TransferSyntaxUID is empty, should be a UID",
    ),
    "value cut off": (
        EXPLICIT + element(16, 32, "LO", b"ab", 4),
        "the value of PatientID at byte 172 is cut off after 2 bytes, should be 4 bytes",
    ),
    "odd length": (
        EXPLICIT + element(16, 32, "LO", b"abc"),
        "the length of PatientID at byte 172 is 3 bytes, should be an even number",
    ),
    "no VR": (
        EXPLICIT + element(16, 32, "", b"ab"),
        "the VR of PatientID at byte 172 is the bytes 0200, should be one of PS3.5 6.2",
    ),
    "tags in descending order": (
        EXPLICIT + element(16, 32, "LO", b"ab") + element(16, 16, "PN", b"ab"),
        "PatientName at byte 182 is after PatientID, should be before it, and only once",
    ),
    "a tag twice": (
        EXPLICIT + element(16, 32, "LO", b"ab") * 2,
        "PatientID at byte 182 is after PatientID, should be before it, and only once",
    ),
    "delimitation item outside of a sequence": (
        EXPLICIT + ITEM_END,
        "ItemDelimitationItem at byte 172 is an item or delimitation item, should be a data element",
    ),
    "sequence without end": (
        EXPLICIT + element(8, 0x1110, "SQ", b"", UNDEFINED),
        "the delimitation item of the items that end at byte 184 is absent, should be there",
    ),
    "element in a sequence": (
        EXPLICIT + element(8, 0x1110, "SQ", element(8, 0x1155, "UI", b"1.2\0")),
        "ReferencedSOPInstanceUID at byte 184 is not an item, should be an item",
    ),
    "element that passes the end of its item": (
        EXPLICIT
        + element(8, 0x1110, "SQ", element(0xFFFE, 0xE000, "", element(8, 0x1155, "UI", b"1.2\0", 8)))
        + b"\0" * 8,
        "the value of ReferencedSOPInstanceUID at byte 192 is cut off after 4 bytes, should be 8 bytes",
    ),
    "delimitation item with a length": (
        EXPLICIT + element(8, 0x1110, "SQ", b"", UNDEFINED) + element(0xFFFE, 0xE0DD, "", b"ab"),
        "the length of SequenceDelimitationItem at byte 184 is 2 bytes, should be 0",
    ),
    "text of undefined length": (
        META + element(16, 32, "", b"", UNDEFINED),
        "the length of PatientID at byte 170 is undefined, should be defined",
    ),
    "value that is not of its VR": (
        EXPLICIT + element(24, 0x9087, "FD", b"abcd"),
        "the value of DiffusionBValue is unreadable, should be one of its VR",
    ),
    "deep nesting": (
        EXPLICIT + (element(8, 0x1110, "SQ", b"", UNDEFINED) + element(0xFFFE, 0xE000, "", b"", UNDEFINED)) * 100_000,
        "the depth of Item at byte 1444 is more than 64 levels, should be fewer",
    ),
}


@pytest.mark.parametrize("name", LEGAL)
def test_legal_file_is_read(name):
    read(LEGAL[name])


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused_with_a_sentence(name):
    content, sentence = BAD[name]

    assert refusal(content) == sentence


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"NumberOfFrames": 2},
            "the length of PixelData is 6 bytes, should be 12"
            " (Rows 2 x Columns 3 x SamplesPerPixel 1 x BitsAllocated 8 x NumberOfFrames 2)",
        ),
        ({"Rows": None}, "Rows is absent, should be a number, because PixelData is there"),
        (
            {"PhotometricInterpretation": None},
            "NumberOfFrames or PhotometricInterpretation is unusable, should be valid",
        ),
        (
            {"PixelData": b""},
            "the length of PixelData is 0 bytes, should be 6"
            " (Rows 2 x Columns 3 x SamplesPerPixel 1 x BitsAllocated 8)",
        ),
        ({"PixelData": None}, "PixelData is absent, should be there, because Rows and Columns are"),
    ],
)
def test_pixel_data_must_have_the_size_of_the_image(values, sentence):
    ds = image()
    for keyword, value in values.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)

    assert refusal(encode(ds)) == sentence


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ({}, 6),
        ({"Rows": 1}, 4),
        ({"BitsAllocated": 16}, 12),
        ({"BitsAllocated": 1}, 2),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422", "Columns": 2}, 8),
    ],
)
def test_pixel_data_of_the_size_of_the_image_are_read(values, size):
    ds = image()
    ds.update(item(**values, PixelData=b"x" * size))
    ds["PixelData"].VR = "OW"

    assert len(read(encode(ds)).PixelData) == size


def test_encapsulated_pixel_data_are_read():
    assert differences(image(), read(compressed())) == []


@pytest.mark.parametrize("end", range(1, 24))
def test_cut_in_encapsulated_pixel_data_is_noticed(end):
    assert refusal(compressed()[:-end])


@pytest.mark.parametrize(
    ("content", "syntaxes", "sentence"),
    [
        (encode(image()), (b"1.2.1\0", b"1.2.5\0"), "native, should be encapsulated (transfer syntax RLE Lossless)"),
        (
            compressed(),
            (b"1.2.5\0", b"1.2.1\0"),
            "encapsulated, should be native (transfer syntax Explicit VR Little Endian)",
        ),
    ],
)
def test_form_of_pixel_data_must_be_that_of_the_transfer_syntax(content, syntaxes, sentence):
    assert refusal(content.replace(*syntaxes)) == f"PixelData is {sentence}"
