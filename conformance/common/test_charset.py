"""PS3.18 8.3.3.2 and 8.8: character sets of answers."""

from __future__ import annotations

import pytest

from conformance.common import reading
from conformance.kit import check, expect, given
from conformance.kit.accept import DICOM_JSON
from conformance.kit.verdicts import NotSupported, Warn

TEXTS = "text/html, text/plain;q=0.9"
KLINGON = "x-klingon"
LATIN = "iso-8859-1"


def rendered_text(endpoint, instance, query="", headers=()):
    """A rendered report. Raises NotSupported where reports are not rendered as text."""
    given.claimed(endpoint, "rendered")
    plain = endpoint.fetch(instance.path + "/rendered", accept=TEXTS)
    if plain.status != 200:
        raise NotSupported(f"a report is not rendered as text: status is {plain.status} ({plain.request})")
    return endpoint.get(f"{instance.path}/rendered{query}", accept=TEXTS, headers=headers) if query else plain


def same_text(response, plain):
    """The answer has the text of the plain one."""
    expect.status(response, 200)
    same = response.content.decode("utf-8", "replace") == plain.content.decode("utf-8", "replace")
    assert same, f"the text is another, should be that of an answer without it ({response.request})"


@check("COMMON-CHARSET-001")
@pytest.mark.parametrize("resource", ["metadata", "rendered"])
def test_charset_parameter_is_supported(endpoint, stored, resource):
    """charset=utf-8 changes nothing about a text that is in UTF-8 anyway."""
    (instance, *_) = stored("name-utf8" if resource == "metadata" else "sr")
    if resource == "rendered":
        plain, response = rendered_text(endpoint, instance), rendered_text(endpoint, instance, "?charset=utf-8")
    else:
        given.claimed(endpoint, "metadata")
        plain = endpoint.fetch(instance.study_path + "/metadata")
        response = endpoint.get(instance.study_path + "/metadata?charset=utf-8")

    same_text(response, plain)


@check("COMMON-CHARSET-002")
def test_unknown_charset_parameter(endpoint, stored):
    """A character set that nobody knows, as charset parameter, is ignored, or refused with 400."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("name-utf8")
    plain = endpoint.fetch(instance.study_path + "/metadata")

    response = endpoint.get(f"{instance.study_path}/metadata?charset={KLINGON}")

    if response.status != 400:
        same_text(response, plain)


@check("COMMON-CHARSET-003")
@pytest.mark.parametrize("resource", ["search", "metadata"])
def test_accept_charset_is_supported(endpoint, stored, resource):
    """Accept-Charset: utf-8 changes nothing about a text that is in UTF-8 anyway."""
    if resource == "metadata":
        given.claimed(endpoint, "metadata")
    (instance, *_) = stored("name-utf8")
    search = f"studies?StudyInstanceUID={instance.study_uid}"
    target = search if resource == "search" else instance.path + "/metadata"
    plain = endpoint.fetch(target)

    response = endpoint.get(target, headers=(("Accept-Charset", "utf-8"),))

    same_text(response, plain)


@check("COMMON-CHARSET-004")
def test_unknown_accept_charset(endpoint, stored):
    """A character set that nobody knows, in Accept-Charset, is ignored, or refused with 400 or 406."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("name-utf8")
    plain = endpoint.fetch(instance.path + "/metadata")

    response = endpoint.get(instance.path + "/metadata", headers=(("Accept-Charset", KLINGON),))

    if response.status not in (400, 406):
        same_text(response, plain)


@check("COMMON-CHARSET-006")
def test_rendered_text_in_utf8(endpoint, stored):
    """A report that is rendered with charset=UTF-8 is in UTF-8, and has the characters of its text."""
    (instance, *_) = stored("sr")
    response = rendered_text(endpoint, instance, "?charset=UTF-8")

    expect.status(response, 200)
    _in_utf8(response, instance)


@check("COMMON-CHARSET-008")
def test_charset_of_the_accepted_type(endpoint, stored):
    """charset=utf-8 as parameter of an accepted media type is no reason for 406."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path + "/metadata", accept=f"{DICOM_JSON};charset=utf-8")

    reading.holds(response, DICOM_JSON)


@check("COMMON-CHARSET-009")
def test_charset_parameter_comes_before_the_field(endpoint, stored):
    """charset=utf-8 as query parameter comes before Accept-Charset."""
    (instance, *_) = stored("sr")
    response = rendered_text(endpoint, instance, "?charset=utf-8", (("Accept-Charset", f"{LATIN}, utf-8;q=0.1"),))

    expect.status(response, 200)
    _in_utf8(response, instance)


@check("COMMON-CHARSET-010")
def test_charset_that_lacks_the_characters(endpoint, stored):
    """A report whose characters the only charset that is accepted lacks is answered 406."""
    (instance, *_) = stored("sr")
    response = rendered_text(endpoint, instance, f"?charset={LATIN}", (("Accept-Charset", LATIN),))

    if response.status == 200:
        charset = (reading.media_type(response).get("charset") or "utf-8").lower()
        if charset != LATIN:
            raise NotSupported(f"the charset {LATIN} is ignored: the report is in {charset} ({response.request})")
        raise Warn(f"the report is sent in {charset}, which lacks some of its characters, should be refused with 406")
    expect.unacceptable(response)


def _in_utf8(response, instance):
    charset = (reading.media_type(response).get("charset") or "utf-8").lower()
    assert charset == "utf-8", f"the charset is {charset}, should be utf-8 ({response.request})"
    try:
        text = response.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AssertionError(f"the text is not UTF-8 at byte {error.start}, should be ({response.request})") from None
    texts = [element.value for element in instance.dataset.iterall() if element.keyword == "TextValue"]
    expected = next(word for value in texts for word in value.split() if not word.isascii())
    assert expected in text, f"{expected} is missing from the text, should be there ({response.request})"
