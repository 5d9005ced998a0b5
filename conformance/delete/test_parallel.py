"""DELETE of several studies at the same time."""

from __future__ import annotations

from conformance.delete import deleting
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported

STUDY = "StudyInstanceUID"
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
