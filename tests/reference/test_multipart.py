"""The streaming multipart reader of the reference server (RFC 2046 5.1)."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.reference.multipart import Content, Malformed, Part, Reader, body, length

# Content made of what the reader could stumble over.
HOSTILE = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"--B", b"\r\n--", b"\r\n--A", b"x", b"\0"]))


class Kept(io.BytesIO):
    """A file that can be read after it was closed."""

    def close(self):
        pass


def read(pieces, boundary="B1"):
    files = []

    def open_part():
        files.append(Kept())
        return files[-1]

    reader = Reader(boundary, open_part)
    for piece in pieces:
        reader.feed(piece)
    reader.close()
    return [file.getvalue() for file in files]


@given(contents=st.lists(HOSTILE.map(b"".join)), step=st.integers(1, 9))
def test_what_is_written_is_read_however_it_is_cut(contents, step):
    parts = [Part("application/dicom", "/", Content(content)) for content in contents]
    whole = b"".join(body(parts, "B1"))

    pieces = [whole[index : index + step] for index in range(0, len(whole), step)]

    assert read(pieces) == contents
    assert length(parts, "B1") == len(whole)


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        (b"--B1\r\n\r\nx\r\n--B1--", [b"x"]),
        (b"--B1\r\nA: b\r\n\r\n--B1--", [b""]),
        (b"preamble\r\n--B1 \t\r\n\r\nx\r\n--B1--epilogue", [b"x"]),
        (b"preamble --B1\r\n\r\nx\r\n--B1--", []),
        (b"--B1\r\n\r\n--B1 in the text is a part's end\n\r\n--B1--", None),
        (b"--B1\r\n\r\nx\r\n--B12\r\n\r\n--B1--", None),
        (b"--B1\n\nx\n--B1--\n", None),
        (b"--B1\r\nA: b\r\n", None),
        (b"--B1\r\n" + b"A" * 20000, None),
        (b"--B1\r\n\r\nx", None),
        (b"--B1\r\n\r\nx\r\n--B1-", None),
        (b"", None),
    ],
)
def test_framing_is_read_strictly(text, contents):
    if contents is None:
        with pytest.raises(Malformed):
            read([text])
    else:
        assert read([text]) == contents
