"""Faults of simultaneous retrieves: one overwrites the data of another."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive
from ..query import Query
from ..target import Target
from .registry import fault

PAUSE = 0.01  # seconds in which others may overwrite what is shared


class OneBuffer(Origin):
    """Uses one buffer for all retrieves of a resource."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._shared: Request | None = None

    def overwritten(self, request: Request) -> Request:
        """The last request that arrived during the pause."""
        self._shared = request
        time.sleep(PAUSE)
        return self._shared


@fault("decoded-frames-share-a-buffer", breaks=("RETRIEVE-RESP-011",), says="should be that of the same request alone")
class DecodedFramesShareABuffer(OneBuffer):
    """Returns the last requested frame to all simultaneous requests for frames."""

    def frames(self, request: Request) -> Response:
        return super().frames(self.overwritten(request))


@fault("renderings-share-a-buffer", breaks=("RETRIEVE-RESP-011",), says="should be that of the same request alone")
class RenderingsShareABuffer(OneBuffer):
    """Returns the last requested rendering to all simultaneous requests for renderings."""

    def rendered_instance(self, request: Request) -> Response:
        return super().rendered_instance(self.overwritten(request))


@fault("metadata-share-a-buffer", breaks=("RETRIEVE-RESP-011",), says="should be that of the same request alone")
class MetadataShareABuffer(OneBuffer):
    """Returns the last requested metadata to all simultaneous requests for metadata."""

    def metadata(self, request: Request) -> Response:
        return super().metadata(self.overwritten(request))


@fault("searches-share-a-page", breaks=("RETRIEVE-RESP-011",), says="should be that of the same request alone")
class SearchesShareAPage(Origin):
    """Applies the limit and offset of the last search to all simultaneous ones."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._last: Query | None = None

    def query(self, request: Request, target: Target, level: str) -> Query:
        found = self._last = super().query(request, target, level)
        time.sleep(PAUSE)
        found.limit, found.offset = self._last.limit, self._last.offset
        return found
