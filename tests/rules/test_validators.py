"""The rules of entity tags and Vary, over exchanges that keep and break them."""

from __future__ import annotations

import pytest

from conformance.dicomweb.messages import Answered
from conformance.rules import validators

JSON, XML = "application/dicom+json", "application/dicom+xml"
GZIP = (("Content-Encoding", "gzip"),)


def returned(tag, *headers, kind=JSON, size=9, url="http://pacs/rs/studies", asked=()):
    fields = (("Content-Type", kind), ("ETag", tag), *headers)
    return Answered("a", "p", "GET", url, asked, 200, fields, size, b"x" * size, b"", None, bytearray())


@pytest.mark.parametrize(
    "second",
    [
        returned('"1"'),
        returned('"1"', url="http://pacs/rs/series", size=8),
        returned('"2"', kind=XML),
        returned('W/"1"', size=8),
    ],
    ids=["same", "another-resource", "another-tag", "weak"],
)
def test_strong_tag_of_one_body(second):
    picked = validators.strongly_tagged([returned('"1"'), second])

    assert not any(map(validators.of_two_bodies(picked), picked))


@pytest.mark.parametrize(
    "second",
    [returned('"1"', size=8), returned('"1"', *GZIP), returned('"1"', kind=XML)],
    ids=["size", "coding", "type"],
)
def test_strong_tag_of_two_bodies(second):
    first = returned('"1"')
    rule = validators.of_two_bodies([first, second])

    assert rule(first) is None
    assert rule(second).subject == "the strong ETag"


@pytest.mark.parametrize(
    ("headers", "wrong"),
    [
        ((), True),
        ((("Vary", "Accept"),), True),
        ((("Vary", "Accept, accept-encoding"),), False),
        ((("Vary", "*"),), False),
        ((("Cache-Control", "no-store"),), False),
    ],
)
def test_coding_is_named_in_vary(headers, wrong):
    picked = validators.coded_on_request([returned('"1"', *GZIP, *headers, asked=(("Accept-Encoding", "gzip"),))])

    assert bool(validators.uncached(picked[0])) == wrong


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br"])
def test_body_that_is_always_coded_does_not_vary(accepted):
    assert not validators.coded_on_request([returned('"1"', *GZIP, asked=(("Accept-Encoding", accepted),))])


def test_only_coded_bodies_are_looked_at():
    assert not validators.coded_on_request([returned('"1"', asked=(("Accept-Encoding", "gzip"),))])
