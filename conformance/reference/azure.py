"""The DICOM service of Azure Health Data Services, as far as its conformance statement (version 2) describes it.

It has the same differences from PS3.18: those that the profile of that name documents and judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .answers import DICOM_XML
from .app import FRAMES, INSTANCE, SERIES, STUDY
from .attributes import tag
from .azure_retrieve import Retrieving
from .azure_search import Indexed
from .azure_store import Storing
from .capabilities import Handler
from .dicom_json import Json
from .negotiation import Representation
from .query import Query
from .rendered import IMAGES
from .target import Target

VERSIONS = "1, 2"
MODALITIES = tag("ModalitiesInStudy")


class Azure(Storing, Retrieving):
    """A service with DELETE and single-part store, which refuses duplicates, and responds only in JSON."""

    versions: tuple[str, ...] = ("/v2",)

    # Search

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        return Response(status_code=204) if bytes(response.body) == b"[]" else response

    def query(self, request: Request, target: Target, level: str) -> Query:
        return Indexed(request.query_params.multi_items(), target, level)

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        """Modalities are in order."""
        for found in super().entities(target, level, base):
            modalities = found[MODALITIES]
            yield (
                found | {MODALITIES: modalities | {"Value": sorted(modalities["Value"])}}
                if "Value" in modalities
                else found
            )

    def warn(self, response: Response, base: str, sentences: Any) -> None:
        """Unsupported parameters are not reported."""

    # What is common

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        """JSON but not XML; of images JPEG or PNG, if one of them is named, or JPEG if none is."""
        if not any(form.media_type in IMAGES and form.transfer_syntax is None for form in forms):
            return super().choose(request, [form for form in forms if form.media_type != DICOM_XML])
        parameter = request.query_params.get("accept", "")
        wanted = parameter if parameter in IMAGES else request.headers.get("accept", IMAGES[0]).strip().lower()
        chosen = [form for form in forms if form.media_type == wanted and wanted in IMAGES[:2] and not form.multipart]
        if not chosen:
            raise HTTPException(406, f"renderings are {IMAGES[0]} or {IMAGES[1]}")
        return chosen[0]

    def options(self, request: Request) -> Response:
        raise HTTPException(405, headers={"Allow": ", ".join(self.methods(request))})

    def resources(self) -> dict[str, dict[str, Handler]]:
        """The resources of the standard without renderings of more than one frame, thumbnails and bulk data."""
        left_out = {
            *(path + suffix for path in (STUDY, SERIES) for suffix in ("/rendered", "/thumbnail")),
            *(path + "/thumbnail" for path in (INSTANCE, FRAMES)),
            INSTANCE + "/bulkdata/{path}",
        }
        found = {path: methods for path, methods in super().resources().items() if path not in left_out}
        for path in ("/studies", STUDY):
            found[path] = found[path] | {"PUT": self.upsert}
        return found | {"/partitions/{path:path}": {"GET": self.partition}}

    def partition(self, request: Request) -> Response:
        """Raises 400: there are no data partitions."""
        raise HTTPException(400, "data partitions are not enabled")

    def explain(self, request: Request, error: HTTPException) -> Response:
        return Response(status_code=204) if error.status_code == 204 else super().explain(request, error)

    def finish(self, request: Request, response: Response) -> Response:
        response.headers["api-supported-versions"] = VERSIONS
        if response.status_code == 304:
            del response.headers["ETag"]
        return super().finish(request, response)

    def cross_origin(self, request: Request, response: Response) -> None:
        """Pages of other origins have no access."""
