"""The rights that browsers need for the requests of viewers on another host (Fetch 4.8)."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given
from conformance.kit.accept import ANYTHING
from conformance.viewers.reading import BARE, FRAMES, SECOND

ORIGIN = "http://viewer.example"
FROM = (("Origin", ORIGIN),)


def preflight(endpoint, target, method, *fields):
    """The response to a preflight, which has no credentials, lets a page send this request."""
    wishes = (("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", ",".join(fields)))
    response = endpoint.anonymous(target, method="OPTIONS", accept=ANYTHING, headers=(*FROM, *wishes))
    expect.status(response, *range(200, 300))
    origin = response.header("Access-Control-Allow-Origin")
    expect.that(origin in ("*", ORIGIN), "Access-Control-Allow-Origin", origin, ("*", ORIGIN), response)
    value = response.header("Access-Control-Allow-Headers")
    named = words(value)
    missing = [name for name in fields if name not in named and ("*" not in named or name == "authorization")]
    expect.that(not missing, "Access-Control-Allow-Headers", value, f"a list with {', '.join(missing)}", response)


def words(value):
    """The words of a list in a header field, in lower case."""
    return {word.strip().lower() for word in (value or "").split(",")}


@check("VIEWER-CORS-REQUEST")
@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ("studies", ("accept", "authorization")),
        ("metadata", ("accept", "authorization")),
        ("frames", ("accept", "authorization", "range")),
        ("rendered", ("accept", "authorization", "range")),
        ("thumbnail", ("accept", "authorization")),
    ],
    ids=["studies", "metadata", "frames", "rendered", "thumbnail"],
)
def test_page_may_read(endpoint, stored, resource, fields):
    """A preflight allows a page to read with the fields Accept, Authorization and, for frames and video, Range."""
    instance = stored(FRAMES)[0]
    if resource in ("metadata", "frames", "rendered"):
        given.claimed(endpoint, resource)
    targets = {"studies": "studies", "frames": f"{instance.path}/frames/{SECOND}"}

    preflight(endpoint, targets.get(resource, f"{instance.path}/{resource}"), "GET", *fields)


@check("VIEWER-CORS-STORE")
def test_page_may_store(endpoint):
    """A preflight allows a page to store: with the field Content-Type, since its multipart type is not a safe one."""
    preflight(endpoint, "studies", "POST", "authorization", "content-type")


@check("VIEWER-CORS-EXPOSED")
def test_page_may_read_the_fields(endpoint, stored):
    """A page may read Content-Range of a range of bytes, by which it knows the size of the whole."""
    instance = stored("sample")[0]

    response = endpoint.get(f"{instance.path}/rendered", accept="image/jpeg", headers=(*FROM, ("Range", "bytes=0-99")))

    expect.status(response, 200, 206)
    exposed = words(response.header("Access-Control-Expose-Headers"))
    needed = {"content-range"} if response.status == 206 else set()
    needed |= {"warning"} if response.header("Warning") else set()
    missing = sorted(needed - exposed) if "*" not in exposed else []
    value = response.header("Access-Control-Expose-Headers")
    expect.that(not missing, "Access-Control-Expose-Headers", value, f"a list with {', '.join(missing)}", response)


@check("VIEWER-CORS-RESPONSE")
@pytest.mark.parametrize("resource", ["studies", "metadata", "frames"])
def test_page_may_read_the_response(endpoint, stored, resource):
    """A page of another origin may read the response: one Access-Control-Allow-Origin, for it or for all."""
    instance = stored(FRAMES)[0]
    given.claimed(endpoint, "search" if resource == "studies" else resource)
    targets = {
        "studies": f"studies?StudyInstanceUID={instance.study_uid}",
        "metadata": f"{instance.series_path}/metadata",
    }
    frame = f"{instance.path}/frames/{SECOND}"

    accept = BARE if resource == "frames" else "application/dicom+json"
    response = endpoint.get(targets.get(resource, frame), accept=accept, headers=FROM)

    expect.status(response, 200)
    origin = response.header("Access-Control-Allow-Origin")
    expect.that(origin in ("*", ORIGIN), "Access-Control-Allow-Origin", origin, ("*", ORIGIN), response)
