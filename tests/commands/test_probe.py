"""`probe` says whether a run could start, shows nobody's data, and leaves nothing anywhere."""

from __future__ import annotations

import json
import re
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from conformance.harness.endpoint.authentication import Basic, Bearer, ClientCredentials, TokenCommand
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.endpoints import Removal, Settings, Tls
from conformance.harness.endpoint.suggestion import block
from conformance.harness.endpoint.tables import Secret
from conformance.harness.wire import ledger
from conformance.reference.server import Server
from tests.conftest import CHECKOUT
from tests.harness.conftest import Scripted

URL = "https://pacs.example/dicom-web"


def answer(status, content=b"", *fields):
    head = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


def suggestion(output):
    """The block for endpoints.toml, which is what ends the output."""
    return output[output.index("\n[") + 1 :]


def test_server_with_a_study_is_probed_and_the_block_can_be_used(command, endpoints, tmp_path):
    with Server() as server:
        fields = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        sample = (CHECKOUT / "fixtures" / "blue-circle.dcm").read_bytes()
        httpx.post(f"{server.url}/studies", content=sample, headers=fields).raise_for_status()

        probe = command("probe", server.url)

        assert probe.code == 0
        assert "server             names itself dicomweb-conformance-reference/" in probe.output
        assert "thumbnails         GET of an instance's /thumbnail as image/jpeg returns 200" in probe.output
        assert re.search(r"a run stores +\d+ instances in \d+ studies that checks share", probe.output)
        assert list(tmp_path.iterdir()) == []
        endpoint = resolve("127-0-0-1-" + server.url.split(":")[2].split("/")[0], endpoints(suggestion(probe.output)))
        assert endpoint.settings == Settings(url=server.url, supports=["thumbnails", "cors", "delete"])
        assert command("probe", endpoint.name).code == 0


def test_feature_that_is_missing_is_suggested_as_lacking(command, reference):
    probe = command("probe", reference.fault_url("options-is-405"))

    assert "\nlacks" not in probe.output, "PS3.18 demands it of every server"
    assert '# lacks = ["capabilities"] would waive what PS3.18 10.2 demands of every server' in probe.output


def test_server_that_only_takes_stores_is_suggested_as_one(command, reference):
    probe = command("probe", reference.variant_url("store-only"))

    assert '\nlacks = ["retrieve", "search"]' in probe.output


def test_root_that_is_wrong_is_named(command, endpoints, reference):
    endpoints(f'[pacs]\nurl = "{reference.url}"\nqido = "{reference.root}/nowhere"\n')

    probe = command("probe", "pacs")

    assert probe.code == 5
    assert f'(qido = "{reference.root}/nowhere"' in probe.output


def test_only_safe_requests_are_sent(command):
    with closing(Scripted([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"])) as server:
        command("probe", server.url)

        assert {request.split()[0] for request in server.requests} == {b"GET", b"OPTIONS"}


def test_what_a_server_sends_is_neither_shown_nor_obeyed(command):
    study = [{"0020000D": {"vr": "UI", "Value": ["1.2.3"]}, "00100010": {"vr": "PN", "Value": [{"Alphabetic": "DOE"}]}}]
    reply = answer("200 OK", json.dumps(study).encode(), "Server: \x1b[31mred\x07", "Content-Type: application/json")
    with closing(Scripted([reply])) as server:
        probe = command("probe", server.url)

    assert probe.code == 0
    assert "names itself \\x1b[31mred\\x07" in probe.output
    assert "\x1b" not in probe.output
    assert "DOE" not in probe.output


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (None, "the server closed the connection without a response"),
        (answer("404 Not Found"), "returns 404, should be 200 or 204: no DICOMweb service is there"),
        (answer("200 OK", b"<title>Viewer</title>", "Content-Type: text/html"), 'this is a web page (title "Viewer")'),
    ],
)
def test_what_is_no_service_is_one_sentence_and_exit_code_five(command, tmp_path, reply, sentence):
    with closing(Scripted([reply])) as server:
        probe = command("probe", server.url)

    assert probe.code == 5
    assert "a run could not start: " in probe.output
    assert sentence in probe.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("scheme", "kind"), [("Basic", Basic), ("Bearer", Bearer)])
def test_server_that_wants_credentials_has_a_block_with_them(command, endpoints, monkeypatch, scheme, kind):
    reply = answer("401 Unauthorized", b"", f'WWW-Authenticate: {scheme} realm="pacs"')
    with closing(Scripted([reply])) as server:
        probe = command("probe", server.url)

    assert probe.code == 5
    assert "returns 401, as no credentials are configured, should be 200" in probe.output
    monkeypatch.setenv(re.search(r'env = "(\w+)"', probe.output)[1], "secret")
    endpoint = resolve(f"127-0-0-1-{server.port}", endpoints(suggestion(probe.output)))
    assert isinstance(endpoint.settings.auth, kind)


def test_unreachable_server_is_exit_code_five(command):
    probe = command("probe", "http://127.0.0.1:1/dicom-web")

    assert probe.code == 5
    assert "the connection is refused: nothing listens there" in probe.output


