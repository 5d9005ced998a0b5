"""Faults of retrieves at the same time: what one of them works with is overwritten by another."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive
from .registry import fault

PAUSE = 0.01  # seconds in which others may overwrite what is shared


class OneBuffer(Origin):
    """All retrieves of a resource share one place for what they work on."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._shared: Request | None = None

    def overwritten(self, request: Request) -> Request:
        """The last request that came within the pause."""
        self._shared = request
        time.sleep(PAUSE)
        return self._shared


@fault("decoded-frames-share-a-buffer", breaks=("RETRIEVE-RESP-011",), says="should be that of the same request alone")
class DecodedFramesShareABuffer(OneBuffer):
    """Of frames that are asked for at the same time each is sent the one that was asked for last."""

    def frames(self, request: Request) -> Response:
        return super().frames(self.overwritten(request))


@fault("renderings-share-a-buffer", breaks=("RETRIEVE-RESP-011",), says="should be that of the same request alone")
class RenderingsShareABuffer(OneBuffer):
    """Of renderings that are asked for at the same time each is sent the one that was asked for last."""

    def rendered_instance(self, request: Request) -> Response:
        return super().rendered_instance(self.overwritten(request))


@fault("metadata-share-a-buffer", breaks=("RETRIEVE-RESP-011",), says="should be that of the same request alone")
class MetadataShareABuffer(OneBuffer):
    """Of metadata that are asked for at the same time each is sent the ones that were asked for last."""

    def metadata(self, request: Request) -> Response:
        return super().metadata(self.overwritten(request))
