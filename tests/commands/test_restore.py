"""`restore` puts a run's instances back, so that its curl lines can be sent again, and `cleanup` takes them away."""

from __future__ import annotations

import shutil
import subprocess

import httpx

from conformance.harness.data.restoring import sent
from conformance.harness.wire import ledger
from conformance.reference.server import Server
from conformance.reporting.evidence import Evidence
from tests.conftest import CHECKOUT, missing

STORES = CHECKOUT / "conformance" / "store" / "test_metadata.py"
JSON = {"Accept": "application/dicom+json"}


def studies(server):
    return [found["0020000D"]["Value"][0] for found in httpx.get(f"{server.url}/studies", headers=JSON).json()]


def replayed(run, check, env=None):
    """The status with which the last curl line of a check is answered now."""
    if not shutil.which("curl"):
        missing("curl is not installed")
    line = run.check(check).evidence[-1].curl
    done = subprocess.run(["sh", "-c", line], cwd=run.folder, env=env, capture_output=True, timeout=60)
    return int(done.stdout.split()[1])


def test_curl_line_can_be_sent_again_after_a_restore_and_not_after_a_cleanup(command, configured, orthanc):
    run = command("run", "orthanc", "-k", "test_retrieve_frame", env=configured)
    token = httpx.BasicAuth(orthanc.user, orthanc.password)._auth_header
    curl = {"DICOMWEB_AUTH": token, "PATH": "/usr/bin:/bin"}
    assert replayed(run, "seed-retrieve-frame", curl) == 404
    before = ledger.read(run.folder).entries

    restored = command("restore", run.folder, "--endpoint", "orthanc", "--yes", env=configured)

    assert restored.code == 0
    assert "3 of 3 instances that the run stored are on http" in restored.output
    assert replayed(run, "seed-retrieve-frame", curl) == 200
    assert ledger.read(run.folder).entries == before
    assert command("cleanup", run.folder, "--endpoint", "orthanc", "--yes", env=configured).code == 0
    assert replayed(run, "seed-retrieve-frame", curl) == 404
    assert orthanc.studies() == []


def test_what_was_stored_as_metadata_is_stored_so_again(command, endpoints):
    with Server() as server:
        endpoints(f'[pacs]\nurl = "{server.url}"\nsupports = ["delete"]\n')
        run = command("run", "pacs", STORES)
        assert studies(server) == []

        restored = command("restore", run.folder, "--endpoint", "pacs", "--yes")

        assert restored.code == 0
        assert " instances that the run stored are on http" in restored.output
        accepted = {
            names for body in sent(Evidence(run.folder)) for names, *_ in body.read() if names[2] not in body.refused
        }
        assert set(studies(server)) == {study for study, *_ in accepted}
        assert command("cleanup", run.folder, "--endpoint", "pacs", "--yes").code == 0
        assert studies(server) == []


def test_instance_that_the_server_does_not_take_any_more_is_named(command, endpoints):
    with Server() as server:
        path = endpoints(f'[pacs]\nurl = "{server.url}"\nsupports = ["delete"]\n')
        run = command("run", "pacs", "-k", "test_store_blue")
        path.write_text(f'[pacs]\nurl = "{server.fault_url("store-keeps-nothing")}"\nsupports = ["delete"]\n')

        restored = command("restore", run.folder, "--endpoint", "pacs", "--yes")

        assert restored.code == 1
        entry = ledger.read(run.folder).entries[0]
        assert f"not there: {entry.study}, instance {entry.instance}: its store returns" in restored.output


def test_only_what_the_ledger_lists_is_stored(command, endpoints):
    with Server() as server:
        endpoints(f'[pacs]\nurl = "{server.url}"\nsupports = ["delete"]\n')
        run = command("run", "pacs", "-k", "test_store_blue")
        path = run.folder / ledger.NAME
        path.write_text(path.read_text().splitlines()[0] + "\n")

        restored = command("restore", run.folder, "--endpoint", "pacs", "--yes")

        assert "0 of 0 instances that the run stored are on" in restored.output
        assert studies(server) == []


def test_embedded_server_has_ended_with_its_run(command):
    run = command("run", "-k", "test_store_blue")

    restored = command("restore", run.folder, "--endpoint", "pacs", "--yes")

    assert restored.code == 4
    assert "the run was on the embedded server, which ended with it" in restored.output


def test_restore_of_something_else_is_one_sentence_and_exit_code_four(command, tmp_path):
    restored = command("restore", tmp_path)

    assert restored.code == 4
    assert "ledger.jsonl cannot be read" in restored.output
