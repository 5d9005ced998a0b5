"""PS3.18 10.5: failing stores one after another, and stores at the same time."""

from __future__ import annotations

from conformance.dicomweb import dicom_json, uids, warning_field
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import COERCED
from conformance.kit.verdicts import Unanswered
from conformance.store import bodies, judges, reading

FAILING, TOGETHER = 20, 6
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


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
    absent = [image.sop_instance_uid for image in sent if image.sop_instance_uid not in found]
    for uid in (*filter(None, found), *warning_field.unexplained(absent, search.header("Warning"))):
        times = found.count(uid)
        expect.that(times == 1, uid, f"{times} times in the matches", "once", search)


@check("STOW-BEH-013", "with-searches")
def test_searches_beside_stores(endpoint, images):
    """Searches for a study, its series and instances during stores to it return nothing else, and nothing twice."""
    sent = images(TOGETHER)
    first = sent[0]
    searched = {
        f"{first.series_path}/instances": "SOPInstanceUID",
        f"{first.study_path}/series": "SeriesInstanceUID",
        f"studies?StudyInstanceUID={first.study_uid}": "StudyInstanceUID",
    }
    targets = [*searched] * (TOGETHER // len(searched))
    stores, searches = endpoint.post_together([stow.multipart([image]) for image in sent], beside=targets)

    reading.not_busy(stores)
    for response in stores:
        expect.status(response, *reading.SUCCESS)
    given.instances(endpoint.get(first.study_path, accept=AS_STORED), sent)
    for target, search in zip(targets, searches, strict=True):
        expect.status(search, 200, 204, *expect.REFUSALS)
        keyword = searched[target]
        known = {image.dataset[keyword].value for image in sent}
        found = [dicom_json.text(match, keyword) or f"no {keyword}" for match in search_matches(search)]
        for uid in found:
            expect.that(found.count(uid) == 1, uid, f"{found.count(uid)} times in the matches", "once", search)
            expect.that(uid in known, uid, "in the matches", "absent", search)


@check("STOW-BEH-013", "one-instance")
def test_one_instance_several_times_at_once(endpoint, images):
    """An instance that is sent six times at the same time is stored once; the other stores succeed or are refused."""
    (image,) = images()
    responses, _ = endpoint.post_together([stow.multipart([image])] * TOGETHER)

    for response in responses:
        expect.status(response, *reading.SUCCESS, *reading.REFUSED, 503)
    expect.whole(endpoint.get(image.path, accept=AS_STORED), image)
    search = endpoint.get(f"{image.series_path}/instances")
    expect.one_match(search, "SOPInstanceUID", image.sop_instance_uid)


@check("STOW-BEH-013", "one-patient")
def test_studies_of_a_new_patient_at_the_same_time(endpoint, images):
    """Six studies of a patient whom the server does not know, sent at the same time, are stored; so is a later one."""
    (image,) = images()
    patient = image.dataset.PatientID[:50] + "-at-once"
    *sent, later = (
        image.edited(
            PatientID=patient, **{keyword: uids.derived(image.study_uid, keyword, str(number)) for keyword in UIDS}
        )
        for number in range(TOGETHER + 1)
    )
    responses, _ = endpoint.post_together([stow.multipart([each]) for each in sent])

    reading.not_busy(responses)
    for each, response in zip(sent, responses, strict=True):
        expect.taken(response, [each])
        judges.no_others(response, [each])
    last = endpoint.post("studies", stow.multipart([later]))
    expect.taken(last, [later])
    for each, response in zip((*sent, later), (*responses, last), strict=True):
        known = {} if each.warning_in(response) == COERCED else {"PatientID": patient}
        search = endpoint.get("studies", params=known | {"StudyInstanceUID": each.study_uid})
        expect.one_match(search, "StudyInstanceUID", each.study_uid)


def search_matches(search):
    """The matches of a search; none if it has no body to read."""
    return expect.matches(search) if search.status == 200 else []
