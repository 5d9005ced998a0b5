"""The default endpoint: our own reference server, started for the run and empty."""

from __future__ import annotations

from typing import Any

from conformance.harness.endpoint.configuration import Place, checked
from conformance.harness.endpoint.endpoints import Endpoint, Settings
from conformance.requirements import features


class Embedded:
    """A reference server on a free port of this machine.

    It claims every feature; where a profile is about another service, it is that one, and claims what the profile does.
    """

    def __init__(self) -> None:
        # Slow to import, and not needed where another server is judged.
        from conformance.reference.server import Server

        self._server = Server().start()

    def endpoint(self, **overrides: Any) -> Endpoint:
        """The configuration of the embedded server, with settings of the command line."""
        url = self._server.profile_url(overrides.get("profile") or "")
        settings = Settings(url=url, supports=list(features()) if url == self._server.url else [])
        return checked("embedded", settings, Place("embedded server", "", None), **overrides)

    def stop(self) -> None:
        """Stop it; what it holds is gone."""
        self._server.stop()
