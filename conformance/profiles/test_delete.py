"""DELETE of studies, series and instances."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.profiles import reading

LEVELS = {"study": "study_path", "series": "series_path", "instance": "path"}
BAD = "not-a-uid"


@pytest.fixture
def study(endpoint, copies):
    """A study that this check has for itself."""
    given.accepted(endpoint.post("studies", stow.multipart(copies.all)), by="ms-stow-04")
    return copies


def gone(endpoint, *targets):
    """Nothing is there, and there are no metadata of it."""
    for target in targets:
        expect.status(endpoint.get(target, accept=AS_STORED), 404)
        expect.status(endpoint.get(f"{target}/metadata"), 404)


@check("MS-DEL-01")
def test_instance(endpoint, study):
    """An instance is deleted with 204 and no body; it is gone, and the others are there."""
    response = endpoint.delete(study.red.path, removing=[study.red])

    reading.empty(response, 204)
    gone(endpoint, study.red.path)
    expect.instances(endpoint.get(study.red.study_path, accept=AS_STORED), [study.green, study.blue])


@check("MS-DEL-02")
def test_last_instance_of_a_series(endpoint, study):
    """With its only instance the series is gone, and the other series is there."""
    response = endpoint.delete(study.blue.path, removing=[study.blue])

    expect.status(response, 204)
    gone(endpoint, study.blue.series_path)
    expect.instances(endpoint.get(study.red.series_path, accept=AS_STORED), study.series)


@check("MS-DEL-03")
def test_series(endpoint, study):
    """A series is deleted with 204 and all its instances; the other series is there."""
    response = endpoint.delete(study.red.series_path, removing=study.series)

    reading.empty(response, 204)
    gone(endpoint, study.red.series_path, study.red.path, study.green.path)
    expect.instances(endpoint.get(study.red.study_path, accept=AS_STORED), [study.blue])


@check("MS-DEL-04")
def test_study(endpoint, study):
    """A study is deleted with 204, and nothing of it is there."""
    response = endpoint.delete(study.red.study_path, removing=study.all)

    reading.empty(response, 204)
    gone(endpoint, study.red.study_path, study.red.series_path, study.blue.series_path, study.red.path)


@check("MS-DEL-05")
@pytest.mark.parametrize("level", LEVELS)
def test_again(endpoint, study, level):
    """What was deleted cannot be deleted again: 404."""
    target = getattr(study.red, LEVELS[level])
    given.present(endpoint.get(target, accept=AS_STORED))
    endpoint.delete(target)

    response = endpoint.delete(target)

    expect.status(response, 404)


@check("MS-DEL-06")
@pytest.mark.parametrize("level", LEVELS)
def test_what_never_was_there(endpoint, absent_uid, level):
    """What never was there cannot be deleted: 404."""
    target = {"study": "studies/{0}", "series": "studies/{0}/series/{0}"}.get(
        level, "studies/{0}/series/{0}/instances/{0}"
    )

    response = endpoint.delete(target.format(absent_uid))

    expect.status(response, 404)


@check("MS-DEL-07")
@pytest.mark.parametrize(
    "target",
    [
        "studies/{1}",
        "studies/{1}/series/{1}",
        "studies/{0}/series/{1}",
        "studies/{1}/series/{1}/instances/{1}",
        "studies/{0}/series/{0}/instances/{1}",
    ],
    ids=["study", "series-all", "series", "instance-all", "instance"],
)
def test_text_that_is_no_uid(endpoint, absent_uid, target):
    """A DELETE with text that is no UID in its path returns 400."""
    response = endpoint.delete(target.format(absent_uid, BAD))

    expect.status(response, 400)


@check("MS-DEL-08")
def test_accept_has_no_influence(endpoint, study):
    """A DELETE that accepts a media type that nobody has returns 204."""
    response = endpoint.send("DELETE", study.blue.path, accept="application/x-foo")

    expect.status(response, 204)
    gone(endpoint, study.blue.path)


@check("MS-DEL-09")
def test_stored_again(endpoint, study):
    """A deleted study is not found, and can be stored again."""
    given.present(endpoint.get(study.red.study_path, accept=AS_STORED))
    endpoint.delete(study.red.study_path, removing=study.all)

    search = endpoint.get("studies", params={"StudyInstanceUID": study.red.study_uid})
    response = endpoint.post("studies", stow.multipart(study.all))

    expect.not_found(search, "StudyInstanceUID", study.red.study_uid)
    reading.named(response, reading.module(response, 200), "ReferencedSOPSequence", list(study.all))
