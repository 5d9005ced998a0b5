"""For a run that only reads: the study that the operator named, as the server gives it, is what the checks read."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.dicomweb import dicom_json, multipart, part10
from conformance.harness.wire.connection import Connection, Unanswered
from conformance.kit import expect
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Held, Instance
from conformance.kit.verdicts import Stopped
from conformance.reporting.text import count, size

MOST = 100  # instances of a study: every check that reads it reads all of it


def read(endpoint: Connection, studies: Sequence[str]) -> tuple[Held, str]:
    """The study to read, and a line that says which. Of several, the first with two series, one of them of two images.

    Raises Stopped where one is not there, has no image of a single frame, or is too large to be read again and again.
    """
    try:
        found = [_study(endpoint, uid) for uid in studies]
    except Unanswered as error:
        raise Stopped(f"the study to read is not answered: {error}") from error
    held = next((study for study in found if study.is_like_the_sample), found[0])
    series = {instance.series_uid for instance in held.all}
    volume = size(sum(len(instance.content) for instance in held.all))
    extent = f"{count(len(held.all), 'instance')} in {count(len(series), 'series', 'series')}, {volume}"
    return held, f"the study {held.red.study_uid} is read: {extent}, as the server gives it"


def _study(endpoint: Connection, uid: str) -> Held:
    named = f"the study {uid}"
    if (number := _number(endpoint, uid)) > MOST:
        raise Stopped(f"{named} has {number:,} instances, should have {MOST} at most: name a smaller one")
    response = endpoint.get(f"studies/{uid}", accept=AS_STORED)
    if response.status != 200:
        there = "is not on the server" if response.status in (404, 410) else "cannot be retrieved"
        raise Stopped(f"{named} {there}: status is {response.status} ({response.request})")
    try:
        if len(parts := expect.parts(response)) > MOST:
            raise Stopped(f"{named} has {len(parts):,} instances, should have {MOST} at most: name a smaller one")
        instances = [_instance(part) for part in parts]
    except (AssertionError, part10.MalformedFile) as error:
        raise Stopped(f"{named} cannot be read: {error}") from None
    if other := next((item.study_uid for item in instances if item.study_uid != uid), None):
        raise Stopped(f"{named} cannot be read: an instance of the study {other} is in it ({response.request})")
    if not any(instance.is_one_frame for instance in instances):
        raise Stopped(f"{named} has no image of a single frame, and frames and renderings need one: name another")
    return Held.of(instances)


def _number(endpoint: Connection, uid: str) -> int:
    """How many instances a search says the study has, before all of them are asked for; 0 where it does not say."""
    response = endpoint.get("studies", params={"StudyInstanceUID": uid})
    try:
        (match,) = dicom_json.datasets(response.content)
        return int(dicom_json.text(match, "NumberOfStudyRelatedInstances") or 0)
    except ValueError:
        return 0


def _instance(part: multipart.Part) -> Instance:
    content = bytes(part.content)
    part10.read(content)
    return Instance(content)
