"""Whether an instance is on the server: by any way that the endpoint claims, as one of them may be broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from conformance.dicomweb import dicom_json, part10
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, Deviates


class Endpoint(Protocol):
    """The requests of an endpoint that are used here."""

    @property
    def claims(self) -> frozenset[str]: ...

    def get(self, target: str, *, accept: str | None = ..., params: Mapping[str, str] | None = ...) -> Response: ...
    def abandon(self, target: str, *, accept: str | None) -> Response: ...


def there(endpoint: Endpoint, instance: Instance) -> None:
    """Deviate unless an instance can be retrieved, is described by its metadata, or is found by its UID.

    The deviation is that of the first of these that is claimed.
    """
    ways: dict[str, Callable[[Endpoint, Instance], None]] = {
        "retrieve": _retrieved,
        "metadata": _described,
        "search": _found,
    }
    first: Deviates | Blocked | None = None
    for way in (way for feature, way in ways.items() if feature in endpoint.claims):
        try:
            return way(endpoint, instance)
        except (Deviates, Blocked) as error:
            first = first or error
    if first:
        raise first


def is_there(endpoint: Endpoint, instance: Instance) -> bool:
    """Return whether an instance is there now."""
    try:
        there(endpoint, instance)
    except (Deviates, Blocked):
        return False
    return True


def _retrieved(endpoint: Endpoint, instance: Instance) -> None:
    # Of an own object, which may be large, a check retrieves the rest.
    response = (endpoint.abandon if instance.foreign else endpoint.get)(instance.path, accept=AS_STORED)
    expect.status(response, 200)
    expect.that(
        instance.foreign or part10.is_in(response.body), "the body", "without a DICOM file", "the instance", response
    )


def _described(endpoint: Endpoint, instance: Instance) -> None:
    _named(endpoint.get(f"{instance.path}/metadata"), instance)


def _found(endpoint: Endpoint, instance: Instance) -> None:
    params = {"SOPInstanceUID": instance.sop_instance_uid}
    _named(endpoint.get(f"{instance.series_path}/instances", params=params), instance)


def _named(response: Response, instance: Instance) -> None:
    """Deviate unless a data set of a list is that of an instance."""
    expect.status(response, 200)
    uids = [dicom_json.text(item, "SOPInstanceUID") for item in expect.datasets(response)]
    uid = instance.sop_instance_uid
    expect.that(uid in uids, uid, "not in the list", "there", response)
