"""Attacks on the relay between a browser and the endpoint: by other pages, by programs of this machine, by a server."""

from __future__ import annotations

import json
import socket

import pytest

from conformance.dicomweb.messages import Request, Response
from conformance.harness.endpoint.endpoints import Endpoint, Settings
from conformance.harness.relay.relay import HEAD_LIMIT, Relay
from conformance.kit.verdicts import Blocked, Unanswered

ROOT = "https://pacs.example/dicom-web"
OWN, OTHER = "2.25.1", "2.25.2"
JSON = (("Content-Type", "application/dicom+json"),)


def match(study):
    return {"0020000D": {"vr": "UI", "Value": [study]}, "00100010": {"vr": "PN", "Value": [{"Alphabetic": study}]}}


def response(content=b"[]", status=200, headers=JSON, url=f"{ROOT}/studies"):
    return Response(status, "", headers, content, Request("GET", url, "/studies", ()))


class Upstream:
    """What the relay sends to the endpoint: it keeps each request, and returns or raises `outcome`."""

    def __init__(self):
        self.asked = []
        self.outcome = response()

    def __call__(self, ask):
        self.asked.append(ask)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def upstream():
    return Upstream()


@pytest.fixture
def relay(upstream, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    (files / "index.html").write_text("the viewer")
    (files / "app.js").write_text("script")
    (tmp_path / "private.txt").write_text("private")
    endpoint = Endpoint("pacs", Settings(url=ROOT), frozenset())
    relay = Relay(endpoint, upstream, files).start()
    yield relay
    relay.stop()


def send(relay, target, method="GET", fields=(), host=None, body=b""):
    """Send a request with any target over a socket; the status, the head and the body of the response."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or relay.host}", *fields, "Connection: close"]
    lines += [f"Content-Length: {len(body)}"] if body else []
    with socket.create_connection(relay.host.split(":"), 5) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, content = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1").lower(), content


def asked(relay, target, **keywords):
    """A request within a view of the run's study: its outcome and what the view noted."""
    with relay.view({OWN}) as log:
        return send(relay, f"{relay.path}/{target}", **keywords), log


def test_read_of_an_own_study_is_passed_on(relay, upstream):
    fields = ["Accept: image/jpeg", "Range: bytes=0-9", "If-None-Match: x", "Cookie: a=b", "Authorization: Basic eA=="]

    (status, _, content), log = asked(relay, f"studies/{OWN}/metadata?a=%2C", fields=fields)

    assert (status, content) == (200, b"[]")
    (ask,) = upstream.asked
    assert (ask.method, ask.target, ask.accept) == ("GET", f"studies/{OWN}/metadata?a=%2C", "image/jpeg")
    assert dict(ask.headers) == {"Range": "bytes=0-9", "If-None-Match": "x"}
    assert [item.status for item in log] == [200]


@pytest.mark.parametrize(
    ("keywords", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "localhost"}, 403),
        ({"fields": ["Origin: https://evil.example"]}, 403),
        ({"fields": ["Origin: null"]}, 403),
        ({"fields": ["Sec-Fetch-Site: cross-site"]}, 403),
        ({"fields": ["Sec-Fetch-Site: same-site"]}, 403),
        ({"method": "POST", "body": b"x"}, 405),
        ({"method": "DELETE"}, 405),
        ({"method": "PUT", "body": b"x"}, 405),
        ({"method": "OPTIONS"}, 405),
        ({"method": "PATCH"}, 405),
    ],
)
def test_other_pages_and_methods_reach_nothing(relay, upstream, keywords, status):
    (found, _, _), _ = asked(relay, f"studies/{OWN}", **keywords)

    assert (found, upstream.asked) == (status, [])


@pytest.mark.parametrize(
    "target",
    [
        f"studies/{OTHER}/metadata",
        f"studies/{OWN}/../{OTHER}/metadata",
        f"studies/{OWN}/%2e%2e/{OTHER}/metadata",
        f"studies/{OWN}/%252e%252e/{OTHER}/metadata",
        f"studies/{OWN}/..%2f{OTHER}",
        f"studies/{OWN}/..;/{OTHER}",
        f"studies/{OWN}/..;a=b/..;/patients",
        f"studies/{OWN}/%2e%2e;/{OTHER}",
        f"studies/{OWN}/..%20/{OTHER}",
        f"studies/{OWN}/..%5c{OTHER}",
        f"studies/{OWN}/studies/{OTHER}",
        f"studies/{OWN}%2f..%2f{OTHER}",
        f"studies//{OTHER}",
        f"studies/{OWN}/",
        f"studies/{OWN}%0d%0aX:1",
        "../../patients",
        "patients",
        "",
        f"studies/{OWN}?{'x' * 5000}",
    ],
)
def test_target_of_anything_else_is_not_passed_on(relay, upstream, target):
    (status, _, _), log = asked(relay, target)

    assert (status, upstream.asked) == (403, [])
    assert log[0].status is None and log[0].why.startswith("not passed on")


@pytest.mark.parametrize("path", ["/dicom-web/studies", "/x/dicom-web/studies", f"{ROOT}/studies", "//evil.example/x"])
def test_wrong_secret_or_another_form_is_not_there(relay, upstream, path):
    with relay.view({OWN}):
        assert send(relay, path)[0] == 404
    assert upstream.asked == []


def test_nothing_is_passed_on_but_while_a_check_views(relay, upstream):
    assert send(relay, f"{relay.path}/studies/{OWN}")[0] == 503
    asked(relay, f"studies/{OWN}")
    assert send(relay, f"{relay.path}/studies/{OWN}")[0] == 503
    assert len(upstream.asked) == 1


