"""PS3.18 10.5: failing stores one after another, and stores at the same time."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import Unanswered
from conformance.store import bodies, reading

FAILING, TOGETHER = 20, 6


@check("STOW-BEH-012")
def test_good_store_after_failing_ones(endpoint, images):
    """After 20 failed stores a valid instance is still stored."""
    (image,) = images()
    try:
        for _ in range(FAILING):
            endpoint.post("studies", bodies.message([bodies.TEXT], ()))
        response = endpoint.post("studies", stow.multipart([image]))
    except Unanswered as error:
        expect.unanswered(error, "the response to a store after failed ones")

    expect.taken(response, [image])
    expect.whole(endpoint.get(image.path, accept=AS_STORED), image)


@check("STOW-BEH-013")
def test_stores_at_the_same_time(endpoint, images):
    """Six instances of one series, sent at the same time in six requests, are all stored."""
    sent = images(TOGETHER)
    target = f"{sent[0].series_path}/instances"
    responses, _ = endpoint.post_together([stow.multipart([image]) for image in sent])

    reading.not_busy(responses)
    for image, response in zip(sent, responses, strict=True):
        expect.taken(response, [image])
    expect.instances(endpoint.get(sent[0].study_path, accept=AS_STORED), sent)
    search = endpoint.get(target)
    found = [dicom_json.text(match, "SOPInstanceUID") for match in expect.matches(search)]
    for image in sent:
        times = found.count(image.sop_instance_uid)
        expect.that(times == 1, image.sop_instance_uid, f"{times} times in the matches", "once", search)


@check("STOW-BEH-013", "with-searches")
def test_searches_beside_stores(endpoint, images):
    """Searches in a study during stores to it return nothing that was not sent, and nothing twice."""
    sent = images(TOGETHER)
    target = f"{sent[0].series_path}/instances"
    stores, searches = endpoint.post_together([stow.multipart([image]) for image in sent], beside=[target] * TOGETHER)

    reading.not_busy(stores)
    for response in stores:
        expect.status(response, *reading.SUCCESS)
    given.instances(endpoint.get(sent[0].study_path, accept=AS_STORED), sent)
    uids = {image.sop_instance_uid for image in sent}
    for search in searches:
        expect.status(search, 200, 204, *expect.REFUSALS)
        found = [dicom_json.text(match, "SOPInstanceUID") or "no UID" for match in search_matches(search)]
        for uid in found:
            expect.that(found.count(uid) == 1, uid, f"{found.count(uid)} times in the matches", "once", search)
            expect.that(uid in uids, uid, "in the matches", "absent", search)


def search_matches(search):
    """The matches of a search; none if it has no body to read."""
    return expect.matches(search) if search.status == 200 else []
