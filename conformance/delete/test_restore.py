"""Deleted instances can be stored again."""

from __future__ import annotations

import pytest

from conformance.delete import deleting
from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.claims import instance_search
from conformance.kit.instances import COERCED
from conformance.kit.verdicts import NotSupported

STUDY, NUMBER = "StudyInstanceUID", "CORRECTED-1"
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


@check("DELETE-EXT-006", "corrected")
def test_study_that_was_stored_again_has_its_new_values(endpoint, fresh):
    """A study that was deleted, and is stored again with another Accession Number, is found with that, and by it."""
    studies = deleting.store(endpoint, fresh)
    corrected = studies.image.edited(AccessionNumber=NUMBER)
    endpoint.get("studies", params={STUDY: corrected.study_uid})
    deleting.remove(endpoint, corrected.study_path, studies.of_study)

    response = endpoint.post("studies", stow.multipart([corrected]))

    expect.outcome(response, stow.STORED, (409,), TOMBSTONE)
    if corrected.warning_in(response) == COERCED:
        raise NotSupported(f"the server may have replaced the Accession Number ({response.request})")
    for keys in ({}, {"AccessionNumber": NUMBER}):
        search = endpoint.get("studies", params={STUDY: corrected.study_uid, **keys})
        expect.one_match(search, STUDY, corrected.study_uid)
        expect.equal("AccessionNumber", dicom_json.text(expect.matches(search)[0], "AccessionNumber"), NUMBER, search)


@check("DELETE-EXT-006", "changed")
def test_instance_that_was_stored_again_is_the_new_one(endpoint, fresh):
    """An instance stored with other pixels after it was deleted has the new pixels."""
    image = deleting.store(endpoint, fresh).image
    changed = image.with_pixels(b"\x7f" * 8)
    deleting.remove(endpoint, image.path, [image])

    response = endpoint.post("studies", stow.multipart([changed]))

    expect.outcome(response, stow.STORED, (409,), TOMBSTONE)
    expect.whole(endpoint.get(image.path, accept=AS_STORED), changed)
