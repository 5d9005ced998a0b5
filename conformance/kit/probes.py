"""Control probes: where a feature is not claimed, one harmless request says whether it is really absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from conformance.dicomweb import uids
from conformance.dicomweb.messages import Response
from conformance.kit import stow
from conformance.kit.instances import Samples


class Endpoint(Protocol):
    """What a probe needs of an endpoint."""

    def post(self, target: str, body: stow.Body) -> Response: ...

    def delete(self, target: str) -> Response: ...


class Finding(NamedTuple):
    """Whether the feature was seen to be there, and the sentence that says what was seen."""

    present: bool
    sentence: str


def delete(endpoint: Endpoint, samples: Samples) -> Finding:
    """DELETE of a study that nobody has. Only a success says that the server deletes; 404 may mean either."""
    response = endpoint.delete(f"studies/{uids.derived(samples.blue.study_uid, 'nobody has this study')}")
    return Finding(response.status < 300, f"DELETE of a study that is not there is answered {response.status}")


def single_part_store(endpoint: Endpoint, samples: Samples) -> Finding:
    """A store without multipart."""
    response = endpoint.post("studies", stow.single_part(samples.blue))
    present = response.status in (200, 202) and samples.blue.sop_instance_uid.encode() in response.content
    return Finding(present, f"a store of application/dicom without multipart is answered {response.status}")


PROBES: dict[str, Callable[[Endpoint, Samples], Finding]] = {
    "delete": delete,
    "single-part-store": single_part_store,
}
