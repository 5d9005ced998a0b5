"""PS3.18 10.5.1.1: the targets of a store."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED, DICOM_JSON
from conformance.kit.claims import instance_search
from conformance.kit.verdicts import Observed
from conformance.store import judges, reading

# A server that stores nothing at all would do well where nothing should be stored.
READ_BACK = ("SEED-STORE-READ-BACK",)
COUNT = "NumberOfStudyRelatedInstances"


@check("STOW-CONF-001")
@pytest.mark.parametrize("target", ["studies", "studies/{study}"], ids=["studies", "study"])
def test_both_targets_take_a_store(endpoint, images, target):
    """POST to /studies and to /studies/{study} stores an instance, which can be retrieved as it was sent."""
    (image,) = images()
    response = endpoint.post(target.format(study=image.study_uid), stow.multipart([image]))

    expect.stored(response)
    expect.whole(endpoint.get(image.path, accept=AS_STORED), image)


@check("STOW-CONF-002")
def test_unknown_parameter_is_ignored(endpoint, images):
    """A store with an unknown query parameter returns the same as one without."""
    (image,) = images()
    response = endpoint.post("studies?x_dicomweb_conformance=1", stow.multipart([image]))

    expect.taken(response, [image])
    expect.whole(endpoint.get(image.path, accept=AS_STORED), image)


@check("STOW-BEH-010", follows=("SEED-STORE-STUDIES", "SEED-STORE-STUDY"))
def test_study_of_the_path_is_made(endpoint, images):
    """POST to a study that does not exist creates it, and it is then found."""
    (image,) = images()
    response = endpoint.post(image.study_path, stow.multipart([image]))

    expect.stored(response)
    search = endpoint.get("studies", params={"StudyInstanceUID": image.study_uid})
    expect.one_match(search, "StudyInstanceUID", image.study_uid)


@check("STOW-REQ-005", "alone", after=READ_BACK)
def test_instance_of_another_study(endpoint, wrong):
    """An instance sent to another study than its own is not stored."""
    for image in wrong.bad:
        retrieved = endpoint.get(image.path, accept=AS_STORED)
        searched = endpoint.get(
            instance_search(image, endpoint.claims), params={"SOPInstanceUID": image.sop_instance_uid}
        )
        judges.not_kept(retrieved, searched, image)


@check("STOW-REQ-005", "beside-a-match", after=READ_BACK)
def test_instance_of_another_study_beside_one_of_it(endpoint, half):
    """Only the instances of the study in the path are stored from a request with two studies, and counted."""
    for image in half.bad:
        retrieved = endpoint.get(image.path, accept=AS_STORED)
        searched = endpoint.get(
            instance_search(image, endpoint.claims), params={"SOPInstanceUID": image.sop_instance_uid}
        )
        judges.not_kept(retrieved, searched, image)
    if half.response.status in reading.SUCCESS and "search" in endpoint.claims:
        study = endpoint.get("studies", params={"StudyInstanceUID": half.good[0].study_uid})
        for match in given.matches(study) if study.status == 200 else ():
            number = dicom_json.text(match, COUNT)
            expect.that(number in (None, str(len(half.good))), COUNT, number, len(half.good), study)


@check("STOW-REQ-015")
@pytest.mark.parametrize("resource", ["instance", "series-of-a-study", "all-instances"])
def test_other_resources_take_no_store(endpoint, images, resource):
    """POST to an instance, to the series of a study or to /instances is refused, and changes nothing."""
    there, other = images(2)
    given.accepted(endpoint.post("studies", stow.multipart([there])))
    targets = {"instance": there.path, "series-of-a-study": f"{there.study_path}/series", "all-instances": "instances"}

    response = endpoint.post(targets[resource], stow.multipart([other]))

    expect.status(response, *expect.REFUSALS, 501)
    expect.whole(endpoint.get(there.path, accept=AS_STORED), there)


@check("STOW-REQ-014")
def test_put(endpoint, images):
    """Whether instances can also be sent with PUT, as an extension."""
    (image,) = images()
    given.accepted(endpoint.post("studies", stow.multipart([image])))

    response = endpoint.send("PUT", "studies", accept=DICOM_JSON, body=stow.multipart([image]))

    raise Observed(f"PUT of an instance to /studies returns {response.status}")
