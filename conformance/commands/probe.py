"""`probe NAME or URL`: say whether a run could start, what the server seems to support, and what a run would store
there.

    dicomweb-conformance probe https://pacs.example/dicom-web
    dicomweb-conformance probe pacs
    dicomweb-conformance probe pacs --try-removal

It takes some seconds and sends GET and OPTIONS only: nothing is stored, changed or deleted. It shows only UIDs of what
is on the server, and ends with a block for endpoints.toml.

Only a store and a delete can show how a run may remove what it stores. If no removal is configured, the command asks on
the terminal whether it may try with one small instance of its own; --try-removal agrees beforehand. Its ledger is a
folder below --reports: it is removed if the instance is proven gone; otherwise `cleanup` takes it.

exit codes: 0 a run could start, 4 the configuration is wrong, 5 a run could not start: one sentence says what to change
"""

from __future__ import annotations

import argparse
import dataclasses
import secrets
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import msgspec

from conformance.commands.output import guarded
from conformance.harness.data import held
from conformance.harness.data.amount import amount
from conformance.harness.data.survey import Seen, Survey, Unwritten
from conformance.harness.data.trial import Tried, Way, trial
from conformance.harness.endpoint import authentication, removals
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.endpoints import Endpoint, Removal, Settings
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.endpoint.settings import account, settings
from conformance.harness.endpoint.suggestion import block
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.collected import checks
from conformance.harness.run.exits import NOTHING_RAN
from conformance.harness.run.options import SAMPLES
from conformance.harness.run.plan import new_id
from conformance.harness.run.preflight import steps
from conformance.harness.wire.ask import Ask
from conformance.harness.wire.client import Client, TransportError
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.ledger import Ledger, Origin
from conformance.kit.instances import Samples, read_samples
from conformance.kit.verdicts import Blocked, Stopped, Unanswered
from conformance.reporting import terminal
from conformance.reporting.text import shorten, visible
from conformance.requirements import features

