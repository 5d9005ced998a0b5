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
    """A study of this check's own."""
    given.accepted(endpoint.post("studies", stow.multipart(copies.all)), by="ms-stow-04")
    return copies


def gone(endpoint, *targets):
    """Nothing is there, and there are no metadata of it."""
    for target in targets:
        expect.status(endpoint.get(target, accept=AS_STORED), 404)
        expect.status(endpoint.get(f"{target}/metadata"), 404)


@check("MS-DEL-01")
def test_instance(endpoint, study):
    """DELETE of an instance returns 204 without a body; it is gone, and the others remain."""
    response = endpoint.delete(study.red.path, removing=[study.red])

    reading.empty(response, 204)
    gone(endpoint, study.red.path)
    expect.instances(endpoint.get(study.red.study_path, accept=AS_STORED), [study.green, study.blue])


@check("MS-DEL-02")
def test_last_instance_of_a_series(endpoint, study):
    """DELETE of the only instance of a series removes the series; the other series remains."""
    response = endpoint.delete(study.blue.path, removing=[study.blue])

    expect.status(response, 204)
    gone(endpoint, study.blue.series_path)
    expect.instances(endpoint.get(study.red.series_path, accept=AS_STORED), study.series)


@check("MS-DEL-03")
def test_series(endpoint, study):
    """DELETE of a series returns 204 and removes all its instances; the other series remains."""
    response = endpoint.delete(study.red.series_path, removing=study.series)

    reading.empty(response, 204)
    gone(endpoint, study.red.series_path, study.red.path, study.green.path)
    expect.instances(endpoint.get(study.red.study_path, accept=AS_STORED), [study.blue])


@check("MS-DEL-04")
def test_study(endpoint, study):
    """DELETE of a study returns 204, and nothing of it remains."""
    response = endpoint.delete(study.red.study_path, removing=study.all)

    reading.empty(response, 204)
    gone(endpoint, study.red.study_path, study.red.series_path, study.blue.series_path, study.red.path)


@check("MS-DEL-05")
@pytest.mark.parametrize("level", LEVELS)
def test_again(endpoint, study, level):
    """A second DELETE of the same resource returns 404."""
    target = getattr(study.red, LEVELS[level])
    given.present(endpoint.get(target, accept=AS_STORED))
    endpoint.delete(target)

    response = endpoint.delete(target)

    expect.status(response, 404)


@check("MS-DEL-06")
@pytest.mark.parametrize("level", LEVELS)
def test_what_never_was_there(endpoint, absent_uid, level):
    """DELETE of a resource that never existed returns 404."""
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
    """DELETE with text that is not a UID in its path returns 400."""
    response = endpoint.delete(target.format(absent_uid, BAD))

    expect.status(response, 400)


@check("MS-DEL-08")
def test_accept_has_no_influence(endpoint, study):
    """DELETE with an unknown media type in Accept returns 204."""
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
