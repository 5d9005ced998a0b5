"""PS3.18 8.3.3.1: the accept query parameter."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest

from conformance.common import reading
from conformance.common.reading import UNKNOWN, XML
from conformance.dicomweb import dicom_json
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING, DICOM_JSON
from conformance.kit.verdicts import NotSupported, Observed

PNG_LAST = "image/jpeg, image/png;q=0.1"


# By resource below an instance: the parameter, what it asks for, and an Accept field that weighs this less.
ASKED = {
    "rendered": ("image/png", "image/png", PNG_LAST),
    "metadata": (quote(XML, safe=""), "application/dicom+xml", f"{DICOM_JSON}, {XML};q=0.1"),
}


@check("COMMON-ACCEPTQ-001")
@pytest.mark.parametrize("resource", ASKED)
def test_accept_parameter_is_supported(endpoint, stored, resource):
    """The accept parameter returns a media type that is not the default."""
    given.claimed(endpoint, "rendered" if resource == "rendered" else "xml")
    (instance, *_) = stored("sample")
    parameter, media_type, _ = ASKED[resource]
    given.present(endpoint.fetch(f"{instance.path}/{resource}", accept=unquote(parameter)))
    response = endpoint.fetch(f"{instance.path}/{resource}?accept={parameter}", accept=ANYTHING)

    reading.holds(response, media_type)


# By resource: the check that judges the search.
SEARCHES = {
    "studies": "seed-search-studies",
    "series": "seed-search-study-series",
    "instances": "seed-search-study-instances",
}


@check("COMMON-ACCEPTQ-001", "search")
@pytest.mark.parametrize("resource", SEARCHES)
def test_search_with_the_accept_parameter(endpoint, stored, resource):
    """A search with the accept parameter returns the matches and attributes that it returns with the Accept field."""
    (instance, *_) = stored("described")
    target, more = f"{instance.study_path}/{resource}", "?"
    if resource == "studies":
        target, more = f"studies?StudyInstanceUID={instance.study_uid}", "&"
    plain = given.datasets(endpoint.fetch(target), by=SEARCHES[resource])

    response = endpoint.get(f"{target}{more}accept=application/dicom%2Bjson", accept=ANYTHING)

    expect.status(response, 200)
    expect.same([*differences(plain, expect.matches(response))], response)


@check("COMMON-ACCEPTQ-001", "search-xml")
def test_search_for_xml_with_the_accept_parameter(endpoint, stored):
    """A search with the accept parameter for XML returns XML, as with the Accept field."""
    given.claimed(endpoint, "xml")
    (instance, *_) = stored("described")
    target = f"studies?StudyInstanceUID={instance.study_uid}"
    reading.given_type(endpoint.fetch(target, accept=XML), "application/dicom+xml")

    response = endpoint.get(f"{target}&accept={quote(XML, safe='')}", accept=ANYTHING)

    reading.holds(response, "application/dicom+xml")


def differences(plain, found):
    """What a search finds otherwise than a plain one: matches, and attributes of them."""
    uids = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    named, others = (
        {" ".join(filter(None, (dicom_json.text(match, uid) for uid in uids))): match for match in matches}
        for matches in (plain, found)
    )
    for name, match in named.items():
        if name not in others:
            yield difference(f"the match {name}", "absent", "there, as without the accept parameter")
            continue
        for tag in sorted({*match, *others[name]}):
            came, wanted = ("there" if tag in each else None for each in (others[name], match))
            if came != wanted:
                yield difference(f"({tag[:4]},{tag[4:]}) of {name}", came, f"{wanted or 'absent'}, as without it")


@check("COMMON-ACCEPTQ-002")
@pytest.mark.parametrize("resource", ASKED)
def test_accept_parameter_comes_before_the_field(endpoint, stored, resource):
    """The type in the accept parameter is returned even if the Accept field gives it a lower weight."""
    given.claimed(endpoint, "rendered" if resource == "rendered" else "xml")
    (instance, *_) = stored("sample")
    parameter, media_type, field = ASKED[resource]
    target = f"{instance.path}/{resource}?accept={parameter}"
    alone = endpoint.fetch(target, accept=ANYTHING)
    if alone.status != 200 or reading.content_type(alone) != media_type:
        raise NotSupported(f"the accept parameter is not supported ({alone.request})")

    response = endpoint.get(target, accept=field)

    reading.holds(response, media_type)


@check("COMMON-ACCEPTQ-003")
def test_accept_parameter_with_a_wildcard(endpoint, stored):
    """A wildcard in the accept parameter is refused with 400, or ignored in favour of the Accept field."""
    (instance, *_) = stored("sample")
    response = endpoint.get(f"{instance.path}/rendered?accept=*/*", accept="image/png")

    if response.status == 200:
        reading.holds(response, "image/png")
    else:
        expect.bad_request(response)


@check("COMMON-ACCEPTQ-004")
def test_accept_parameter_outside_the_field(endpoint, stored):
    """The type returned if the Accept field does not accept that of the accept parameter is recorded."""
    (instance, *_) = stored("sample")
    response = endpoint.get(f"{instance.path}/rendered?accept=image/png", accept="image/jpeg")

    kind = response.header("Content-Type") or "no Content-Type"
    raise Observed(f"accept=image/png with Accept: image/jpeg returns {response.status}, {kind}")


@check("COMMON-ACCEPTQ-005")
def test_accept_parameter_with_mixed_categories(endpoint, stored):
    """DICOM and rendered media types in one accept parameter return 400."""
    (instance, *_) = stored("sample")
    response = endpoint.get(f"{instance.path}?accept=application/dicom,text/html", accept=ANYTHING)

    expect.bad_request(response)


@check("COMMON-ACCEPTQ-006")
def test_accept_parameter_without_the_field(endpoint, stored):
    """The accept parameter does not replace a missing Accept field: 406."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    response = endpoint.get(f"{instance.path}/metadata?accept=application/dicom%2Bjson", accept=None)

    expect.unacceptable(response)


@check("COMMON-ACCEPTQ-007")
def test_accept_parameter_with_an_unknown_type(endpoint, stored):
    """An accept parameter with an unknown type returns the default media type, or 406."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    response = endpoint.get(f"{instance.path}/metadata?accept={UNKNOWN}", accept=ANYTHING)

    expect.status(response, 200, 406)
    if response.status == 200:
        media.dicom_json(response)


@check("COMMON-ACCEPTQ-008")
def test_name_of_the_accept_parameter_is_case_sensitive(endpoint, stored):
    """Accept is not the accept parameter; it is ignored."""
    (instance, *_) = stored("sample")
    reading.given_type(endpoint.fetch(f"{instance.path}/rendered", accept=PNG_LAST), "image/jpeg")

    response = endpoint.get(f"{instance.path}/rendered?Accept=image/png", accept=PNG_LAST)

    reading.holds(response, "image/jpeg")
