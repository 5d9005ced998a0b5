"""PS3.18 10.6.3.3.1, Table 10.6.3-3: the attributes of each result of a search for studies."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect
from conformance.kit.accept import AS_STORED
from conformance.query import returned


def has(requirement, keyword, *more, open_if=""):
    """The check that each study has an attribute, with the value of its instances, or the computed one."""

    @check(requirement)
    @pytest.mark.parametrize("case", [*returned.FORMS, *more])
    def test(endpoint, stored, case):
        instances, accept = returned.search(endpoint, stored, case)

        response = endpoint.fetch(f"studies?StudyInstanceUID={instances[0].study_uid}", accept=accept)

        returned.attribute(response, instances, "study", keyword, open_if=open_if)

    test.__doc__ = f"The result for a study has its {keyword}."
    return test


test_study_date = has("SEARCH-ATTR-STUDY-00080020", "StudyDate", "empty", "extreme")
test_study_time = has("SEARCH-ATTR-STUDY-00080030", "StudyTime", "empty", "extreme")
test_accession_number = has("SEARCH-ATTR-STUDY-00080050", "AccessionNumber", "empty")
test_modalities_in_study = has("SEARCH-ATTR-STUDY-00080061", "ModalitiesInStudy", "sent-along")
test_referring_physician = has("SEARCH-ATTR-STUDY-00080090", "ReferringPhysicianName", "empty")
test_timezone = has("SEARCH-ATTR-STUDY-00080201", "TimezoneOffsetFromUTC", open_if=returned.IF_KNOWN)
test_patient_name = has("SEARCH-ATTR-STUDY-00100010", "PatientName", "empty", "long-name")
test_patient_id = has("SEARCH-ATTR-STUDY-00100020", "PatientID")
test_birth_date = has("SEARCH-ATTR-STUDY-00100030", "PatientBirthDate", "empty", "extreme")
test_sex = has("SEARCH-ATTR-STUDY-00100040", "PatientSex", "empty")
test_study_id = has("SEARCH-ATTR-STUDY-00200010", "StudyID", "empty")
test_number_of_series = has("SEARCH-ATTR-STUDY-00201206", "NumberOfStudyRelatedSeries", "sent-along")
test_number_of_instances = has("SEARCH-ATTR-STUDY-00201208", "NumberOfStudyRelatedInstances", "sent-along")


@check("SEARCH-ATTR-STUDY-0020000D")
@pytest.mark.parametrize("case", [*returned.FORMS, "disagreeing"])
def test_study_instance_uid(endpoint, stored, case):
    """Each study is listed once, with its StudyInstanceUID, even if its series describe it differently."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch("studies", params={"PatientID": instances[0].dataset.PatientID}, accept=accept)

    returned.unique(response, instances, "study")


@check("SEARCH-ATTR-STUDY-00080056")
@pytest.mark.parametrize("case", returned.FORMS)
def test_instance_availability(endpoint, stored, case):
    """The result of a study has its InstanceAvailability, if known: ONLINE, NEARLINE, OFFLINE or UNAVAILABLE."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch(f"studies?StudyInstanceUID={instances[0].study_uid}", accept=accept)

    returned.availability(response, instances, "study")


@check("SEARCH-ATTR-STUDY-00081190")
@pytest.mark.parametrize("case", returned.FORMS)
def test_retrieve_url(endpoint, stored, case):
    """The RetrieveURL of a study names that study, and returns all its instances."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch(f"studies?StudyInstanceUID={instances[0].study_uid}", accept=accept)

    for url, expected in returned.retrieve_urls(response, instances, "study"):
        expect.instances(endpoint.follow(url, response, accept=AS_STORED), expected)
