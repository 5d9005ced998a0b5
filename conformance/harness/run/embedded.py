"""The default endpoint: our own reference server, started for the run and empty, in a process of its own."""

from __future__ import annotations

from typing import Any

from conformance.harness.endpoint.configuration import Place, checked
from conformance.harness.endpoint.endpoints import Endpoint, Settings
from conformance.kit.verdicts import Stopped
from conformance.reference.process import ServerProcess
from conformance.requirements import features


class Embedded:
    """A reference server on a free port of this machine.

    It claims every feature; if a profile is about another service, it is that service, with the claims of the profile.
    """

    def __init__(self) -> None:
        self._server = ServerProcess()

    def endpoint(self, **overrides: Any) -> Endpoint:
        """The configuration of the embedded server, with settings of the command line."""
        url = self._server.profile_url(overrides.get("profile") or "")
        own = url == self._server.url
        lacks = overrides.get("lacks") or ()
        supports = [name for name, feature in features().items() if own and feature.part_of not in lacks]
        settings = Settings(url=url, supports=supports)
        return checked("embedded", settings, Place("embedded server", "", None), **overrides)

    def wait(self) -> None:
        """Wait until it responds. Raises Stopped if it did not start."""
        if not self._server.wait():
            raise Stopped("the embedded server did not start, or ended at once; its error is above")

    def stop(self) -> None:
        """Stop it, and lose its data."""
        self._server.stop()
