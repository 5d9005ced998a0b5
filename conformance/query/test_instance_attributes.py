"""PS3.18 10.6.3.3.3, Table 10.6.3-5: the attributes of each result of a search for instances."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import Observed
from conformance.query import returned


def has(requirement, keyword, *more, open_if=""):
    """The check that the result of each instance of a study has an attribute, if the instance has it."""

    @check(requirement)
    @pytest.mark.parametrize("case", [*returned.FORMS, *more])
    def test(endpoint, stored, case):
        for instances, response in of_each_series(endpoint, stored, case):
            returned.attribute(response, instances, "instance", keyword, open_if=open_if)

    test.__doc__ = f"The result for an instance has its {keyword}."
    return test


def of_each_series(endpoint, stored, case):
    """The instances of each series of a study, and the response to the search for them."""
    instances, accept = returned.search(endpoint, stored, case)
    for path in dict.fromkeys(instance.series_path for instance in instances):
        of_series = [instance for instance in instances if instance.series_path == path]
        yield of_series, endpoint.fetch(f"{path}/instances", accept=accept)


test_sop_class = has("SEARCH-ATTR-INSTANCE-00080016", "SOPClassUID")
test_timezone = has("SEARCH-ATTR-INSTANCE-00080201", "TimezoneOffsetFromUTC", open_if=returned.IF_KNOWN)
test_instance_number = has("SEARCH-ATTR-INSTANCE-00200013", "InstanceNumber", "extreme")
test_number_of_frames = has("SEARCH-ATTR-INSTANCE-00280008", "NumberOfFrames", open_if=returned.IF_KNOWN)
test_rows = has("SEARCH-ATTR-INSTANCE-00280010", "Rows", open_if=returned.IF_KNOWN)
test_columns = has("SEARCH-ATTR-INSTANCE-00280011", "Columns", open_if=returned.IF_KNOWN)
test_bits_allocated = has("SEARCH-ATTR-INSTANCE-00280100", "BitsAllocated", open_if=returned.IF_KNOWN)


@check("SEARCH-ATTR-INSTANCE-00080018")
@pytest.mark.parametrize("case", returned.FORMS)
def test_sop_instance_uid(endpoint, stored, case):
    """Each instance is listed once, with its SOPInstanceUID."""
    for instances, response in of_each_series(endpoint, stored, case):
        returned.unique(response, instances, "instance")


@check("SEARCH-ATTR-INSTANCE-00080056")
@pytest.mark.parametrize("case", returned.FORMS)
def test_instance_availability(endpoint, stored, case):
    """The result of an instance has its InstanceAvailability, if known: ONLINE, NEARLINE, OFFLINE or UNAVAILABLE."""
    for instances, response in of_each_series(endpoint, stored, case):
        returned.availability(response, instances, "instance")


@check("SEARCH-ATTR-INSTANCE-00081190")
@pytest.mark.parametrize("case", returned.FORMS)
def test_retrieve_url(endpoint, stored, case):
    """The RetrieveURL of an instance names that instance, and returns it."""
    for instances, response in of_each_series(endpoint, stored, case):
        for url, expected in returned.retrieve_urls(response, instances, "instance"):
            expect.instances(endpoint.follow(url, response, accept=AS_STORED), expected)


@check("SEARCH-ATTR-AVAILTS")
def test_available_transfer_syntaxes(endpoint, stored):
    """Whether results for instances list available transfer syntaxes, and whether these can be retrieved."""
    (instance, *_) = stored("described")
    response = endpoint.fetch(f"{instance.series_path}/instances")

    ((result, _), *_) = returned.matches(response, [instance], "instance")

    statuses = {
        str(syntax): endpoint.get(instance.path, accept=f"{returned.DICOM}; transfer-syntax={syntax}").status
        for syntax in dicom_json.values(result, "AvailableTransferSyntaxUID")
    }
    named = ", ".join(f"{syntax} (its retrieve returns {status})" for syntax, status in statuses.items())
    raise Observed(f"AvailableTransferSyntaxUID is {named or 'absent'}")


@check("SEARCH-ATTR-CHARSET")
def test_specific_character_set(endpoint, stored):
    """Whether the result for a study has a SpecificCharacterSet."""
    (instance, *_) = stored("described")
    response = endpoint.fetch(f"studies?StudyInstanceUID={instance.study_uid}")

    ((result, _),) = returned.matches(response, [instance], "study")

    raise Observed(f"SpecificCharacterSet is {dicom_json.text(result, 'SpecificCharacterSet') or 'absent'}")
