"""The types of the settings in endpoints.toml, and the endpoint that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from conformance.dicomweb import uris
from conformance.harness.endpoint.authentication import Authentication, read
from conformance.harness.endpoint.tables import Secret, Table, about
from conformance.requirements import profiles

# Header fields without credentials. Any other one, such as X-API-Key, may have some: its value is never shown.
HARMLESS = {"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "dnt", "forwarded"}
HARMLESS |= {"origin", "pragma", "prefer", "user-agent", "via", "x-forwarded-for", "x-forwarded-host"}
HARMLESS |= {"x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto", "x-request-id"}


class Tls(Table, frozen=True):
    """Trust and client certificate, as PEM files. Without `ca` the trust store of the operating system decides."""

    ca: Annotated[str | None, about("the certificate authorities to trust")] = None
    certificate: Annotated[str | None, about("the client's certificate")] = None
    key: Annotated[str | None, about("the client's key, if it is not in the file of the certificate")] = None
    key_password: Annotated[Secret | None, about("the password of the key")] = None


class Removal(Table, frozen=True):
    """Removal of a study by the server's own API.

    The run sends DELETE to `url`, with {StudyInstanceUID} filled in. If the server has its own names for studies, the
    run first sends the StudyInstanceUID to `lookup` with POST, as text; the response is a JSON object, or a list of
    them, whose members fill `url`. Both are relative to the endpoint's url.
    """

    url: Annotated[str, about("the target of DELETE")]
    lookup: Annotated[
        str | None, about("the target of a POST with the StudyInstanceUID, which returns the server's own name")
    ] = None


LONGEST, LONGEST_NOTES = 200, 2000  # characters of what is said of a server
Edition = Annotated[str, msgspec.Meta(pattern="^20[0-9]{2}[a-e]$")]


class Settings(Table, frozen=True):
    """One endpoint, as written."""

    url: Annotated[str, about("the root of the service, such as https://pacs.example/dicom-web")]
    qido: Annotated[str | None, about("another root for searches")] = None
    wado: Annotated[str | None, about("another root for retrieves")] = None
    stow: Annotated[str | None, about("another root for stores")] = None
    auth: Annotated[Authentication | None, about("how the run authenticates")] = None
    headers: Annotated[
        dict[str, str | Secret],
        about(
            "additional header fields of every request. Their values are never shown, except those of a few fields"
            " without secrets, such as Accept-Language"
        ),
    ] = {}
    tls: Annotated[Tls, about("trusted authorities, and the client's certificate")] = Tls()
    proxy: Annotated[str | None, about("the URL of a proxy; proxies in environment variables are ignored")] = None
    timeout: Annotated[float, about("timeout in seconds while the server sends nothing", gt=0)] = 10.0
    deadline: Annotated[float, about("timeout in seconds of a whole exchange", gt=0)] = 60.0
    pace: Annotated[
        float,
        about(
            "maximum number of requests per second, 0 for none. The run slows down if a limiter refuses requests", ge=0
        ),
    ] = 0.0
    max_body: Annotated[int, about("size limit of a body that is read, in MB", gt=0)] = 256
    supports: Annotated[
        list[str], about("features that the server has, besides those that the profile claims (see below)")
    ] = []
    lacks: Annotated[
        list[str],
        about(
            "features that the server does not have; they and their parts (see below) are neither requested nor scored."
            ' Without "store" the run stores nothing, and reads an existing `study`'
        ),
    ] = []
    profile: Annotated[str, about("what is scored")] = "dicomweb"
    also: Annotated[
        list[str], about("profiles that are judged beside it and do not change the verdict, such as viewers")
    ] = []
    edition: Annotated[Edition | None, about("the edition of PS3.18 to judge by; the default is the profile's")] = None
    writes: Annotated[bool | None, about("false: the run stores and deletes nothing, like the profile read-only")] = (
        None
    )
    study: Annotated[
        str | list[str],
        about(
            "for a run that only reads: the UID of a study on the server, or a list, of which the run uses the first"
            " study with two series. The study must have a single-frame image, and at most 100 instances. The"
            " folder of the run then has its UIDs, and with --keep-foreign its data: keep it private"
        ),
    ] = []
    objects: Annotated[
        str,
        about(
            "a folder of DICOM files, relative to endpoints.toml: copies of them, under UIDs and identifiers of the"
            " run, are stored and judged too; see [own objects](objects.md)"
        ),
    ] = ""
    removal: Annotated[
        Literal["dicomweb", "none"] | Removal | None,
        about(
            "how the run's studies are removed; the default is DELETE if the feature delete is claimed, otherwise none"
        ),
    ] = None
    visibility_delay: Annotated[
        float,
        about(
            "seconds until a search must reflect a store or a delete; if 0, a run learns them from the first of each,"
            " where they are less than 5",
            ge=0,
        ),
    ] = 0.0
    baseline: Annotated[str | None, about("the file of known deviations, relative to endpoints.toml")] = None
    product: Annotated[str, about("the name of the tested product, for the reports", max_length=LONGEST)] = ""
    vendor: Annotated[str, about("who makes the product", max_length=LONGEST)] = ""
    version: Annotated[str, about("the version of the product, such as 1.12.7", max_length=LONGEST)] = ""
    serial: Annotated[
        str, about("the serial number of the product, or the name of the installation", max_length=LONGEST)
    ] = ""
    site: Annotated[str, about("where the product is installed", max_length=LONGEST)] = ""
    ticket: Annotated[str, about("the ticket, or the number of the acceptance record", max_length=LONGEST)] = ""
    notes: Annotated[str, about("what else the reports should say about the product", max_length=LONGEST_NOTES)] = ""
    operator: Annotated[
        str, about("who runs the suite; DICOMWEB_OPERATOR and --operator override it", max_length=LONGEST)
    ] = ""


def converted(values: Any) -> Settings:
    """The settings of a table of endpoints.toml. Raises msgspec.ValidationError."""
    return msgspec.convert(values, Settings, dec_hook=read)


@dataclass(frozen=True)
class Endpoint:
    """One server, ready to be used: `settings` as written, `secrets` read, `claims` computed.

    `secrets` is by the place of the secret ("auth.password", "headers.X-Key"); `sources` says for a setting where it
    was written; `folder` is the folder that file names are relative to.
    """

    name: str
    settings: Settings
    claims: frozenset[str]
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    sources: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def concealed(self) -> dict[str, str]:
        """The values that must never be shown, by place: secrets, and header fields in plain text that may contain
        one."""
        plain = {
            f"headers.{name}": value
            for name, value in self.settings.headers.items()
            if isinstance(value, str) and name.lower() not in HARMLESS
        }
        return self.secrets | plain

    @property
    def edition(self) -> str:
        """The edition of PS3.18 by which responses are judged."""
        return self.settings.edition or profiles()[self.settings.profile].edition

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profile that is scored, and those that are judged beside it."""
        return (self.settings.profile, *self.settings.also)

    @property
    def only_reads(self) -> str | None:
        """The setting that forbids a run to write, as a message names it; None if it may write."""
        if not profiles()[self.settings.profile].writes:
            return f"the profile {self.settings.profile}"
        if self.settings.writes is False:
            return "writes = false"
        return None if "store" in self.claims else 'lacks = ["store"]'

    @property
    def studies(self) -> tuple[str, ...]:
        """The UIDs of the studies that the operator named, for a run that only reads."""
        named = self.settings.study
        return tuple(dict.fromkeys([named] if isinstance(named, str) else named))

    @property
    def removal(self) -> Literal["dicomweb", "none"] | Removal:
        """The way in which the run's studies are removed: as configured, else by DELETE if that is claimed."""
        return self.settings.removal or ("dicomweb" if "delete" in self.claims else "none")

    def holds(self, url: str) -> bool:
        """True if an absolute URL is below one of the roots, of the same origin; dots in its path do not lead out of
        it."""
        settings = self.settings
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if "@" in parts.netloc or uris.climbs(parts.path):
            return False
        roots = filter(None, (settings.url, settings.qido, settings.wado, settings.stow))
        return any(
            uris.origin(url) == uris.origin(root) and parts.path.startswith(urlsplit(root).path.rstrip("/") + "/")
            for root in roots
        )

    def root(self, method: str, target: str) -> str:
        """The root URL of the service that a target belongs to, without a slash at its end."""
        stow = self.settings.stow
        service = {"POST": stow, "PUT": stow, "DELETE": None}.get(method, self.settings.wado)
        if method in ("GET", "HEAD") and target.partition("?")[0].rsplit("/")[-1] in ("studies", "series", "instances"):
            service = self.settings.qido
        return (service or self.settings.url).rstrip("/")
