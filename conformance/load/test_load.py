"""PS3.18 8.5, 10.4.3, 10.5.2, 10.6.3: what holds for one client holds for many at the same time.

What is answered 429 or 5xx, or not at all, is judged in one place; the others look at what was done. What one client
alone does not get is no matter of load: it blocks.
"""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import Blocked, Warn

BUSY = (429, 503)
UID = "SOPInstanceUID"


def done(answers):
    """The requests, with what they were about, that the server took on. Raises Blocked where it took on none."""
    found = [(instance, response) for instance, response in answers if response.status < 500 and response.status != 429]
    if not found:
        raise Blocked("not one of these requests was done", by="load-answered")
    return found


def each(judge, answers):
    """The judge holds for each of the answers; what it says of the first for which it does not, and of how many."""
    wrong = []
    for answer in answers:
        try:
            judge(*answer)
        except AssertionError as error:
            wrong.append(error)
    if wrong:
        raise AssertionError(f"{wrong[0]}; so {len(wrong)} of {len(answers)}") from None


def given_whole(endpoint, stored):
    """What is stored comes back as it was when one client asks for it."""
    for instance in stored("sample")[:3]:
        given.whole(endpoint.fetch(instance.path, accept=AS_STORED), instance, by="seed-retrieve-instance")


@check("LOAD-ANSWERED")
def test_every_request_is_answered(load):
    """Each request of many readers and writers at the same time is answered, and none with a status of 5xx."""
    number = len(load.responses) + len(load.unanswered)
    failed = [response for response in load.responses if response.status >= 500 and response.status not in BUSY]
    busy = [response for response in load.responses if response.status in BUSY]

    assert not load.unanswered, f"{len(load.unanswered)} clients get no answer, should get one: {load.unanswered[0]}"
    assert not failed, (
        f"status is {failed[0].status}, should be 2xx ({failed[0].request}); so {len(failed)} of {number}"
    )
    if busy:
        why = "a server may be busy, and say so (8.5); so"
        raise Warn(f"status is {busy[0].status}, should be 2xx ({busy[0].request}); {why} {len(busy)} of {number}")


@check("LOAD-STORED", "taken")
def test_every_instance_is_taken(load, stored):
    """Each instance that is sent while many clients read and write is taken: the answer tells of no failure."""
    given.taken(stored.response("sample"), stored("sample"), by="seed-store-studies")

    each(lambda instance, response: expect.taken(response, [instance]), done(load.stores))


@check("LOAD-STORED", "kept")
def test_no_instance_is_lost(endpoint, load, stored):
    """Each instance whose store was answered with success while many clients read and write is there afterwards."""
    given_whole(endpoint, stored)
    taken = [(instance, response) for instance, response in load.stores if response.status in (200, 202)]
    if not taken:
        raise Blocked("no store under load is answered with success", by="load-stored.taken")

    each(lambda instance, _: expect.whole(endpoint.get(instance.path, accept=AS_STORED), instance), taken)


@check("LOAD-READ", "instances")
def test_readers_get_the_instance_that_they_ask_for(endpoint, load, stored):
    """Each of many readers gets the instance that it asks for, as it was stored."""
    given_whole(endpoint, stored)

    each(lambda instance, response: expect.whole(response, instance), done(load.instances))


@check("LOAD-READ", "metadata")
def test_readers_get_the_metadata_that_they_ask_for(endpoint, load, stored):
    """Each of many readers gets the metadata that it asks for."""
    given.claimed(endpoint, "metadata")
    for instance in stored("sample")[:3]:
        given.metadata(endpoint.fetch(f"{instance.path}/metadata"), [instance], by="seed-retrieve-instance-metadata")

    each(lambda instance, response: expect.metadata(response, [instance]), done(load.metadata))


@check("LOAD-FOUND", "meanwhile")
def test_readers_find_what_they_search_for(endpoint, load, stored):
    """Each of many readers finds the instance that it searches for in its series, once, and no other."""
    for instance in stored("sample")[:3]:
        search = endpoint.fetch(f"{instance.series_path}/instances", params={UID: instance.sop_instance_uid})
        given.one_match(search, UID, instance.sop_instance_uid, by="seed-search-series-instances")

    each(
        lambda instance, response: expect.one_match(response, UID, instance.sop_instance_uid),
        done(load.searches),
    )


@check("LOAD-FOUND", "afterwards")
def test_what_many_store_is_found(endpoint, load, stored):
    """Each instance that is there after many clients stored at the same time is found in its study, once."""
    for instance in stored("sample")[:3]:
        search = endpoint.fetch(f"{instance.study_path}/instances", params={UID: instance.sop_instance_uid})
        given.one_match(search, UID, instance.sop_instance_uid, by="seed-search-study-instances")
    taken = [instance for instance, response in load.stores if response.status in (200, 202)]
    there = [instance for instance in taken if endpoint.get(instance.path, accept=AS_STORED).status == 200]
    if not there:
        raise Blocked("no instance is there of those that many clients stored", by="load-stored.kept")

    def found(instance):
        search = endpoint.fetch(f"{instance.study_path}/instances")
        uids = [dicom_json.text(match, UID) for match in expect.matches(search)]
        times = uids.count(instance.sop_instance_uid)
        assert times == 1, f"{instance.sop_instance_uid} is found {times} times, should be once ({search.request})"

    each(found, [(instance,) for instance in there])
