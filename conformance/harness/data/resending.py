"""Send a recorded request again: only below the endpoint's roots, with its own credentials, and only what does no harm.

The record may come from anywhere: a request is built anew from its method, its URL, a few harmless header fields and
its body. A store must carry only instances that the ledger of the run lists, under UIDs and Patient IDs of the run; a
delete must name what `cleanup` may delete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.dicomweb import dicom_json, multipart
from conformance.harness.data.own_api import NotRemoved
from conformance.harness.data.presence import Presence
from conformance.harness.data.removal import Claim, prove_removable
from conformance.harness.data.restoring import Names, Sent, sent
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.wire.ask import SAFE, Ask
from conformance.harness.wire.connection import CHECK_FIELD, Connection
from conformance.harness.wire.ledger import MADE, Entry, Kept, Ledger, patient_prefix
from conformance.kit.instances import Instance
from conformance.kit.stow import Body
from conformance.reporting.curl import FOREIGN, MASK
from conformance.reporting.evidence import Evidence
from conformance.reporting.record import Exchange
from conformance.reporting.text import count

# Header fields that checks vary, and that change nothing on a server.
HARMLESS = {"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "origin", "prefer"}
HARMLESS |= {"access-control-request-headers", "access-control-request-method", "range"}
HARMLESS |= {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"}
# Those that the connection writes anew.
OWN = {"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding", "user-agent"}
OWN |= {"expect", CHECK_FIELD.lower()}
_STORE = re.compile(r"studies(?:/([0-9.]+))?")
_DELETE = re.compile(r"studies/([0-9.]+)(?:/series/[0-9.]+(?:/instances/[0-9.]+)?)?")


class NotSent(ConfigurationError):
    """The request is not sent again; the message is one sentence that says why."""


def request_again(endpoint: Endpoint, exchange: Exchange, kept: Kept | None) -> Ask:
    """The request of an exchange, without its body. Raises NotSent if it is not one to be sent to this endpoint."""
    if exchange.method not in (*SAFE, "POST", "DELETE"):
        raise NotSent(f"{exchange.method} is not sent again, only {', '.join(SAFE)}, POST and DELETE")
    if MASK in exchange.url or FOREIGN.search(exchange.url):
        raise NotSent("a value of its URL was left out of the record, so it cannot be sent again")
    if not (endpoint.holds(exchange.url) or exchange.url.rstrip("/") in _roots(endpoint)):
        raise NotSent(f"{exchange.url} is not sent again: it is not below the endpoint's url, {endpoint.settings.url}")
    fields = _fields(exchange.request_head)
    configured = {name.lower() for name in endpoint.settings.headers}
    known = HARMLESS | OWN | configured
    if strange := next((name for name, _ in fields if name.lower() not in known), None):
        raise NotSent(f"its header field {strange} is not one that is sent again; its curl line sends it")
    accepts = [value for name, value in fields if name.lower() == "accept"]
    more = [(name, value) for name, value in fields if name.lower() in HARMLESS - {"accept"} - configured]
    more = [*(("Accept", value) for value in accepts[1:]), *more]
    named = {name.lower() for name, _ in fields}
    had_credentials = kept is not None and kept.origin.account and not kept.origin.account.startswith("none")
    return Ask(
        exchange.method,
        exchange.url,
        next(iter(accepts), None),
        headers=tuple(more),
        url=exchange.url,
        anonymous=bool(had_credentials) and "authorization" not in named,
    )


def store_again(exchange: Exchange, evidence: Evidence, kept: Kept, endpoint: Endpoint) -> tuple[Body, list[Entry]]:
    """The body of a store, and the entries of the ledger that it carries. Raises NotSent, UnreadableEvidence."""
    found = _target(_STORE, exchange, endpoint)
    fields = {name.lower(): value for name, value in _fields(exchange.request_head)}
    kind, chunked = fields.get("content-type", ""), "chunked" in fields.get("transfer-encoding", "")
    listed = {(entry.study, entry.series, entry.instance): entry for entry in kept.entries}
    if found[1] and found[1] not in {entry.study for entry in kept.entries}:
        raise NotSent(f"the ledger of the run does not list the study {found[1]}, so nothing is stored into it")
    if not exchange.request_body.size:
        return Body(kind, b"", chunked=chunked), []
    path = exchange.request_body.path
    if path is None or path not in evidence.entries:
        raise NotSent("its body is not in the evidence, so it cannot be sent again")
    content = evidence.read(path)
    whole = Sent(path, kind, frozenset(), evidence)
    if boundary := multipart.boundary_of(kind):
        parts = multipart.parse(boundary, content).parts
        if multipart.written([(dict(part.headers), bytes(part.content)) for part in parts], boundary) != content:
            raise NotSent("its body is broken, so that a server may read another study in it; its curl line sends it")
    read = list(whole.read())
    if unread := whole.unread():
        raise NotSent(f"{count(unread, 'part')} of its body cannot be read as an instance; its curl line sends it")
    prefix = patient_prefix(kept.origin.run)
    return Body(kind, content, chunked=chunked), [_own(names, patient, listed, prefix) for names, patient, _ in read]


def own_instances(evidence: Evidence, kept: Kept) -> Iterator[Instance]:
    """The instances that the run stored, by its evidence and its ledger: their values are not foreign."""
    listed = {(entry.study, entry.series, entry.instance) for entry in kept.entries}
    for body in sent(evidence):
        yield from (Instance(content) for names, _, content in body.read() if content and names in listed)


def prove_own(connection: Connection, exchange: Exchange, kept: Kept, entries: Iterable[Entry]) -> None:
    """Prove on the server that a store or a delete concerns nobody else. Raises NotSent, Unanswered, Blocked."""
    prefix = patient_prefix(kept.origin.run)
    if exchange.method == "DELETE":
        study = _target(_DELETE, exchange, connection.config)[1]
        listed = [entry for entry in kept.entries if entry.study == study]
        try:
            prove_removable(connection, study, listed, Claim(prefix))
        except NotRemoved as error:
            raise NotSent(f"the study {study} is not the run's to delete: {error}") from None
    presence = Presence(connection)
    for study in dict.fromkeys(entry.study for entry in entries):
        look = presence.study(study)
        if look.there is None:
            raise NotSent(f"the study {study} is not proven absent: {look.why}")
        patient = dicom_json.text(look.match, "PatientID") or ""
        if look.there and not patient.startswith(prefix):
            raise NotSent(f"the study {study} on the server has not a Patient ID of the run ({prefix}...)")


def send_again(connection: Connection, ledger: Ledger, ask: Ask, entries: Iterable[Entry]) -> None:
    """Send a request; what it may store is in the ledger before. Raises Unanswered, Blocked."""
    ledger.will_store(entries)
    response = connection.ask(ask)
    if ask.method == "DELETE" and response.status in (200, 202, 204):
        ledger.removed(ask.target[ask.target.find("studies/") :])


def _own(names: Names, patient: str, listed: dict[Names, Entry], prefix: str) -> Entry:
    entry = listed.get(names)
    if not (entry and entry.fresh and entry.study.startswith(MADE)):
        raise NotSent("an instance in its body is not one that the ledger lists under a UID of the run; it is not sent")
    if not patient.startswith(prefix):
        raise NotSent(f"an instance in its body has not a Patient ID of the run ({prefix}...); it is not sent")
    return entry


def _fields(head: str) -> list[tuple[str, str]]:
    """The header fields of a recorded head."""
    pairs = (line.partition(":") for line in head.replace("\r\n", "\n").split("\n")[1:])
    return [(name.strip(), value.strip()) for name, colon, value in pairs if colon]


def _roots(endpoint: Endpoint) -> set[str]:
    settings = endpoint.settings
    return {root.rstrip("/") for root in (settings.url, settings.qido, settings.wado, settings.stow) if root}


def _target(pattern: re.Pattern[str], exchange: Exchange, endpoint: Endpoint) -> re.Match[str]:
    """The path of a request below the root, which must be as the pattern says. Raises NotSent."""
    root = endpoint.root(exchange.method, "studies")
    if not exchange.url.startswith(f"{root}/") or not (found := pattern.fullmatch(exchange.url[len(root) + 1 :])):
        what = "a store" if exchange.method == "POST" else "a delete of a study, a series or an instance"
        raise NotSent(f"{exchange.method} {exchange.url} is not {what}; its curl line sends it")
    return found
