"""results.json: the truth of a run, written once, with a footer; a reader refuses a file without it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import msgspec

SCHEMA = 1

Verdict = Literal["pass", "fail", "warn", "observed", "not supported", "blocked", "error", "known", "stale"]
Overall = Literal["conforms", "deviates", "incomplete"]

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


class UnreadableResults(Exception):
    """The file is not a finished run of this suite; the message says what to do."""


class Struct(msgspec.Struct, kw_only=True, omit_defaults=False):
    """Base of what results.json holds: keyword-only, every field written."""


class Body(Struct):
    """A message body as a report shows it. `text` is set for text up to a cap, whole only when `cut` is False.

    `path` is None where there is no body, or where the evidence already had as much as it may have.
    """

    size: int
    sha256: str
    path: str | None = None
    text: str | None = None
    cut: bool = False


class Exchange(Struct):
    """One request and its answer. `path` is the file with the request and response heads, relative to the run folder.

    Heads are what went over the wire (start line and fields, secrets masked). `status` is None, and `error` a
    sentence, when no answer came. `curl` sends the same request again, from the run folder.
    """

    path: str
    sha256: str
    method: str
    url: str
    status: int | None
    reason: str
    error: str | None
    seconds: float
    request_head: str
    request_body: Body
    response_head: str
    response_body: Body
    curl: str


class Check(Struct):
    """One check and what it concluded. `summary` is one sentence; `expected` and `observed` are its two halves.

    `kinds` are the kinds of instances that it used, by name; `files` what it left beside its evidence, by path.
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
    expected: str
    observed: str
    blocked_by: str | None
    started: str
    seconds: float
    evidence: list[Exchange]
    kinds: list[str] = []
    files: list[str] = []


class Requirement(Struct):
    """One obligation of the catalogue with the checks that ran for it, or the reason why none did.

    `readings` are what editions or clauses say, where they contradict each other about it; `profile` is set where it
    is no obligation of the standard, but of this profile.
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


class Qualified(Struct):
    """What the qualification record says of the tool: how many of the seeded faults were caught, of the scored
    requirements proven by one, of the correct servers called so. `sha256` is that of the record, qualification.json.
    """

    version: str
    sha256: str
    faults: int
    caught: int
    requirements: int
    proven: int
    servers: int
    conform: int


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


class Traffic(Struct):
    """Bytes are message bodies; `failed` counts requests without an answer."""

    requests: int
    sent: int
    received: int
    failed: int


class Leftover(Struct):
    """A study that this run stored and that may still be on the server."""

    study: str
    why: str


class Footer(Struct):
    """The last thing written: a file without it is the file of a run that did not end."""

    collected: int
    ran: int
    exit: int


class Results(Struct, kw_only=True):
    """One run against one endpoint. `kinds` are the titles of the kinds of instances, by name.

    `stored` are the studies of which the server accepted an instance, or was seen to have one; `instances` is the
    number of those that it accepted. `leftovers` are the studies that are not proven to be gone.

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
    sentence: str
    counts: dict[str, int]
    traffic: Traffic
    preflight: list[str]
    stored: list[str]
    checks: list[Check]
    requirements: list[Requirement]
    leftovers: list[Leftover]
    load: str = ""
    instances: int = 0
    kinds: dict[str, str] = {}
    footer: Footer


def write(results: Results, path: Path) -> None:
    """Write the file whole or not at all.

    In the file every exchange stands once, under `exchanges`; the evidence of a check names it by path and digest,
    since many checks may judge one document.
    """
    document = msgspec.to_builtins(results)
    exchanges: dict[str, object] = {}
    for check in document["checks"]:
        exchanges |= {item["path"]: item for item in check["evidence"]}
        check["evidence"] = [{"path": item["path"], "sha256": item["sha256"]} for item in check["evidence"]]
    document["exchanges"], document["footer"] = list(exchanges.values()), document.pop("footer")
    draft = path.with_suffix(".part")
    draft.write_bytes(msgspec.json.format(_encoded(document), indent=1))
    os.replace(draft, path)


def _encoded(document: Any) -> bytes:
    """The document as JSON; half a surrogate pair, which no UTF-8 has but a server can send, as a question mark."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def read(path: Path) -> Results:
    """Read a finished run. Raises UnreadableResults with one sentence that names the file and the mend."""
    if path.is_dir():
        path = path / "results.json"
    try:
        document = msgspec.json.decode(path.read_bytes())
        results = msgspec.convert(_with_exchanges(document), Results)
    except OSError as error:
        raise UnreadableResults(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        if "footer" in str(error):
            raise UnreadableResults(f"{path} has no footer: that run did not end, run it again") from error
        raise UnreadableResults(f"{path} is not a results.json of this suite: {error}") from error
    except msgspec.DecodeError as error:
        raise UnreadableResults(f"{path} is not whole JSON, that run did not end: {error}") from error
    if results.schema != SCHEMA:
        raise UnreadableResults(f"{path} has schema {results.schema}, this version reads {SCHEMA}")
    return results


def _with_exchanges(document: Any) -> Any:
    """The document with each exchange in its place again. Raises ValidationError where the two do not fit."""
    if not isinstance(document, dict):
        return document
    try:
        exchanges = {item["path"]: item for item in document.pop("exchanges", [])}
        for check in document.get("checks", []):
            check["evidence"] = [exchanges[item["path"]] for item in check["evidence"]]
    except (TypeError, LookupError, AttributeError) as error:
        raise msgspec.ValidationError(f"evidence and exchanges do not fit together, {error}") from error
    return document
