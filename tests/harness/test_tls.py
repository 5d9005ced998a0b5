"""TLS: the CA of the configuration, the client certificate, and sentences for what does not fit."""

from __future__ import annotations

import re
import ssl
import threading

import pytest
import trustme

from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.wire.client import Client
from tests.harness.conftest import OK, Scripted


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other.pem")
    client = authority.issue_cert("suite@conformance.example")
    client.private_key_and_cert_chain_pem.write_to_path(folder / "client.pem")
    return authority, folder


@pytest.fixture
def secure(authority):
    """A server that speaks TLS and wants a certificate of its clients when asked to."""
    servers = []

    def start(mutual=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority[0].issue_cert("127.0.0.1").configure_cert(context)
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            authority[0].configure_trust(context)
        servers.append(Secure([OK], context))
        return servers[-1].url.replace("http:", "https:")

    yield start
    for server in servers:
        server.close()


class Secure(Scripted):
    def __init__(self, answers, context):
        self._context = context
        super().__init__(answers)

    def _serve(self, connection):
        try:
            super()._serve(self._context.wrap_socket(connection, server_side=True))
        except (ssl.SSLError, OSError):
            connection.close()


def answer(url, folder, tls):
    (folder / "endpoints.toml").write_text(f'[pacs]\nurl = "{url}"\n{tls}')
    return Client(resolve("pacs", folder / "endpoints.toml")).send("GET", f"{url}/studies", ())


def test_ca_of_the_configuration_is_trusted(secure, authority):
    reply = answer(secure(), authority[1], 'tls = { ca = "ca.pem" }')

    assert (reply.status, reply.error) == (200, None)
    assert reply.conversation.request_head.startswith(b"GET /dicom-web/studies HTTP/1.1")


@pytest.mark.parametrize("tls", ["", 'tls = { ca = "other.pem" }'])
def test_ca_that_nobody_knows_is_not_trusted(secure, authority, tls):
    reply = answer(secure(), authority[1], tls)

    assert reply.status is None
    assert "the server's certificate is not trusted (name the CA file in tls.ca)" in reply.error


def test_client_certificate_is_shown(secure, authority):
    reply = answer(secure(mutual=True), authority[1], 'tls = { ca = "ca.pem", certificate = "client.pem" }')

    assert (reply.status, reply.error) == (200, None)


def test_missing_client_certificate_is_guessed(secure, authority):
    reply = answer(secure(mutual=True), authority[1], 'tls = { ca = "ca.pem" }')

    assert "certificate" in reply.error


@pytest.mark.parametrize("tls", ['tls = { ca = "none.pem" }', 'tls = { certificate = "ca.pem" }'])
def test_file_that_is_no_certificate_is_named_before_any_request(authority, tls):
    with pytest.raises(ConfigurationError, match=r"\[pacs\] tls"):
        answer("https://127.0.0.1:1/", authority[1], tls)


def test_requests_go_through_the_proxy(scripted, tmp_path):
    proxy = scripted()

    reply = answer("http://pacs.invalid/dicom-web", tmp_path, f'proxy = "http://127.0.0.1:{proxy.port}"')

    assert reply.status == 200
    assert proxy.requests[0].startswith(b"GET http://pacs.invalid/dicom-web/studies HTTP/1.1\r\n")


def test_threads_do_not_mix_their_conversations(scripted, tmp_path):
    url = scripted().url
    (tmp_path / "endpoints.toml").write_text(f'[pacs]\nurl = "{url}"\n')
    client, heads = Client(resolve("pacs", tmp_path / "endpoints.toml")), {}

    def ask(number):
        heads[number] = client.send("GET", f"{url}/{number}", ()).conversation.request_head

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert all(head.startswith(f"GET /dicom-web/{number} ".encode()) for number, head in heads.items())
    assert len(heads) == 8


def test_connection_says_its_version_and_who_issued_the_certificate(secure, authority):
    url, folder = secure(), authority[1]
    (folder / "endpoints.toml").write_text(f'[pacs]\nurl = "{url}"\ntls = {{ ca = "ca.pem" }}')
    client = Client(resolve("pacs", folder / "endpoints.toml"))

    client.send("GET", f"{url}/studies", ())

    assert client.secured.version.startswith("TLS 1.")
    assert "trustme" in client.secured.issuer
    assert client.secured.until.endswith("GMT")


@pytest.mark.parametrize("offered", [["h2", "http/1.1"], ["http/1.1"], []])
def test_offer_of_http_2_is_seen(authority, offered):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(offered)
    server = Secure([OK], context)
    url = server.url.replace("http:", "https:")
    (authority[1] / "endpoints.toml").write_text(f'[pacs]\nurl = "{url}"\ntls = {{ ca = "ca.pem" }}')

    assert Client(resolve("pacs", authority[1] / "endpoints.toml")).offers_http_2() == ("h2" in offered)
    server.close()


def test_probe_says_by_what_the_certificate_is_trusted(command, endpoints, secure, authority):
    endpoints(f'[pacs]\nurl = "{secure()}"\ntls = {{ ca = "{authority[1] / "ca.pem"}" }}')

    said = " ".join(command("probe", "pacs").output.split())

    assert re.search(r"reachable \(TLS 1\.\d\), a search returns 200", said)
    assert re.search(r"tls TLS 1\.\d, verified against \S+ca\.pem; issued by .*trustme.*, good until", said)
