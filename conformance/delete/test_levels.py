"""DELETE of a study, a series and an instance removes it, and nothing else."""

from __future__ import annotations

import pytest

from conformance.delete import deleting
from conformance.dicomweb import dicom_json, uids, warning_field
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported

STUDY, SERIES, INSTANCE = "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"


@check("DELETE-EXT-001")
def test_study_is_gone(endpoint, fresh, stored):
    """A deleted study cannot be retrieved, nor can its series, instances, metadata and frames."""
    studies = deleting.store(endpoint, fresh)

    response = endpoint.delete(studies.image.study_path, removing=studies.of_study)

    expect.deleted(response)
    for target in (studies.image.study_path, studies.image.series_path, studies.cousin.series_path):
        expect.not_there(endpoint.get(target, accept=AS_STORED))
    for answer in deleting.look_for(endpoint, *studies.of_study, control=stored("sample")[0]):
        expect.not_there(answer)


@check("DELETE-EXT-001", "read-before")
def test_what_was_read_is_gone(endpoint, fresh):
    """What was read shortly before the study was deleted is gone too: no cache returns it."""
    studies = deleting.store(endpoint, fresh)
    before = deleting.read(endpoint, studies.image)
    pixels = deleting.pixels(endpoint, studies.image)

    deleting.remove(endpoint, studies.image.study_path, studies.of_study)

    for target, accept in before:
        expect.not_there(endpoint.get(target, accept=accept))
        head = endpoint.send("HEAD", target, accept=accept)
        if head.status in (405, 501):
            continue
        expect.not_there(head)
    if pixels:
        expect.not_there(pixels())


@check("DELETE-EXT-001", "many")
def test_study_of_many_instances_is_gone(endpoint, fresh):
    """A deleted study of 101 instances is gone as a whole: the first and the last, and from searches."""
    study = many(endpoint, fresh, lambda first: first.study_path)

    expect.no_match(endpoint.get("studies", params={STUDY: study.study_uid}))


@check("DELETE-EXT-002", "many")
def test_series_of_many_instances_is_gone(endpoint, fresh):
    """A deleted series of 101 instances is gone as a whole: the first and the last, and from searches."""
    series = many(endpoint, fresh, lambda first: first.series_path)

    expect.no_match(endpoint.get("series", params={SERIES: series.series_uid}))


def many(endpoint, fresh, path):
    """The first of 101 instances of a series that was deleted, none of which is there any more."""
    sent = fresh("many")
    given.accepted(endpoint.post("studies", stow.multipart(sent)))
    given.there(endpoint, sent[-1])

    response = endpoint.delete(path(sent[0]), removing=sent)

    expect.deleted(response)
    for target in (path(sent[0]), sent[0].path, sent[-1].path):
        expect.not_there(endpoint.get(target, accept=AS_STORED))
    return sent[0]


@check("DELETE-EXT-001", "searches")
def test_study_is_not_found(endpoint, fresh):
    """No search finds a deleted study, its series or its instances."""
    studies = deleting.store(endpoint, fresh)
    image = studies.image

    deleting.remove(endpoint, image.study_path, studies.of_study)

    expect.no_match(endpoint.get("studies", params={STUDY: image.study_uid}))
    expect.no_match(endpoint.get("series", params={SERIES: image.series_uid}))
    for instance in studies.of_study:
        expect.no_match(endpoint.get("instances", params={INSTANCE: instance.sop_instance_uid}))


@check("DELETE-EXT-001", "keys")
def test_study_is_not_found_by_any_key(endpoint, fresh):
    """No required key of a study, beside its patient, finds it after it was deleted."""
    studies = deleting.store(endpoint, fresh)
    image = studies.image
    asked = [{"PatientID": str(image.dataset.PatientID), key: str(image.dataset[key].value)} for key in deleting.KEYS]
    found = [keys for keys in asked if image.study_uid.encode() in endpoint.get("studies", params=keys).content]

    deleting.remove(endpoint, image.study_path, studies.of_study)

    for keys in found:
        expect.not_found(endpoint.get("studies", params=keys), STUDY, image.study_uid)


