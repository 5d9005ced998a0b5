"""PS3.18 10.6.1, 10.6.3: each stored study, series and instance of every kind is found once."""

from __future__ import annotations

from contextlib import suppress

import pytest

from conformance.kit import check, expect, given
from conformance.kit.instances import COERCED
from conformance.kit.kinds import EACH
from conformance.kit.verdicts import Blocked, NotSupported
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


@check("SEARCH-RESP-005")
def test_matches_of_every_kind_have_its_values(endpoint, stored):
    """Each study and instance of every kind is listed with the values that were stored, as far as it is listed."""
    judged, found, kinds = None, [], [uncoerced(stored, kind) for kind in EACH]
    if not any(kinds):
        stored(EACH[0])  # says why nothing is stored
        raise NotSupported("the server changed each instance that it stored (10.5.2)")
    for instances in kinds:
        for response, level in listed(endpoint, instances):
            with suppress(Blocked):  # another check judges whether it can be read
                wrong = returned.unlike_stored(response, instances, level) if response.status == 200 else []
                found += [(response, each) for each in wrong]
                judged = response if response.status == 200 else judged

    if judged is None:
        raise Blocked("no search finds what was stored", "search-resp-003.all.studies")
    expect.same([each for _, each in found], found[0][0] if found else judged)


def listed(endpoint, instances):
    """The responses to searches for each study and each instance, which the checks above send, with their level."""
    for instance in {instance.study_uid: instance for instance in instances}.values():
        keys = {"PatientID": str(instance.dataset.PatientID), "StudyInstanceUID": instance.study_uid}
        yield endpoint.fetch("studies", params=keys), "study"
    for instance in instances:
        keys = {"SOPInstanceUID": instance.sop_instance_uid}
        yield endpoint.fetch(f"{instance.study_path}/instances", params=keys), "instance"


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
    expect.same(returned.unlike_stored(response, instances, searched.resource.gives), response)


def uncoerced(stored, kind):
    """The instances of a kind that the server took, and does not say to have changed (10.5.2)."""
    try:
        instances, response = stored(kind), stored.answer(kind)[1]
    except (Blocked, NotSupported):
        return []
    return [instance for instance in instances if instance.warning_in(response) != COERCED]
