"""The server that follows the other reading of every contradiction in the text."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ..capabilities import Handler
from ..negotiation import CHARSETS, MediaType, Representation, accepted
from .registry import variant
from .search import NoMatchIs204


@variant("other-readings", "standard 8.5, 8.7.3, 8.8.1, 10.4.1.1.6, 10.5.3.3")
class OtherReadings(NoMatchIs204):
    """Follows the other reading wherever the text contradicts itself (contradictions.toml)."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        asked = [*accepted(request.headers.get("accept", "")), *accepted(request.query_params.get("accept", ""))]
        _known_charset(request, asked)
        try:
            return super().choose(request, forms)
        except HTTPException as error:
            if error.status_code != 406 or not forms:
                raise
        return forms[0]

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        return PlainTextResponse("nothing was stored", 409) if response.status_code == 409 else response

    def resources(self) -> dict[str, dict[str, Handler]]:
        return super().resources() | {"/series/{series}/instances": {"GET": self.search_instances}}


def _known_charset(request: Request, asked: list[MediaType]) -> None:
    """Raises 400 for an unsupported character set, as editions up to 2020c require."""
    wanted = [entry.parameters["charset"] for entry in asked if "charset" in entry.parameters]
    wanted += request.query_params.get("charset", "utf-8").split(",")
    if not {name.strip().lower() for name in wanted} & set(CHARSETS):
        raise HTTPException(400, "the character set is not supported")
