"""PS3.18 8.7.5 to 8.7.8: the Accept field, and the media type selected by it (RFC 9110 12.5.1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from conformance.common import reading
from conformance.common.reading import DICOM, UNKNOWN, XML
from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.verdicts import Observed

# By resource: the path below the instance, the feature that it is, and the judge of what */* selects (8.7.3, 8.7.4).
DEFAULTS: dict[str, tuple[str | None, str | None, Callable[..., object]]] = {
    "search": (None, None, media.dicom_json),
    "metadata": ("/metadata", "metadata", media.dicom_json),
    "instance": ("", None, partial(reading.holds, names=(media.DICOM,))),
    "frames": ("/frames/1", "frames", media.of_bulk_data),
    "rendered": ("/rendered", "rendered", partial(reading.holds, names=("image/jpeg",))),
    "thumbnail": ("/thumbnail", "thumbnails", partial(reading.holds, names=("image/jpeg",))),
}


def target(instance, resource):
    """The path of a resource of an instance."""
    suffix = DEFAULTS[resource][0]
    return f"studies?StudyInstanceUID={instance.study_uid}" if suffix is None else instance.path + suffix


@check("COMMON-ACCEPT-001")
@pytest.mark.parametrize("resource", ["search", "metadata"])
def test_request_without_accept(endpoint, stored, resource):
    """A request without an Accept field returns 406."""
    if resource == "metadata":
        given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    response = endpoint.get(target(instance, resource), accept=None)

    why = "8.7.5 requires 406 if no Accept field was sent, but RFC 9110 12.5.1 lets a server send any type then"
    expect.outcome(response, (406,), (200, 204), why)


@check("COMMON-ACCEPT-002")
@pytest.mark.parametrize("resource", DEFAULTS)
def test_any_type_selects_the_default(endpoint, stored, resource):
    """Accept: */* returns the default media type of the resource."""
    _, feature, judge = DEFAULTS[resource]
    if feature:
        given.claimed(endpoint, feature)
    (instance, *_) = stored("sample")
    if resource == "frames":
        given.framed(endpoint, instance, instance)
    if resource == "instance":
        given.labelled(endpoint.fetch(instance.path, accept=DICOM), media.DICOM, by="retrieve-inst-002")
    response = endpoint.get(target(instance, resource), accept=ANYTHING)

    expect.status(response, 200)
    found = reading.content_type(response)
    if resource == "instance" and found == DICOM_JSON:
        expect.doubt("the media type", found, media.DICOM, response, "this was the default from 2019b to 2020c")
    judge(response)


@check("COMMON-ACCEPT-002", "bulkdata")
def test_any_type_selects_a_bulk_data_type(endpoint, stored):
    """Accept: */* returns bulk data in a media type of bulk data."""
    (instance, *_) = stored("sample")
    response = reading.pixel_data(endpoint, instance, ANYTHING)

    expect.status(response, 200)
    media.of_bulk_data(response)


@check("COMMON-ACCEPT-003")
@pytest.mark.parametrize(
    ("path", "accept"),
    [
        *(("rendered", "image/*"), ("study", "multipart/*"), ("metadata", "application/*")),
        *(("search", "multipart/*"), ("search", "application/*")),
    ],
    ids=["image", "multipart", "application", "search-multipart", "search-application"],
)
def test_range_of_subtypes(endpoint, stored, path, accept):
    """A media range type/* returns any subtype that the resource has (8.7.3, 8.7.4, Table 10.4.4-1)."""
    if path != "study":
        given.claimed(endpoint, path)
    (instance, *_) = stored("sample")
    places = {"study": instance.study_path, "search": f"studies?StudyInstanceUID={instance.study_uid}"}
    resource = places.get(path, f"{instance.path}/{path}")
    if (path, accept) == ("search", "multipart/*"):
        given.claimed(endpoint, "xml")
        given.present(endpoint.fetch(resource, accept=XML), by="search-media-002.studies")
    response = endpoint.get(resource, accept=accept)

    expect.status(response, 200)
    within_range(response, path)


# What a browser sends for an image in a page, and for an address that a user has typed.
BROWSERS = {
    "image": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "address": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7",
}


@check("COMMON-ACCEPT-006", "browser")
@pytest.mark.parametrize("resource", ["rendered", "thumbnail"])
@pytest.mark.parametrize("sender", BROWSERS)
def test_list_that_a_browser_sends(endpoint, stored, sender, resource):
    """A rendering and a thumbnail are returned as an image to a browser, whose list ends with a wildcard."""
    given.claimed(endpoint, "thumbnails" if resource == "thumbnail" else "rendered")
    (instance, *_) = stored("sample")
    response = endpoint.get(f"{instance.path}/{resource}", accept=BROWSERS[sender])

    expect.status(response, 200)
    found, page = reading.content_type(response), ("text/html", "application/xhtml+xml") if sender == "address" else ()
    wanted = " or ".join(["that of an image", *page])
    expect.that(found.startswith("image/") or found in page, "the media type", found, wanted, response)


def within_range(response, path):
    """The body is of a media type that the range names, and that the resource may have."""
    found = reading.content_type(response)
    if path in ("metadata", "search") and found != "application/dicom+xml":
        media.dicom_json(response)
    elif path == "rendered":
        # A server may support more types than the tables name (8.7.4).
        expect.that(found.startswith("image/"), "the media type", found, "that of an image", response)
    elif path == "study":
        message = reading.media_type(response).essence
        expect.that(message.startswith("multipart/"), "Content-Type", message, "multipart", response)
        if found != media.DICOM:
            media.of_bulk_data(response)


@check("COMMON-ACCEPT-004", "metadata")
@pytest.mark.parametrize("higher", ["json", "xml"])
def test_higher_weight_is_chosen_for_metadata(endpoint, stored, higher):
    """JSON or XML is returned, whichever has the higher weight."""
    given.claimed(endpoint, "xml")
    (instance, *_) = stored("sample")
    types = {"json": DICOM_JSON, "xml": XML}
    given.present(endpoint.fetch(instance.path + "/metadata", accept=types[higher]))
    lower = types.pop("xml" if higher == "json" else "json")
    response = endpoint.get(instance.path + "/metadata", accept=f"{lower};q=0.1, {types[higher]};q=0.9")

    reading.holds(response, f"application/dicom+{higher}")


@check("COMMON-ACCEPT-004", "rendered")
@pytest.mark.parametrize(
    ("higher", "lower"), [("image/jpeg", "image/png"), ("image/png", "image/jpeg")], ids=["jpeg", "png"]
)
def test_higher_weight_is_chosen_for_an_image(endpoint, stored, higher, lower):
    """JPEG or PNG is returned, whichever has the higher weight; a missing weight is 1."""
    given.claimed(endpoint, "rendered")
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path + "/rendered", accept=f"{lower};q=0.5, {higher}")

    reading.holds(response, higher)


@check("COMMON-ACCEPT-005")
def test_most_specific_range_gives_the_weight(endpoint, stored):
    """image/jpeg;q=0.1 is more specific than image/*;q=0.9 for JPEG, so another image type is returned."""
    (instance, *_) = stored("sample")
    plain = endpoint.fetch(instance.path + "/rendered", accept="image/jpeg;q=0.1, image/png")
    reading.given_type(plain, "image/png")

    response = endpoint.get(instance.path + "/rendered", accept="image/*;q=0.9, image/jpeg;q=0.1")

    expect.status(response, 200)
    found = reading.content_type(response)
    expect.that(found != "image/jpeg", "the media type", found, "another one of image/*", response)


@check("COMMON-ACCEPT-006")
def test_unknown_entry_is_ignored(endpoint, stored):
    """An unknown entry does not invalidate the one beside it."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path + "/metadata", accept=f"{UNKNOWN}, {DICOM_JSON}")

    reading.holds(response, DICOM_JSON)


@check("COMMON-ACCEPT-006", "browser")
def test_accept_of_a_viewer(endpoint, stored):
    """The Accept field of a viewer in a browser returns JSON from a search of series."""
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.study_path + "/series", accept=f"{DICOM_JSON}, application/json;q=0.9, */*;q=0.1")

    expect.status(response, 200)
    media.dicom_json(response)


