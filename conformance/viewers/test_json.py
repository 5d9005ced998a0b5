"""JSON as viewers request and read it."""

from __future__ import annotations

import codecs

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given
from conformance.kit.verdicts import Observed
from conformance.viewers import reading

EITHER = "application/dicom+json, application/json"
RESOURCES = pytest.mark.parametrize("resource", ["metadata", "search"])


@check("VIEWER-JSON-EMPTY")
@pytest.mark.parametrize("level", ["studies", "series", "instances"])
def test_search_without_matches(endpoint, stored, absent_uid, level):
    """A search that matches nothing returns 204 or an empty array: not 200 with a body of zero length."""
    instance = stored("sample")[0]
    target = {"studies": "studies", "series": f"{instance.study_path}/series"}
    key = {"studies": "StudyInstanceUID", "series": "SeriesInstanceUID"}.get(level, "SOPInstanceUID")

    response = endpoint.get(target.get(level, f"{instance.series_path}/instances") + f"?{key}={absent_uid}")

    expect.equal("the number of matches", len(reading.matches(response)), 0, response)


@check("VIEWER-JSON-ARRAY")
@pytest.mark.parametrize("level", ["series", "instance"])
def test_metadata_are_an_array(endpoint, stored, level):
    """Metadata are a JSON array of data sets, of one instance too."""
    instance = stored("pdf")[0]

    response = endpoint.fetch(f"{instance.series_path if level == 'series' else instance.path}/metadata")

    expect.equal("the number of data sets", len(reading.array(response)), 1, response)


@check("VIEWER-JSON-UTF8")
@pytest.mark.parametrize("kind", ["name-latin1", "name-greek", "name-cyrillic"])
@RESOURCES
def test_json_is_utf_8(endpoint, stored, kind, resource):
    """JSON is in UTF-8, and has the name of the patient, whatever character set the instance is in."""
    instance = stored(kind)[0]

    response = described(endpoint, instance, resource)

    try:
        response.content.decode("utf-8")
    except UnicodeDecodeError as error:
        expect.deviates("the encoding of the JSON", f"not UTF-8 (byte {error.start:,})", "UTF-8", response)
    (found,) = reading.array(response)
    name = str(instance.dataset.PatientName).partition("=")[0]
    expect.equal("PatientName", dicom_json.text(found, "PatientName"), name, response)


@check("VIEWER-JSON-MARK")
@RESOURCES
def test_json_begins_without_a_mark(endpoint, stored, resource):
    """JSON does not begin with a byte order mark, which parsers of text refuse."""
    response = described(endpoint, stored("sample")[0], resource)

    marked = response.content.startswith(codecs.BOM_UTF8)
    expect.that(not marked, "the first character of the JSON", "a byte order mark", "[", response)


def described(endpoint, instance, resource):
    """The response with the metadata of an instance, or with its study as the match of a search."""
    given.claimed(endpoint, resource)
    target = f"studies?StudyInstanceUID={instance.study_uid}" if resource == "search" else f"{instance.path}/metadata"
    response = endpoint.fetch(target)
    expect.status(response, 200)
    return response


@check("VIEWER-JSON-ACCEPT")
@RESOURCES
def test_either_name_of_json(endpoint, stored, resource):
    """JSON is returned if it is accepted under both of its names."""
    instance = stored("sample")[0]
    given.claimed(endpoint, resource)
    target = f"studies?StudyInstanceUID={instance.study_uid}" if resource == "search" else f"{instance.path}/metadata"

    response = endpoint.fetch(target, accept=EITHER)

    found = dicom_json.text(reading.array(response)[0], "StudyInstanceUID")
    expect.equal("StudyInstanceUID", found, instance.study_uid, response)


@check("VIEWER-JSON-UNASKED")
def test_search_without_an_accept_field(endpoint, stored):
    """The response to a search without an Accept field is recorded."""
    response = endpoint.get(f"studies?0020000D={stored('sample')[0].study_uid}", accept=None)

    kind = response.header("Content-Type") or "no Content-Type"
    raise Observed(f"a search without Accept returns {response.status} with {kind}")
