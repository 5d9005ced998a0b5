"""Faults that only some responses show (PS3.18 10.5.3.1, F.2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..answers import DICOM_JSON
from ..app import Origin
from ..archive import Instance
from ..coercion import Coercing
from ..dicom_json import Json
from ..target import Target
from .altered import answer_fault, path, query, with_body
from .registry import fault


@fault("warned-store-is-200", breaks=("STOW-RESP-024",), says="items have a WarningReason (45056)")
class WarnedStoreIs200(Coercing):
    """Returns 200 for a store with a Warning Reason for one instance."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        if response.status_code == 202 and b"00081198" not in bytes(response.body):
            response.status_code = 200
        return response


@fault("compressed-pixels-are-data-fragments", breaks=("JSON-STRUCT-011",), says="is 'DataFragment'")
class CompressedPixelsAreDataFragments(Origin):
    """Returns the pixel data of compressed images in metadata as DataFragment, which the model does not have."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        pixels = found.get("7FE00010", {})
        if instance.transfer_syntax != "1.2.840.10008.1.2.1" and "BulkDataURI" in pixels:
            fragments = [{"BulkDataURI": pixels["BulkDataURI"]}]
            return found | {"7FE00010": {"vr": "OB", "DataFragment": fragments}}
        return found


@answer_fault("page-of-matches-ends-with-a-comma", breaks=("JSON-VALID-001",), says="should be valid JSON")
def page_of_matches_ends_with_a_comma(request: Request, response: Response) -> Response | None:
    """Ends a list of matches that limit has truncated with a comma."""
    cut = path(request) == "/instances" and "limit=" in query(request) and bytes(response.body).endswith(b"}]")
    if cut and response.headers.get("content-type") == DICOM_JSON:
        return with_body(response, bytes(response.body)[:-1] + b",]")
    return None


@fault("retrieve-url-without-the-prefix", breaks=("COMMON-URI-001",), says="which leads nowhere")
class RetrieveUrlWithoutThePrefix(Origin):
    """Omits the path of the service from RetrieveURL, as behind a proxy that adds it."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        return super().entities(target, level, re.sub("(://[^/]*).*", r"\1", base))
