"""Media types: RFC 9110 8.3.1, PS3.18 8.7."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.dicomweb.media_types import MalformedMediaType, MediaType, boundary_fault, parse

LEGAL = {
    "application/dicom": MediaType("application/dicom"),
    " Application/DICOM+json\t": MediaType("application/dicom+json"),
    "text/html;charset=utf-8": MediaType("text/html", (("charset", "utf-8"),)),
    "text/html \t; Charset=UTF-8 ;": MediaType("text/html", (("charset", "UTF-8"),)),
    "a/b;;c=d": MediaType("a/b", (("c", "d"),)),
    'multipart/related; type="application/dicom"; boundary="a b"': MediaType(
        "multipart/related", (("type", "application/dicom"), ("boundary", "a b"))
    ),
    "multipart/related; type=application/dicom+json; boundary=x": MediaType(
        "multipart/related", (("type", "application/dicom+json"), ("boundary", "x"))
    ),
    'a/b; c="\\"; d=\\\\"': MediaType("a/b", (("c", '"; d=\\'),)),
    'a/b; c=""': MediaType("a/b", (("c", ""),)),
    "a/b; boundary='x'": MediaType("a/b", (("boundary", "'x'"),)),
}

MALFORMED = {
    "": "the media type is empty, should be type/subtype",
    "dicom": "the media type is 'dicom', should be type/subtype",
    "application/": "the media type is 'application/', should be type/subtype",
    "application /dicom": "the media type is 'application /dicom', should be type/subtype",
    "a/b c=d": "the rest of the media type is ' c=d', should be empty, or after a ;",
    "a/b, c/d": "the rest of the media type is ', c/d', should be empty, or after a ;",
    'a/b; c="d" e': "the rest of the media type is ' e', should be empty, or after a ;",
    "a/b; c='d e'": "the rest of the media type is ' e'', should be empty, or after a ;",
    "a/b; c = d": "a parameter is 'c = d', should be name=value without spaces around the =",
    "a/b; c": "a parameter is 'c', should be name=value without spaces around the =",
    "a/b; c= d": "the value of the parameter c is ' d', should be a token or in quotes",
    "a/b; c=": "the value of the parameter c is empty, should be a token or in quotes",
    'a/b; c="d': "the value of the parameter c is '\"d', should be a token or in quotes",
    'a/b; c="d\0"': "the value of the parameter c is '\"d<00>\"', should be a token or in quotes",
    "a/b; c=d; C=e": "the parameter c is given twice, should be given once",
    "multipart/related; boundary=a/b": "the rest of the media type is '/b', should be empty, or after a ;",
    "multipart/related; type=a/b/c": "the rest of the media type is '/c', should be empty, or after a ;",
}


@pytest.mark.parametrize("value", LEGAL)
def test_legal_media_type_is_read(value):
    assert parse(value) == LEGAL[value]


@pytest.mark.parametrize("value", MALFORMED)
def test_malformed_media_type_is_refused_with_a_sentence(value):
    with pytest.raises(MalformedMediaType) as refusal:
        parse(value)

    assert str(refusal.value) == MALFORMED[value]


@pytest.mark.parametrize("value", LEGAL)
def test_canonical_form_reads_back(value):
    assert parse(str(LEGAL[value])) == LEGAL[value]


def test_canonical_form_has_quotes_only_where_they_are_needed():
    media_type = MediaType("multipart/related", (("type", "application/dicom"), ("boundary", "x")))

    assert str(media_type) == 'multipart/related; type="application/dicom"; boundary=x'


def test_parameter_is_found_whatever_the_case_of_its_name():
    media_type = parse("a/b; Charset=utf-8")

    assert (media_type.get("CHARSET"), media_type.get("type")) == ("utf-8", None)


@settings(derandomize=True, deadline=None)
@given(st.text(alphabet="a/b;=\"\\' \t,é\0") | st.text())
def test_any_text_is_read_or_refused(value):
    try:
        media_type = parse(value)
    except MalformedMediaType:
        return

    assert parse(str(media_type)) == media_type


@pytest.mark.parametrize("boundary", ["x", "a b", "0'()+_,-./:=?z", "b" * 70])
def test_legal_boundary_has_no_fault(boundary):
    assert boundary_fault(boundary) is None


@pytest.mark.parametrize("boundary", ["", "b" * 71, "a ", "a;b", "a\r\nb", "é"])
def test_illegal_boundary_has_a_fault(boundary):
    assert "should" in str(boundary_fault(boundary))
