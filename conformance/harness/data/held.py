"""The study that the operator named for a run that only reads: the checks read it as the server returns it.

As files if they can be retrieved; otherwise as metadata or searches describe it, without its pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.dicomweb import dicom_json, multipart, part10, uids
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.harness.wire.connection import Connection, Unanswered
from conformance.kit import expect
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Held, Instance, undescribed
from conformance.kit.verdicts import Deviates, Stopped
from conformance.reporting.text import count, size

MOST = 100  # instances of a study: every check that reads it reads all of it
OF_PIXELS = {"frames", "rendered", "rendered-series"}


def read(endpoint: Connection, studies: Sequence[str]) -> tuple[Held, str]:
    """The study to read, and a line that names it. Of several, the first with two series, one of which has two images.

    Raises Stopped if one is not there, has no single-frame image although frames or renderings are claimed, or is too
    large to be read repeatedly.
    """
    try:
        found = [_study(endpoint, uid) for uid in studies]
    except Unanswered as error:
        raise Stopped(f"the server did not respond about the study to read: {error}") from error
    held, how = next((each for each in found if each[0].is_like_the_sample), found[0])
    series = {instance.series_uid for instance in held.all}
    extent = f"{count(len(held.all), 'instance')} in {count(len(series), 'series', 'series')}"
    return held, f"the study {held.red.study_uid} is read: {extent}, {how}"


def _study(endpoint: Connection, uid: str) -> tuple[Held, str]:
    """A study, and how it was read. Raises Stopped."""
    named = f"the study {uid}"
    if (number := _number(endpoint, uid)) > MOST:
        raise _too_large(named, number)
    instances, how = _files(endpoint, uid, named), ""
    if instances:
        how = f"{size(sum(len(instance.content) for instance in instances))}, as the server returns it"
    elif described := _described(endpoint, uid):
        if len(described) > MOST:
            raise _too_large(named, len(described))
        instances, how = [undescribed(item) for item in described], "read from metadata and searches"
    if not instances:
        raise _unreadable(endpoint, uid, named)
    if other := next((item.study_uid for item in instances if item.study_uid != uid), None):
        raise Stopped(f"{named} cannot be read: the server returns an instance of the study {other} with it")
    if endpoint.claims & OF_PIXELS and not any(instance.is_one_frame for instance in instances):
        raise Stopped(
            f"{named} has no single-frame image, which the checks of frames and renderings need: name another"
        )
    return Held.of(instances), how


def _too_large(named: str, number: int) -> Stopped:
    return Stopped(f"{named} has {number:,} instances, should have {MOST} at most: name a smaller one")


def _unreadable(endpoint: Connection, uid: str, named: str) -> Stopped:
    """The reason why nothing can be read: the response to the first claimed request."""
    if "retrieve" in endpoint.claims:
        response = endpoint.abandon(f"studies/{uid}", accept=AS_STORED)
    elif "metadata" in endpoint.claims:
        response = endpoint.get(f"studies/{uid}/metadata")
    else:
        response = endpoint.get("studies", params={"StudyInstanceUID": uid})
    there = "is not on the server" if response.status in (200, 204, 404, 410) else "cannot be retrieved"
    return Stopped(f"{named} {there}: status is {response.status} ({response.request})")


def _number(endpoint: Connection, uid: str) -> int:
    """The number of instances of a study by a search, before all are requested; 0 if the search does not say."""
    if "search" not in endpoint.claims:
        return 0
    response = endpoint.get("studies", params={"StudyInstanceUID": uid})
    try:
        (match,) = dicom_json.datasets(response.content)
        return int(dicom_json.text(match, "NumberOfStudyRelatedInstances") or 0)
    except ValueError:
        return 0


def _files(endpoint: Connection, uid: str, named: str) -> list[Instance]:
    """The instances as files: by one request, or one by one; empty if they cannot be retrieved."""
    if "retrieve" not in endpoint.claims:
        return []
    response = endpoint.get(f"studies/{uid}", accept=AS_STORED)
    if response.status == 200:
        return _instances(response, named)
    files: list[Instance] = []
    for item in _described(endpoint, uid):
        response = endpoint.get(_path(item, uid), accept=AS_STORED)
        if response.status != 200 or len(files) == MOST:
            return []
        files += _instances(response, named)
    return files


def _instances(response: Response, named: str) -> list[Instance]:
    """The instances of a multipart response. Raises Stopped."""
    try:
        if len(parts := expect.parts(response)) > MOST:
            raise _too_large(named, len(parts))
        return [_instance(part) for part in parts]
    except (Deviates, part10.MalformedFile) as error:
        raise Stopped(f"{named} cannot be read: {error}") from None


def _instance(part: multipart.Part) -> Instance:
    content = bytes(part.content)
    part10.read(content)
    return Instance(content)


def _described(endpoint: Connection, uid: str) -> list[DataSet]:
    """A data set for each instance: its metadata, or the matches of searches for it, its series and the study."""
    if "metadata" in endpoint.claims and (found := _data_sets(endpoint, f"studies/{uid}/metadata")):
        return found
    found = list(_searched(endpoint, uid)) if "search" in endpoint.claims else []
    if "metadata" in endpoint.claims and len(found) <= MOST:
        return [next(iter(_data_sets(endpoint, f"{_path(item, uid)}/metadata")), item) for item in found]
    return found


def _searched(endpoint: Connection, uid: str) -> Iterator[DataSet]:
    for study in _data_sets(endpoint, f"studies?StudyInstanceUID={uid}"):
        for series in _data_sets(endpoint, f"studies/{uid}/series"):
            series_uid = dicom_json.text(series, "SeriesInstanceUID") or ""
            if uids.is_valid(series_uid):
                for item in _data_sets(endpoint, f"studies/{uid}/series/{series_uid}/instances"):
                    yield {**study, **series, **item}


def _data_sets(endpoint: Connection, target: str) -> list[DataSet]:
    """The data sets of a document that name an instance, series or study; none if it is not there."""
    response = endpoint.get(target)
    if response.status != 200:
        return []
    try:
        return list(dicom_json.datasets(response.content))
    except dicom_json.MalformedJson:
        return []


def _path(item: DataSet, study: str) -> str:
    """The path of an instance. Invalid UIDs give no path."""
    found = [dicom_json.text(item, keyword) or "" for keyword in ("SeriesInstanceUID", "SOPInstanceUID")]
    series, instance = (uid if uids.is_valid(uid) else "0" for uid in found)
    return f"studies/{study}/series/{series}/instances/{instance}"