WIDTH, LABEL = 110, 19


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the option: the endpoint."""
    parser.add_argument("target", metavar="NAME|URL", help="a URL, or a name in endpoints.toml")
    help = "the configuration (default: endpoints.toml)"
    parser.add_argument("--endpoints", metavar="FILE", default="endpoints.toml", help=help)
    help = "store one small instance and try to remove it again (default: ask on the terminal)"
    parser.add_argument("--try-removal", action="store_true", help=help)
    help = "where the ledger of that instance is written (default: reports)"
    parser.add_argument("--reports", metavar="DIR", type=Path, default=Path("reports"), help=help)


def main(options: argparse.Namespace) -> int:
    """Exit code 0 if a run could start, 5 if not. Raises ConfigurationError."""
    endpoint = resolve(options.target, Path(options.endpoints))
    # With this the connection sends nothing but reads.
    reading = dataclasses.replace(endpoint, settings=msgspec.structs.replace(endpoint.settings, writes=False))
    mask = Mask.of(reading)
    with guarded(mask):
        return _probe(options, endpoint, reading, Unwritten(reading, mask))


def _probe(options: argparse.Namespace, endpoint: Endpoint, reading: Endpoint, recorder: Unwritten) -> int:
    """Probe an endpoint; `reading` is the same endpoint, limited to reads. Returns the exit code."""
    client = Client(reading)
    connection = Connection(reading, client, recorder, Ledger(Path(), Origin("", None, "", "")))
    run, samples = f"probe-{secrets.token_hex(4)}", read_samples(SAMPLES)
    try:
        _begin(connection, run, endpoint)
        seen = []
        for item in Survey(connection, run, samples):
            _say(item.topic, item.sentence)
            seen.append(item)
        deletes = any(item.present for item in seen if item.feature == "delete")
        way = None if deletes else recognised(connection)
    except (Stopped, TransportError) as problem:
        _stopped(problem, endpoint)
        return NOTHING_RAN
    finally:
        client.close()
    for label, text in _of_a_run(endpoint, samples):
        _say(label, text)
    tried = _try_removal(options, endpoint, way)
    print(f"\na run could start: dicomweb-conformance run {options.target}\nin endpoints.toml:\n")
    print(visible(block(endpoint.name, public(removing(suggested(endpoint, seen), tried, way), endpoint)), keep="\n"))
    print(*remarks(endpoint, seen, tried, way), sep="\n")
    return 0


def recognised(connection: Connection) -> Removal | None:
    """The own API by which the server seems to remove studies, if none is configured and it is a known one."""
    endpoint = connection.config
    if endpoint.settings.removal or "delete" in endpoint.claims:
        return None
    for known in removals.known().values():
        url = urljoin(endpoint.settings.url.rstrip("/") + "/", known.at)
        with suppress(Unanswered, Blocked):
            # Without credentials, which are for what is below the root of the service.
            response = connection.ask(Ask("GET", url, None, url=url, anonymous=True))
            challenge = response.header("WWW-Authenticate") or ""
            if known.asks_for_credentials(challenge) or (
                response.status == 200 and known.names_itself(response.content)
            ):
                return known.removal
    return None


def removing(settings: Settings, tried: Tried | None, way: Removal | None) -> Settings:
    """The settings with the removal that works or, if nothing was tried, with that of the recognised product."""
    if tried is None:
        return msgspec.structs.replace(settings, removal=way) if way else settings
    supports = [name for name in settings.supports if name != "delete" or "dicomweb" not in tried.failed]
    if isinstance(tried.works, Removal):
        return msgspec.structs.replace(settings, supports=supports, removal=tried.works)
    if tried.works:
        supports += [] if "delete" in supports else ["delete"]
    return msgspec.structs.replace(settings, supports=supports)


def _try_removal(options: argparse.Namespace, endpoint: Endpoint, way: Removal | None) -> Tried | None:
    """Try the configured removal or, without one, DELETE and the own API, if somebody agrees; None if nobody does."""
    configured = endpoint.removal
    if endpoint.only_reads or not (options.try_removal or (configured == "none" and _agrees(endpoint))):
        return None
    ways: list[Way] = ["dicomweb", *([way] if way else [])] if configured == "none" else [configured]
    run = new_id(datetime.now(UTC))
    folder = options.reports.resolve() / endpoint.name / run
    origin = Origin(run, options.target, endpoint.settings.url, account(endpoint))
    try:
        tried = trial(endpoint, folder, origin, ways)
    except KeyboardInterrupt:
        print(f"\n{visible(terminal.cleanup(str(folder), options.target))} removes what was stored")
        raise
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written: {error.strerror}; --reports names another") from error
    for text in tried.seen:
        _say("removal", text)
    for line in terminal.left(tried.left, [], str(folder), options.target):
        print(visible(line))
    return tried


def _agrees(endpoint: Endpoint) -> bool:
    """Ask on the terminal, if there is one."""
    if not sys.stdin.isatty():
        return False
    url = visible(endpoint.settings.url)
    print(f"\nStore one small instance at {url}, to see how it can be removed? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def suggested(endpoint: Endpoint, seen: Sequence[Seen]) -> Settings:
    """The settings, plus features seen but not claimed, minus features claimed but not seen.

    Capabilities are never left out automatically: PS3.18 demands them of every server.
    """
    written, every = endpoint.settings, features()
    present = {name for name in _features(seen) if any(item.present for item in seen if item.feature == name)}
    absent = {name for name in _features(seen) if all(item.present is False for item in seen if item.feature == name)}
    absent &= endpoint.claims - {"capabilities"}
    lacks = [name for name in every if name in absent and every[name].part_of not in absent]
    # A feature that belongs to a transaction must be named if it was seen without it.
    there = [
        name for name in every if name in present and (name not in endpoint.claims or every[name].part_of in absent)
    ]
    study = next((item.study for item in seen if item.study), None)
    return msgspec.structs.replace(
        written,
        supports=[
            *(name for name in written.supports if name not in lacks),
            *(name for name in there if name not in {*written.lacks, *written.supports}),
        ],
        lacks=[*written.lacks, *lacks],
        study=study if "store" in lacks and study and not endpoint.studies else written.study,
    )


def _features(seen: Sequence[Seen]) -> set[str]:
    return {item.feature for item in seen if item.feature and item.present is not None}


def remarks(endpoint: Endpoint, seen: Sequence[Seen], tried: Tried | None, way: Removal | None) -> list[str]:
    """Remarks about what the block leaves open, as comments below it."""
    known = {name: any(item.present for item in seen if item.feature == name) for name in _features(seen)}
    study = next((item.study for item in seen if item.study), "1.2.3...")
    lines = []
    if tried and not tried.works and not known.get("delete"):
        lines.append("# no removal is known: a run asks before it leaves what it stores on the server (--leave agrees)")
    elif way and not tried:
        lines.append("# removal is that of the product which this seems to be; probe --try-removal tries it")
    elif not tried and not known.get("delete") and endpoint.removal == "none" and not endpoint.only_reads:
        lines.append('# supports = ["delete"] belongs here too where DELETE of a study removes it: --try-removal tries')
    if known.get("capabilities") is False and "capabilities" in endpoint.claims:
        lines.append(
            '# lacks = ["capabilities"] would waive what PS3.18 10.2 demands of every server; the verdict says so'
        )
    if "store" not in known and not tried and not endpoint.only_reads:
        lines.append(f'# lacks = ["store"] and study = "{study}" belong here where every POST is refused')
    return lines


def public(settings: Settings, endpoint: Endpoint) -> Settings:
    """The settings with dots in the place of what may be a secret: the words of a command, and header fields in plain
    text."""
    auth = None if settings.auth is None else authentication.public(settings.auth)
    headers = {
        name: "..." if isinstance(value, str) and f"headers.{name}" in endpoint.concealed else value
        for name, value in settings.headers.items()
    }
    return msgspec.structs.replace(settings, auth=auth, headers=headers)


def _begin(connection: Connection, run: str, endpoint: Endpoint) -> None:
    """Run the preflight of a run and say what it sees. Raises Stopped."""
    for key in ("url", "qido", "wado", "stow"):
        if root := getattr(endpoint.settings, key):
            _say(key, root)
    for step in steps(connection, run):
        _say(step.name, step.seen)
        if step.name == "reachable":
            _say("tls", _trusted(connection, endpoint))
            server = shorten(step.response.header("Server") or "", WIDTH)
            _say("server", f"names itself {server}" if server else "does not name itself (no field Server)")
            if endpoint.settings.auth is None:
                _say("let in", "without credentials: none are configured, and none are required")
    if endpoint.only_reads:
        _say("study", held.read(connection, endpoint.studies)[1])


def _trusted(connection: Connection, endpoint: Endpoint) -> str:
    """The version of TLS, and by what the certificate is trusted."""
    trust = next(item.value for item in settings(endpoint, "") if item.name == "tls")
    secured = connection.secured
    if secured is None:
        return "none: what is sent, credentials too, can be read on the way"
    issued = f"; issued by {secured.issuer}, good until {secured.until}" if secured.until else ""
    return f"{secured.version}, {trust}{issued}"


def _stopped(problem: Exception, endpoint: Endpoint) -> None:
    """Say why a run could not start and, if credentials are wanted, how to give them."""
    print(f"\na run could not start: {visible(str(problem))}")
    response = problem.response if isinstance(problem, Stopped) else None
    if response is None or response.status != 401 or endpoint.settings.auth is not None:
        return
    challenge = response.header("WWW-Authenticate") or ""
    auth = authentication.wanted(challenge)
    print("in endpoints.toml, with the secret in the environment variable that it names:\n")
    known = [way for way in removals.known().values() if way.asks_for_credentials(challenge)]
    removal = known[0].removal if known and endpoint.removal == "none" else endpoint.settings.removal
    wanted = msgspec.structs.replace(public(endpoint.settings, endpoint), auth=auth, removal=removal)
    print(visible(block(endpoint.name, wanted), keep="\n"))


def _of_a_run(endpoint: Endpoint, samples: Samples) -> list[tuple[str, str]]:
    """What a run would store, and how it would remove it."""
    if endpoint.only_reads:
        return [("a run stores", f"nothing, under {endpoint.only_reads}")]
    profile = endpoint.settings.profile
    uses = [item.uses for item in checks() if item.judged.requirement.asked_for([profile], load=False)]
    removal = next(item.value for item in settings(endpoint, "") if item.name == "removal")
    removed = f"what its ledger lists, and nothing else: {removal}"
    if endpoint.removal == "none":
        removed = 'nothing: name "delete" in supports, or removal, in endpoints.toml; or what it stores stays'
    return [
        ("a run stores", amount(samples, uses)),
        ("", "under UIDs of its own that begin with 2.25., and Patient IDs that begin with DWC"),
        ("a run removes", removed),
    ]


def _say(label: str, text: str) -> None:
    """Print one line or more, safe for a terminal whatever the server sent."""
    more = " " * (LABEL + 2)
    print(textwrap.fill(visible(text), WIDTH, initial_indent=f"  {label:<{LABEL}}", subsequent_indent=more), flush=True)
