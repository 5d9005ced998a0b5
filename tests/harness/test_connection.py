"""Requests go out as written, answers come in bounded, and the evidence can be sent again by curl."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from conformance.__main__ import main
from conformance.dicomweb.buffers import OnDisk
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.wire import evidence, fetched, visibility
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Ask, Connection, Unanswered
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.ledger import Ledger, Origin, read
from conformance.kit import stow
from conformance.kit.instances import Instance
from conformance.kit.kinds import Label, small_images
from conformance.kit.verdicts import Blocked, NothingStored
from tests.conftest import CHECKOUT
from tests.harness.conftest import OK
from tests.tools.contents import of_evidence

BLUE = Instance((CHECKOUT / "fixtures" / "blue-circle.dcm").read_bytes())
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def connect(tmp_path, monkeypatch):
    # A scripted server has no response to a search for what was stored.
    monkeypatch.setattr(visibility, "LONGEST", 0.0)

    def connect(url, configuration=""):
        (tmp_path / "endpoints.toml").write_text(f'[pacs]\nurl = "{url}"\n{configuration}', encoding="utf-8")
        endpoint = resolve("pacs", tmp_path / "endpoints.toml")
        ledger = Ledger(tmp_path, Origin("20261121-091407-7f3a", "pacs", url, "none"))
        return Connection(endpoint, Client(endpoint), Recorder(tmp_path, endpoint), ledger)

    return connect


def sent(server):
    return server.requests[-1].decode("latin-1")


def test_field_is_sent_with_the_octets_that_a_server_gave(connect, scripted):
    server = scripted(b'HTTP/1.1 200 OK\r\nETag: "\xe9\x80"\r\nContent-Length: 0\r\n\r\n', OK)
    connection = connect(server.url)

    tag = dict(connection.get("studies").headers)["ETag"]
    connection.get("studies", headers=(("If-None-Match", tag),))

    assert '\r\nIf-None-Match: "\xe9\x80"\r\n' in sent(server)


def test_preflight_has_the_fields_of_a_browser_and_no_credentials(connect, scripted, monkeypatch):
    monkeypatch.setenv("PACS_PASSWORD", "of-the-operator")
    server = scripted()
    secret = '{ env = "PACS_PASSWORD" }'
    configured = f'auth = {{ kind = "basic", username = "u", password = {secret} }}\nheaders = {{ X-Key = {secret} }}'

    connect(server.url, configured).anonymous(
        "studies", method="OPTIONS", accept="*/*", headers=(("Origin", "http://viewer.example"),)
    )

    assert sent(server).startswith("OPTIONS /dicom-web/studies HTTP/1.1")
    assert "\r\nOrigin: http://viewer.example\r\n" in sent(server)
    assert not re.search("(?i)authorization|x-key|of-the-operator", sent(server))


def test_request_is_what_the_check_wrote(connect, scripted):
    server = scripted()

    response = connect(server.url).get("studies", params={"PatientName": "DOE*", "limit": "1"})

    assert (response.status, response.content) == (200, b"[]")
    assert str(response.request) == "GET /studies?PatientName=DOE*&limit=1, Accept: application/dicom+json"
    assert sent(server).split("\r\n")[:4] == [
        "GET /dicom-web/studies?PatientName=DOE*&limit=1 HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "User-Agent: dicomweb-conformance/0.1.0",
        "Accept: application/dicom+json",
    ]


@pytest.mark.parametrize("chunked", [False, True])
def test_curl_line_sends_the_same_bytes_again(connect, scripted, tmp_path, chunked):
    if not shutil.which("curl"):
        pytest.fail("curl is not installed")
    server = scripted()
    (tmp_path / "token").write_text("s3cret-token-of-mine")
    endpoint = connect(server.url, 'auth = { kind = "bearer", token = { file = "token" } }')

    endpoint.post("studies/1.2'3", stow.multipart([BLUE], chunked=chunked))

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    endpoint._recorder.close()
    assert main(["unpack", str(tmp_path), "preflight/01"]) == 0
    environment = {**os.environ, "DICOMWEB_AUTH": "Bearer s3cret-token-of-mine"}
    subprocess.run(["sh", "-c", exchange.curl], cwd=tmp_path, env=environment, check=True, capture_output=True)
    original, replay = server.requests
    if chunked:
        original, replay = (request.partition(b"\r\n\r\n")[0] for request in server.requests)
    assert replay == original


@pytest.mark.parametrize(
    ("method", "target", "accept", "headers"),
    [
        ("GET", "studies/1%2E2?0020000D=1%2E2&x=%C3%A9", "*/*", ()),
        ("GET", "studies", None, ()),
        ("GET", "studies", None, (("Accept", "application/x-foo"), ("Accept", "application/dicom+json"))),
        ("GET", "studies", "*/*", (("Accept-Encoding", "gzip"), ("Range", "bytes=0-15"))),
        ("HEAD", "studies", "*/*", ()),
        ("PUT", "studies/1.2/rendered", "*/*", ()),
        ("OPTIONS", "", "application/json", ()),
    ],
)
def test_any_method_and_fields_go_out_as_written_and_again_by_curl(
    connect, scripted, tmp_path, method, target, accept, headers
):
    server = scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    endpoint = connect(server.url)

    endpoint.send(method, target, accept=accept, headers=headers)

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    subprocess.run(["sh", "-c", exchange.curl], cwd=tmp_path, check=True, capture_output=True, timeout=10)
    original, replay = server.requests
    assert original.decode().split("\r\n") == [
        f"{method} /dicom-web/{target} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "User-Agent: dicomweb-conformance/0.1.0",
        *([f"Accept: {accept}"] if accept else []),
        *([] if "gzip" in str(headers) else ["Accept-Encoding: identity"]),
        *(f"{name}: {value}" for name, value in headers),
        "X-Conformance-Check: preflight",
        *(["Content-Length: 0"] if method == "PUT" else []),
        "",
        "",
    ]
    assert replay == original


def test_secrets_are_in_no_file(connect, scripted, tmp_path):
    server = scripted(OK.replace(b"\r\n\r\n[]", b"\r\nX-Echo: s3cret-token-of-mine\r\n\r\n[]"))
    (tmp_path / "token").write_text("s3cret-token-of-mine")
    (tmp_path / "key").write_text("k")
    endpoint = connect(
        server.url,
        'auth = { kind = "bearer", token = { file = "token" } }\nheaders = { X-Key = { file = "key" } }',
    )

    endpoint.get("studies", params={"PatientID": "s3cret-token-of-mine"})

    assert "Bearer s3cret-token-of-mine" in sent(server)
    assert "X-Key: k" in sent(server)
    endpoint._recorder.close()
    written = [content.decode() for content in of_evidence(tmp_path).values()]
    (exchange,) = endpoint._recorder.exchanges["preflight"]
    for text in [*written, repr(exchange)]:
        assert "s3cret-token-of-mine" not in text
        assert "X-Key: k" not in text
    assert "X-Key: ********" in exchange.request_head
    assert "X-Echo: ********" in exchange.response_head


def test_heads_are_kept_as_they_went_over_the_wire(connect, scripted):
    server = scripted(b"HTTP/1.1 200 Fine\nContent-Type:application/dicom+json\nContent-Length: 2\n\n[]")
    endpoint = connect(server.url)

    endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    assert exchange.response_head == "HTTP/1.1 200 Fine\nContent-Type:application/dicom+json\nContent-Length: 2"


@pytest.mark.parametrize(
    ("method", "status", "size"), [("HEAD", "200 OK", 9), ("GET", "204 No Content", 9), ("GET", "200 OK", 0)]
)
def test_payload_that_follows_a_head_without_one_is_counted(connect, scripted, method, status, size):
    body = b"9 bytes!!" if size else b""
    server = scripted([b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), size, body), None])
    endpoint = connect(server.url)

    endpoint.send(method, "studies", accept=None)

    (answered,) = endpoint._recorder.answers
    assert (answered.path, answered.size, len(answered.surplus)) == ("evidence/preflight/01.http", 0, size)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_ledger_lists_an_instance_before_its_first_byte_goes_out(connect, scripted, tmp_path, method):
    endpoint = connect(scripted([None]).url)

    with pytest.raises(Unanswered):
        endpoint.send(method, "studies", accept=None, body=stow.multipart([BLUE]))

    assert [entry.instance for entry in read(tmp_path).entries] == [BLUE.sop_instance_uid]


def test_stores_and_searches_go_out_together(connect, scripted, tmp_path):
    server = scripted([0.2, OK])
    endpoint = connect(server.url)
    images = small_images(Label("a run", "DWC1234-"), 3)

    stores, searches = endpoint.post_together([stow.multipart([image]) for image in images], beside=["studies"] * 2)

    assert [response.request.method for response in (*stores, *searches)] == ["POST"] * 3 + ["GET"] * 2
    assert [entry.instance for entry in read(tmp_path).entries] == [image.sop_instance_uid for image in images]
    endpoint._recorder.close()
    for image, exchange in zip(images, endpoint._recorder.exchanges["preflight"], strict=False):
        assert image.content in of_evidence(tmp_path)[exchange.request_body.path]
    assert len(server.requests) == 5


def test_store_of_a_large_file_is_read_from_it_each_time_that_it_is_sent(connect, scripted, tmp_path):
    path = tmp_path / "blue.dcm"
    path.write_bytes(BLUE.content)
    large = Instance(OnDisk(path, len(BLUE.content)), foreign=True)
    server = scripted([OK], [None], [OK])
    endpoint = connect(server.url)
    endpoint.get("studies")

    body = stow.multipart([large])
    assert not isinstance(body.content, bytes)
    assert endpoint.post("studies", body).status == 200

    head, _, content = server.requests[-1].partition(b"\r\n\r\n")
    assert f"\r\nContent-Length: {len(body.content)}\r\n".encode() in head + b"\r\n"
    assert b"transfer-encoding" not in head.lower()
    assert content == body.content[:] and BLUE.content in content
    endpoint._recorder.close()
    assert not [name for name in of_evidence(tmp_path) if name.endswith("request.multipart")]


def test_clients_send_one_request_after_another(connect, scripted):
    endpoint = connect(scripted().url)
    first, second = ([Ask("GET", f"studies?PatientID={client}{n}") for n in range(3)] for client in "AB")

    outcomes = endpoint.clients([first, second])

    targets = [[response.request.target for response in outcome] for outcome in outcomes]
    assert targets == [[f"/{ask.target}" for ask in asks] for asks in (first, second)]
    assert len(endpoint._recorder.exchanges["preflight"]) == 6


def test_bodies_of_a_server_that_sends_too_much_are_not_kept(connect, scripted, tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "WRITTEN_TOGETHER", 3)
    endpoint = connect(scripted().url)

    for _ in range(2):
        endpoint.get("studies")

    first, second = endpoint._recorder.exchanges["preflight"]
    endpoint._recorder.close()
    written = {name: content for name, content in of_evidence(tmp_path).items() if not name.endswith(".http")}
    assert written == {first.response_body.path: b"[]"}
    assert (second.response_body.path, second.response_body.text, second.response_body.size) == (None, "[]", 2)
    assert second.response_body.sha256 == first.response_body.sha256
    assert endpoint._recorder.full


def test_content_type_that_is_empty_is_left_out(connect, scripted):
    server = scripted()

    connect(server.url).post("studies", stow.Body("", b"1234"), headers=(("Content-Encoding", "gzip"),))

    assert "Content-Type" not in sent(server)
    assert "Content-Encoding: gzip\r\n" in sent(server)


def test_read_only_endpoint_is_not_written_to(connect, scripted):
    server = scripted()
    endpoint = connect(server.url, 'writes = false\nstudy = "1.2.3"')

    with pytest.raises(NothingStored, match="nothing is stored under writes = false"):
        endpoint.post("studies", stow.multipart([BLUE]))
    with pytest.raises(NothingStored, match="nothing is deleted under writes = false"):
        endpoint.delete("studies/1.2.3")
    with pytest.raises(NothingStored):
        endpoint.absolute("DELETE", f"{server.url}/studies/1.2.3")

    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([None], "the server closed the connection without a response"),
        ([b"HTTP/1.1 200 OK\r\n", 5.0], "the server was silent for timeout = 0.3 s"),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n", 0.1] * 50], "the response did not end within deadline = 1 s"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", None], "peer closed connection"),
        ([b"220 ready\r\n", None], "the response is not HTTP, it begins with '220 ready"),
        ([b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_100_000, None], "the body is larger than max_body = 1 MB"),
    ],
)
def test_answer_that_is_none_ends_within_its_bound_with_a_sentence(connect, scripted, answer, sentence):
    endpoint = connect(scripted(answer).url, "timeout = 0.3\ndeadline = 1.0\nmax_body = 1\n")

    with pytest.raises(Unanswered, match="^GET /studies: ") as error:
        endpoint.get("studies")

    assert sentence in str(error.value)


def test_get_is_sent_once_more_when_a_kept_connection_turns_out_closed(connect, scripted):
    server = scripted([OK], [None], [OK])
    endpoint = connect(server.url)

    responses = [endpoint.get("studies").status, endpoint.get("studies").status]

    assert responses == [200, 200]
    assert len(server.requests) == 3


def test_store_that_is_sent_once_more_is_repeated_in_the_ledger(connect, scripted, tmp_path):
    refusal = b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n"
    server = scripted([OK], [None], [refusal])
    endpoint = connect(server.url)
    (image,) = small_images(Label("run", "DWC7F3A-"))
    endpoint.get("studies")

    assert endpoint.post("studies", stow.multipart([image])).status == 409

    kept = read(tmp_path)
    assert len(server.requests) == 3
    assert kept.outcomes[kept.entries[0]] == {"repeated", "refused"}


@pytest.fixture
def numbered(tmp_path, monkeypatch):
    """The configuration of a command that prints another token each time: token-number 1, token-number 2, …"""
    script = tmp_path / "token.py"
    script.write_text("n = open('n', 'a+'); n.write('x'); n.seek(0); print('token-number', len(n.read()))")
    monkeypatch.chdir(tmp_path)
    return f"auth = {{ kind = 'command', command = ['{sys.executable}', '{script}'] }}"


def tokens(server):
    """The target and the number of the token of each request."""
    return [
        (request.split(b" ")[1].rpartition(b"/")[2].decode(), int(re.search(rb"token-number (\d+)", request)[1]))
        for request in server.requests
    ]


def within(url):
    """A response to a request of this URL."""
    return SimpleNamespace(request=SimpleNamespace(url=url))


EXCHANGES = {
    "send": lambda endpoint, url: endpoint.get("studies"),
    "follow": lambda endpoint, url: endpoint.follow(f"{url}/studies", within(url), accept="*/*"),
    "abandon": lambda endpoint, url: endpoint.abandon("studies", accept="*/*"),
    "absolute": lambda endpoint, url: endpoint.absolute("DELETE", f"{url}/studies"),
    "lookup": lambda endpoint, url: endpoint.absolute("POST", f"{url}/studies", stow.Body("text/plain", b"1.2")),
    "post": lambda endpoint, url: endpoint.post("studies", stow.multipart([BLUE])),
    "together": lambda endpoint, url: endpoint.together(["studies"], accept=None)[0],
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_printed_token_is_renewed_once_after_a_401(connect, scripted, numbered, name):
    server = scripted([UNAUTHORIZED], [OK])

    response = EXCHANGES[name](connect(server.url, numbered), server.url)

    assert response.status == 200
    assert tokens(server) == [("studies", 1), ("studies", 2)]


def test_token_that_is_refused_again_is_not_renewed_again(connect, scripted, numbered):
    server = scripted([UNAUTHORIZED])

    assert connect(server.url, numbered).get("studies").status == 401

    assert tokens(server) == [("studies", 1), ("studies", 2)]


def test_of_requests_at_the_same_time_the_refused_ones_are_sent_again(connect, scripted, numbered):
    server = scripted([OK], [UNAUTHORIZED], [UNAUTHORIZED], [OK])
    endpoint = connect(server.url, numbered)

    (outcomes,) = endpoint.clients([[Ask("GET", target) for target in ("studies", "series", "instances")]])

    assert [outcome.status for outcome in outcomes] == [200, 200, 200]
    assert [outcome.request.target for outcome in outcomes] == ["/studies", "/series", "/instances"]
    assert tokens(server) == [("studies", 1), ("series", 1), ("instances", 1), ("series", 2), ("instances", 2)]


def test_renewable_token_is_forgotten_when_asked_to(connect, scripted, numbered):
    server = scripted()
    endpoint = connect(server.url, numbered)

    endpoint.get("studies")
    endpoint.renew()
    endpoint.get("studies")

    assert tokens(server) == [("studies", 1), ("studies", 2)]


def test_client_credentials_are_exchanged_for_a_token(connect, scripted, monkeypatch):
    monkeypatch.setenv("CLIENT_SECRET", "se cret")
    body = b'{"access_token": "granted-token", "token_type": "Bearer"}'
    tokens = scripted(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    server = scripted()
    auth = f'kind = "oauth2"\ntoken_url = "{tokens.url}"\nclient_id = "suite"\nscope = "dicom"'
    endpoint = connect(server.url, f'[pacs.auth]\n{auth}\nclient_secret = {{ env = "CLIENT_SECRET" }}\n')

    endpoint.get("studies")
    endpoint.get("studies")

    assert "Authorization: Bearer granted-token\r\n" in sent(server)
    assert len(tokens.requests) == 1
    assert tokens.requests[0].endswith(b"\r\n\r\ngrant_type=client_credentials&scope=dicom")
    assert b"Authorization: Basic c3VpdGU6c2UlMjBjcmV0\r\n" in tokens.requests[0]


FOLLOWED = {
    "absolute": ("{root}/studies/1/bulkdata/2?a=b", "/dicom-web/studies/1/bulkdata/2?a=b"),
    "relative to the answer": ("../bulkdata/2", "/dicom-web/studies/1/bulkdata/2"),
    "relative to the host": ("/elsewhere/2", "/elsewhere/2"),
    "another host": ("http://pacs.invalid/root/studies/1/bulkdata/2", "/dicom-web/studies/1/bulkdata/2"),
    "without the port": ("http://127.0.0.1/dicom-web/studies/1/bulkdata/2", "/dicom-web/studies/1/bulkdata/2"),
    "without the scheme": ("//pacs.invalid/studies/1", "/dicom-web/studies/1"),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_uri_in_an_answer_is_followed_on_the_endpoint(connect, scripted, name):
    uri, expected = FOLLOWED[name]
    server = scripted()
    endpoint = connect(server.url)
    within = endpoint.get("studies/1/series/metadata")

    endpoint.follow(uri.format(root=server.url), within, accept="*/*")

    assert sent(server).split("\r\n")[:2] == [f"GET {expected} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]


def test_request_says_that_it_goes_elsewhere_than_the_uri(connect, scripted):
    endpoint = connect(scripted().url)
    uri = "http://pacs.invalid/studies/1"

    response = endpoint.follow(uri, endpoint.get("studies"), accept=None)

    assert str(response.request) == f"GET /studies/1 (there instead of {uri})"


def test_uri_with_another_prefix_that_leads_nowhere_is_asked_for_below_the_root(connect, scripted):
    server = scripted(OK, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", OK)
    endpoint = connect(server.url)

    response = endpoint.follow("/internal/rs/studies/1/bulk/2", endpoint.get("studies"), accept=None)

    assert response.status == 200
    assert [request.split(b" ")[1] for request in server.requests[1:]] == [
        b"/internal/rs/studies/1/bulk/2",
        b"/dicom-web/studies/1/bulk/2",
    ]
    assert str(response.request) == "GET /studies/1/bulk/2 (there instead of /internal/rs/studies/1/bulk/2)"


@pytest.mark.parametrize("uri", ["http://pacs.invalid/bulk/2", "file:///etc/passwd", "http://[bad/studies/1"])
def test_uri_of_another_server_is_not_followed(connect, scripted, uri):
    server = scripted()
    endpoint = connect(server.url)
    within = endpoint.get("studies")

    with pytest.raises(Blocked, match="URI|another server"):
        endpoint.follow(uri, within, accept=None)

    assert len(server.requests) == 1


def test_uri_of_megabytes_is_not_followed(connect, scripted):
    endpoint = connect(scripted().url)
    within = endpoint.get("studies")

    with pytest.raises(Blocked, match="a URI of 1,000,000 characters is too long to be followed"):
        endpoint.follow("studies/" + "1" * 999_992, within, accept=None)


def test_documents_that_were_used_last_are_kept(connect, scripted, monkeypatch):
    monkeypatch.setattr(fetched, "TOGETHER", 5)
    server = scripted()
    endpoint = connect(server.url)

    # A run and its checks share what is kept.
    for number, target in enumerate(("studies", "series", "studies", "instances", "studies", "series")):
        assert (endpoint, endpoint.of_checks())[number % 2].fetch(target).content == b"[]"

    asked = [request.split(b" ")[1].rsplit(b"/")[-1] for request in server.requests]
    assert asked == [b"studies", b"series", b"instances", b"series"]


def test_search_without_a_response_does_not_take_that_of_the_store(connect, scripted, monkeypatch):
    server = scripted([OK], [None])
    endpoint = connect(server.url, "timeout = 1")
    monkeypatch.setattr(visibility, "LONGEST", 5.0)

    assert endpoint.post("studies", stow.multipart([BLUE])).status == 200
    assert b"GET /dicom-web/instances?SOPInstanceUID=" in server.requests[-1]
