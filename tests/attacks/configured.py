"""An endpoint with a secret in each place where one can be configured."""

from __future__ import annotations

import json
import sys

import pytest

from conformance.harness.endpoint.configuration import resolve
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.foreign import Foreign
from conformance.harness.wire.ledger import Ledger, Origin
from tests.harness.conftest import Scripted

AWKWARD = 'S3cr3t/Pw"Q+9&<z>é'
ASCII = 'Tok3n/Ab"Q+9&<z>'
PLAIN = "cmdT0kenPlain1234567"
AUTH = {
    "basic": 'auth = {{ kind = "basic", username = "alice", password = {{ env = "SECRET" }} }}',
    "bearer": 'auth = {{ kind = "bearer", token = {{ env = "SECRET" }} }}',
    "oauth2": 'auth = {{ kind = "oauth2", token_url = "{tokens}", client_id = "a"'
    ', client_secret = {{ env = "SECRET" }} }}',
    "command": 'auth = {{ kind = "command", command = ["{python}", "-c", {printed}] }}',
    "header": 'headers = {{ X-API-Key = {{ env = "SECRET" }} }}',
    "plain header": "headers = {{ X-API-Key = '{secret}' }}",
}


@pytest.fixture(name="connect")
def connecting(tmp_path, monkeypatch):
    """A connection that has a secret of a kind, to a server that gives the answers."""
    servers = []

    def make(kind, secret, *answers):
        body = json.dumps({"access_token": ASCII}).encode()
        servers.append(Scripted([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)]))
        servers.append(Scripted(answers))
        text = AUTH[kind].format(
            tokens=servers[-2].url, python=sys.executable, secret=secret, printed=json.dumps(f"print({secret!r})")
        )
        monkeypatch.setenv("SECRET", secret)
        (tmp_path / "endpoints.toml").write_text(f'[pacs]\nurl = "{servers[-1].url}"\n{text}\n', encoding="utf-8")
        endpoint = resolve("pacs", tmp_path / "endpoints.toml")
        recorder = Recorder(tmp_path / "run", endpoint, foreign=Foreign(keep=True))
        return Connection(
            endpoint, Client(endpoint), recorder, Ledger(tmp_path, Origin("20261121-091407-7f3a", "pacs", "", ""))
        )

    yield make
    for server in servers:
        server.close()