@check("DELETE-EXT-001", "others")
def test_other_study_stays(endpoint, fresh):
    """Another study of the same patient is unchanged."""
    studies = deleting.store(endpoint, fresh, both=True)

    deleting.remove(endpoint, studies.image.study_path, studies.of_study)

    expect.whole(endpoint.get(studies.stranger.path, accept=AS_STORED), studies.stranger)
    uid = studies.stranger.study_uid
    expect.one_match(endpoint.get("studies", params={STUDY: uid}), STUDY, uid)


@check("DELETE-EXT-002")
def test_series_is_gone(endpoint, fresh, stored):
    """A deleted series cannot be retrieved, nor can its instances, metadata and frames."""
    studies = deleting.store(endpoint, fresh)

    response = endpoint.delete(studies.image.series_path, removing=studies.of_series)

    expect.deleted(response)
    expect.not_there(endpoint.get(studies.image.series_path, accept=AS_STORED))
    for answer in deleting.look_for(endpoint, *studies.of_series, control=stored("sample")[0]):
        expect.not_there(answer)


@check("DELETE-EXT-002", "searches")
def test_series_is_not_found(endpoint, fresh):
    """No search finds a deleted series, or its instances."""
    studies = deleting.store(endpoint, fresh)
    uid = studies.image.series_uid

    deleting.remove(endpoint, studies.image.series_path, studies.of_series)

    expect.no_match(endpoint.get("series", params={SERIES: uid}))
    expect.not_found(endpoint.get(f"{studies.image.study_path}/series"), SERIES, uid)
    for instance in studies.of_series:
        expect.no_match(endpoint.get("instances", params={INSTANCE: instance.sop_instance_uid}))


@check("DELETE-EXT-002", "others")
def test_other_series_stays(endpoint, fresh):
    """The instance of the other series is unchanged in the study, and another study still exists."""
    studies = deleting.store(endpoint, fresh, both=True)

    deleting.remove(endpoint, studies.image.series_path, studies.of_series)

    expect.whole(endpoint.get(studies.image.study_path, accept=AS_STORED), studies.cousin)
    expect.whole(endpoint.get(studies.stranger.path, accept=AS_STORED), studies.stranger)


@check("DELETE-EXT-003")
def test_instance_is_gone(endpoint, fresh, stored):
    """A deleted instance cannot be retrieved, nor can its metadata and frame."""
    image = deleting.store(endpoint, fresh).image

    response = endpoint.delete(image.path, removing=[image])

    expect.deleted(response)
    for answer in deleting.look_for(endpoint, image, control=stored("sample")[0]):
        expect.not_there(answer)


@check("DELETE-EXT-003", "searches")
def test_instance_is_not_found(endpoint, fresh):
    """No search finds a deleted instance."""
    image = deleting.store(endpoint, fresh).image

    deleting.remove(endpoint, image.path, [image])

    expect.no_match(endpoint.get("instances", params={INSTANCE: image.sop_instance_uid}))
    for level in (image.study_path, image.series_path):
        expect.not_found(endpoint.get(f"{level}/instances"), INSTANCE, image.sop_instance_uid)


@check("DELETE-EXT-003", "others")
def test_other_instances_stay(endpoint, fresh):
    """The other instances are unchanged in series and study, and another study still exists."""
    studies = deleting.store(endpoint, fresh, both=True)

    deleting.remove(endpoint, studies.image.path, [studies.image])

    expect.whole(endpoint.get(studies.image.series_path, accept=AS_STORED), studies.sibling)
    expect.instances(endpoint.get(studies.image.study_path, accept=AS_STORED), [studies.sibling, studies.cousin])
    expect.whole(endpoint.get(studies.stranger.path, accept=AS_STORED), studies.stranger)


