"""PS3.18 8.5, 10.4.3, 10.5.2, 10.6.3: requirements that must also hold for many clients at the same time.

A response of 429 or 5xx, or none at all, is judged in one place; the others judge the requests that were done. What a
client alone does not get either has nothing to do with load: it blocks.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.dicomweb import dicom_json, warning_field
from conformance.dicomweb.differences import Deviation, difference
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import Blocked, Deviates

BUSY = (429, 503)
UID = "SOPInstanceUID"


def done(answers):
    """The completed requests, with their instances. Raises Blocked if there are none."""
    found = [(instance, response) for instance, response in answers if response.status < 500 and response.status != 429]
    if not found:
        raise Blocked("all of these requests failed", by="load-answered")
    return found


def each(judge, answers):
    """The judge holds for each of the responses. Raises the first deviation, with the number and the places of all."""
    wrong = []
    for answer in answers:
        try:
            judge(*answer)
        except Deviates as error:
            wrong.append(error.deviation)
    if wrong:
        places = tuple(map(str, wrong)) if len(wrong) > 1 else ()
        raise Deviates(replace(wrong[0], sent=f"{wrong[0].sent}; {len(wrong)} of {len(answers)}", places=places))


def not_failed(response):
    """The server has not failed; it may say that it is busy."""
    expect.that(response.status < 500 or response.status in BUSY, "status", response.status, "2xx", response)


def given_whole(endpoint, stored):
    """The stored instances are returned as they were stored when one client asks for them."""
    for instance in stored("sample")[:3]:
        given.whole(endpoint.fetch(instance.path, accept=AS_STORED), instance, by="seed-retrieve-instance")


@check("LOAD-ANSWERED")
def test_every_request_is_answered(load):
    """Each request of many simultaneous readers and writers has a response, and none is a 5xx."""
    busy = [response for response in load.responses if response.status in BUSY]

    if load.unanswered:
        lost = difference("the number of clients without a response", len(load.unanswered), 0)
        raise Deviates(Deviation(lost, str(load.unanswered[0])))
    each(not_failed, [(response,) for response in load.responses])
    if busy:
        why = f"a busy server may refuse requests (8.5), as it did in {len(busy)} of {len(load.responses)} responses"
        expect.doubt("status", busy[0].status, "2xx", busy[0], why)


@check("LOAD-STORED", "taken")
def test_every_instance_is_taken(load, stored):
    """Each instance sent while many clients read and write is stored: the response reports no failure."""
    given.taken(stored.response("sample"), stored("sample"), by="seed-store-studies")

    each(lambda instance, response: expect.taken(response, [instance]), done(load.stores))


@check("LOAD-STORED", "kept")
def test_no_instance_is_lost(endpoint, load, stored):
    """Each instance whose store succeeded while many clients read and write can be retrieved afterwards."""
    given_whole(endpoint, stored)
    taken = [(instance, response) for instance, response in load.stores if response.status in stow.STORED]
    if not taken:
        raise Blocked("no store under load succeeded", by="load-stored.taken")

    each(lambda instance, _: expect.whole(endpoint.get(instance.path, accept=AS_STORED), instance), taken)


@check("LOAD-READ", "instances")
def test_readers_get_the_instance_that_they_ask_for(endpoint, load, stored):
    """Each of many readers receives the instance that it requests, as it was stored."""
    given_whole(endpoint, stored)

    each(lambda instance, response: expect.whole(response, instance), done(load.instances))


@check("LOAD-READ", "metadata")
def test_readers_get_the_metadata_that_they_ask_for(endpoint, load, stored):
    """Each of many readers receives the metadata that it requests."""
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
    """Each instance stored by many simultaneous clients is found in its study, once."""
    for instance in stored("sample")[:3]:
        search = endpoint.fetch(f"{instance.study_path}/instances", params={UID: instance.sop_instance_uid})
        given.one_match(search, UID, instance.sop_instance_uid, by="seed-search-study-instances")
    taken = [instance for instance, response in load.stores if response.status in stow.STORED]
    there = [instance for instance in taken if endpoint.get(instance.path, accept=AS_STORED).status == 200]
    if not there:
        raise Blocked("no instance that a client stored under load can be retrieved", by="load-stored.kept")

    def found(instance):
        uid, target = instance.sop_instance_uid, f"{instance.study_path}/instances"
        search = endpoint.fetch(target)
        if uid.encode() not in search.content and warning_field.speaks_of_more(search.header("Warning")):
            search = endpoint.get(target, params={UID: uid})
        times = [dicom_json.text(match, UID) for match in expect.matches(search)].count(uid)
        expect.equal(f"the number of matches with {UID} {uid}", times, 1, search)

    each(found, [(instance,) for instance in there])
