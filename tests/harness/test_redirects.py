"""Redirects and content codings, as a client reads them: followed within the endpoint, decoded within bounds."""

from __future__ import annotations

import gzip

import pytest

from conformance.kit import stow
from conformance.kit.verdicts import Undecoded
from tests.harness.conftest import OK
from tests.harness.test_connection import BLUE, connect

__all__ = ["connect"]


def redirect(location, status=302):
    return f"HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def coded(coding, body):
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s" % (coding, len(body), body)


def targets(server):
    return [request.split(b" ")[1].decode() for request in server.requests]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/dicom-web/there?a=b", "there?a=b", "http://127.0.0.1:{port}/dicom-web/there?a=b"]
)
def test_redirect_within_the_endpoint_is_followed(connect, scripted, status, location):
    server = scripted()
    server.answers = [redirect(location.format(port=server.port), status), OK]

    response = connect(server.url).get("studies")

    assert response.status == 200
    assert targets(server) == ["/dicom-web/studies", "/dicom-web/there?a=b"]
    assert response.redirected == (f"{server.url}/studies",)
    assert "GET /studies (redirected to http" in str(response.request)


@pytest.mark.parametrize(
    "location",
    [
        *("/login", "http://pacs.invalid/dicom-web/studies", "//pacs.invalid/dicom-web/x", "ftp://x/", "", "http://[x"),
        *(
            "/dicom-web/../x",
            "/dicom-web/%2e%2e/x",
            "/dicom-web/%2E./x",
            "http://u@127.0.0.1:{port}/dicom-web/x",
            "https://127.0.0.1:{port}/dicom-web/x",
        ),
        *("http://127.0.0.1:1/dicom-web/x", "/dicom-website", "http://u@127.0.0.2:{port}/dicom-web/x", "x" * 9000),
    ],
)
def test_redirect_out_of_the_endpoint_is_not_followed(connect, scripted, location):
    server = scripted()
    server.answers = [redirect(location.format(port=server.port)), OK]

    response = connect(server.url).get("studies")

    assert len(server.requests) == 1
    assert (response.status, response.redirected) == (302, ())


def test_redirects_without_end_are_not_followed_for_ever(connect, scripted):
    server = scripted(redirect("studies"))

    assert connect(server.url).get("studies").status == 302
    assert len(server.requests) == 6


@pytest.mark.parametrize("status", [307, 308])
def test_store_is_redirected_to_the_same_resource(connect, scripted, status):
    server = scripted(redirect("/dicom-web/v2/studies", status), OK)

    response = connect(server.url).post("studies", stow.multipart([BLUE]))

    assert (response.status, targets(server)) == (200, ["/dicom-web/studies", "/dicom-web/v2/studies"])
    assert server.requests[0].partition(b"\r\n\r\n")[2] == server.requests[1].partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("location", "status"),
    [
        *(("/dicom-web/studies", 302), ("http://127.0.0.2/studies", 307), ("/dicom-web/studies/1.2/studies", 307)),
        *(("/dicom-web/studies/1.2?x=/studies", 308), ("/dicom-web/v2/studies?x=1", 308)),
    ],
)
def test_store_is_not_redirected_elsewhere_or_by_another_method(connect, scripted, location, status):
    server = scripted(redirect(location, status), OK)

    assert connect(server.url).post("studies", stow.multipart([BLUE])).status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_redirect_to_something_else_of_what_is_not_safe_is_never_followed(connect, scripted, method):
    server = scripted(redirect("/dicom-web/studies/2", 307), OK)
    endpoint = connect(server.url)

    if method == "DELETE":
        response = endpoint.delete("studies/1")
    else:
        response = endpoint.send(method, "studies", accept=None, body=stow.multipart([BLUE]))

    assert response.status == 307
    assert len(server.requests) == 1


def test_requests_at_the_same_time_are_redirected_too(connect, scripted):
    server = scripted(redirect("/dicom-web/there"), OK)

    assert [response.status for response in connect(server.url).together(["studies"], accept=None)] == [200]


def test_body_with_a_coding_that_nobody_asked_for_is_decoded(connect, scripted):
    endpoint = connect(scripted(coded(b"gzip", gzip.compress(b"[]", mtime=0))).url)

    response = endpoint.get("studies")

    assert (response.content, response.header("Content-Encoding")) == (b"[]", "gzip")
    (answered,) = endpoint._recorder.answers
    assert answered.content == b"[]"
    assert answered.size > 2


def test_body_with_a_coding_that_was_asked_for_is_left_as_it_is(connect, scripted):
    body = gzip.compress(b"[]", mtime=0)
    endpoint = connect(scripted(coded(b"gzip", body)).url)

    assert endpoint.get("studies", headers=(("Accept-Encoding", "gzip"),)).content == body


def test_body_that_cannot_be_decoded_is_not_judged(connect, scripted):
    endpoint = connect(scripted(coded(b"br", b"x"), OK).url)

    with pytest.raises(Undecoded, match="GET /studies: the body has the content coding br"):
        endpoint.get("studies")
    assert endpoint.patience.over is None
