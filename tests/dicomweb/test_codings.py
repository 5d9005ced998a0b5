"""Content codings, undone within bounds."""

from __future__ import annotations

import gzip
import zlib

import pytest

from conformance.dicomweb import codings

TEXT = b"[] " * 1000
RAW = zlib.compressobj(wbits=-15)
RAW_TEXT = RAW.compress(TEXT) + RAW.flush()
MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("X-GZIP", gzip.compress(TEXT, mtime=0)),
        ("gzip", gzip.compress(TEXT[:99], mtime=0) + gzip.compress(TEXT[99:], mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", RAW_TEXT),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT), mtime=0)),
        ("identity, gzip", gzip.compress(TEXT, mtime=0)),
    ],
    ids=range(9),
)
def test_coding_is_undone(value, content):
    assert codings.decoded(content, value, MEGABYTE) == TEXT


@pytest.mark.parametrize(
    ("value", "content", "says"),
    [
        ("br", b"x", "the content coding br"),
        ("gzip", TEXT, "cannot be decoded so"),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-9], "cannot be decoded so"),
        ("deflate", TEXT, "cannot be decoded so"),
        ("gzip", gzip.compress(bytes(MEGABYTE + 1), mtime=0), "more than 1 MB"),
        ("gzip, gzip, gzip, gzip", TEXT, "4 content codings"),
    ],
    ids=range(6),
)
def test_what_cannot_be_undone_says_why(value, content, says):
    with pytest.raises(codings.Undecodable, match=says):
        codings.decoded(content, value, MEGABYTE)
