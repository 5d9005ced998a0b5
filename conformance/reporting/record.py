"""The truth of a run as values: its checks, obligations and circumstances. results.json holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, field
from msgspec.structs import replace

from conformance.reporting.exchange import Body as Body
from conformance.reporting.exchange import Exchange as Exchange
from conformance.reporting.exchange import InFolder, Number, Seconds, Struct

SCHEMA = 4

Verdict = Literal["pass", "fail", "warn", "observed", "not supported", "blocked", "error", "known", "stale"]
Overall = Literal["conforms", "accepted", "deviates", "incomplete"]

# The order in which people read them: what needs them first.
VERDICTS: tuple[Verdict, ...] = (
    "fail",
    "blocked",
    "error",
    "stale",
    "known",
    "warn",
    "pass",
    "observed",
    "not supported",
)


# What a client suffers at worst where an obligation is broken, the gravest first.
HARMS = (
    "data lost or mixed up",
    "wrong data shown",
    "not found or not opened",
    "refused or slow",
    "cosmetic",
)


class Deviation(Struct):
    """What a server does otherwise: `subject` is `found`, should be `wanted`, in the response to the request `sent`.

    `why` is, for a warning, the other reading of the text, or the doubt. `places` are all of them where a check looks
    at many.
    """

    subject: str
    found: str
    wanted: str
    sent: str
    why: str = ""
    places: list[str] = []


class Check(Struct, kw_only=True):
    """One check and what it concluded, `summary`, in one sentence.

    `deviation` is that sentence in its parts where the server deviates, or may; for a blocked check it is what blocks
    it. `reason` is why a deviation is known. `harm`, one of HARMS, is that of its requirement. `kinds` are the kinds of
    instances that it used, by name, `wrong` those that deviate, where it judges many; `files` what it left beside its
    evidence, by path. `beside` is the profile that it is of if that is judged beside the verdict.
    """

    id: str
    node: str
    requirement: str
    clause: str
    level: str
    tier: str
    transaction: str
    title: str
    verdict: Verdict
    summary: str
    deviation: Deviation | None = None
    reason: str = ""
    harm: str = ""
    blocked_by: str | None = None
    started: str
    seconds: Seconds
    evidence: list[Exchange]
    kinds: list[str] = []
    wrong: list[str] = []
    files: list[InFolder] = []
    beside: str = ""

    def of(self, kind: str) -> Check:
        """The check as it ended for one of its kinds: a pass, if it found what deviates in others."""
        return replace(self, verdict="pass") if self.wrong and kind not in self.wrong else self


class Requirement(Struct):
    """One obligation of the catalogue with the checks that ran for it, or the reason why none did.

    `harm` is what a client suffers at worst where it is broken, one of HARMS; empty in a run of an older version.
    `readings` are what editions or clauses say, where they contradict each other about it; `profile` is set where it
    is not an obligation of the standard, but of this profile.

    `waived`: the standard requires it of this endpoint, which does not claim it. `refused` is what the server refuses,
    if no check could judge it because of that. `viewers` depend on it.
    """

    id: str
    clause: str
    level: str
    tier: str
    transaction: str
    statement: str
    client: str
    feature: str | None
    checks: list[str]
    not_tested: str | None
    readings: list[str] = []
    profile: str | None = None
    harm: str = ""
    waived: bool = False
    refused: str = ""
    viewers: list[str] = []


class Qualified(Struct):
    """What the qualification record says of the tool: how many of the seeded faults were caught, of the scored
    requirements proven by one, of the correct servers called so. `sha256` is that of the record, qualification.json.
    """

    version: str
    sha256: str
    faults: Number
    caught: Number
    requirements: Number
    proven: Number
    servers: Number
    conform: Number


class Suite(Struct):
    """The tool that judged, and what proves it."""

    name: str
    version: str
    python: str
    packages: dict[str, str]
    qualified: Qualified | None = None


class Setting(Struct):
    """One line of the resolved configuration, secrets masked, with where it came from."""

    name: str
    value: str
    source: str


class Endpoint(Struct):
    """The server that was judged. `server` is how it names itself; `settings` is the masked configuration.

    `target` is what `--endpoint` was, "" for the embedded server.
    """

    name: str
    url: str
    server: str
    claims: list[str]
    not_claimed: list[str]
    settings: list[Setting]
    target: str = ""


class Tested(Struct):
    """What somebody said of the server: in endpoints.toml, or with --about. "" where nobody did."""

    product: str = ""
    vendor: str = ""
    version: str = ""
    serial: str = ""
    site: str = ""
    ticket: str = ""
    notes: str = ""


class Traffic(Struct):
    """Bytes are message bodies; `failed` counts requests without an answer."""

    requests: Number
    sent: Number
    received: Number
    failed: Number


class Leftover(Struct):
    """A study that this run stored and that may still be on the server."""

    study: str
    why: str


class KnownDeviation(Struct):
    """One entry of a baseline: what was found of a requirement, and who accepted it why, `on` which day, until when."""

    requirement: str
    found: str
    checks: list[str]
    reason: str
    issue: str = ""
    by: str = ""
    on: str = ""
    expires: str = ""


class Baseline(Struct):
    """The list of known deviations that the run was judged under; `sha256` is that of the file."""

    file: str
    sha256: str
    entries: list[KnownDeviation]


class Viewer(Struct):
    """A viewer, with its version, and the ids of its needs that apply to this endpoint; each is a requirement.

    `unmet` and `unjudged` are among `needs`; `sentence` says the same in words.
    """

    name: str
    needs: list[str]
    unmet: list[str]
    unjudged: list[str]
    sentence: str


class Shown(Struct):
    """How a real viewer, named with its version, shows a kind of instances: the gravest verdict of its checks, and
    "observed" where the viewer shows it otherwise with any server.

    `picture` is a PNG in base64, "" if none is kept: above the first frames as they should be, below as they are on the
    screen. `requests` is the number of those that the viewer sent; `failed` are the ones without what was asked for.
    """

    kind: str
    verdict: Verdict
    picture: Annotated[str, Meta(pattern="^[A-Za-z0-9+/=]*$")]
    requests: Number
    failed: list[str]
    viewer: str = ""


class Beside(Struct):
    """A profile that was judged beside the one of the verdict, which it does not change: its own checks and
    requirements, and what they say of each viewer. `sentence` says the same of all of them.

    `shown` are the kinds that were opened in a real viewer.
    """

    profile: str
    sentence: str
    viewers: list[Viewer]
    checks: list[Check]
    requirements: list[Requirement]
    shown: list[Shown] = []


class OwnObject(Struct):
    """One file of the operator's that was judged: its name, its number in the folder, and what it is.

    `file` is its path in the folder, "" where that is not kept; `sha256` that of the file; `size` is in bytes.
    """

    name: str
    number: Number
    file: str
    sha256: str
    size: Number
    sop_class: str
    modality: str
    manufacturer: str
    transfer_syntax: str
    frames: Number


class LeftOut(Struct):
    """One file of the operator's that was not judged, and why, as the end of a sentence."""

    number: Number
    file: str
    why: str


