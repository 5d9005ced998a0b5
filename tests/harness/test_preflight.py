"""The preflight stops a run that cannot begin, with one sentence that says what to change."""

from __future__ import annotations

import pytest


def answer(status, content=b"", *fields):
    head = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (
            answer("401 Unauthorized", b"", 'WWW-Authenticate: Bearer realm="pacs"'),
            'returns 401, as no credentials are configured, should be 200; it asks for Bearer realm="pacs", see "auth"',
        ),
        (
            answer("200 OK", b"<html><title>Our &amp; Explorer</title>", "Content-Type: text/html; charset=utf-8"),
            'this is a web page (title "Our & Explorer"), not a DICOMweb service; is the path of the URL right?',
        ),
        (answer("200 OK", b'{"a": 1}', "Content-Type: application/json"), "this is not a DICOMweb service"),
        (
            answer("200 OK", b'["19816330-cb02e1cf-df3a8fe8-bf510623-ccefe9f5"]', "Content-Type: application/json"),
            "bf510623-ccefe9f5', should be an object): this is not a DICOMweb service",
        ),
        (answer("404 Not Found"), "returns 404, should be 200 or 204: no DICOMweb service is there"),
        (
            answer("302 Found", b"", "Location: http://elsewhere.example/"),
            "returns 302 to http://elsewhere.example/, should be 200 or 204",
        ),
        (None, "the server closed the connection without a response"),
    ],
)
def test_no_service_stops_the_run(command, scripted, reply, sentence):
    server = scripted([reply])

    run = command("run", server.url)

    assert run.code == 5
    assert sentence in run.output
    assert f'url = "{server.url}", --endpoint; no proxy is set' in run.output
    assert "nothing was stored; exit 5" in run.output
    assert {request.split()[0] for request in server.requests} <= {b"GET", b"OPTIONS"}


def test_tls_spoken_to_a_plain_server_is_named(command, reference):
    run = command("run", reference.url.replace("http:", "https:"))

    assert run.code == 5
    assert "is it http:// instead of https://?" in run.output


def test_host_that_is_not_there_is_named(command):
    run = command("run", "http://no-such-host.invalid/dicom-web")

    assert run.code == 5
    assert "the host is unknown" in run.output or "name cannot be looked up" in run.output
