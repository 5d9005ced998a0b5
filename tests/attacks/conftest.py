"""A server behind a front that answers in its place, and the command run in this process."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from conformance.harness.endpoint.configuration import resolve
from conformance.harness.wire import ledger
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.kit.instances import read_samples
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.faults.altered import Altered
from conformance.reference.server import Server
from conformance.reporting import results
from tests.conftest import CHECKOUT, called_in
from tests.tools.contents import packed

SAMPLES = read_samples(CHECKOUT / "fixtures").all
HEADS = {"01.http": b"POST /studies HTTP/1.1\nContent-Type: application/dicom\n\nHTTP/1.1 200 OK\n"}
JSON = {"Accept": "application/dicom+json"}


class Front(Altered):
    """Answers a request by `rule`, a function of the request; where that is None, the server does."""

    rule = staticmethod(lambda request: None)

    def asked(self, request):
        return request.scope["answer"]

    def app(self):
        app = super().app()

        async def asking(scope, receive, send):
            # A rule may ask the server itself, so it is not called where that would wait for itself.
            request = Request(scope)
            path = request.url.path.partition("/f/front")[2] or "/"
            seen = SimpleNamespace(method=request.method, path=path, query=str(request.url.query))
            self.log.append((request.method, path, seen.query))
            scope["answer"] = await run_in_threadpool(type(self).rule, seen)
            await app(scope, receive, send)

        return asking


@pytest.fixture
def front(monkeypatch):
    """An empty server: `url` is it behind the front, `direct` it alone; `rule(function)` sets what the front does."""
    log = []
    made = type("Made", (Front,), {"log": log})
    monkeypatch.setitem(FAULTS, "front", Fault("front", (), "", (), "", made))
    with Server() as server:

        def rule(function):
            made.rule = staticmethod(function)

        def put(instance):
            fields = {**JSON, "Content-Type": "application/dicom"}
            httpx.post(f"{there.direct}/studies", content=instance.content, headers=fields).raise_for_status()

        def studies():
            found = httpx.get(f"{there.direct}/studies", headers=JSON)
            return [ds["0020000D"]["Value"][0] for ds in found.json()] if found.status_code == 200 else []

        def instances(study):
            found = httpx.get(f"{there.direct}/studies/{study}/instances", headers=JSON)
            return [ds["00080018"]["Value"][0] for ds in found.json()] if found.status_code == 200 else []

        def sent(method):
            return [path for how, path, _ in log if how == method]

        url = server.fault_url("front")
        # Both are the same archive: one with the front before it, and one without.
        there = SimpleNamespace(url=url, rule=rule, log=log, put=put, studies=studies, instances=instances, sent=sent)
        there.direct = server.url
        yield there


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Run the command in this process, in an empty folder: its exit code, what it printed, the last run's folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        done = called_in(tmp_path, *words)
        written = sorted(tmp_path.glob("reports/*/*/ledger.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        folder = written[-1].parent if written else None
        return SimpleNamespace(code=done.code, said=" ".join(done.output.split()), folder=folder)

    return run


@pytest.fixture
def connected(tmp_path):
    """A connection of a run: `connected(url)`, with settings of the endpoint."""

    def connect(url, **settings):
        endpoint = resolve(url, tmp_path / "endpoints.toml", supports=["delete"], **settings)
        there = ledger.Ledger(tmp_path, ledger.Origin("20261121-091407-7f3a", url, url, "none"))
        return Connection(endpoint, Client(endpoint), Recorder(tmp_path, endpoint), there)

    return connect


@pytest.fixture
def folder(tmp_path):
    """Make the folder of a run by hand, from its entries: `folder(url, entries)`; lines may be bytes.

    `evidence`: the entries of its check.
    """

    def make(url, lines, run="20261121-091407-7f3a", target="pacs", account="none", evidence=HEADS):
        path = tmp_path / "reports" / "pacs" / run
        path.mkdir(parents=True)
        made = ledger.Ledger(path, ledger.Origin(run, target, url, account))
        made.will_store([line for line in lines if isinstance(line, ledger.Entry)])
        with open(path / ledger.NAME, "ab") as file:
            file.writelines(line + b"\n" for line in lines if isinstance(line, bytes))
        packed(path, {f"evidence/check/{name}": content for name, content in evidence.items()})
        return path

    return make


def outcome(folder):
    """What results.json of a run says."""
    return results.read(folder)