def test_huge_head_is_refused(relay, upstream):
    with relay.view({OWN}):
        status, _, _ = send(relay, f"{relay.path}/studies/{OWN}", fields=[f"X-Long: {'x' * 2 * HEAD_LIMIT}"])

    assert (status // 100, upstream.asked) == (4, [])


@pytest.mark.parametrize("path", ["/../private.txt", "/%2e%2e/private.txt", "/..%2fprivate.txt", "/etc/passwd"])
def test_files_are_those_of_the_viewer(relay, path):
    assert send(relay, path)[0] == 404
    assert send(relay, "/app.js")[2] == b"script"
    assert send(relay, "/viewer?StudyInstanceUIDs=1")[2] == b"the viewer"


def test_secret_path_is_in_no_file(relay):
    secret = relay.path.split("/")[1].encode()

    assert len(secret) >= 32
    assert not any(secret in send(relay, path)[2] for path in ("/", "/app-config.js", "/app.js", "/missing"))


def test_matches_of_other_studies_are_left_out(relay, upstream):
    upstream.outcome = response(json.dumps([match(OWN), match(OTHER), {"00100010": {"vr": "PN"}}]).encode())

    (status, _, content), _ = asked(relay, "studies?PatientName=*")

    assert (status, json.loads(content)) == (200, [match(OWN)])


@pytest.mark.parametrize(
    "content",
    [b"<html>", json.dumps(match(OTHER)).encode(), b'["x"]', json.dumps([match(OTHER)]).encode("utf-16"), b"[" * 90000],
)
def test_search_that_cannot_be_filtered_is_not_passed_on(relay, upstream, content):
    upstream.outcome = response(content)

    (status, _, shown), log = asked(relay, "studies?limit=1")

    assert (status, log[0].status) == (502, None)
    assert OTHER.encode() not in shown


def test_match_with_two_studies_is_left_out(relay, upstream):
    two = match(OTHER) | {"0020000D": {"vr": "UI", "Value": [OWN, OTHER]}}
    upstream.outcome = response(json.dumps([two]).encode())

    assert asked(relay, "studies")[0][2] == b"[]"


def test_links_lead_through_the_relay(relay, upstream):
    bulk = f"{ROOT}/studies/{OWN}/bulk/1"
    uris = [bulk, f"{ROOT.replace('pacs', 'PACS')}/studies/{OWN}", "/dicom-web/bulk/2", "https://else.example/x"]
    content = json.dumps([{"00081190": {"vr": "UR", "Value": uris}}]).replace("/studies", "\\/studies")
    links = (("Content-Location", bulk), ("Link", f'<{bulk}>; rel="x"'), ("Set-Cookie", "a=b"))
    links += (("WWW-Authenticate", "Basic"), ("Server", "x"), ("Connection", "close"), ("Content-Encoding", "gzip"))
    upstream.outcome = response(content.encode(), headers=JSON + links, url=f"{ROOT}/studies/{OWN}/metadata")
    root = relay.origin + relay.path

    with relay.view({OWN}):
        _, head, content = send(relay, f"{relay.path}/studies/{OWN}/metadata")
        status, _, _ = send(relay, f"{relay.path}/bulk/2")
        other, _, _ = send(relay, f"{relay.path}/bulk/3")

    found = json.loads(content)[0]["00081190"]["Value"]
    assert found == [f"{root}/studies/{OWN}/bulk/1", f"{root}/studies/{OWN}", f"{root}/bulk/2", uris[3]]
    assert f"content-location: {root}/studies/{OWN}/bulk/1".lower() in head
    assert f'link: <{root}/studies/{OWN}/bulk/1>; rel="x"'.lower() in head
    assert not any(name in head for name in ("set-cookie", "www-authenticate", "content-encoding", "server: x"))
    assert (status, other) == (200, 403)


def test_link_to_another_study_is_not_followed(relay, upstream):
    content = json.dumps([{"00081190": {"vr": "UR", "Value": [f"{ROOT}/x/studies/{OTHER}"]}}]).encode()
    upstream.outcome = response(content, url=f"{ROOT}/studies/{OWN}/metadata")

    with relay.view({OWN}):
        send(relay, f"{relay.path}/studies/{OWN}/metadata")
        status, _, _ = send(relay, f"{relay.path}/x/studies/{OTHER}")

    assert (status, len(upstream.asked)) == (403, 1)


def test_page_of_the_server_is_inert(relay, upstream):
    upstream.outcome = response(b"<script>alert(1)</script>", headers=(("Content-Type", "text/html"),))

    (_, head, _), _ = asked(relay, f"studies/{OWN}/rendered")

    assert "content-security-policy: sandbox; default-src 'none'" in head and "nosniff" in head


def test_body_of_a_failure_is_left_out(relay, upstream):
    upstream.outcome = response(b"somebody's name", status=500)

    (status, _, content), log = asked(relay, f"studies/{OWN}/metadata")

    assert (status, content, log[0].status) == (500, b"", 500)


@pytest.mark.parametrize("error", [Unanswered("it hangs"), Blocked("no more", "the budget"), RuntimeError("secret")])
def test_request_without_a_response_is_noted(relay, upstream, error):
    upstream.outcome = error

    (status, _, _), log = asked(relay, f"studies/{OWN}/metadata")

    assert status in (500, 502)
    assert log[0].status is None and str(error) in log[0].why
