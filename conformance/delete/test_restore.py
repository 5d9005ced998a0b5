"""Deleted instances can be stored again."""

from __future__ import annotations

import pytest

from conformance.delete import deleting
from conformance.kit import check, expect, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.claims import instance_search

TOMBSTONE = "an archive may refuse, for good reasons, to store again what was deleted"


@check("DELETE-EXT-006")
@pytest.mark.parametrize("level", ["study", "instance"])
def test_deleted_instance_can_be_stored_again(endpoint, fresh, level):
    """An instance that was deleted, alone or with its study, can be stored again and retrieved."""
    studies = deleting.store(endpoint, fresh)
    image = studies.image
    target = {"study": image.study_path, "instance": image.path}[level]
    removed = {"study": studies.of_study, "instance": [image]}[level]
    deleting.remove(endpoint, target, removed)

    response = endpoint.post("studies", stow.multipart([image]))

    expect.outcome(response, stow.STORED, (409,), TOMBSTONE)
    expect.whole(endpoint.get(image.path, accept=AS_STORED), image)
    search = endpoint.get(instance_search(image, endpoint.claims), params={"SOPInstanceUID": image.sop_instance_uid})
    expect.one_match(search, "SOPInstanceUID", image.sop_instance_uid)


@check("DELETE-EXT-006", "changed")
def test_instance_that_was_stored_again_is_the_new_one(endpoint, fresh):
    """An instance stored with other pixels after it was deleted has the new pixels."""
    image = deleting.store(endpoint, fresh).image
    changed = image.with_pixels(b"\x7f" * 8)
    deleting.remove(endpoint, image.path, [image])

    response = endpoint.post("studies", stow.multipart([changed]))

    expect.outcome(response, stow.STORED, (409,), TOMBSTONE)
    expect.whole(endpoint.get(image.path, accept=AS_STORED), changed)
