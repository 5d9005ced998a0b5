"""PS3.18 10.6.1.2.3: the keys that a server has to support (Table 10.6.1-5), at each resource (Table 10.6.1-4)."""

from __future__ import annotations

import pytest

from conformance.kit import check
from conformance.query import scopes
from conformance.query.scopes import KEYS, OF_PATIENTS, RESOURCES, scope


def supports(requirement, key):
    """The check that a key finds what has its value and nothing else, by keyword and by tag."""
    level = next(level for level, keys in KEYS.items() if key in keys)

    @check(requirement)
    @pytest.mark.parametrize("resource", [name for name, item in RESOURCES.items() if level in item.levels])
    def test(endpoint, stored, resource):
        searched = scope(stored("archive"), resource, everybody=key in OF_PATIENTS)
        value = searched.plain(key)
        asked = {key: value}, {scopes.tag(key): value}, {key: scopes.nobodys(key, value)}

        answers = [endpoint.fetch(searched.target, params=searched.narrow | keys) for keys in asked]

        scopes.offered(answers[0], searched.resource)
        for response, keys in zip(answers, asked, strict=True):
            scopes.exactly(response, searched, keys)

    test.__doc__ = (
        f"{key}, by keyword and by tag, matches exactly the entities with that value; an unused value matches nothing."
    )
    return test


test_study_date = supports("SEARCH-KEY-STUDY-00080020", "StudyDate")
test_study_time = supports("SEARCH-KEY-STUDY-00080030", "StudyTime")
test_accession_number = supports("SEARCH-KEY-STUDY-00080050", "AccessionNumber")
test_modalities = supports("SEARCH-KEY-STUDY-00080061", "ModalitiesInStudy")
test_referring_physician = supports("SEARCH-KEY-STUDY-00080090", "ReferringPhysicianName")
test_patient_name = supports("SEARCH-KEY-STUDY-00100010", "PatientName")
test_patient_id = supports("SEARCH-KEY-STUDY-00100020", "PatientID")
test_study_uid = supports("SEARCH-KEY-STUDY-0020000D", "StudyInstanceUID")
test_study_id = supports("SEARCH-KEY-STUDY-00200010", "StudyID")
test_modality = supports("SEARCH-KEY-SERIES-00080060", "Modality")
test_series_uid = supports("SEARCH-KEY-SERIES-0020000E", "SeriesInstanceUID")
test_series_number = supports("SEARCH-KEY-SERIES-00200011", "SeriesNumber")
test_step_date = supports("SEARCH-KEY-SERIES-00400244", "PerformedProcedureStepStartDate")
test_step_time = supports("SEARCH-KEY-SERIES-00400245", "PerformedProcedureStepStartTime")
test_scheduled_step = supports(
    "SEARCH-KEY-SERIES-00400275-00400009", "RequestAttributesSequence.ScheduledProcedureStepID"
)
test_requested_procedure = supports(
    "SEARCH-KEY-SERIES-00400275-00401001", "RequestAttributesSequence.RequestedProcedureID"
)
test_sop_class = supports("SEARCH-KEY-INSTANCE-00080016", "SOPClassUID")
test_instance_uid = supports("SEARCH-KEY-INSTANCE-00080018", "SOPInstanceUID")
test_instance_number = supports("SEARCH-KEY-INSTANCE-00200013", "InstanceNumber")


@check("SEARCH-KEY-LEVELS")
@pytest.mark.parametrize("resource", RESOURCES)
def test_levels(endpoint, stored, resource):
    """A resource takes a key of each level that it has to support at once, and each of them counts."""
    searched = scope(stored("archive"), resource)
    one = {"study": "StudyInstanceUID", "series": "Modality", "instance": "InstanceNumber"}
    first = next(iter(searched.entities.values()))
    keys = {one[level]: next(scopes.values(first, one[level])) for level in searched.resource.levels}
    asked = [keys, *(keys | {key: scopes.nobodys(key, value)} for key, value in keys.items())]

    answers = [endpoint.get(searched.target, params=searched.narrow | each) for each in asked]

    scopes.offered(answers[0], searched.resource)
    for response, each in zip(answers, asked, strict=True):
        scopes.exactly(response, searched, each)
