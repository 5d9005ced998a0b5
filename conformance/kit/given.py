"""Preconditions: the judges of `expect`, but a deviation blocks the check instead of failing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, Protocol, TypeVar

from pydicom import Dataset

from conformance.dicomweb import multipart, part10
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.kit import expect, media, presence, resources
from conformance.kit.accept import DICOM_JSON, PIXELS_AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.stow import STORED
from conformance.kit.verdicts import Blocked, Deviates, NotSupported, Unclaimed


class Claims(Protocol):
    """An endpoint with the features that it claims."""

    @property
    def claims(self) -> frozenset[str]: ...


class Reads(Claims, Protocol):
    """An endpoint from which documents are requested: afresh, or cached for the run."""

    def get(self, target: str, *, params: Mapping[str, str] | None = None) -> Response: ...
    def fetch(
        self, target: str, *, accept: str | None = DICOM_JSON, params: Mapping[str, str] | None = None
    ) -> Response: ...


FEW = 10  # instances that a response holds, however small its limit
# The statuses of a resource that a server does not support at all.
NO_RESOURCE = (400, 403, 404, 405, 410, 501)

P = ParamSpec("P")
T = TypeVar("T")


def accepted(response: Response | None, by: str | None = None) -> None:
    """Block unless a store succeeded; `by` is the check that judges it, that of the resource if it is not given."""
    if response is None or response.status not in STORED:
        by = by or (resources.judge(response.request) if response else None)
        raise Blocked(f"the store {f'returned {response.status}' if response else 'got no response'}", by)


def present(response: Response, by: str | None = None) -> None:
    """Block unless the resource is there; `by` is the check that judges whether it is."""
    _blocking(expect.status, by)(response, 200)


def labelled(response: Response, media_type: str, by: str) -> None:
    """Block unless the content has a media type; `by` is the check that judges whether it has."""
    present(response, by)
    if (found := _blocking(media.content_type, by)(response)) != media_type:
        raise Blocked(f"the media type is {found}, should be {media_type} ({response.request})", by)


def kept(response: Response, by: str) -> None:
    """Block unless at least some DICOM file is returned for what was stored; `by` is the check that judges it."""
    present(response, by)
    if not part10.is_in(response.body):
        raise Blocked(f"no DICOM file is returned for what was stored ({response.request})", by)


def there(endpoint: presence.Endpoint, instance: Instance) -> None:
    """Block unless a stored instance is retrieved, described or found."""
    _blocking(presence.there, by="seed-store-read-back")(endpoint, instance)


def searched(response: Response, by: str | None = None) -> None:
    """Block unless a search returns a list of matches, even an empty one; `by` is the check that judges whether it
    does."""
    _blocking(expect.status, by)(response, 200, 204)


def searchable(endpoint: Reads, instance: Instance) -> None:
    """Block unless some search finds the study of a stored instance: by its UID, its patient, or below it.

    If searches never find the study, a check of their matches is meaningless. Tried twice, since some servers index
    late. Nothing has to be found if searches are not claimed.
    """
    if "search" not in endpoint.claims:
        return
    uid = instance.study_uid
    patient = str(instance.dataset.get("PatientID") or "")
    searches: list[tuple[str, dict[str, str]]] = [
        ("studies", {"StudyInstanceUID": uid}),
        (f"{instance.study_path}/{'instances' if 'relational-search' in endpoint.claims else 'series'}", {}),
    ]
    # Without a value the key matches everybody's studies (PS3.4 C.2.2.2.3).
    searches += [("studies", {"PatientID": patient})] if patient else []
    for ask in (endpoint.fetch, endpoint.get):
        for target, params in searches:
            response = ask(target, params=params)
            if response.status not in (200, 204) or uid.encode() in response.body[:]:
                return
    raise Blocked("no search finds the stored study", by="seed-search-studies")


def described(endpoint: Reads, instance: Instance) -> None:
    """Block unless the metadata of a stored instance name it, its series or its study."""
    if "metadata" not in endpoint.claims:
        return
    response = endpoint.fetch(instance.path + "/metadata")
    uids = (instance.sop_instance_uid, instance.series_uid, instance.study_uid)
    if response.status == 200 and not any(uid.encode() in response.body[:] for uid in uids):
        why = f"the metadata contain no UID of the instance, its series or its study ({response.request})"
        raise Blocked(why, by="seed-retrieve-instance-metadata")


def claimed(endpoint: Claims, feature: str) -> None:
    """Block unless the endpoint claims a feature that only one check of a requirement needs. Raises Unclaimed."""
    if feature not in endpoint.claims:
        raise Unclaimed(f"{feature} is not claimed")


def framed(endpoint: Reads, instance: Instance, control: Instance) -> None:
    """Block unless the server returns frames of an instance: Table 10.1-1 of PS3.18 has them only for multi-frame
    instances.

    Raises NotSupported for a single-frame instance if those of `control`, one that is surely stored, are not returned
    either: RETRIEVE-FRAMES-015 judges whether they should be.
    """
    if any(int(each.dataset.get("NumberOfFrames") or 1) > 1 for each in (instance, control)):
        return
    response = endpoint.fetch(f"{control.path}/frames/1", accept=PIXELS_AS_STORED)
    if response.status in NO_RESOURCE:
        why = "the server does not return frames of single-frame instances, which RETRIEVE-FRAMES-015 judges"
        raise NotSupported(f"{why}: status is {response.status} ({response.request})")


def taken(response: Response, instances: Sequence[Instance], by: str | None = None) -> None:
    """Block unless the store succeeded and reports no failure; `by` is the check that judges whether it does."""
    _blocking(expect.taken, by)(response, instances)


def whole(response: Response, instance: Instance, by: str | None = None) -> None:
    """Block unless the body is this instance as it was stored; `by` is the check that judges whether it is."""
    _blocking(expect.whole, by)(response, instance)


def instances(response: Response, expected: Sequence[Instance]) -> Mapping[str, Dataset]:
    """The data sets by SOPInstanceUID. Block unless the body has exactly these instances."""
    return _blocking(expect.instances)(response, expected)


def one_part(response: Response, by: str | None = None) -> multipart.Part:
    """The only part of a multipart response; `by` is the check that judges whether there is one."""
    return _blocking(expect.one_part, by)(response)


def not_too_large(response: Response, number: int) -> None:
    """Raise NotSupported if a server does not return so many instances at once, and says so (413, PS3.18 10.4.3.1).

    A few are never too many.
    """
    if response.status == 413 and number > FEW:
        raise NotSupported(f"{number} instances are too many for one response: status is 413 ({response.request})")


def metadata(response: Response, expected: Sequence[Instance], by: str | None = None) -> dict[str, DataSet]:
    """The data sets of these instances, by SOPInstanceUID; `by` is the check that judges whether they are there."""
    return _blocking(expect.metadata, by)(response, expected)


def datasets(response: Response, by: str | None = None) -> list[DataSet]:
    """The data sets of a DICOM JSON list; `by` is the check that judges whether it is one."""
    return _blocking(expect.datasets, by)(response)


def matches(response: Response) -> list[DataSet]:
    """The matches of a search."""
    return _blocking(expect.matches)(response)


def one_match(response: Response, keyword: str, uid: str, by: str | None = None) -> DataSet:
    """The match of a search by UID; `by` is the check that judges whether there is one."""
    return _blocking(expect.one_match, by)(response, keyword, uid)


def boundary(response: Response) -> str:
    """The boundary of a multipart response."""
    _blocking(expect.parts)(response)
    return multipart.boundary_of(response.header("Content-Type") or "") or ""


def three(instances: Sequence[Instance]) -> tuple[Instance, Instance, Instance]:
    """The first three of `stored("sample")`: two of one series, one of another.

    Raises NotSupported where the study that is read in its place has another shape.
    """
    series = [instance.series_uid for instance in instances[:3]]
    if len(series) < 3 or not series[0] == series[1] != series[2]:
        raise NotSupported("the study that is read does not have a series with two instances, and a second series")
    return instances[0], instances[1], instances[2]


def _blocking(judge: Callable[P, T], by: str | None = None) -> Callable[P, T]:
    def precondition(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return judge(*args, **kwargs)
        except Deviates as error:
            raise Blocked.of(error.deviation, by) from None

    return precondition
