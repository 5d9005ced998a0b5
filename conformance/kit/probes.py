"""Control probes: where a feature is not claimed, one harmless request says whether it is really absent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from conformance.dicomweb import uids
from conformance.dicomweb.messages import Fields, Response
from conformance.kit import stow
from conformance.kit.instances import Samples


class Endpoint(Protocol):
    """What a probe needs of an endpoint."""

    def get(self, target: str, *, accept: str | None) -> Response: ...

    def post(self, target: str, body: stow.Body) -> Response: ...

    def delete(self, target: str) -> Response: ...

    def send(self, method: str, target: str, *, accept: str | None, headers: Fields = ()) -> Response: ...


class Located(Protocol):
    """What a probe reads: an instance that is on the server, by its paths."""

    @property
    def path(self) -> str: ...

    @property
    def series_path(self) -> str: ...


class Finding(NamedTuple):
    """Whether the feature was seen to be there, and the sentence that says what was seen."""

    present: bool
    sentence: str


class Probe(NamedTuple):
    """What a probe works with: the endpoint, copies of the sample study, and instances that are on the server."""

    endpoint: Endpoint
    copies: Samples
    stored: Callable[[str], Sequence[Located]]


def delete(probe: Probe) -> Finding:
    """DELETE of a study that nobody has. Only a success says that the server deletes; 404 may mean either."""
    uid = uids.derived(probe.copies.blue.study_uid, "nobody has this study")
    response = probe.endpoint.delete(f"studies/{uid}")
    return Finding(response.status < 300, f"DELETE of a study that is not there is answered {response.status}")


def single_part_store(probe: Probe) -> Finding:
    """A store without multipart."""
    response = probe.endpoint.post("studies", stow.single_part(probe.copies.blue))
    named = probe.copies.blue.sop_instance_uid.encode() in response.content
    sentence = f"a store of application/dicom without multipart is answered {response.status}"
    return Finding(response.status in (200, 202) and named, sentence)


def resource(suffix: str, accept: str, probe: Probe) -> Finding:
    """A resource of a stored instance, in a media type."""
    (instance, *_) = probe.stored("sample")
    response = probe.endpoint.get(instance.path + suffix, accept=accept)
    return Finding(response.status == 200, f"GET of an instance's {suffix} as {accept} is answered {response.status}")


def rendered_series(probe: Probe) -> Finding:
    """A rendered series in the media type that any server may choose."""
    (instance, *_) = probe.stored("sample")
    response = probe.endpoint.get(instance.series_path + "/rendered", accept="*/*")
    return Finding(response.status == 200, f"GET of a rendered series is answered {response.status}")


def capabilities(probe: Probe) -> Finding:
    """OPTIONS on the base URI."""
    response = probe.endpoint.send("OPTIONS", "", accept="application/vnd.sun.wadl+xml, application/json;q=0.9")
    described = response.status == 200 and bool(response.content)
    return Finding(described, f"OPTIONS is answered {response.status} with {len(response.content)} bytes")


def cors(probe: Probe) -> Finding:
    """A preflight, as a browser sends it for a page of another origin."""
    wishes = (("Origin", "http://viewer.example"), ("Access-Control-Request-Method", "GET"))
    response = probe.endpoint.send("OPTIONS", "studies", accept="*/*", headers=wishes)
    granted = response.header("Access-Control-Allow-Origin") or "absent"
    return Finding(
        granted != "absent", f"a preflight is answered {response.status}, Access-Control-Allow-Origin {granted}"
    )


PROBES: dict[str, Callable[[Probe], Finding]] = {
    "metadata": partial(resource, "/metadata", "application/dicom+json"),
    "frames": partial(resource, "/frames/1", "*/*"),
    "rendered": partial(resource, "/rendered", "image/jpeg"),
    "rendered-series": rendered_series,
    "xml": partial(resource, "/metadata", 'multipart/related; type="application/dicom+xml"'),
    "capabilities": capabilities,
    "cors": cors,
    "thumbnails": partial(resource, "/thumbnail", "image/jpeg"),
    "delete": delete,
    "single-part-store": single_part_store,
}
