"""PS3.18 10.5.3.1: the status of a store says whether all, some or none of the instances were stored."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given, presence, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.claims import instance_search
from conformance.kit.verdicts import NotSupported
from conformance.store import bodies, judges, reading
from conformance.store.reading import FAILED, OTHERS, STORED

KINDS = ("mixed", "every-vr", "name-japanese", "shared-series-uid", "implicit-vr", "jpeg-baseline", "sr")
NO_CONFLICT = tuple(status for status in reading.REFUSED if status not in (400, 409))


CONFLICT = "10.5.3.1 requires 409 for a conflict with the study of the path, but another 4xx refuses the store too"
UNFIT = "10.5.3.1 requires 409 or 400, but another 4xx refuses the store too"


@check("STOW-RESP-001")
def test_all_stored_is_200(endpoint, images):
    """A store of three valid instances returns 200; 202 means that only some were stored, or warnings."""
    sent = images(3)
    response = endpoint.post("studies", stow.multipart(sent))

    for image in sent if "retrieve" in endpoint.claims else ():
        given.one_part(endpoint.get(image.path, accept=AS_STORED))
    expect.outcome(
        response, (200, 202), (201,), "10.5.3.1 requires 200 or 202, but 201 also says that something was stored"
    )


@check("STOW-RESP-002", "wrong-study")
def test_some_stored_is_202(endpoint, half):
    """A store returns 202 if half of the instances are stored, and the others belong to another study than the path."""
    assert_some_is_202(endpoint, half)


@check("STOW-RESP-002", "text")
def test_one_stored_beside_text_is_202(endpoint, beside_text):
    """A store returns 202 if one part is stored, and the other part is text."""
    assert_some_is_202(endpoint, beside_text)


@check("STOW-RESP-003", "wrong-study")
def test_conflict_is_409(wrong):
    """A store returns 409 if nothing is stored, because all is of another study than the path."""
    expect.outcome(wrong.response, (409,), reading.REFUSED, CONFLICT)


@check("STOW-RESP-003", "no-instance")
@pytest.mark.parametrize("content", [bodies.TEXT, b""], ids=["text", "empty"])
def test_no_instance_at_all(endpoint, content):
    """A store whose only part is not an instance returns 409, or 400."""
    response = endpoint.post("studies", bodies.message([content], ()))

    expect.outcome(response, (400, 409), NO_CONFLICT, UNFIT)


@check("STOW-RESP-003", "no-study-uid")
def test_instance_without_study_uid(endpoint, images):
    """A store whose only instance has no Study Instance UID returns 409, or 400."""
    (image,) = images()
    response = endpoint.post("studies", bodies.message([image.edited(StudyInstanceUID=None).content], [image]))

    expect.outcome(response, (400, 409), NO_CONFLICT, UNFIT)


@check("STOW-RESP-003", "nothing-kept", after=("SEED-STORE-READ-BACK",))
def test_refused_instance_is_not_there(endpoint, images):
    """A truncated instance that is refused can neither be retrieved nor found."""
    (image,) = images()
    response = endpoint.post("studies", bodies.message([image.content[:-40]], [image]))
    if response.status in reading.SUCCESS:
        raise NotSupported(f"the instance is not refused: status is {response.status} ({response.request})")

    retrieved = endpoint.get(image.path, accept=AS_STORED)
    searched = endpoint.get(instance_search(image, endpoint.claims), params={"SOPInstanceUID": image.sop_instance_uid})
    judges.not_kept(retrieved, searched, image)


@check("STOW-RESP-024")
def test_202_says_why(stored):
    """A store that stored everything and returns 202 reports a Warning Reason, or a failure."""
    responses = [response for response in map(stored.response, KINDS) if response.status == 202]
    if not responses:
        raise NotSupported("no store of valid instances returns 202")

    for response in responses:
        found = reading.module(response)
        warned = [item for item in dicom_json.items(found, STORED) if reading.number(item, "WarningReason") is not None]
        told = warned or dicom_json.items(found, FAILED) or dicom_json.items(found, OTHERS)
        expect.that(told, "status", 202, "200, as there is neither a WarningReason nor a failure", response)


@check("STOW-RESP-025", "every-kind")
@pytest.mark.parametrize("kind", KINDS)
def test_200_means_stored(endpoint, stored, kind):
    """A store that returns 200 reports no failure, and each instance can be retrieved."""
    instances = stored(kind)
    response = stored.response(kind)
    if response.status != 200:
        raise NotSupported(f"status is {response.status} ({response.request})")

    expect.taken(response, instances)
    for instance in instances:
        presence.there(endpoint, instance)


@check("STOW-RESP-025", "failure", after=("SEED-STORE-READ-BACK",))
def test_failure_is_not_200(half, beside_text):
    """A store with a failure does not return 200."""
    for sent in (half, beside_text):
        wanted = "202, as not all of it can be stored"
        expect.that(sent.response.status != 200, "status", 200, wanted, sent.response)


@check("STOW-BEH-009")
@pytest.mark.parametrize("bad", ["wrong-study", "text", "empty"])
def test_good_one_beside_a_bad_one(endpoint, images, bad):
    """A valid instance beside an invalid part is stored; otherwise the whole request is refused."""
    (image,), (other,) = images(), images(1, "another study")
    content = {"wrong-study": other.content, "text": bodies.TEXT, "empty": b""}[bad]
    target = image.study_path if bad == "wrong-study" else "studies"
    response = endpoint.post(target, bodies.message([image.content, content], [image, other]))

    there = presence.is_there(endpoint, image)
    if there and response.status in reading.SUCCESS:
        expect.whole(endpoint.get(image.path, accept=AS_STORED), image)
    elif there or response.status not in reading.REFUSED:
        wanted = "2xx, as the valid instance is stored" if there else "4xx, as the valid instance is not stored"
        expect.deviates("status", response.status, wanted, response)
    else:
        why = "nothing was stored, and no clause forbids to refuse the whole request"
        expect.doubt("status", response.status, 202, response, why)


def assert_some_is_202(endpoint, sent):
    """The status is 202, if the valid instances were stored."""
    if "retrieve" in endpoint.claims and not all(presence.is_there(endpoint, image) for image in sent.good):
        raise NotSupported(f"nothing is stored: status is {sent.response.status} ({sent.response.request})")
    expect.status(sent.response, 202)
