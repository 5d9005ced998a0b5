"""PS3.18 10.6.1, 10.6.3: what is stored of every kind is found, each study, series and instance once."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given
from conformance.kit.kinds import EACH


@check("SEARCH-RES-001", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_study_is_found_by_its_patient(endpoint, stored, kind):
    """A search by Patient ID finds each study of the patient once, whatever is in it."""
    instances = stored(kind)
    given.searchable(endpoint, stored("sample")[0])

    response = endpoint.fetch("studies", params={"PatientID": str(instances[0].dataset.PatientID)})

    _once(response, "StudyInstanceUID", {instance.study_uid for instance in instances})


@check("SEARCH-RES-003", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_instances_are_found(endpoint, stored, kind):
    """A search for the instances of a study finds each once, whatever is in it."""
    instances = stored(kind)
    given.searchable(endpoint, stored("sample")[0])

    for study in dict.fromkeys(instance.study_path for instance in instances):
        response = endpoint.fetch(f"{study}/instances")

        wanted = {instance.sop_instance_uid for instance in instances if instance.study_path == study}
        _once(response, "SOPInstanceUID", wanted)


def _once(response, keyword, wanted):
    """Each of these UIDs is in one match; others may have been stored since."""
    expect.status(response, 200)
    found = Counter(dicom_json.text(match, keyword) or "absent" for match in expect.matches(response))
    for uid in wanted:
        assert found[uid] == 1, f"{keyword} {uid} is in {found[uid]} matches, should be in 1 ({response.request})"
