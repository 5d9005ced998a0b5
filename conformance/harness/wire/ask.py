"""A request as a value."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.dicomweb.messages import Fields
from conformance.kit.accept import DICOM_JSON
from conformance.kit.stow import Body

SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Ask:
    """One request. `target` is below the endpoint's root, or at `url`, which is absolute and then shown as `target`.

    `accept`: None sends no Accept field. `headers`: further fields; Accept-Encoding there replaces "identity".
    `whole`: False hangs up after the first bytes of the response's body. `anonymous`: without credentials.
    """

    method: str
    target: str
    accept: str | None = DICOM_JSON
    body: Body | None = None
    headers: Fields = ()
    url: str | None = None
    anonymous: bool = False
    whole: bool = True

    @property
    def shown(self) -> str:
        """The target as messages show it."""
        return self.target if "://" in self.target else "/" + self.target.removeprefix("/")
