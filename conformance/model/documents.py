"""The documents that a server returns in the DICOM JSON Model and in XML, each requested once in a run.

Many rules judge each. A document that the server does not return blocks them: another check reports it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from conformance.dicomweb import json_walker
from conformance.dicomweb.messages import Response
from conformance.kit import expect, given, resources
from conformance.kit.accept import DICOM_JSON
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, Deviates, NotSupported

XML = 'multipart/related; type="application/dicom+xml"'


class Endpoint(Protocol):
    """An endpoint from which documents are requested."""

    @property
    def claims(self) -> frozenset[str]: ...

    def fetch(self, target: str, *, accept: str | None, params: Mapping[str, str]) -> Response: ...


class Stored(Protocol):
    """The instances of a kind, stored by then, and the response to their store."""

    def __call__(self, kind: str) -> tuple[Instance, ...]: ...

    def response(self, kind: str) -> Response: ...


@dataclass(frozen=True)
class Document:
    """A resource about the instances of a kind; `target` and `params` are made from the first of them.

    `feature` is the one that an endpoint must claim for it.
    """

    kind: str
    target: Callable[[Instance], str]
    params: Callable[[Instance], dict[str, str]] = field(default=lambda _: {})
    feature: str | None = None


def _metadata(kind: str, level: Callable[[Instance], str]) -> Document:
    return Document(kind, lambda instance: f"{level(instance)}/metadata", feature="metadata")


def _study(instance: Instance) -> str:
    return instance.study_path


def _series(instance: Instance) -> str:
    return instance.series_path


def _instance(instance: Instance) -> str:
    return instance.path


def _of_study(instance: Instance) -> dict[str, str]:
    return {"StudyInstanceUID": instance.study_uid}


METADATA = {
    "study-metadata": _metadata("sample", _study),
    "series-metadata": _metadata("sample", _series),
    "instance-metadata": _metadata("sample", _instance),
    "every-vr-study-metadata": _metadata("every-vr", _study),
    "every-vr-series-metadata": _metadata("every-vr", _series),
    "every-vr-instance-metadata": _metadata("every-vr", _instance),
    "mixed-metadata": _metadata("mixed", _study),
}
EVERY_VR = {name: document for name, document in METADATA.items() if document.kind == "every-vr"}
SEARCHES = {
    "search-studies": Document("sample", lambda _: "studies", _of_study),
    "search-series": Document("sample", lambda _: "series", _of_study),
    "search-instances": Document("sample", lambda _: "instances", _of_study),
    "search-study-series": Document("sample", lambda instance: f"{instance.study_path}/series"),
    "search-study-instances": Document("sample", lambda instance: f"{instance.study_path}/instances"),
    "search-series-instances": Document("sample", lambda instance: f"{instance.series_path}/instances"),
}
LISTS = METADATA | SEARCHES
STORE_RESPONSE = "store-response"
# One search, since it is a separate question whether searches return XML.
XML_DOCUMENTS = {
    "study-metadata": METADATA["study-metadata"],
    "series-metadata": METADATA["series-metadata"],
    "instance-metadata": METADATA["instance-metadata"],
    "every-vr-metadata": METADATA["every-vr-instance-metadata"],
    "search-studies": SEARCHES["search-studies"],
}


def fetch(name: str, endpoint: Endpoint, stored: Stored, accept: str = DICOM_JSON) -> Response:
    """A document of LISTS, or the store response of the sample study. Raises Blocked if there is none."""
    if name == STORE_RESPONSE:
        response = filled(stored.response("sample"))
        if "json" not in (response.header("Content-Type") or "") and not json_walker.is_json(response.content):
            raise Blocked(f"the response to the store is not JSON ({response.request})", by="stow-resp-005")
        return response
    return of(LISTS[name], endpoint, stored, accept)


def of(document: Document, endpoint: Endpoint, stored: Stored, accept: str = DICOM_JSON) -> Response:
    """A document. Raises NotSupported if it is not claimed, Blocked if the server does not return it."""
    if document.feature:
        given.claimed(endpoint, document.feature)
    instance = stored(document.kind)[0]
    response = endpoint.fetch(document.target(instance), accept=accept, params=document.params(instance))
    given.present(response, resources.judge(response.request))
    return filled(response)


def filled(response: Response) -> Response:
    """The response, if it says something about the stored instances. Raises Blocked if it is empty."""
    if response.content.strip() in (b"", b"[]", b"{}"):
        by = "stow-resp-005" if response.request.method == "POST" else resources.judge(response.request)
        raise Blocked(f"the document is empty ({response.request})", by)
    return response


def metadata(kind: str, endpoint: Endpoint, stored: Stored) -> Response:
    """The metadata of the first instance of a kind, in JSON. Raises Blocked if there are none."""
    return of(_metadata(kind, _instance), endpoint, stored)


def xml(document: Document, endpoint: Endpoint, stored: Stored) -> tuple[Response, list[bytes]]:
    """A document in XML and the contents of its parts, at least one. Raises Blocked if there is none."""
    response = of(document, endpoint, stored, XML)
    try:
        return response, [bytes(part.content) for part in expect.parts(response)]
    except Deviates as error:
        if document in SEARCHES.values():
            raise NotSupported(f"the search does not return XML: {error}") from None
        raise Blocked.of(error.deviation, "xml-model-013") from None


def xml_metadata(kind: str, endpoint: Endpoint, stored: Stored) -> tuple[Response, bytes]:
    """The metadata of the first instance of a kind in XML, and its only part. Raises Blocked if there are none."""
    response, _ = xml(_metadata(kind, _instance), endpoint, stored)
    return response, bytes(given.one_part(response, by="xml-model-013").content)
