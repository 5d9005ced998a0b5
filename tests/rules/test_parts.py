"""The rules of multipart responses, each over one exchange that keeps it and one that breaks it."""

from __future__ import annotations

import pytest

from conformance.dicomweb import multipart
from conformance.dicomweb.messages import Answered
from conformance.rules import parts

INSTANCE = "http://pacs/rs/studies/1/series/2/instances/3"


def answered(path, *locations):
    """A response with a part for each Content-Location; "" for a part without one."""
    head = {"Content-Type": "application/octet-stream"}
    found = [(head | ({"Content-Location": each} if each else {}), b"same") for each in locations]
    content = multipart.written(found, "b")[:]
    kind = ("Content-Type", 'multipart/related; type="application/octet-stream"; boundary=b')
    return Answered("a", "p", "GET", INSTANCE + path, (), 200, (kind,), len(content), content, b"", None, bytearray())


@pytest.mark.parametrize(
    ("path", "locations"),
    [
        ("/frames/2", ["/rs/studies/1/series/2/instances/3/frames/2"]),
        ("/frames/1,3", [f"{INSTANCE}/frames/1", f"{INSTANCE}/frames/3"]),
        ("/frames/1,3", [f"{INSTANCE}/frames/1,3"]),
        ("/bulkdata", [f"{INSTANCE}/bulkdata/a", f"{INSTANCE}/bulkdata/a"]),
    ],
    ids=["frame", "list", "list-in-one-part", "no-frame"],
)
def test_parts_at_their_locations(path, locations):
    assert parts.elsewhere(answered(path, *locations)) is None


@pytest.mark.parametrize(
    ("path", "locations", "subject"),
    [
        ("/frames/2", [f"{INSTANCE}/frames/2/frames/2"], "Content-Location of part 1"),
        ("/frames/1,3", [f"{INSTANCE}/frames/1", f"{INSTANCE}/frames/1"], "Content-Location of part 2"),
        ("/frames/1,3", [f"{INSTANCE}/frames/1,3", f"{INSTANCE}/frames/1,3"], "Content-Location of part 1"),
        ("/bulkdata", [f"{INSTANCE}/bulkdata/a", ""], "Content-Location of part 2"),
    ],
    ids=["doubled", "of-the-first", "of-the-list", "absent"],
)
def test_parts_at_other_locations(path, locations, subject):
    assert parts.elsewhere(answered(path, *locations)).subject == subject
