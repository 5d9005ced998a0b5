"""DELETE of a resource that does not exist removes nothing, and says so."""

from __future__ import annotations

import pytest

from conformance.delete import deleting
from conformance.kit import check, expect


@check("DELETE-EXT-005")
def test_what_nobody_has_cannot_be_deleted(endpoint, fresh, absent_uid):
    """DELETE of a study, series or instance that does not exist returns 404 or 410."""
    image = deleting.store(endpoint, fresh).image

    responses = [
        endpoint.delete(f"studies/{absent_uid}"),
        endpoint.delete(f"{image.study_path}/series/{absent_uid}"),
        endpoint.delete(f"{image.series_path}/instances/{absent_uid}"),
    ]

    _said(responses)


@check("DELETE-EXT-009")
def test_what_was_deleted_cannot_be_deleted_again(endpoint, fresh):
    """A second DELETE of an instance, and of a series, returns 404 or 410."""
    image, sibling, *_ = deleting.store(endpoint, fresh)

    deleting.remove(endpoint, image.path, [image])
    again = [endpoint.delete(image.path)]
    deleting.remove(endpoint, image.series_path, [sibling])
    again.append(endpoint.delete(image.series_path))

    _said(again)


def _said(responses):
    """Each says that nothing was deleted; a failure counts more than a success."""
    for response in sorted(responses, key=lambda response: response.status, reverse=True):
        expect.nothing_deleted(response)


@check("DELETE-EXT-010")
@pytest.mark.parametrize("wrong", ["study-of-series", "study-of-instance", "series-of-instance"])
def test_parents_in_the_path_count(endpoint, fresh, wrong):
    """DELETE of a series or instance below a wrong study or series removes nothing, and returns an error."""
    studies = deleting.store(endpoint, fresh, both=True)
    image, _, cousin, stranger = studies
    target = {
        "study-of-series": f"{stranger.study_path}/series/{image.series_uid}",
        "study-of-instance": f"{stranger.study_path}/series/{image.series_uid}/instances/{image.sop_instance_uid}",
        "series-of-instance": f"{cousin.series_path}/instances/{image.sop_instance_uid}",
    }[wrong]

    response = endpoint.delete(target)

    for answer in deleting.look_for(endpoint, *studies):
        if "/frames/" not in answer.request.target:  # a single-frame instance need not have any
            expect.status(answer, 200)
    expect.nothing_deleted(response)
