"""The rules of header fields, each over one exchange that keeps it and one that breaks it."""

from __future__ import annotations

import pytest

from conformance.dicomweb.messages import Answered
from conformance.rules import http


def answered(method, status, *headers):
    return Answered("a", "p", method, "http://pacs/rs/studies", (), status, headers, 0, b"", b"", None, bytearray())


@pytest.mark.parametrize("value", ['"a"', 'W/"a-1"', '""', '"W/a"', '"é"'])
def test_entity_tag_in_quotation_marks(value):
    assert http.tag_of_another_form(answered("GET", 200, ("ETag", value))) is None


@pytest.mark.parametrize("value", ["a", "1-2", 'W/a"', '"a', '"a b"', 'w/"a"', '"a""b"', 'W/ "a"'])
def test_entity_tag_of_another_form(value):
    assert http.tag_of_another_form(answered("GET", 200, ("ETag", value))).found == value


@pytest.mark.parametrize("value", ["GET, HEAD", "GET,POST", "", "PUTS"])
def test_allow_without_the_refused_method(value):
    assert http.without_allow(answered("PUT", 405, ("Allow", value))) is None


@pytest.mark.parametrize("headers", [(), (("Allow", "GET, PUT"),), (("Allow", "PUT"),)], ids=["none", "two", "one"])
def test_allow_that_is_absent_or_lists_the_refused_method(headers):
    assert http.without_allow(answered("PUT", 405, *headers)).subject == "Allow"
