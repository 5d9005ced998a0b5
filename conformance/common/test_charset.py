"""PS3.18 8.3.3.2 and 8.8: character sets of responses."""

from __future__ import annotations

import pytest

from conformance.common import reading
from conformance.kit import check, expect, given, media
from conformance.kit.accept import DICOM_JSON
from conformance.kit.verdicts import NotSupported

TEXTS = "text/html, text/plain;q=0.9"
KLINGON = "x-klingon"
LATIN = "iso-8859-1"


def rendered_text(endpoint, instance, query="", headers=()):
    """A rendered report. Raises NotSupported if reports are not rendered as text."""
    given.claimed(endpoint, "rendered")
    plain = endpoint.fetch(instance.path + "/rendered", accept=TEXTS)
    if plain.status != 200:
        raise NotSupported(f"the server does not render a report as text: status is {plain.status} ({plain.request})")
    return endpoint.get(f"{instance.path}/rendered{query}", accept=TEXTS, headers=headers) if query else plain


def same_text(response, plain):
    """The response has the text of the plain one."""
    expect.status(response, 200)
    found, wanted = (media.text(answer) for answer in (response, plain))
    lengths = f"{len(found):,} characters that differ", f"the {len(wanted):,} characters without a charset"
    expect.that(found == wanted, "the text", *lengths, response)


@check("COMMON-CHARSET-001")
@pytest.mark.parametrize("resource", ["metadata", "rendered"])
def test_charset_parameter_is_supported(endpoint, stored, resource):
    """charset=utf-8 changes nothing about text that is in UTF-8 anyway."""
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
    """An unknown character set as charset parameter is ignored, or refused with 400."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("name-utf8")
    plain = endpoint.fetch(instance.study_path + "/metadata")

    response = endpoint.get(f"{instance.study_path}/metadata?charset={KLINGON}")

    if response.status != 400:
        same_text(response, plain)


@check("COMMON-CHARSET-003")
@pytest.mark.parametrize("resource", ["search", "metadata"])
def test_accept_charset_is_supported(endpoint, stored, resource):
    """Accept-Charset: utf-8 changes nothing about text that is in UTF-8 anyway."""
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
    """An unknown character set in Accept-Charset is ignored, or refused with 400 or 406."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("name-utf8")
    plain = endpoint.fetch(instance.path + "/metadata")

    response = endpoint.get(instance.path + "/metadata", headers=(("Accept-Charset", KLINGON),))

    if response.status not in (400, 406):
        same_text(response, plain)


@check("COMMON-CHARSET-006")
def test_rendered_text_in_utf8(endpoint, stored):
    """A report rendered with charset=UTF-8 is in UTF-8, and has the characters of its text."""
    (instance, *_) = stored("sr")
    response = rendered_text(endpoint, instance, "?charset=UTF-8")

    expect.status(response, 200)
    _in_utf8(response, instance)


@check("COMMON-CHARSET-008")
def test_charset_of_the_accepted_type(endpoint, stored):
    """charset=utf-8 as a parameter of an accepted media type does not cause 406."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path + "/metadata", accept=f"{DICOM_JSON};charset=utf-8")

    reading.holds(response, DICOM_JSON)


@check("COMMON-CHARSET-009")
def test_charset_parameter_comes_before_the_field(endpoint, stored):
    """charset=utf-8 as a query parameter overrides Accept-Charset."""
    (instance, *_) = stored("sr")
    response = rendered_text(endpoint, instance, "?charset=utf-8", (("Accept-Charset", f"{LATIN}, utf-8;q=0.1"),))

    expect.status(response, 200)
    _in_utf8(response, instance)


@check("COMMON-CHARSET-009", "alone")
@pytest.mark.parametrize("place", ["media-type", "field"])
def test_charset_by_another_way(endpoint, stored, place):
    """A character set that the charset parameter selects is also selected by the media type, and by Accept-Charset."""
    *_, instance = stored("tid-1500")
    selected = rendered_text(endpoint, instance, f"?charset={LATIN}")
    if selected.status != 200 or _charset(selected) != LATIN:
        raise NotSupported(f"the charset parameter does not select {LATIN} ({selected.request})")
    if place == "field":
        wishes = (("Accept-Charset", f"{LATIN}, utf-8;q=0.1"),)
        response = endpoint.get(f"{instance.path}/rendered", accept=TEXTS, headers=wishes)
    else:
        wish = f"text/html;charset={LATIN}, text/plain;charset={LATIN};q=0.9"
        response = endpoint.get(f"{instance.path}/rendered", accept=wish)

    expect.status(response, 200)
    expect.equal("the charset", _charset(response), LATIN, response)


@check("COMMON-CHARSET-010")
def test_charset_that_lacks_the_characters(endpoint, stored):
    """A report returns 406 if the only accepted charset lacks its characters."""
    (instance, *_) = stored("sr")
    response = rendered_text(endpoint, instance, f"?charset={LATIN}", (("Accept-Charset", LATIN),))

    if response.status == 200:
        charset = _charset(response)
        if charset != LATIN:
            raise NotSupported(f"the charset {LATIN} is ignored: the report is in {charset} ({response.request})")
        why = f"8.8.5 may be read as allowing a conversion to {charset}, which lacks some of the characters"
        expect.doubt("status", 200, 406, response, why)
    expect.unacceptable(response)


def _charset(response):
    return (reading.media_type(response).get("charset") or "utf-8").lower()


def _in_utf8(response, instance):
    expect.equal("the charset", _charset(response), "utf-8", response)
    try:
        text = response.content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"{response.content[error.start]:02X}"
        expect.deviates(f"byte {error.start} of the text", byte, "UTF-8", response)
    texts = [element.value for element in instance.dataset.iterall() if element.keyword == "TextValue"]
    expected = next(word for value in texts for word in value.split() if not word.isascii())
    expect.that(expected in text, expected, "missing from the text", "there", response)
