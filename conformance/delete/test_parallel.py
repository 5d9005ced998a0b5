"""DELETE of several studies, and of several series, at the same time."""

from __future__ import annotations

from conformance.delete import deleting
from conformance.dicomweb import uids
from conformance.kit import check, claims, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported

STUDY, SERIES = "StudyInstanceUID", "SeriesInstanceUID"
BUSY = (409, 423, 429, 503)
LIMITED = (429, 503)
LOCKED = "a server may refuse one of several changes of a patient's data at the same time"


@check("DELETE-EXT-001", "at-once")
def test_studies_deleted_at_the_same_time(endpoint, fresh):
    """Three studies of a patient, deleted at the same time, are gone; another one stays, and is found meanwhile."""
    *gone, alone, kept = fresh("seven-studies")[-5:]
    given.accepted(endpoint.post("studies", stow.multipart([*gone, alone, kept])))
    given.there(endpoint, kept)
    deleting.remove(endpoint, alone.study_path, [alone])
    target = f"studies?{STUDY}={kept.study_uid}"

    responses = endpoint.delete_together({item.study_path: [item] for item in gone}, beside=[target] * 2)

    for response in responses:
        if response.status in LIMITED:
            raise NotSupported(f"the server refuses so many requests at the same time: status is {response.status}")
    deletes, searches = responses[: len(gone)], responses[len(gone) :]
    for response in deletes:
        expect.outcome(response, deleting.DONE, (409, 423), LOCKED)
    for response in searches:
        expect.one_match(response, STUDY, kept.study_uid)
    for item in gone:
        expect.not_there(endpoint.get(item.study_path, accept=AS_STORED))
    expect.whole(endpoint.get(kept.study_path, accept=AS_STORED), kept)


@check("DELETE-EXT-002", "at-once")
def test_series_deleted_at_the_same_time_beside_a_store(endpoint, fresh):
    """Two series of a study, deleted at the same time, are gone; an instance of a third, stored meanwhile, is there."""
    image, _, cousin, _ = fresh("seven-studies")[:4]
    later = cousin.edited(**{name: uids.derived(cousin.series_uid, name) for name in (SERIES, "SOPInstanceUID")})
    given.accepted(endpoint.post("studies", stow.multipart([image, cousin])))
    removing = {image.series_path: [image], cousin.series_path: [cousin]}

    *deletes, store = endpoint.delete_together(removing, bodies=[stow.multipart([later])])

    for response in deletes:
        claims.deletable(response, endpoint.claims)
        expect.outcome(response, deleting.DONE, BUSY, LOCKED)
    expect.outcome(store, stow.STORED, BUSY, LOCKED)
    for target in removing:
        expect.not_there(endpoint.get(target, accept=AS_STORED))
    expect.whole(endpoint.get(later.study_path, accept=AS_STORED), later)