class OwnObjects(Struct):
    """The operator's own objects. `skipped` files were not taken, as others of their kind were."""

    files: Number
    skipped: Number
    taken: list[OwnObject]
    left: list[LeftOut]


class Footer(Struct):
    """The last thing written: a file without it is the file of a run that did not end."""

    collected: Number
    ran: Number
    exit: Annotated[int, Meta(ge=0, le=255)]


class Results(Struct, kw_only=True):
    """One run against one endpoint. `kinds` are the titles of the kinds of instances, by name.

    `operator` is who ran it, "" where nobody said.

    `stored` are the studies of which the server accepted an instance, or was seen to have one; `instances` is the
    number of those that it accepted. `leftovers` are the studies that are not proven to be gone.

    `baseline` is None for a run without one. `evidence` is the SHA-256 of evidence.zip, "" where there is none.

    `part` is what of the suite was asked for, as the command line had it; "" for all of it.

    `beside` are the profiles that were judged too; their checks are counted nowhere else. `objects` are the operator's
    own; None where there were none.

    `load` says who came at the same time, such as "8 readers and 8 writers"; "" where that was not asked for.
    """

    schema: int
    run: str
    suite: Suite
    edition: str
    profile: str
    endpoint: Endpoint
    operator: str
    started: str
    finished: str
    overall: Overall
    sentence: Annotated[str, Meta(max_length=10_000)]
    counts: dict[str, Number]
    traffic: Traffic
    preflight: list[str]
    stored: list[str]
    checks: list[Check]
    requirements: list[Requirement]
    leftovers: list[Leftover]
    part: str = ""
    evidence: str = ""
    load: str = ""
    instances: int = 0
    kinds: dict[str, str] = {}
    baseline: Baseline | None = None
    tested: Tested = field(default_factory=Tested)
    beside: list[Beside] = []
    objects: OwnObjects | None = None
    footer: Footer

    @property
    def every_check(self) -> list[Check]:
        """The checks of the verdict, and those beside it."""
        return [*self.checks, *(check for item in self.beside for check in item.checks)]

    @property
    def every_requirement(self) -> list[Requirement]:
        """The requirements of the verdict, and those beside it."""
        return [*self.requirements, *(requirement for item in self.beside for requirement in item.requirements)]


def worst_first(checks: Iterable[Check]) -> list[Check]:
    """Checks by what a client suffers at worst, the gravest first; those of one class as they were."""
    return sorted(checks, key=lambda check: HARMS.index(check.harm) if check.harm in HARMS else len(HARMS))


def entry_of(check: Check, baseline: Baseline | None) -> KnownDeviation:
    """The entry of the baseline by which a check is known; for a deviation that a profile documents, one made of it."""
    own = [entry for entry in baseline.entries if check.id in entry.checks] if baseline else []
    told = [
        entry for entry in own if check.reason == (f"{entry.reason} ({entry.issue})" if entry.issue else entry.reason)
    ]
    if entry := next(iter(told), None):
        return entry
    return KnownDeviation(requirement=check.requirement, found="", checks=[check.id], reason=check.reason)
