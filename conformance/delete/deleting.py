"""The instances that are stored to be deleted, the delete itself, and the requests that look for them afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from conformance.dicomweb import uris
from conformance.dicomweb.messages import Response
from conformance.kit import expect, given, presence, resources, stow
from conformance.kit.accept import ANYTHING, AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, Deviates

DONE = (200, 202, 204)
# Keys of a study, each with an index of its own in many databases (PS3.18 Table 10.6.1-5).
KEYS = ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "PatientName", "StudyID")
# The features of resources that have another name.
OF_FEATURE = {"thumbnail": "thumbnails", "frames/1": "frames"}


class Endpoint(presence.Endpoint, Protocol):
    """The requests of an endpoint that are used here."""

    def fetch(self, target: str, *, accept: str | None = ...) -> Response: ...

    def follow(self, uri: str, response: Response, *, accept: str | None) -> Response: ...

    def send(self, method: str, target: str, *, accept: str | None) -> Response: ...

    def post(self, target: str, body: stow.Body) -> Response: ...

    def delete(self, target: str, *, removing: Sequence[Instance] = ()) -> Response: ...


class Studies(NamedTuple):
    """Image and sibling in a series, and cousin in another, of a study; stranger in another study of the patient."""

    image: Instance
    sibling: Instance
    cousin: Instance
    stranger: Instance

    @property
    def of_study(self) -> tuple[Instance, ...]:
        return self.image, self.sibling, self.cousin

    @property
    def of_series(self) -> tuple[Instance, ...]:
        return self.image, self.sibling


def store(endpoint: Endpoint, fresh: Callable[[str], tuple[Instance, ...]], *, both: bool = False) -> Studies:
    """The first study, or both, of the check's own, stored by then. May raise Blocked."""
    studies = Studies(*fresh("seven-studies")[:4])
    sent = studies if both else studies.of_study
    given.accepted(endpoint.post("studies", stow.multipart(sent)))
    given.there(endpoint, sent[-1])
    return studies


def remove(endpoint: Endpoint, target: str, instances: Sequence[Instance]) -> None:
    """Delete the resource of a path, which consists of these instances. Raises Blocked if that fails."""
    response = endpoint.delete(target, removing=instances)
    try:
        expect.deleted(response)
    except Deviates as error:
        raise Blocked.of(error.deviation, resources.judge(response.request)) from None


def read(endpoint: Endpoint, instance: Instance) -> list[tuple[str, str]]:
    """Each resource of an instance, its series and study that can be retrieved now, with the media types accepted."""
    levels = (instance.path, instance.series_path, instance.study_path)
    resources = [(path, AS_STORED) for path in levels]
    resources += [
        (f"{path}/{name}", ANYTHING)
        for name in ("metadata", "rendered", "thumbnail", "frames/1")
        for path in (levels[:1] if name == "frames/1" else levels)
        if OF_FEATURE.get(name, name) in endpoint.claims
    ]
    return [(target, accept) for target, accept in resources if endpoint.get(target, accept=accept).status == 200]


def pixels(endpoint: Endpoint, instance: Instance) -> Callable[[], Response] | None:
    """A request for the bulk data of the pixels, which can be retrieved now; None if the metadata refer to none, or to
    a URI that does not name the study: the same pixels of another study may have it too."""
    metadata = endpoint.get(f"{instance.path}/metadata") if "metadata" in endpoint.claims else None
    if not metadata or metadata.status != 200:
        return None
    uri = str(given.datasets(metadata)[0].get("7FE00010", {}).get("BulkDataURI", ""))
    url = uris.resolved(uri, metadata.request.url)
    request = partial(endpoint.follow, uri, metadata, accept=ANYTHING)
    return request if url and instance.study_uid in url.geturl() and request().status == 200 else None


def look_for(endpoint: Endpoint, *instances: Instance, control: Instance | None = None) -> list[Response]:
    """The responses to GET of each instance, of its metadata and of its frame, as far as these are claimed.

    Without those that fail for `control`, which is stored: a resource that is never there does not show what is gone.
    """
    suffixes = ["", *(f"/{name}" for name in ("metadata", "frames/1") if name.partition("/")[0] in endpoint.claims)]
    if control:
        suffixes = [
            suffix
            for suffix in suffixes
            if not suffix or endpoint.fetch(control.path + suffix, accept=ANYTHING).status < 500
        ]
    return [
        endpoint.get(instance.path + suffix, accept=ANYTHING if suffix else AS_STORED)
        for instance in instances
        for suffix in suffixes
    ]
