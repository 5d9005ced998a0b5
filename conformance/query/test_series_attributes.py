"""PS3.18 10.6.3.3.2, Table 10.6.3-4: the attributes of each result of a search for series."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect
from conformance.kit.accept import AS_STORED
from conformance.query import returned


def has(requirement, keyword, *more, open_if=""):
    """The check that each series of a study has an attribute, with its stored or computed value."""

    @check(requirement)
    @pytest.mark.parametrize("case", [*returned.FORMS, *more])
    def test(endpoint, stored, case):
        instances, accept = returned.search(endpoint, stored, case)

        response = endpoint.fetch(f"{instances[0].study_path}/series", accept=accept)

        returned.attribute(response, instances, "series", keyword, open_if=open_if)

    test.__doc__ = f"The result for a series has its {keyword}."
    return test


test_modality = has("SEARCH-ATTR-SERIES-00080060", "Modality")
test_timezone = has("SEARCH-ATTR-SERIES-00080201", "TimezoneOffsetFromUTC", open_if=returned.IF_KNOWN)
test_series_description = has("SEARCH-ATTR-SERIES-0008103E", "SeriesDescription", open_if=returned.IF_KNOWN)
test_series_number = has("SEARCH-ATTR-SERIES-00200011", "SeriesNumber", "empty", "extreme")
test_number_of_instances = has("SEARCH-ATTR-SERIES-00201209", "NumberOfSeriesRelatedInstances", "sent-along")
test_step_start_date = has("SEARCH-ATTR-SERIES-00400244", "PerformedProcedureStepStartDate", open_if=returned.IF_KNOWN)
test_step_start_time = has("SEARCH-ATTR-SERIES-00400245", "PerformedProcedureStepStartTime", open_if=returned.IF_KNOWN)
test_request_attributes = has("SEARCH-ATTR-SERIES-00400275", "RequestAttributesSequence", open_if=returned.IF_KNOWN)


def item_has(requirement, keyword):
    """The check that each item of the RequestAttributesSequence has an attribute, empty where none was stored."""

    @check(requirement)
    @pytest.mark.parametrize("case", returned.FORMS)
    def test(endpoint, stored, case):
        instances, accept = returned.search(endpoint, stored, case)

        response = endpoint.fetch(f"{instances[0].study_path}/series", accept=accept)

        (first, *_) = returned.matches(response, instances, "series")
        returned.items(response, *first, keyword)

    test.__doc__ = f"Each item of the RequestAttributesSequence of a series has its {keyword}, even if empty."
    return test


test_scheduled_step = item_has("SEARCH-ATTR-SERIES-00400275-00400009", "ScheduledProcedureStepID")
test_requested_procedure = item_has("SEARCH-ATTR-SERIES-00400275-00401001", "RequestedProcedureID")


@check("SEARCH-ATTR-SERIES-0020000E")
@pytest.mark.parametrize("case", [*returned.FORMS, "disagreeing"])
def test_series_instance_uid(endpoint, stored, case):
    """Each series is listed once, with its SeriesInstanceUID, even if its images describe it differently."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch(f"{instances[0].study_path}/series", accept=accept)

    returned.unique(response, instances, "series")


@check("SEARCH-ATTR-SERIES-00081190")
@pytest.mark.parametrize("case", returned.FORMS)
def test_retrieve_url(endpoint, stored, case):
    """The RetrieveURL of a series names that series, and returns its instances."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch(f"{instances[0].study_path}/series", accept=accept)

    for url, expected in returned.retrieve_urls(response, instances, "series"):
        expect.instances(endpoint.follow(url, response, accept=AS_STORED), expected)
