"""PS3.18 10.6.1, 10.6.3: each stored study, series and instance of every kind is found once."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given
from conformance.kit.instances import COERCED
from conformance.kit.kinds import EACH
from conformance.kit.verdicts import Blocked
from conformance.query import returned, scopes
from conformance.query.scopes import scope


@check("SEARCH-RES-001", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_study_is_found_by_its_patient(endpoint, stored, kind):
    """A search by Patient ID and study finds each study of a kind once, whatever its content."""
    instances = stored(kind)
    given.searchable(endpoint, stored("sample")[0])

    for instance in {instance.study_uid: instance for instance in instances}.values():
        keys = {"PatientID": str(instance.dataset.PatientID), "StudyInstanceUID": instance.study_uid}
        expect.one_match(endpoint.fetch("studies", params=keys), "StudyInstanceUID", instance.study_uid)


@check("SEARCH-RES-003", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_instances_are_found(endpoint, stored, kind):
    """A search for an instance of a study finds it once, whatever its kind."""
    instances = stored(kind)
    given.searchable(endpoint, stored("sample")[0])

    for instance in instances:
        uid = instance.sop_instance_uid
        response = endpoint.fetch(f"{instance.study_path}/instances", params={"SOPInstanceUID": uid})
        expect.one_match(response, "SOPInstanceUID", uid)


@check("SEARCH-RESP-005", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_matches_of_a_kind_have_its_values(endpoint, stored, kind):
    """Each study and instance of a kind is listed with the values that were stored."""
    instances = uncoerced(stored, kind)

    for uid, instance in {instance.study_uid: instance for instance in instances}.items():
        keys = {"PatientID": str(instance.dataset.PatientID), "StudyInstanceUID": uid}
        response = endpoint.fetch("studies", params=keys)
        given.one_match(response, "StudyInstanceUID", uid, f"search-res-001.every-kind.{kind}")
        returned.as_stored(response, instances, "study")
    for uid, instance in {instance.sop_instance_uid: instance for instance in instances}.items():
        response = endpoint.fetch(f"{instance.study_path}/instances", params={"SOPInstanceUID": uid})
        given.one_match(response, "SOPInstanceUID", uid, f"search-res-003.every-kind.{kind}")
        returned.as_stored(response, instances, "instance")


@check("SEARCH-RESP-005", "many")
@pytest.mark.parametrize("kind", ["archive", "characters", "look-alikes"])
@pytest.mark.parametrize("resource", ["studies", "series", "instances"])
def test_many_matches_have_their_values(endpoint, stored, resource, kind):
    """Each of many studies, series or instances is listed with the values that were stored."""
    instances = uncoerced(stored, kind)
    searched = scope(stored(kind), resource)

    response = endpoint.fetch(searched.target, params=searched.narrow)

    scopes.offered(response, searched.resource)
    given.searched(response, by=f"search-resp-003.all.{resource}")
    if not {*searched.entities} & {*scopes.found(response, searched.resource.gives)}:
        raise Blocked(f"none of the entities is found ({response.request})", f"search-resp-003.all.{resource}")
    returned.as_stored(response, instances, searched.resource.gives)


def uncoerced(stored, kind):
    """The instances of a kind that the server does not say to have changed (10.5.2)."""
    instances, response = stored.answer(kind)
    return [instance for instance in instances if instance.warning_in(response) != COERCED]
