"""Control probes: if a feature is not claimed, one harmless request shows whether it is really absent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from conformance.dicomweb import dicom_json, media_types, uids
from conformance.dicomweb.messages import Fields, Response
from conformance.kit import stow
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.instances import Samples


class Endpoint(Protocol):
    """The requests of an endpoint that a probe sends."""

    def get(self, target: str, *, accept: str | None) -> Response: ...

    def post(self, target: str, body: stow.Body) -> Response: ...

    def delete(self, target: str) -> Response: ...

    def send(self, method: str, target: str, *, accept: str | None, headers: Fields = ()) -> Response: ...


class Located(Protocol):
    """An instance that is on the server, by its paths."""

    @property
    def path(self) -> str: ...

    @property
    def series_path(self) -> str: ...


class Finding(NamedTuple):
    """The result of a probe: the feature was seen to be there or not, and the sentence that says what was seen."""

    present: bool
    sentence: str


class Probe(NamedTuple):
    """The means of a probe: the endpoint, copies of the sample study, and instances that are on the server."""

    endpoint: Endpoint
    copies: Samples
    stored: Callable[[str], Sequence[Located]]


def delete(probe: Probe) -> Finding:
    """DELETE of a study that does not exist. Only a success shows that the server deletes; 404 may mean either."""
    uid = uids.derived(probe.copies.blue.study_uid, "nobody has this study")
    response = probe.endpoint.delete(f"studies/{uid}")
    return Finding(response.status < 300, f"DELETE of a study that does not exist returns {response.status}")


def single_part_store(probe: Probe) -> Finding:
    """A store without multipart."""
    response = probe.endpoint.post("studies", stow.single_part(probe.copies.blue))
    named = probe.copies.blue.sop_instance_uid.encode() in response.content
    sentence = f"a store of application/dicom without multipart returns {response.status}"
    return Finding(response.status in stow.STORED and named, sentence)


def resource(suffix: str, accept: str, probe: Probe) -> Finding:
    """A resource of a stored instance, in a media type."""
    (instance, *_) = probe.stored("sample")
    name = f"an instance's {suffix}" if suffix else "an instance"
    return _read(probe.endpoint, instance.path, suffix, accept, f"GET of {name} as {accept}")


def rendered_series(probe: Probe) -> Finding:
    """A rendered series in the media type that any server may choose."""
    (instance, *_) = probe.stored("sample")
    return _read(probe.endpoint, instance.series_path, "/rendered", ANYTHING, "GET of a rendered series")


def _read(endpoint: Endpoint, path: str, suffix: str, accept: str, asked: str) -> Finding:
    """Request a resource. It has to be of the requested type, and differ from a resource that no server has."""
    response = endpoint.get(path + suffix, accept=accept)
    sentence = f"{asked} returns {response.status}"
    if response.status != 200:
        return Finding(False, sentence)
    kind = response.header("Content-Type") or ""
    if not _is_of(kind, accept):
        return Finding(False, f"{sentence}, but with {kind}")
    unknown = endpoint.get(f"{path}{suffix}/no-such-resource", accept=accept)
    if unknown.status == 200 and _is_of(unknown.header("Content-Type") or "", accept):
        return Finding(False, f"{sentence}, and so is a resource that no server has")
    return Finding(True, sentence)


def _is_of(kind: str, accept: str) -> bool:
    """Return whether a response to an Accept may have a Content-Type. An unreadable type is not another one."""
    try:
        found, wanted = media_types.parse(kind), media_types.parse(accept)
    except media_types.MalformedMediaType:
        return True
    if wanted.essence == ANYTHING:
        return found.essence != "text/html"
    if wanted.essence.startswith("image/"):
        return found.essence.startswith("image/")
    inner = found.get("type") if found.essence.startswith("multipart/") else found.essence
    return inner in (None, wanted.get("type") or wanted.essence)


def search(target: str, probe: Probe) -> Finding:
    """A search for a UID that does not exist."""
    uid = uids.derived(probe.copies.blue.study_uid, "nobody has this UID")
    response = probe.endpoint.get(f"{target}?StudyInstanceUID={uid}&limit=1", accept=DICOM_JSON)
    sentence = f"a search of /{target} returns {response.status}"
    if response.status == 204:
        return Finding(True, sentence)
    try:
        matches = dicom_json.matches(response.content) if response.status == 200 else None
    except dicom_json.MalformedJson as error:
        return Finding(False, f"{sentence}, but {error}")
    return Finding(matches is not None, sentence)


def store(probe: Probe) -> Finding:
    """OPTIONS, and whether it mentions POST: nothing else can be known without a store."""
    response = probe.endpoint.send("OPTIONS", "studies", accept="*/*")
    allowed = [word.strip().upper() for word in (response.header("Allow") or "").split(",")]
    said = "has POST" if "POST" in allowed else "does not have POST"
    return Finding(
        "POST" in allowed, f"Allow of /studies {said}" if any(allowed) else "OPTIONS of /studies has no Allow"
    )


def capabilities(probe: Probe) -> Finding:
    """OPTIONS on the base URI."""
    response = probe.endpoint.send("OPTIONS", "", accept="application/vnd.sun.wadl+xml, application/json;q=0.9")
    described = response.status == 200 and bool(response.content)
    return Finding(described, f"OPTIONS returns {response.status} with {len(response.content)} bytes")


def cors(probe: Probe) -> Finding:
    """A preflight, as a browser sends it for a page of another origin."""
    wishes = (("Origin", "http://viewer.example"), ("Access-Control-Request-Method", "GET"))
    response = probe.endpoint.send("OPTIONS", "studies", accept="*/*", headers=wishes)
    granted = response.header("Access-Control-Allow-Origin") or "absent"
    return Finding(granted != "absent", f"a preflight returns {response.status}, Access-Control-Allow-Origin {granted}")


PROBES: dict[str, Callable[[Probe], Finding]] = {
    "store": store,
    "retrieve": partial(resource, "", AS_STORED),
    "search": partial(search, "studies"),
    "relational-search": partial(search, "instances"),
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
