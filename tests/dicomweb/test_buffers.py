"""Buffers, which are read piece by piece: each gives the slices that its bytes would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.dicomweb.buffers import PIECE, Joined, LargeValue, OnDisk, View, first_difference, joined, pieces

CONTENT = bytes(range(256)) * 3


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("buffers") / "file"
    path.write_bytes(CONTENT)
    return path


def forms(path):
    file = OnDisk(path, len(CONTENT))
    yield file
    yield View(Joined([b"before", file, b"after"]), 6, 6 + len(CONTENT))
    yield Joined([CONTENT[:1], b"", View(file, 1, 300), file[300:700], View(file, 700, len(CONTENT))])
    yield LargeValue(file)


@given(start=st.none() | st.integers(-800, 800), stop=st.none() | st.integers(-800, 800))
def test_slices_are_those_of_the_bytes(path, start, stop):
    for form in forms(path):
        assert len(form) == len(CONTENT)
        assert form[start:stop] == CONTENT[start:stop]


def test_pieces_are_the_whole(path):
    for form in forms(path):
        assert b"".join(pieces(form, 100)) == CONTENT


def test_value_is_read_as_a_file(path):
    value = LargeValue(OnDisk(path, len(CONTENT)))

    assert value.seekable() and value.readable()
    assert (value.seek(10), value.read(5), value.tell()) == (10, CONTENT[10:15], 15)
    assert value.seek(-3, 2) == len(CONTENT) - 3 and value.read() == CONTENT[-3:] and value.read(1) == b""
    assert bytes(value) == CONTENT


def test_joined_bytes_are_bytes(path):
    assert joined([b"a", b"b"]) == b"ab"
    assert isinstance(joined([b"a", OnDisk(path, 3)]), Joined)


def test_file_that_became_shorter_is_not_read_as_a_shorter_one(path):
    with pytest.raises(OSError, match="a file cannot be read: it has become shorter"):
        OnDisk(path, len(CONTENT) + 1)[:]


@pytest.mark.parametrize("at", [0, 1, PIECE - 1, PIECE, PIECE + 7])
def test_first_difference(at):
    one = bytes(PIECE + 9)
    other = one[:at] + b"x" + one[at + 1 :]

    assert first_difference(one, one) is None
    assert first_difference(one, other) == first_difference(other, one) == at
    assert first_difference(one, one[:at]) == at
