"""What endpoints.toml can say of a server, as types, and the endpoint that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from conformance.requirements import profiles


class ConfigurationError(Exception):
    """The configuration cannot be used; the message names the place and the right spelling."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """A table of endpoints.toml."""


class Secret(Table, frozen=True):
    """Where a secret is: an environment variable, or a file (its content without the line end). Never the secret."""

    env: str | None = None
    file: str | None = None


class Basic(Table, tag="basic", frozen=True):
    """Basic authentication (RFC 7617)."""

    username: str
    password: Secret


class Bearer(Table, tag="bearer", frozen=True):
    """A bearer token (RFC 6750)."""

    token: Secret


class ClientCredentials(Table, tag="oauth2", frozen=True):
    """A token from an OAuth 2 token endpoint by the client credentials grant (RFC 6749 4.4)."""

    token_url: str
    client_id: str
    client_secret: Secret
    scope: str = ""


class TokenCommand(Table, tag="command", frozen=True):
    """A bearer token that a command prints; the command and its arguments, no shell."""

    command: Annotated[list[str], msgspec.Meta(min_length=1)]


class Tls(Table, frozen=True):
    """Trust and client certificate, as PEM files. Without `ca` the trust store of the operating system decides."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    key_password: Secret | None = None


class Removal(Table, frozen=True):
    """How a study is removed by the server's own API.

    DELETE is sent to `url` with {StudyInstanceUID} filled in. Where the server has names of its own for studies, the
    StudyInstanceUID is first sent to `lookup` with POST, as text; the answer is a JSON object, or a list of them, and
    its members fill `url`. Both are relative to the endpoint's url.
    """

    url: str
    lookup: str | None = None


Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Settings(Table, frozen=True):
    """One endpoint, as written."""

    url: str
    qido: str | None = None
    wado: str | None = None
    stow: str | None = None
    auth: Basic | Bearer | ClientCredentials | TokenCommand | None = None
    headers: dict[str, str | Secret] = {}
    tls: Tls = Tls()
    proxy: str | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    deadline: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    max_body: Annotated[int, msgspec.Meta(gt=0)] = 256
    supports: list[str] = []
    lacks: list[str] = []
    profile: str = "dicomweb"
    edition: Annotated[str, msgspec.Meta(pattern="^20[0-9]{2}[a-e]$")] | None = None
    writes: bool | None = None
    study: str | list[str] = []
    removal: Literal["dicomweb", "none"] | Removal | None = None
    visibility_delay: Seconds = 0.0
    baseline: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """One server, ready to be talked to: `settings` as written, `secrets` read, `claims` worked out.

    `secrets` is by the place of the secret ("auth.password", "headers.X-Key"); `sources` says for a setting where it
    was written; `folder` is what file names are relative to.
    """

    name: str
    settings: Settings
    claims: frozenset[str]
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    sources: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def edition(self) -> str:
        """The edition of PS3.18 that answers are read by."""
        return self.settings.edition or profiles()[self.settings.profile].edition

    @property
    def only_reads(self) -> str | None:
        """What forbids a run to write, as a message names it; None where it may."""
        if not profiles()[self.settings.profile].writes:
            return f"the profile {self.settings.profile}"
        return "writes = false" if self.settings.writes is False else None

    @property
    def studies(self) -> tuple[str, ...]:
        """The UIDs of the studies that the operator named, for a run that only reads."""
        named = self.settings.study
        return tuple(dict.fromkeys([named] if isinstance(named, str) else named))

    @property
    def removal(self) -> Literal["dicomweb", "none"] | Removal:
        """How the run's studies are removed: as configured, else by DELETE where that is claimed."""
        return self.settings.removal or ("dicomweb" if "delete" in self.claims else "none")

    def root(self, method: str, target: str) -> str:
        """The root URL of the service that a target belongs to, without a slash at its end."""
        stow = self.settings.stow
        service = {"POST": stow, "PUT": stow, "DELETE": None}.get(method, self.settings.wado)
        if method in ("GET", "HEAD") and target.partition("?")[0].rsplit("/")[-1] in ("studies", "series", "instances"):
            service = self.settings.qido
        return (service or self.settings.url).rstrip("/")
