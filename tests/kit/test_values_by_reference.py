"""A value that a BulkDataURI leads to, judged by the VR of the stored element (PS3.18 F.2.2, 8.7.3.3.1)."""

from __future__ import annotations

import math
import struct

import pytest
from pydicom import Dataset

from conformance.dicomweb.messages import Request, Response
from conformance.kit.verdicts import Deviates
from conformance.retrieve import reading

FOLLOWED = Response(200, "OK", (), b"", Request("GET", "http://pacs/rs/studies/1", "studies/1", ()))


def judged(vr, value, content, character_set="ISO_IR 100"):
    root = Dataset()
    root.SpecificCharacterSet = character_set
    root.add_new(0x00720001, vr, value)
    return reading.value("the value", content, root[0x00720001], root, FOLLOWED)


@pytest.mark.parametrize(
    ("vr", "value", "content"),
    [
        ("UT", "Größe", "Größe ".encode("latin-1")),
        ("UT", "Größe", "Größe".encode()),
        ("LT", "  two\r\nlines", b"  two\r\nlines"),
        ("DS", ["1.50", "", "-2"], b"1.5\\\\-2.0"),
        ("FD", [math.nan, math.inf, 0.1], struct.pack("<3d", math.nan, math.inf, 0.1)),
        ("US", [1, 65535], b"\1\0\xff\xff"),
        ("OB", b"\1\2\3", b"\1\2\3\0"),
    ],
    ids=["stored-set", "utf-8", "lines", "decimals", "doubles", "words", "bytes"],
)
def test_value_that_was_stored(vr, value, content):
    assert judged(vr, value, content) is None


@pytest.mark.parametrize(
    ("vr", "value", "content"),
    [
        ("UT", "Größe", b"Gr??e "),
        ("UT", "two words", b"two "),
        ("LT", "  two\r\nlines", b"two\r\nlines "),
        ("DS", ["1.50", "-2"], b"1.50"),
        ("FD", [math.nan, 0.1], struct.pack(">2d", math.nan, 0.1)),
        ("FD", [0.1], b"not eight bytes"),
        ("US", [1, 65535], b"\0\1\xff\xff"),
        ("OB", b"\1\2\3\4", b"\1\2"),
    ],
    ids=["question-marks", "cut", "stripped", "fewer", "big-endian", "another-length", "swapped", "cut-bytes"],
)
def test_another_value(vr, value, content):
    with pytest.raises(Deviates, match="the value"):
        judged(vr, value, content)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://pacs/rs/studies/1/bulkdata/a", "/proxy/studies/1/bulkdata/a", True),
        ("1/bulkdata?offset=1", "http://pacs/rs/studies/1/bulkdata?offset=1", True),
        ("http://pacs/rs/studies/1/bulkdata?offset=1", "http://pacs/rs/studies/1/bulkdata?offset=2", False),
        ("http://pacs/rs/studies/1/bulkdata/a", "http://pacs/rs/studies/1/bulkdata/b", False),
    ],
)
def test_addresses_of_one_value(one, other, same):
    assert (reading.address(one, FOLLOWED) == reading.address(other, FOLLOWED)) == same