@check("DELETE-EXT-003", "metadata")
def test_instance_is_not_in_metadata(endpoint, fresh):
    """The metadata of study and series contain the other instances, and not the deleted one."""
    given.claimed(endpoint, "metadata")
    studies = deleting.store(endpoint, fresh)

    deleting.remove(endpoint, studies.image.path, [studies.image])

    expect.metadata(endpoint.get(f"{studies.image.series_path}/metadata"), [studies.sibling])
    expect.metadata(endpoint.get(f"{studies.image.study_path}/metadata"), [studies.sibling, studies.cousin])


@check("DELETE-EXT-007", "instance")
def test_counts_after_an_instance_was_deleted(endpoint, fresh):
    """Matches count two of three instances in the study, and one in the series, after one was deleted."""
    studies = deleting.store(endpoint, fresh)

    deleting.remove(endpoint, studies.image.path, [studies.image])

    counts(endpoint.get("studies", params={STUDY: studies.image.study_uid}), NumberOfStudyRelatedInstances=2)
    counts(endpoint.get("series", params={SERIES: studies.image.series_uid}), NumberOfSeriesRelatedInstances=1)


@check("DELETE-EXT-007", "series")
def test_counts_after_a_series_was_deleted(endpoint, fresh):
    """Matches count one instance in one series after the other series was deleted, and two after a store to it."""
    studies = deleting.store(endpoint, fresh)
    cousin = studies.cousin
    later = cousin.edited(SOPInstanceUID=uids.derived(cousin.sop_instance_uid, "later"))

    deleting.remove(endpoint, studies.image.series_path, studies.of_series)

    response = endpoint.get("studies", params={STUDY: studies.image.study_uid})
    counts(response, NumberOfStudyRelatedSeries=1, NumberOfStudyRelatedInstances=1)
    given.accepted(endpoint.post("studies", stow.multipart([later])))
    response = endpoint.get("studies", params={STUDY: studies.image.study_uid})
    counts(response, NumberOfStudyRelatedSeries=1, NumberOfStudyRelatedInstances=2)


@check("DELETE-EXT-007", "page")
@pytest.mark.parametrize("level", ["series", "instance"])
def test_page_after_a_delete(endpoint, fresh, level):
    """A page of one, of those that are left, has one, and a Warning, if there is one, counts the others."""
    studies = deleting.store(endpoint, fresh)
    image = studies.image
    gone, removed, search, left = {
        "series": (image.series_path, studies.of_series, f"{image.study_path}/series?limit=1", 1),
        "instance": (image.path, [image], f"{image.study_path}/instances?limit=1", 2),
    }[level]

    deleting.remove(endpoint, gone, removed)

    response = endpoint.get(search)
    given.searched(response, by=f"search-paging-001.study-{level}{'s' if level == 'instance' else ''}")
    expect.that(given.matches(response), "the number of matches", 0, 1, response)
    remain = warning_field.remaining(response.header("Warning"))
    expect.that(remain in (None, left - 1), "the number of matches that remain", remain, left - 1, response)


@check("DELETE-EXT-008")
def test_study_without_instances_is_not_found(endpoint, fresh):
    """A study and a series whose last instance was deleted are no longer found."""
    stranger = deleting.store(endpoint, fresh, both=True).stranger

    deleting.remove(endpoint, stranger.path, [stranger])

    expect.no_match(endpoint.get("series", params={SERIES: stranger.series_uid}))
    expect.no_match(endpoint.get("studies", params={STUDY: stranger.study_uid}))
    expect.not_there(endpoint.get(stranger.study_path, accept=AS_STORED))


def counts(response, **expected):
    """The only match has these numbers. Raises NotSupported if it has none, which another requirement is about."""
    found = given.matches(response)
    expect.equal("the number of matches", len(found), 1, response)
    for keyword, should in expected.items():
        number = dicom_json.text(found[0], keyword)
        if number is None:
            raise NotSupported(f"a match has no {keyword} ({response.request})")
        expect.equal(keyword, number, str(should), response)
