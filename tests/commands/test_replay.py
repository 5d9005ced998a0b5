"""`replay` sends a request of a run again with the endpoint's credentials, and shows both responses."""

from __future__ import annotations

import gzip
import re
import shutil

import httpx
import pytest

from conformance.harness.wire import ledger
from conformance.reference.server import Server
from conformance.reporting.beside import NAME, VALUE
from tests.conftest import called_in, outcome
from tests.harness.conftest import Scripted

CHECKS = "test_search_studies or test_store_blue"  # the store of blue is that of a series
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nX-New: 1\r\nContent-Length: 2\r\n\r\n[]"


@pytest.fixture(scope="module")
def server():
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def kept(server, tmp_path_factory):
    """The folder of a run that removed what it stored, with its endpoints.toml."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "endpoints.toml").write_text(f'[pacs]\nurl = "{server.url}"\nsupports = ["delete"]\n')
    assert called_in(folder, "run", "pacs", "-k", CHECKS).code == 0
    return folder


@pytest.fixture
def run(kept, tmp_path):
    """A copy of that run, in the folder in which `command` runs."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return outcome(tmp_path, 0, "")


def row(output, name):
    """The two cells of a row, and whether they are marked as different."""
    (line,) = re.findall(rf"^  {name} .*$", output, re.M)
    recorded, mark, now = line[2 + NAME : 2 + NAME + VALUE], line[3 + NAME + VALUE :][:1], line[4 + NAME + VALUE :]
    return recorded.strip(), now.strip(), mark == "≠"


def test_read_is_sent_again_and_shown_beside_the_recorded_response(command, run):
    gone = command("replay", run.folder, "seed-search-studies/01", "--endpoint", "pacs")
    command("restore", run.folder, "--endpoint", "pacs", "--yes")
    there = command("replay", run.folder, "seed-search-studies/01", "--endpoint", "pacs")
    command("cleanup", run.folder, "--endpoint", "pacs", "--yes")

    assert (gone.code, there.code) == (0, 0)
    assert gone.output.startswith(f"GET {run.check('seed-search-studies').evidence[0].url}")
    assert row(gone.output, "content-length")[1:] == ("2", True)
    assert '\n    -  "00100020": {\n' in gone.output
    assert row(there.output, "status") == ("200 OK", "200 OK", False)
    assert "the body, both times:" in there.output


def test_check_is_its_request_and_a_requirement_too(command, run):
    by_check = command("replay", run.folder, "seed-search-studies", "--endpoint", "pacs")
    by_requirement = command("replay", run.folder, "SEED-SEARCH-STUDIES", "--endpoint", "pacs")

    assert by_check.code == by_requirement.code == 0
    assert by_check.output.split("\n")[0] == by_requirement.output.split("\n")[0]


def test_store_and_delete_are_sent_if_somebody_agrees(command, run, server):
    store = ("replay", run.folder, "seed-store-series", "--endpoint", "pacs")
    before = ledger.read(run.folder)
    stored = {entry.study for entry in before.entries if "accepted" in before.outcomes[entry]}
    unasked, asked = command(*store), command(*store, "--yes")

    assert (unasked.code, asked.code) == (4, 0), asked.output
    assert "no terminal to ask on" in unasked.output
    assert row(asked.output, "status") == ("200 OK", "200 OK", False)
    found = httpx.get(f"{server.url}/studies", headers={"Accept": "application/dicom+json"}).json()
    assert {ds["0020000D"]["Value"][0] for ds in found} <= stored and found
    assert command("cleanup", run.folder, "--endpoint", "pacs", "--yes").code == 0


def test_packed_results_and_a_killed_run_are_read(command, run, tmp_path):
    packed = run.folder / "results.json.gz"
    packed.write_bytes(gzip.compress((run.folder / "results.json").read_bytes()))
    (run.folder / "results.json").unlink()
    (run.folder / "SHA256SUMS").unlink()

    for named in (run.folder, packed):
        assert command("replay", named, "seed-search-studies", "--endpoint", "pacs").code == 0
    packed.unlink()
    killed = command("replay", run.folder, "seed-search-studies/01", "--endpoint", "pacs")
    assert killed.code == 0
    assert row(killed.output, "status") == ("200 OK", "200 OK", False)
    unnamed = command("replay", run.folder, "seed-search-studies", "--endpoint", "pacs")
    assert unnamed.code == 4
    assert "should have a check, a requirement or CHECK/NUMBER" in unnamed.output


def test_credentials_are_those_of_the_endpoint(command, endpoints, monkeypatch):
    server = Scripted([EMPTY])
    table = f'[x]\nurl = "{server.url}"\nprofile = "read-only"\nstudy = "1.2.3"\n'
    auth = 'auth = {{ kind = "bearer", token = {{ env = "{}" }} }}\n'
    endpoints(table + auth.format("OLD"))
    command("run", "x", env={"OLD": "old-t0ken-of-the-run"})
    folder = next(endpoints(table + auth.format("NEW")).parent.glob("reports/x/*"))
    server.requests.clear()

    replay = command("replay", folder, "preflight/01", "--endpoint", "x", env={"NEW": "new-t0ken-of-now"})

    server._listener.close()
    assert replay.code == 0
    assert [b"Bearer new-t0ken-of-now" in request for request in server.requests] == [True]
    assert "t0ken" not in replay.output


def test_no_response_is_exit_code_one(command, run, endpoints, server):
    path = endpoints(f'[pacs]\nurl = "{server.url}"\nsupports = ["delete"]\nproxy = "http://127.0.0.1:1"\n')

    replay = command("replay", run.folder, "seed-search-studies", "--endpoint", "pacs", "--endpoints", path)

    assert replay.code == 1
    assert row(replay.output, "status")[1].startswith("no response:")


@pytest.mark.parametrize(
    ("id", "sentence"),
    [("no-such-check", "has no request of no-such-check"), ("no-such-check/01", "has no exchange no-such-check/01")],
)
def test_unknown_id_is_one_sentence(command, run, id, sentence):
    replay = command("replay", run.folder, id, "--endpoint", "pacs")

    assert replay.code == 4
    assert sentence in replay.output


def test_embedded_server_has_ended(command):
    run = command("run", "-k", "test_store_blue")

    replay = command("replay", run.folder, "seed-store-series", "--endpoint", "http://127.0.0.1:1")

    assert replay.code == 4
    assert "the run was on the embedded server, which ended with it" in replay.output
