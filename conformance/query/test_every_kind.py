"""PS3.18 10.6.1, 10.6.3: each stored study, series and instance of every kind is found once."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given
from conformance.kit.kinds import EACH


@check("SEARCH-RES-001", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_study_is_found_by_its_patient(endpoint, stored, kind):
    """A search by Patient ID and study finds each study of a kind once, whatever its content."""
    instances = stored(kind)
    given.searchable(endpoint, stored("sample")[0])

    for instance in {instance.study_uid: instance for instance in instances}.values():
        keys = {"PatientID": str(instance.dataset.PatientID), "StudyInstanceUID": instance.study_uid}
        expect.one_match(endpoint.fetch("studies", params=keys), "StudyInstanceUID", instance.study_uid)


@check("SEARCH-RES-003", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_instances_are_found(endpoint, stored, kind):
    """A search for an instance of a study finds it once, whatever its kind."""
    instances = stored(kind)
    given.searchable(endpoint, stored("sample")[0])

    for instance in instances:
        uid = instance.sop_instance_uid
        response = endpoint.fetch(f"{instance.study_path}/instances", params={"SOPInstanceUID": uid})
        expect.one_match(response, "SOPInstanceUID", uid)
