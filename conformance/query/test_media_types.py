"""PS3.18 10.6.1, 10.6.4: searches return DICOM JSON, and XML on request."""

from __future__ import annotations

import pytest
from pydicom.datadict import tag_for_keyword

from conformance.dicomweb import dicom_xml, json_walker
from conformance.dicomweb.findings import ARGUABLE
from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING
from conformance.kit.verdicts import Blocked, Observed
from conformance.query import searches
from conformance.query.searches import RESOURCES

XML = 'multipart/related; type="application/dicom+xml"'
every_resource = pytest.mark.parametrize("resource", RESOURCES)


@check("SEARCH-MEDIA-001")
@every_resource
def test_matches_in_json(endpoint, stored, resource):
    """A search for application/dicom+json returns a list of data sets with that label."""
    response = searches.answer(endpoint, searches.of(resource, stored))

    expect.status(response, 200)
    media.dicom_json(response)
    expect.datasets(response)


@check("SEARCH-MEDIA-001", "default")
@every_resource
def test_json_is_the_default(endpoint, stored, resource):
    """A search for */* returns application/dicom+json."""
    response = searches.answer(endpoint, searches.of(resource, stored), ANYTHING)

    expect.status(response, 200)
    expect.datasets(response)
    media.dicom_json(response)


@check("SEARCH-MEDIA-002")
@every_resource
def test_matches_in_xml(endpoint, stored, resource):
    """A search for XML returns the same matches as in JSON, one part each."""
    search = searches.of(resource, stored)
    given.present(as_json := searches.ask(endpoint, search), by=RESOURCES[resource])
    in_json = searches.found(as_json, search)
    response = searches.answer(endpoint, search, XML)

    expect.status(response, 200)
    in_xml = [uid_in_xml(bytes(part.content), search.keyword, response) for part in expect.parts(response)]
    searches.same(in_xml, in_json, response, "in a part")


@check("SEARCH-MEDIA-004")
def test_json_by_its_other_name(endpoint, stored):
    """Whether a search may be requested as application/json."""
    response = searches.answer(endpoint, searches.of("studies", stored), "application/json")

    found = media.essence(response.header("Content-Type"))
    raise Observed(f"a search for application/json returns {response.status}, {found}")


@check("SEARCH-RESP-001")
@every_resource
def test_matches_obey_the_json_model(endpoint, stored, resource):
    """The list of matches obeys every rule of the DICOM JSON Model."""
    response = searches.answer(endpoint, searches.of(resource, stored))

    obeys(response)


@check("SEARCH-RESP-001", "all-attributes")
@pytest.mark.parametrize("kind", ["every-vr", "name-japanese", "sr"])
def test_matches_with_all_attributes_obey_the_json_model(endpoint, stored, kind):
    """Matches with all attributes that the server has obey every rule of the DICOM JSON Model."""
    search = searches.of("series-instances", stored, kind)
    response = searches.page(endpoint, search, includefield="all")

    obeys(response)


def obeys(response):
    """No rule of the DICOM JSON Model is broken; one that the text leaves open is a warning."""
    expect.status(response, 200)
    if not json_walker.is_json(response.content):
        raise Blocked(f"the body is not JSON ({response.request})", by="search-media-001")
    findings = json_walker.walk(response.content)
    expect.same([_found(finding) for finding in findings if not finding.arguable], response)
    for subject, found, wanted in map(_found, findings):
        expect.doubt(subject, found, wanted, response, ARGUABLE)


def _found(finding):
    """The difference that a finding is, with the requirement that judges it alone."""
    return finding.difference._replace(subject=f"{finding.requirement}: {finding.difference.subject}")


def uid_in_xml(content, keyword, response):
    """The UID of a match in XML. Raises Deviates if the part cannot be read."""
    try:
        attributes = dicom_xml.attributes(dicom_xml.load(content))
    except dicom_xml.MalformedXml as error:
        expect.readable(error, response, "a part")
    values = dicom_xml.values(attributes.get(f"{tag_for_keyword(keyword):08X}"))
    return values[0] if values else f"a match without {keyword}"