@check("COMMON-ACCEPT-007")
@pytest.mark.parametrize("resource", ["search", "metadata", "instance", "frames", "rendered"])
def test_nothing_acceptable(endpoint, stored, resource):
    """A request returns 406 if no accepted type can be produced."""
    if feature := DEFAULTS[resource][1]:
        given.claimed(endpoint, feature)
    (instance, *_) = stored("sample")
    if resource == "frames":
        given.framed(endpoint, instance, instance)
    response = endpoint.fetch(target(instance, resource), accept=UNKNOWN)

    expect.unacceptable(response)


@check("COMMON-ACCEPT-008")
def test_dicom_and_rendered_types_are_not_mixed(endpoint, stored):
    """DICOM and rendered media types in one Accept field return 400."""
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path, accept=f"{DICOM}, text/html")

    expect.bad_request(response)


@check("COMMON-ACCEPT-009")
def test_weight_zero_is_not_acceptable(endpoint, stored):
    """Metadata are not returned as JSON if the only choice is application/dicom+json;q=0."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path + "/metadata", accept=f"{DICOM_JSON};q=0")

    if response.status != 406:
        reading.holds(response, "application/dicom+xml")


@check("COMMON-ACCEPT-010")
@pytest.mark.parametrize(
    ("suffix", "accept", "media_type"),
    [
        ("/metadata", "Application/DICOM+JSON", DICOM_JSON),
        ("", 'Multipart/Related; Type="application/dicom"', "application/dicom"),
    ],
    ids=["json", "multipart"],
)
def test_case_does_not_matter(endpoint, stored, suffix, accept, media_type):
    """A media type, and the name of a parameter, mean the same in upper and lower case."""
    (instance, *_) = stored("sample")
    if suffix == "/metadata":
        given.claimed(endpoint, "metadata")
    else:
        given.labelled(endpoint.fetch(instance.path, accept=DICOM), media.DICOM, by="retrieve-inst-002")
    response = endpoint.get(instance.path + suffix, accept=accept)

    reading.holds(response, media_type)


@check("COMMON-ACCEPT-011")
@pytest.mark.parametrize("value", ['"application/dicom"', "application/dicom"], ids=["quoted", "unquoted"])
def test_quotes_do_not_matter(endpoint, stored, value):
    """The type parameter means the same with and without quotes."""
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path, accept=f"multipart/related; type={value}")

    expect.instances(response, [instance])


@check("COMMON-ACCEPT-012")
def test_white_space_does_not_matter(endpoint, stored):
    """White space around the ";" of a media type does not matter."""
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path, accept='multipart/related ; type="application/dicom" ;transfer-syntax=*')

    expect.status(response, 200)


@check("COMMON-ACCEPT-014")
def test_several_accept_lines_are_one_list(endpoint, stored):
    """Two Accept lines mean the same as one line with both entries."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    lines = (("Accept", UNKNOWN), ("Accept", DICOM_JSON))

    response = endpoint.get(instance.path + "/metadata", accept=None, headers=lines)

    reading.holds(response, DICOM_JSON)


@check("COMMON-ACCEPT-015")
def test_parameter_without_a_meaning(endpoint, stored):
    """boundary=** in Accept, which PS3.18 has in its examples, does not invalidate the entry."""
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path, accept=f"{AS_STORED}; boundary=**")

    expect.status(response, 200)


@check("COMMON-ACCEPT-016")
def test_range_as_type_parameter(endpoint, stored):
    """The status of a request with a media range in the type parameter is recorded."""
    given.claimed(endpoint, "frames")
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.path + "/frames/1", accept='multipart/related; type="image/*"; transfer-syntax=*')

    kind = response.header("Content-Type") if response.status == 200 else "no image"
    raise Observed(f'a request for frames with type="image/*" returns {response.status}, {kind}')
