"""The rules of every request: the version in the path, UIDs, the media type, and errors."""

from __future__ import annotations

import re

import pytest

from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED, DICOM_JSON, PIXELS_AS_STORED
from conformance.kit.verdicts import NotSupported, Observed

VERSION = re.compile(r"/v(\d+)(?=/)")
TOO_LONG = "1.2." + "3" * 61
REQUESTS = {
    "study": ("GET", "studies/{0}"),
    "series": ("GET", "studies/{0}/series/{0}"),
    "instance": ("GET", "studies/{0}/series/{0}/instances/{0}"),
    "metadata": ("GET", "studies/{0}/metadata"),
    "store": ("POST", "studies/{0}"),
    "delete": ("DELETE", "studies/{0}"),
}
NOT_OFFERED = {
    "study": ("studies/{0}", "application/dicom"),
    "series": ("studies/{0}/series/{0}", 'multipart/related; type="application/octet-stream"'),
    "instance": (
        "studies/{0}/series/{0}/instances/{0}",
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.100",
    ),
    "metadata": ("studies/{0}/metadata", "application/data"),
}


def searched(endpoint, uid):
    """A search, the part of its URL before the version, the version, and what follows."""
    response = endpoint.get("studies", params={"StudyInstanceUID": uid})
    found = VERSION.search(response.request.url)
    if not found:
        raise NotSupported("the URL of the service has no version in its path, such as /v2")
    return response, response.request.url[: found.start()], found[1], response.request.url[found.end() :]


@check("MS-GEN-01")
def test_path_without_a_version(endpoint, absent_uid):
    """A search whose path has no version returns 404 or 400."""
    _, before, _, after = searched(endpoint, absent_uid)

    response = endpoint.absolute("GET", before + after)

    expect.status(response, 404, 400)


@check("MS-GEN-02")
def test_versions_are_listed(endpoint, absent_uid):
    """The response to a search lists versions in api-supported-versions, including the one in use."""
    response, _, version, _ = searched(endpoint, absent_uid)

    versions = response.header("api-supported-versions")
    listed = [item.strip().removeprefix("v").removesuffix(".0") for item in (versions or "").split(",")]
    expect.that(version in listed, "api-supported-versions", versions, f"a list with {version}", response)


@check("MS-GEN-03")
@pytest.mark.parametrize("uid", [TOO_LONG, "letters"], ids=["long", "letters"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_text_that_is_no_uid(endpoint, copies, request_, uid):
    """A UID of 65 characters, and one with letters, return 400."""
    method, target = REQUESTS[request_]
    if method == "DELETE":
        given.claimed(endpoint, "delete")
    body = stow.multipart([copies.blue])
    accept = DICOM_JSON if request_ in ("metadata", "store") else AS_STORED

    if method == "POST":
        response = endpoint.post(target.format(uid), body)
    else:
        response = endpoint.send(method, target.format(uid), accept=accept)

    lesser = (404, 409) if uid == "letters" else ()
    expect.outcome(
        response,
        (400,),
        lesser,
        "the conformance statement of the service allows letters in UIDs, its own tests do not",
    )


@check("MS-GEN-04")
@pytest.mark.parametrize("resource", NOT_OFFERED)
def test_media_type_comes_before_existence(endpoint, absent_uid, resource):
    """A media type that is not offered returns 406, even for a resource that does not exist."""
    target, accept = NOT_OFFERED[resource]

    response = endpoint.get(target.format(absent_uid), accept=accept)

    expect.status(response, 406)


@check("MS-GEN-05")
@pytest.mark.parametrize("resource", ["search", "metadata", "instance", "frame", "store"])
def test_no_accept(endpoint, stored, resource):
    """The status of a request without Accept is recorded."""
    instance = stored("sample")[0]
    targets = {
        "search": f"studies?StudyInstanceUID={instance.study_uid}",
        "metadata": f"{instance.path}/metadata",
        "instance": instance.path,
        "frame": f"{instance.path}/frames/1",
        "store": "studies",
    }

    response = endpoint.send("POST" if resource == "store" else "GET", targets[resource], accept=None)

    raise Observed(f"without Accept the status is {response.status}")


@check("MS-GEN-10")
@pytest.mark.parametrize("status", [404, 406])
def test_text_of_an_error(endpoint, stored, absent_uid, status):
    """The size and the Content-Type of the body of an error are recorded."""
    target = f"studies/{absent_uid}" if status == 404 else f"{stored('sample')[0].path}/frames/1"
    accept = AS_STORED if status == 404 else PIXELS_AS_STORED.replace("octet-stream", "x-foo")

    response = endpoint.get(target, accept=accept)

    kind = response.header("Content-Type") or "absent"
    raise Observed(f"the body of {response.status} is {len(response.content)} bytes, its Content-Type is {kind}")


@check("MS-PART-03")
def test_partition_that_is_not_there(endpoint, absent_uid):
    """A search in a data partition that does not exist returns 400."""
    response = endpoint.get(f"partitions/{absent_uid}/studies", params={"StudyInstanceUID": absent_uid})

    if response.request.url.count("/partitions/") > 1:
        raise NotSupported("the URL of the service names a data partition already")
    expect.status(response, 400)
