"""The responses to DELETE, whether the server supports it or not."""

from __future__ import annotations

from conformance.delete import deleting
from conformance.kit import check, expect
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.verdicts import Observed


@check("DELETE-STD-001")
def test_server_may_have_delete(endpoint, fresh):
    """Whether DELETE of a study, which the standard does not have, is supported."""
    studies = deleting.store(endpoint, fresh)
    response = endpoint.delete(studies.image.study_path, removing=studies.of_study)

    raise Observed(f"DELETE of a study returns {response.status}")


@check("DELETE-STD-002")
def test_success_means_that_it_was_done(endpoint, fresh):
    """DELETE of an instance, a series and a study returns an error, such as 405, or removes them."""
    image, sibling, cousin, _ = deleting.store(endpoint, fresh)

    for target, inside in ((image.path, image), (cousin.series_path, cousin), (sibling.study_path, sibling)):
        response = endpoint.delete(target, removing=[inside])
        there = endpoint.get(inside.path, accept=AS_STORED).status == 200
        wanted = "an error such as 405, as nothing was deleted"
        expect.that(response.status >= 400 or not there, "status", response.status, wanted, response)


@check("DELETE-EXT-004")
def test_success_is_200_or_204(endpoint, fresh):
    """DELETE of an instance, a series and a study returns 204 or 200."""
    image, sibling, cousin, _ = deleting.store(endpoint, fresh)

    for target, inside in ((image.path, image), (cousin.series_path, cousin), (sibling.study_path, sibling)):
        response = endpoint.delete(target, removing=[inside])
        expect.outcome(
            response, (200, 204), (202,), "202 is a success, though the deletion may come later (RFC 9110 15.3.3)"
        )


@check("DELETE-EXT-011")
def test_accept_does_not_matter(endpoint, fresh):
    """DELETE works whatever the Accept field says, because it returns no representation."""
    studies = deleting.store(endpoint, fresh, both=True)

    for instance, accept in zip(studies, (ANYTHING, DICOM_JSON, AS_STORED, "image/jpeg"), strict=True):
        response = endpoint.delete(instance.path, removing=[instance], accept=accept)
        expect.deleted(response)
        expect.not_there(endpoint.get(instance.path, accept=AS_STORED))
