"""PS3.18 10.6.3.3.2, 10.6.3.3.3: attributes of the levels above, in searches across studies and series."""

from __future__ import annotations

import pytest

from conformance.kit import check
from conformance.query import returned

forms = pytest.mark.parametrize("case", returned.FORMS)
names = pytest.mark.parametrize("case", [*returned.FORMS, "long-name"])


@check("SEARCH-ATTR-ALLSERIES", "attributes")
@names
def test_all_series_have_the_attributes_of_their_study(endpoint, stored, case):
    """A search for series across studies (/series) returns each with the attributes of its study."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch("series", params={"PatientID": instances[0].dataset.PatientID}, accept=accept)

    returned.attributes(response, instances, "series", returned.STUDY)


@check("SEARCH-ATTR-ALLSERIES", "retrieve-url")
@forms
def test_all_series_have_their_own_retrieve_url(endpoint, stored, case):
    """A search for series across studies (/series) returns the RetrieveURL of each series, not of its study."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch("series", params={"PatientID": instances[0].dataset.PatientID}, accept=accept)

    returned.retrieve_urls(response, instances, "series")


@check("SEARCH-ATTR-ALLINST", "attributes")
@names
def test_all_instances_have_the_attributes_of_their_study_and_series(endpoint, stored, case):
    """A search for instances across studies (/instances) returns each with the attributes of its study and series."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch("instances", params={"PatientID": instances[0].dataset.PatientID}, accept=accept)

    returned.attributes(response, instances, "instance", returned.STUDY + returned.SERIES)


@check("SEARCH-ATTR-ALLINST", "retrieve-url")
@forms
def test_all_instances_have_their_own_retrieve_url(endpoint, stored, case):
    """A search for instances across studies (/instances) returns the RetrieveURL of each instance."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch("instances", params={"PatientID": instances[0].dataset.PatientID}, accept=accept)

    returned.retrieve_urls(response, instances, "instance")


@check("SEARCH-ATTR-STUDYINST", "attributes")
@forms
def test_instances_of_a_study_have_the_attributes_of_their_series(endpoint, stored, case):
    """A search for the instances of a study returns each with the attributes of its series."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch(f"{instances[0].study_path}/instances", accept=accept)

    returned.attributes(response, instances, "instance", returned.SERIES)


@check("SEARCH-ATTR-STUDYINST", "retrieve-url")
@forms
def test_instances_of_a_study_have_their_own_retrieve_url(endpoint, stored, case):
    """A search for the instances of a study returns the RetrieveURL of each instance."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch(f"{instances[0].study_path}/instances", accept=accept)

    returned.retrieve_urls(response, instances, "instance")


@check("SEARCH-ATTR-HIGHERUID", "series")
@forms
def test_series_of_a_study_name_it(endpoint, stored, case):
    """A search for the series of a study returns each with its StudyInstanceUID."""
    instances, accept = returned.search(endpoint, stored, case)

    response = endpoint.fetch(f"{instances[0].study_path}/series", accept=accept)

    returned.attributes(response, instances, "series", ["StudyInstanceUID"])


@check("SEARCH-ATTR-HIGHERUID", "instances")
@forms
def test_instances_of_a_series_name_it_and_its_study(endpoint, stored, case):
    """A search for the instances of a series returns each with its StudyInstanceUID and SeriesInstanceUID."""
    instances, accept = returned.search(endpoint, stored, case)
    of_series = [instance for instance in instances if instance.series_uid == instances[0].series_uid]

    response = endpoint.fetch(f"{instances[0].series_path}/instances", accept=accept)

    returned.attributes(response, of_series, "instance", ["StudyInstanceUID", "SeriesInstanceUID"])