def test_orthanc_is_let_in_with_a_password_and_not_without(command, configured, orthanc):
    probe = command("probe", "orthanc", env=configured)

    assert probe.code == 0
    assert "401 without credentials and 200 with them" in probe.output
    assert '\nremoval = { url = "../studies/{ID}", lookup = "../tools/lookup" }' in probe.output
    assert orthanc.password not in probe.output
    assert orthanc.studies() == []


@pytest.mark.parametrize(
    "settings",
    [
        Settings(url=URL),
        Settings(url=URL, auth=Basic(username='a "quoted" \\ näme', password=Secret(env="TOKEN"))),
        Settings(url=URL, auth=ClientCredentials(token_url=URL, client_id="x", client_secret=Secret(env="TOKEN"))),
        Settings(url=URL, auth=TokenCommand(command=["get", "a token"])),
        Settings(url=URL, headers={"X.Key": Secret(env="TOKEN"), "X-Other": "1"}, timeout=2.5, max_body=7),
        Settings(url=URL, supports=["delete"], lacks=["xml"], removal=Removal(url="../{ID}", lookup="../lookup")),
        Settings(url=URL, removal="none", tls=Tls(ca="ca.pem"), proxy="http://proxy.example:3128"),
        Settings(url=URL, writes=False, study=["1.2", "1.3"], edition="2025c", visibility_delay=3),
    ],
)
@pytest.mark.parametrize("name", ["pacs", "a pacs.of ours"])
def test_block_is_read_as_what_it_was_made_of(endpoints, monkeypatch, name, settings):
    monkeypatch.setenv("TOKEN", "secret")

    path = endpoints(block(name, settings))
    path.with_name("ca.pem").touch()

    assert resolve(name, path).settings == settings


def studies(server):
    return httpx.get(f"{server.url}/studies", headers={"Accept": "application/dicom+json"}).json()


def test_removal_that_works_is_found_out_on_an_instance_of_its_own(command, tmp_path):
    with Server() as server:
        probe = command("probe", server.fault_url("options-is-405"), "--try-removal")

        assert probe.code == 0
        assert "DELETE of a study works: the study is proven gone" in probe.output
        assert 'supports = ["delete"]' in suggestion(probe.output)
        assert "belongs here too" not in probe.output
        assert studies(server) == []
        assert list(tmp_path.iterdir()) == []


def test_instance_that_cannot_be_removed_is_in_a_ledger_that_cleanup_takes(command, tmp_path):
    with Server() as server:
        url = server.fault_url("delete-keeps-study")
        probe = command("probe", url, "--try-removal", "--reports", "kept")

        assert probe.code == 0
        assert "DELETE of a study: it was removed, but it is still there" in probe.output
        (folder,) = tmp_path.glob("kept/*/*")
        assert f"dicomweb-conformance cleanup {folder} --endpoint {url}" in probe.output
        assert len(ledger.read(folder).entries) == 1
        cleanup = ("cleanup", folder, "--endpoint", url, "--yes")
        assert "no removal is configured: " in command(*cleanup).output
        assert "0 of 1 study of the ledger proven gone" in command(*cleanup, "--removal", "dicomweb").output


def test_nothing_is_stored_unless_somebody_agrees(command):
    with Server() as server:
        probe = command("probe", server.url)

        assert "store one instance" not in probe.output.lower()
        assert "removal            " not in probe.output
        assert studies(server) == []


def test_own_api_of_orthanc_is_tried_after_delete(command, endpoints, orthanc):
    endpoints(
        f'[orthanc]\nurl = "{orthanc.url}"\n'
        f'auth = {{ kind = "basic", username = "{orthanc.user}", password = {{ env = "ORTHANC_PASSWORD" }} }}\n'
    )
    env = {"ORTHANC_PASSWORD": orthanc.password}

    quiet, tried = command("probe", "orthanc", env=env), command("probe", "orthanc", "--try-removal", env=env)

    for probe in (quiet, tried):
        assert '\nremoval = { url = "../studies/{ID}", lookup = "../tools/lookup" }' in suggestion(probe.output)
    assert "# removal is that of the product which this seems to be" in quiet.output
    assert "DELETE of a study: its removal returns 405" in tried.output
    assert re.search(r"own API .* works", tried.output)
    assert orthanc.studies() == []


class Product(BaseHTTPRequestHandler):
    """A server with an API beside the service, which says what it is."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        content = b'{"ApiVersion": 17, "DicomAet": "X", "StorageAreaPlugin": null}' if "system" in self.path else b"[]"
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def test_product_is_recognised_without_credentials_being_sent(command, endpoints):
    with ThreadingHTTPServer(("127.0.0.1", 0), Product) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        auth = 'auth = { kind = "bearer", token = { env = "TOKEN" } }'
        endpoints(f'[x]\nurl = "http://127.0.0.1:{server.server_port}/api/dicom-web"\n{auth}\n')
        probe = command("probe", "x", env={"TOKEN": "s3cr3t-token"})
        server.shutdown()

    assert "lookup" in suggestion(probe.output)
    assert [asked for asked in server.asked if "/dicom-web" not in asked[0]] == [("/api/system", None)]
