"""PS3.18 8.5: status codes."""

from __future__ import annotations

import re

import pytest

from conformance.common import bodies
from conformance.dicomweb import uids
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.stow import Body
from conformance.kit.verdicts import NotSupported, Observed, Unanswered

LONG = 16 * 1024
ABSENT = {
    "study": ("studies/{0}", AS_STORED),
    "series": ("studies/{0}/series/{0}", AS_STORED),
    "instance": ("studies/{0}/series/{0}/instances/{0}", AS_STORED),
    "metadata": ("studies/{0}/metadata", DICOM_JSON),
    "frames": ("studies/{0}/series/{0}/instances/{0}/frames/1", ANYTHING),
    "rendered": ("studies/{0}/series/{0}/instances/{0}/rendered", "image/jpeg"),
}


@check("COMMON-STATUS-001")
@pytest.mark.parametrize("resource", ABSENT)
def test_what_is_not_there_is_not_found(endpoint, absent_uid, resource):
    """A resource with unused UIDs returns 404."""
    if resource in ("frames", "rendered"):
        given.claimed(endpoint, resource)
    path, accept = ABSENT[resource]
    response = endpoint.get(path.format(absent_uid), accept=accept)

    expect.absent(response)


@check("COMMON-STATUS-002")
def test_what_was_deleted_is_gone(endpoint, copies):
    """A deleted study returns 410, or 404 if the server no longer knows it."""
    given.accepted(endpoint.post("studies", stow.multipart([copies.blue])))
    deleted = endpoint.delete(copies.blue.study_path, removing=[copies.blue])
    if deleted.status not in (200, 202, 204):
        raise NotSupported(f"DELETE returns {deleted.status} ({deleted.request})")

    response = endpoint.get(copies.blue.study_path, accept=AS_STORED)

    expect.absent(response)


@check("COMMON-STATUS-003")
def test_405_lists_the_methods(endpoint, stored):
    """An unsupported method returns 405, with the supported ones in Allow."""
    (instance, *_) = stored("sample")
    target = instance.study_path + "/rendered" if "retrieve" in endpoint.claims else "studies"
    response = endpoint.send("PUT", target, accept=ANYTHING)

    if response.status not in expect.REFUSALS:
        raise Observed(f"PUT of /{target} returns {response.status}")
    why = "8.5 has 405 for a method that the resource does not support, but another status refuses it too"
    expect.outcome(response, (405,), expect.REFUSALS, why)
    allow = response.header("Allow")
    expect.that(re.search(r"[A-Z]", allow or ""), "Allow", allow, "the methods of the resource", response)
    methods = [word.strip() for word in (allow or "").split(",")]
    expect.that("PUT" not in methods, "Allow", allow, "a list without PUT, which returns 405", response)


@check("COMMON-STATUS-005")
def test_long_target(endpoint, stored, absent_uid):
    """A search with 16 kB of UIDs finds the study among them, or returns 414."""
    (instance, *_) = stored("sample")
    others = [uids.derived(absent_uid, str(number)) for number in range(LONG // 64)]
    target = f"studies?StudyInstanceUID={','.join([*others, instance.study_uid])}"
    try:
        response = endpoint.get(target)
    except Unanswered as error:
        expect.unanswered(error, f"the response to a target of {len(target):,} bytes")

    why = f"8.5 has 414 for a target of {len(target):,} bytes, but another 4xx refuses it too"
    expect.outcome(response, (200, 204, 414), expect.REFUSALS, why)


@check("COMMON-STATUS-006")
def test_store_of_text_is_unsupported(endpoint):
    """A store whose Content-Type is text/plain returns 415."""
    response = endpoint.post("studies", Body("text/plain", b"These are words, not instances."))

    expect.unsupported(response)


@check("COMMON-STATUS-008")
def test_store_without_a_length(endpoint, copies):
    """Whether a store without Content-Length is accepted, or refused with 411."""
    response = endpoint.post("studies", stow.multipart([copies.blue], chunked=True))

    expect.status(response, 200, 201, 202, 411)
    raise Observed(f"a store in chunks, without Content-Length, returns {response.status}")


@check("COMMON-STATUS-011")
def test_sop_class_that_nobody_supports(endpoint, copies):
    """An instance of an invented SOP Class is stored, or refused with 409 or 501."""
    instance = bodies.of_class(copies.blue, uids.derived(copies.blue.study_uid, "SOP Class"))
    response = endpoint.post("studies", stow.multipart([instance]))

    if response.status in stow.STORED:
        raise NotSupported("the store succeeds: STOW-FAIL-0122 judges whether the instance is kept")
    why = "10.5.3.1 has 409 and 8.5 has 501 for an unsupported SOP Class, but another 4xx refuses it too"
    expect.outcome(response, (409, 501), expect.REFUSALS, why)
