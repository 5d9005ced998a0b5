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


FRAME = "http://pacs/rs/studies/1/series/2/instances/3/frames/1"


def sized(status, size, *headers, url=FRAME, asked=()):
    fields = (("Content-Type", "application/octet-stream"), *headers)
    return Answered("a", "p", "GET", url, asked, status, fields, size, b"x" * size, b"", None, bytearray())


@pytest.mark.parametrize(("size", "wrong"), [(100, False), (16, True)])
def test_whole_has_the_size_that_a_range_names(size, wrong):
    part, whole = sized(206, 16, ("Content-Range", "bytes 0-15/100")), sized(200, size)
    rule = http.of_another_size([part, whole])

    assert rule(part) is None
    assert bool(rule(whole)) == wrong


@pytest.mark.parametrize(
    "whole",
    [
        sized(200, 16, url="http://pacs/rs/studies/1/metadata"),
        sized(200, 16, asked=(("Accept", "image/jpeg"),)),
        sized(200, 16, ("Content-Encoding", "gzip")),
    ],
    ids=["another", "another-type", "coded"],
)
def test_size_of_something_else(whole):
    part = sized(206, 16, ("Content-Range", "bytes 0-15/100"))

    assert http.of_another_size([part, whole])(whole) is None
    assert http.of_another_size([sized(206, 16, ("Content-Range", "bytes 0-15/*")), whole])(whole) is None


@pytest.mark.parametrize("value", ["299 pacs: a text", '299 http://pacs/rs: "a text"', '110 - "Response is Stale"'])
def test_warning_of_a_code_an_agent_and_a_text(value):
    assert http.warning_of_another_form(answered("GET", 200, ("Warning", value))) is None


@pytest.mark.parametrize("value", ["a text", '299 "a text"', "299 pacs"])
def test_warning_of_another_form(value):
    assert http.warning_of_another_form(answered("GET", 200, ("Warning", value))).found == value


DATE, SOON, LATER = (f"Sun, 06 Nov 1994 08:49:{seconds} GMT" for seconds in (37, 39, 40))


@pytest.mark.parametrize("changed", [DATE, SOON, None])
def test_dates_of_a_response(changed):
    fields = [("Last-Modified", changed)] if changed else []

    assert http.dated_wrongly(answered("GET", 200, ("Date", DATE), *fields)) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Date is absent"),
        ({"Date": "Sunday, 06-Nov-94 08:49:37 GMT"}, "Date is of another form"),
        ({"Date": DATE, "Last-Modified": "1994-11-06T08:49:37Z"}, "Last-Modified is of another form"),
        ({"Date": DATE, "Last-Modified": LATER}, "Last-Modified is later than Date"),
    ],
)
def test_wrong_dates_of_a_response(fields, said):
    assert said in str(http.dated_wrongly(answered("GET", 200, *fields.items())))
