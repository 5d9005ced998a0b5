"""`replay RUN ID`: send a request of a run again, and show the response beside the recorded one.

    dicomweb-conformance replay reports/pacs/20261121-091407-7f3a search-paging-001.two --endpoint pacs
    dicomweb-conformance replay reports/pacs/20261121-091407-7f3a search-paging-001.two/02 --endpoint pacs

ID is a check or a requirement (the request that its deviation names is sent), or one exchange, as reports name it. The
credentials are those of --endpoint; the request must be below its root. The run has removed what it stored: `restore`
stores it again, and `cleanup` removes it.

A read is sent at once; a store or a delete only if you agree. A store may carry only instances that the ledger of the
run lists, and a delete may name only what `cleanup` would delete. What cannot be sent again so safely, the curl line in
the report sends. RUN may be a results.json.gz, with evidence.zip and ledger.jsonl beside it.

exit codes: 0 the response is shown, 1 there was none, 4 the run or the ID cannot be found or read, or the request is
            not sent again: one sentence says why
"""

from __future__ import annotations

import argparse
import dataclasses

from conformance.commands import ended
from conformance.commands.output import guarded
from conformance.harness.data import resending
from conformance.harness.data.resending import NotSent
from conformance.harness.data.survey import Unwritten
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.exits import DEVIATES
from conformance.harness.wire import ledger
from conformance.harness.wire.ask import SAFE
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.foreign import Foreign
from conformance.harness.wire.ledger import Entry, Kept, Origin
from conformance.kit.verdicts import Blocked, Unanswered
from conformance.reporting import evidence, recorded
from conformance.reporting.beside import beside
from conformance.reporting.exchanges import entry
from conformance.reporting.record import Exchange
from conformance.reporting.text import visible

NOBODY = Kept(Origin("", "", "", ""))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the run, the ID and the server."""
    ended.add_options(parser)
    parser.add_argument("id", metavar="ID", help="a check, a requirement, or an exchange such as CHECK/02")


def main(options: argparse.Namespace) -> int:
    """Exit code 0 when a response is shown, 1 without one. Raises ConfigurationError, UnreadableEvidence,
    UnreadableResults."""
    named = options.folder
    options.folder = folder = named if named.is_dir() else named.parent
    kept = ledger.read(folder) if (folder / ledger.NAME).exists() else None
    if kept and kept.origin.target is None:
        raise ConfigurationError("the run was on the embedded server, which ended with it: nothing can be sent to it")
    exchange = recorded.find(named, options.id, kept.origin.url if kept else "")
    endpoint = ended.endpoint_of(options, kept.origin if kept else NOBODY.origin)
    mask = Mask.of(endpoint)
    with guarded(mask):
        return _replay(options, exchange, endpoint, mask, kept)


def _replay(options: argparse.Namespace, exchange: Exchange, endpoint: Endpoint, mask: Mask, kept: Kept | None) -> int:
    ask = resending.request_again(endpoint, exchange, kept)
    entries: list[Entry] = []
    if exchange.method not in SAFE:
        if by := endpoint.only_reads:
            raise NotSent(f"nothing may be changed under {by}")
        if kept is None:
            raise NotSent(f"without {ledger.NAME} nothing shows what is the run's: {exchange.method} is not sent again")
    if exchange.method == "POST" and kept:
        body, entries = resending.store_again(exchange, ended.evidence_of(options.folder), kept, endpoint)
        ask = dataclasses.replace(ask, body=body)
    print(visible(f"{exchange.method} {exchange.url}  ({entry(exchange)})"))
    if exchange.method not in SAFE:
        ended.confirm([f"it changes what is on {endpoint.settings.url}"], options.yes)
    foreign = Foreign(only=bool(endpoint.only_reads))
    foreign.stored(item.study for item in (kept or NOBODY).entries)
    if kept and (options.folder / evidence.NAME).exists():
        foreign.sent(resending.own_instances(ended.evidence_of(options.folder), kept))
    recorder = Unwritten(endpoint, mask, foreign)
    known = kept or NOBODY
    client = Client(endpoint)
    try:
        with ended.reopened(options.folder, known) as book:
            connection = Connection(endpoint, client, recorder, book)
            connection.alone()
            if exchange.method not in SAFE:
                resending.prove_own(connection, exchange, known, entries)
            recorder.check = entry(exchange).partition("/")[0]
            recorder.exchanges.clear()
            resending.send_again(connection, book, ask, entries)
    except Blocked as error:
        raise NotSent(f"it was not sent: {error}") from error
    except Unanswered as error:
        if not recorder.exchanges.get(recorder.check):
            raise NotSent(f"it was not sent: {error}") from error
    finally:
        client.close()
    now = next(item for item in reversed(recorder.exchanges[recorder.check]) if item.url == exchange.url)
    print(*beside(exchange, now), sep="\n")
    if now.status in (404, 410) and exchange.status not in (404, 410):
        print("the run has removed what it stored: `restore` stores it again")
    return 0 if now.status else DEVIATES
