"""Bodies of store requests (PS3.18 10.5.1, RFC 2387)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from conformance.dicomweb import multipart as wire
from conformance.dicomweb.buffers import Buffer, pieces
from conformance.kit.instances import Instance

# The statuses of a store that stored something (10.5.3.1), with 201 of 8.5: STOW-RESP-001 judges which one it is.
STORED = (200, 201, 202)

RELATED = 'multipart/related; type="application/dicom"; boundary={boundary}'
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Body:
    """A request body. `instances` are what it may store, for the ledger; `chunked` sends it without a length.

    An empty `content_type` is left out of the request. `content` that is not bytes may be too large for memory.
    """

    content_type: str
    content: Buffer
    instances: tuple[Instance, ...] = ()
    chunked: bool = False

    def chunks(self) -> Iterator[bytes]:
        """The content in pieces of 64 KiB."""
        return pieces(self.content, CHUNK)


def multipart(instances: Sequence[Instance], content_type: str = RELATED, *, chunked: bool = False) -> Body:
    """The instances as parts of a multipart message; {boundary} in `content_type` is filled in."""
    boundary = f"dwc-{uuid4().hex}"
    content = wire.related([("application/dicom", instance.content) for instance in instances], boundary)
    return Body(content_type.format(boundary=boundary), content, tuple(instances), chunked)


def single_part(instance: Instance) -> Body:
    """One instance as application/dicom, without multipart: an extension of some servers."""
    return Body("application/dicom", instance.content, (instance,))
