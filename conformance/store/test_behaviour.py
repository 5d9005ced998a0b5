"""PS3.18 10.5.2: the state of instances after their store."""

from __future__ import annotations

import pytest

from conformance.dicomweb import completeness, uids
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect, given, presence, stow
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.claims import instance_search
from conformance.kit.instances import Instance
from conformance.kit.kinds import KINDS, having
from conformance.kit.verdicts import Blocked, NotSupported
from conformance.store import bodies, judges, reading


@check("STOW-BEH-002")
def test_instance_joins_its_series(endpoint, images):
    """A new instance of an existing series, sent to the study, joins it: the study has both, in one series."""
    first, second = images(2)
    given.accepted(endpoint.post("studies", stow.multipart([first])))

    response = endpoint.post(second.study_path, stow.multipart([second]))

    expect.status(response, *reading.SUCCESS)
    expect.instances(endpoint.get(first.study_path, accept=AS_STORED), [first, second])
    series = endpoint.get(f"{first.study_path}/series")
    expect.one_match(series, "SeriesInstanceUID", first.series_uid)


@check("STOW-BEH-002", "content")
def test_later_instances_leave_the_first_as_it_was(endpoint, images):
    """After each store to a series the earlier instances are unchanged, alone and in their series and study."""
    sent = images(3)
    for number, image in enumerate(sent, 1):
        given.accepted(endpoint.post("studies", stow.multipart([image])))
        for before in sent[: number - 1]:
            expect.whole(endpoint.get(before.path, accept=AS_STORED), before)
    given.claimed(endpoint, "metadata")
    for path in (sent[0].series_path, sent[0].study_path):
        response = endpoint.get(f"{path}/metadata")
        found = given.metadata(response, sent)
        for image in sent:
            metadata = found[image.sop_instance_uid]
            missing = [difference(name, None, "there") for name in completeness.missing(image.dataset, metadata)]
            expect.same([*missing, *completeness.valueless(image.dataset, metadata)], response)


@check("STOW-BEH-005")
def test_elements_keep_their_vr(endpoint, stored):
    """The elements of an instance with every VR keep their VR."""
    (instance,) = stored("every-vr")
    response = endpoint.fetch(instance.path, accept=AS_STORED)

    found = expect.instances(response, [instance])[instance.sop_instance_uid]
    for element in instance.dataset:
        if element.tag not in found or element.VR in ("UN", "OB", "OW"):
            continue
        vr, unknown = found[element.tag].VR, "UN" if element.tag.is_private else None
        expect.that(vr in (element.VR, unknown), f"the VR of {element.tag}", vr, element.VR, response)


@check("STOW-BEH-008")
@pytest.mark.parametrize("kind", [name for name in KINDS if name not in having("refusable")])
def test_every_kind_is_stored(endpoint, stored, kind):
    """Instances of a kind are stored, or refused because their SOP Class or transfer syntax is not supported."""
    instances, response = stored.answer(kind)

    judges.stored_or_unsupported(endpoint, instances, response, KINDS[kind].title)


@check("STOW-BEH-017")
def test_no_kind_causes_a_server_error(stored):
    """Instances of every kind are stored or refused: none causes a server error."""
    responses = {}
    for kind in KINDS:
        try:
            responses[kind] = stored.answer(kind)[1]
        except (Blocked, NotSupported) as problem:  # without a response, which is judged elsewhere
            unanswered = problem
    if not responses:
        raise unanswered
    wrong = {kind: response for kind, response in responses.items() if response.status in reading.ERRORS}
    subjects = [difference(f"the status for {KINDS[kind].title}", wrong[kind].status, "2xx or 4xx") for kind in wrong]
    expect.same(subjects, next(iter((wrong or responses).values())))


@check("STOW-BEH-016")
@pytest.mark.parametrize("kind", having("refusable"))
def test_unfit_values_are_taken_or_refused(endpoint, stored, kind):
    """Invalid values are stored or refused, and what is stored can be read without an error."""
    instances, response = stored.answer(kind)

    expect.status(response, *reading.SUCCESS, *reading.REFUSED)
    for instance in instances:
        for target, accept in (
            (instance.path, AS_STORED),
            (f"{instance.path}/metadata", DICOM_JSON),
            (f"{instance.study_path}/instances", DICOM_JSON),
            (f"studies?StudyInstanceUID={instance.study_uid}", DICOM_JSON),
            (f"{instance.path}/rendered", ANYTHING),
        ):
            answer = endpoint.fetch(target, accept=accept)
            expect.status(answer, 200, 204, *expect.REFUSALS, 501)
            if answer.status == 200 and accept == DICOM_JSON:
                _utf_8(answer)


@check("STOW-BEH-016", "file")
@pytest.mark.parametrize("wrong", bodies.WRONG)
def test_file_that_is_wrongly_written(endpoint, images, wrong):
    """A file that breaks a rule of its encoding is stored or refused, and its study can be searched for."""
    (image,) = images()

    response = endpoint.post("studies", bodies.message([bodies.WRONG[wrong](image.content)], [image]))

    expect.status(response, *reading.SUCCESS, *reading.REFUSED)
    if response.status in reading.SUCCESS:
        searched = endpoint.fetch(f"studies?StudyInstanceUID={image.study_uid}", accept=DICOM_JSON)
        expect.status(searched, 200, 204, *expect.REFUSALS, 501)


def _utf_8(response):
    """The body is UTF-8 (PS3.18 F.2)."""
    try:
        bytes(response.content).decode("utf-8")
    except UnicodeDecodeError as error:
        expect.deviates(f"byte {error.start} of the body", f"{response.content[error.start]:02X}", "UTF-8", response)


@check("STOW-BEH-014", "too-long", after=("SEED-STORE-READ-BACK",))
def test_uids_that_are_too_long(endpoint, images):
    """Two SOP Instance UIDs of 80 characters that differ in the last one are refused, or kept unchanged."""
    (image,) = images()
    uid = image.sop_instance_uid + "." + "1" * 78
    twins = [image.edited(SOPInstanceUID=uid[:79] + end) for end in ("2", "3")]
    response = endpoint.post("studies", stow.multipart(twins))

    if response.status in reading.SUCCESS and not reading.reported(response):
        for twin in twins:
            presence.there(endpoint, twin)
    else:
        expect.status(response, *reading.SUCCESS, *reading.REFUSED)


@check("STOW-BEH-014", "padded", after=("SEED-STORE-READ-BACK",))
def test_uid_that_is_padded_with_a_space(endpoint, images):
    """A SOP Instance UID of odd length that ends with a space instead of a NUL is refused, or found without it."""
    (image,) = images()
    uid = uids.derived(image.study_uid, "padded")
    sent = image.edited(SOPInstanceUID=uid if len(uid) % 2 else uid[:-1])
    uid = sent.sop_instance_uid
    spaced = Instance(sent.content.replace(f"{uid}\0".encode(), f"{uid} ".encode()), fresh=True)
    response = endpoint.post("studies", stow.multipart([spaced]))

    if response.status in reading.SUCCESS:
        expect.taken(response, [sent])
        search = endpoint.get(instance_search(image, endpoint.claims), params={"SOPInstanceUID": uid})
        expect.one_match(search, "SOPInstanceUID", uid)
    else:
        expect.status(response, *reading.REFUSED)
