"""Codestreams: PS3.18 Table 8.7.3-5, PS3.5 A.4 and G, told apart by their first bytes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conformance.dicomweb.codestreams import MEDIA_TYPES, SYNTAXES, process, syntaxes
from conformance.kit.kinds import KINDS, Label, encoded_frames

COMPRESSED = [name for name, kind in KINDS.items() if kind.transfer_syntax in MEDIA_TYPES]
JPEG = "1.2.840.10008.1.2.4."
LABEL = Label("run", "T-")

SCANS = {
    # frame header, component count and parameter of the scan header: the syntaxes that the stream can be of
    "lossless, predictor 1": (0xC3, 1, (JPEG + "70", JPEG + "57")),
    "lossless, predictor 4": (0xC3, 4, (JPEG + "57",)),
    "JPEG-LS, NEAR 0": (0xF7, 0, (JPEG + "80", JPEG + "81")),
    "JPEG-LS, NEAR 2": (0xF7, 2, (JPEG + "81",)),
    "extended": (0xC1, 0, (JPEG + "51",)),
    "progressive": (0xC2, 0, ()),
    "arithmetic": (0xC9, 0, ()),
}

NEITHER = {
    "nothing": b"",
    "item tag": b"\xfe\xff\x00\xe0\x00\x00\x00\x00",
    "start of image only": b"\xff\xd8",
    "frame header that is cut": b"\xff\xd8\xff\xc0\x00",
    "segment of length 0": b"\xff\xd8\xff\xe0\x00\x00" * 3,
    "pixels": bytes(range(256)),
    "RLE with offsets out of order": b"\x02\0\0\0\x40\0\0\0\x20\0\0\0" + bytes(60),
    "text": b"<html>",
}


def stream(frame, parameter):
    """A JPEG with these headers and no data."""
    return b"\xff\xd8\xff" + bytes([frame]) + b"\x00\x04\x08\x08\xff\xda\x00\x08\x01\x00\x00" + bytes([parameter, 0, 0])


@pytest.mark.parametrize("kind", COMPRESSED)
def test_frame_of_a_kind_is_of_its_transfer_syntax(kind):
    found = [syntaxes(frame) for instance in KINDS[kind].make(LABEL) for frame in encoded_frames(instance)]

    assert all(KINDS[kind].transfer_syntax in each for each in found)


@pytest.mark.parametrize("name", SCANS)
def test_headers_of_frame_and_scan_tell_the_syntax(name):
    frame, parameter, expected = SCANS[name]

    assert syntaxes(stream(frame, parameter)) == expected


@pytest.mark.parametrize("name", NEITHER)
def test_what_is_no_codestream(name):
    assert syntaxes(NEITHER[name]) == ()


@pytest.mark.parametrize(("options", "expected"), [({}, "baseline"), ({"progressive": True}, "progressive")])
def test_process_of_a_jpeg_image(options, expected):
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", **options)

    assert process(file.getvalue()) == expected


def test_baseline_may_stand_under_the_extended_process():
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "JPEG")

    assert syntaxes(file.getvalue()) == (JPEG + "50", JPEG + "51")


def test_syntax_has_one_media_type():
    assert len(MEDIA_TYPES) == sum(map(len, SYNTAXES.values()))


@given(st.binary(max_size=80), st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff\xda", b"\xff\x4f\xff\x51"]))
def test_any_bytes_are_read_to_an_end(content, start):
    found = syntaxes(start + content)

    assert set(found) <= set(MEDIA_TYPES)
