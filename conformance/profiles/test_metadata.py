"""The content of metadata, and their entity tags."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import ANYTHING
from conformance.kit.verdicts import Observed
from conformance.profiles import reading

BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
LEVELS = {"study": "study_path", "series": "series_path", "instance": "path"}


def metadata(endpoint, instance, level="study", **more):
    """The metadata of an instance, of its series or of its study."""
    return endpoint.get(getattr(instance, LEVELS[level]) + "/metadata", **more)


def tagged(response):
    """The entity tag of a response."""
    expect.status(response, 200)
    return expect.present("ETag", response.header("ETag"), response)


@check("MS-META-01")
@pytest.mark.parametrize("level", LEVELS)
def test_data_set_for_each_instance(endpoint, stored, level):
    """Metadata have a data set for each instance, in JSON."""
    instances = stored("sample")
    target = getattr(instances[0], LEVELS[level])

    response = metadata(endpoint, instances[0], level)

    expect.metadata(response, [item for item in instances if getattr(item, LEVELS[level]) == target])
    reading.in_json(response)


@check("MS-META-02")
@pytest.mark.parametrize("kind", ["sample", "every-vr"])
def test_no_binary_values(endpoint, stored, kind):
    """Metadata have no attribute of a binary VR at any depth, and no BulkDataURI."""
    response = metadata(endpoint, stored(kind)[0])

    pending = [*given.datasets(response)]
    while pending:
        for tag, attribute in pending.pop().items():
            found = (
                attribute["vr"] if attribute["vr"] in BINARY else "BulkDataURI" if "BulkDataURI" in attribute else None
            )
            expect.that(not found, tag, f"there as {found}", "absent", response)
            if attribute["vr"] == "SQ":
                pending += dicom_json.items({tag: attribute}, tag)


@check("MS-META-03")
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_but_json(endpoint, stored, level):
    """Metadata requested as application/data return 406."""
    response = metadata(endpoint, stored("sample")[0], level, accept="application/data")

    expect.status(response, 406)


@check("MS-META-04", "same")
@pytest.mark.parametrize("level", LEVELS)
def test_same_entity_tag(endpoint, stored, level):
    """A request for metadata with their entity tag returns 304 without a body."""
    tag = tagged(metadata(endpoint, stored("sample")[0], level))

    response = metadata(endpoint, stored("sample")[0], level, headers=(("If-None-Match", tag),))

    reading.empty(response, 304)


@check("MS-META-04", "other")
@pytest.mark.parametrize("level", LEVELS)
def test_other_entity_tag(endpoint, stored, level):
    """A request for metadata with another entity tag returns them, with their own."""
    tag = tagged(metadata(endpoint, stored("sample")[0], level))

    response = metadata(endpoint, stored("sample")[0], level, headers=(("If-None-Match", f"1{tag}"),))

    expect.equal("ETag", tagged(response), tag, response)
    expect.that(expect.datasets(response), "the body", "empty", "the metadata", response)


@check("MS-META-05", "store")
def test_entity_tag_after_a_store(endpoint, copies):
    """The entity tag of a study changes when an instance is stored in it."""
    given.accepted(endpoint.post("studies", stow.multipart([copies.red])), by="ms-stow-01")
    tag = tagged(metadata(endpoint, copies.red))
    given.accepted(endpoint.post("studies", stow.multipart([copies.green])), by="ms-stow-01")

    response = metadata(endpoint, copies.red, headers=(("If-None-Match", tag),))

    expect.metadata(response, [copies.red, copies.green])
    expect.that(tagged(response) != tag, "ETag", f"{tag}, as before", "another one", response)


@check("MS-META-05", "delete")
def test_entity_tag_after_a_delete(endpoint, copies):
    """The entity tag of a study changes when an instance of it is deleted."""
    given.claimed(endpoint, "delete")
    given.accepted(endpoint.post("studies", stow.multipart([copies.red, copies.green])), by="ms-stow-01")
    tag = tagged(metadata(endpoint, copies.red))
    endpoint.delete(copies.green.path, removing=[copies.green])

    response = metadata(endpoint, copies.red, headers=(("If-None-Match", tag),))

    expect.metadata(response, [copies.red])
    expect.that(tagged(response) != tag, "ETag", f"{tag}, as before", "another one", response)


@check("MS-META-06")
def test_form_of_the_entity_tag(endpoint, stored):
    """The spelling of the entity tag, and whether a 304 has it, are recorded."""
    tag = tagged(metadata(endpoint, stored("sample")[0], accept=ANYTHING))
    response = metadata(endpoint, stored("sample")[0], headers=(("If-None-Match", tag),))

    raise Observed(f"ETag is {tag}; that of the {response.status} is {response.header('ETag') or 'absent'}")
