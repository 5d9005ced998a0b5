"""The Fetch standard and PS3.18 8.5: the rights of a page of another origin, and responses without credentials."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.common import reading
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.verdicts import Deviates, NotSupported, Observed, Warn

OCTETS = 'multipart/related; type="application/octet-stream"'
ORIGIN = "http://viewer.example"
ASKED = ("accept", "authorization", "content-type")
FROM = (("Origin", ORIGIN),)


def preflight(endpoint, target, method="GET"):
    """The response to a preflight as a browser sends it: never with credentials (Fetch 4.8)."""
    wishes = (("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", ",".join(ASKED)))
    return endpoint.anonymous(target, method="OPTIONS", accept=ANYTHING, headers=(*FROM, *wishes))


def granted(response):
    """The response to a preflight lets the browser send the request."""
    # Any ok status, and GET needs no grant: it is a safelisted method (Fetch 2.2.1, 4.8).
    expect.status(response, *range(200, 300))
    for name, wanted in (("Origin", [ORIGIN]), ("Headers", ASKED)):
        value = response.header(f"Access-Control-Allow-{name}")
        missing = [word for word in wanted if word not in (value or "").lower().replace(" ", "").split(",")]
        allowed = not missing or (value == "*" and "authorization" not in missing)
        named = f"a list with {', '.join(missing)}"
        expect.that(allowed, f"Access-Control-Allow-{name}", value, named, response)


def readable(response):
    """A page of another origin may read the response."""
    value = response.header("Access-Control-Allow-Origin")
    subject = f"Access-Control-Allow-Origin of a {response.status}"
    expect.that(value in ("*", ORIGIN), subject, value, ("*", ORIGIN), response)
    varies = [name.strip().lower() for name in (response.header("Vary") or "").split(",")]
    if (
        value == ORIGIN
        and not {"origin", "*"} & {*varies}
        and "no-store" not in (response.header("Cache-Control") or "")
    ):
        why = "a cache may return the response to a page of another origin, which may not read it then (Fetch 3.2.5)"
        expect.doubt(
            f"Vary of a {response.status}", response.header("Vary"), "Origin, as its origin is named", response, why
        )


@check("CAP-CORS-001", "preflight")
def test_cross_origin_preflight(endpoint):
    """A preflight, which has no credentials, allows the header fields that viewers send."""
    granted(preflight(endpoint, "studies"))


@check("CAP-CORS-001", "preflight-below")
@pytest.mark.parametrize(
    "resource",
    ["instance", "metadata", "frames/1", "rendered", "thumbnail"],
    ids=lambda name: name.split("/")[0],
)
def test_cross_origin_preflight_below_a_study(endpoint, stored, resource):
    """A preflight allows a page to request an instance and the resources below it."""
    (instance, *_) = stored("sample")
    feature = {"instance": "retrieve", "frames/1": "frames", "thumbnail": "thumbnails"}.get(resource, resource)
    given.claimed(endpoint, feature)

    granted(preflight(endpoint, instance.path + ("" if resource == "instance" else f"/{resource}")))


@check("CAP-CORS-001", "preflight-bulk-data")
def test_cross_origin_preflight_of_bulk_data(endpoint, stored):
    """A preflight allows a page to request what a BulkDataURI leads to."""
    (instance, *_) = stored("sample")
    bulk_data = reading.pixel_data(endpoint, instance, ANYTHING)
    given.present(bulk_data)

    _, studies, rest = bulk_data.request.url.partition("studies/")
    granted(preflight(endpoint, studies + rest))


@check("CAP-CORS-001", "answer")
def test_cross_origin_answer(endpoint, stored):
    """A page of another origin may read the response to its request."""
    (instance, *_) = stored("sample")
    response = endpoint.get("studies", params={"StudyInstanceUID": instance.study_uid}, headers=FROM)

    readable(response)


@check("CAP-CORS-001", "no-match")
def test_cross_origin_answer_without_matches(endpoint, absent_uid):
    """A page of another origin may read that its search finds nothing."""
    response = endpoint.get("studies", params={"StudyInstanceUID": absent_uid}, headers=FROM)

    expect.no_match(response)
    readable(response)


# By resource: what has to be claimed, the kind, the path below an instance, and what is accepted.
READ = {
    "instance": ("retrieve", "sample", "", AS_STORED),
    "metadata": ("metadata", "sample", "/metadata", DICOM_JSON),
    "frame": ("frames", "sample", "/frames/1", OCTETS),
    "compressed-frame": ("frames", "jpeg2000-lossless", "/frames/1", 'multipart/related; type="image/jp2"'),
    "rendered": ("rendered", "sample", "/rendered", "image/jpeg"),
    "thumbnail": ("thumbnails", "sample", "/thumbnail", "image/jpeg"),
}


@check("CAP-CORS-001", "resources")
@pytest.mark.parametrize("resource", READ)
def test_cross_origin_resource(endpoint, stored, resource):
    """A page of another origin may read each resource that viewers read, compressed frames too."""
    feature, kind, suffix, accept = READ[resource]
    given.claimed(endpoint, feature)
    (instance, *_) = stored(kind)
    if feature == "frames":
        given.framed(endpoint, instance, instance)
    response = endpoint.get(instance.path + suffix, accept=accept, headers=FROM)

    given.present(response)
    readable(response)


@check("CAP-CORS-001", "store")
def test_cross_origin_store(endpoint, images):
    """A page of another origin may store, as viewers store what a user has drawn, and read the response."""
    given.claimed(endpoint, "store")
    (image,) = images()
    try:
        granted(preflight(endpoint, "studies", "POST"))
        response = endpoint.post("studies", stow.multipart([image]), headers=FROM)
        given.accepted(response)
        readable(response)
    except Deviates as error:
        why = "only a warning: a server may let pages of other origins read, and not store"
        raise Warn(replace(error.deviation, why=why)) from None


@check("CAP-CORS-001", "refusal")
@pytest.mark.parametrize("status", ["400", "401", "404", "406"])
def test_cross_origin_refusal(endpoint, stored, absent_uid, status):
    """A page may read why it was refused; otherwise a viewer reports a network error."""
    (instance, *_) = stored("sample")
    match status:
        case "400":
            response = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}&limit=abc", headers=FROM)
        case "401":
            response = endpoint.anonymous(f"studies?StudyInstanceUID={instance.study_uid}", headers=FROM)
        case "404":
            response = endpoint.get(f"studies/{absent_uid}/metadata", headers=FROM)
        case _:
            response = endpoint.get(instance.path + "/metadata", accept=reading.UNKNOWN, headers=FROM)

    if response.status < 400:
        raise NotSupported(f"status is {response.status}, so no refusal can be judged ({response.request})")
    readable(response)


@check("COMMON-STATUS-014")
def test_stranger_gets_no_page(endpoint, stored):
    """A search without credentials is refused with 401, 403 or 404, or returns its matches: not a page with 200."""
    (instance, *_) = stored("sample")
    response = endpoint.anonymous(f"studies?StudyInstanceUID={instance.study_uid}&limit=1")

    if response.status in (200, 204):
        lawful = response.status == 204 or not response.content or is_json(response.content)
        kind = response.header("Content-Type") or "no Content-Type"
        subject, wanted = "the response to a search without credentials", "the matches, or 401"
        expect.that(lawful, subject, f"a 200 with {kind} that is not JSON", wanted, response)
        raise Observed(f"a search without credentials returns {response.status}")
    why = "8.5 requires 401 if no credentials were sent; its last paragraph leaves 403 and 404 to a policy"
    expect.outcome(response, (401, 403, 404), (302, 303, 307, *expect.REFUSALS), why)


def is_json(content):
    """Whether a body is JSON."""
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
