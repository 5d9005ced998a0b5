"""Media types and their choice in the reference server (PS3.18 8.7)."""

from __future__ import annotations

import httpx
import pytest

from conformance.reference.negotiation import MediaType, Representation, accepted, quality

from .helpers import DICOM, JSON, url

EXPLICIT, JPEG_LOSSLESS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
FILE = Representation("application/dicom", True, EXPLICIT)
COMPRESSED = Representation("image/jpeg", True, JPEG_LOSSLESS)


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("text/html", "text/html", {}),
        (' Multipart/Related ; TYPE="application/dicom"', "multipart/related", {"type": "application/dicom"}),
        ("a/b;c=d/e;f=*", "a/b", {"c": "d/e", "f": "*"}),
        (r'a/b;c="d,\"e;"', "a/b", {"c": 'd,"e;'}),
        ('a/b;boundary="with space"; q=0.5', "a/b", {"boundary": "with space", "q": "0.5"}),
    ],
)
def test_media_type_is_read(text, name, parameters):
    assert MediaType.parse(text) == MediaType(name, parameters)


@pytest.mark.parametrize("text", ["", "text", "a/b;", "a/b;c", 'a/b;c="d', "a/b;c=d;C=e", "a/b c"])
def test_text_that_is_no_media_type_is_refused(text):
    with pytest.raises(ValueError):
        MediaType.parse(text)


@pytest.mark.parametrize(
    ("accept", "form", "expected"),
    [
        ("*/*", FILE, 1.0),
        ("multipart/*;q=0.5", FILE, 0.5),
        ("multipart/related", FILE, 1.0),
        (f"*/*;q=0.9, {DICOM};q=0.1", FILE, 0.1),
        (f"{DICOM};q=0, */*", FILE, 0.0),
        (f"{DICOM};q=nonsense", FILE, 0.0),
        ("nonsense, */*", FILE, 1.0),
        (f"{DICOM};boundary=**", FILE, 1.0),
        (f"{DICOM};transfer-syntax=*", FILE, 1.0),
        (f"{DICOM};transfer-syntax={EXPLICIT}", FILE, 1.0),
        (f"{DICOM};transfer-syntax={JPEG_LOSSLESS}", FILE, 0.0),
        (f"{DICOM};transfer-syntax={EXPLICIT};transfer-syntax={EXPLICIT}", FILE, 0.0),
        ("application/dicom", FILE, 0.0),
        ("multipart/related;type=image/jpeg", COMPRESSED, 1.0),
        ("multipart/related;type=image/*", COMPRESSED, 0.0),
        ("multipart/related;type=image/*;transfer-syntax=*", COMPRESSED, 1.0),
        ("*/*", COMPRESSED, 0.0),
        ("*/*", Representation(JSON), 1.0),
        (f"{JSON};charset=utf-8", Representation(JSON), 1.0),
    ],
)
def test_representation_has_the_weight_of_the_most_precise_range(accept, form, expected):
    assert quality(accepted(accept), form) == expected


@pytest.mark.parametrize(
    "accept",
    [
        "Multipart/Related; Type=application/dicom",
        'multipart/related ; type="application/dicom" ;transfer-syntax=*',
        f"application/x-nothing, {DICOM};q=0.1",
        "application/dicom, application/x-nothing",
    ],
)
def test_instance_is_sent_to_who_accepts_it(client, study, accept):
    assert client.get(url(study.images[0]), headers={"Accept": accept}).status_code == 200


def test_several_accept_lines_are_one_list(client, study):
    headers = [("Accept", "application/x-nothing"), ("Accept", "application/json")]
    response = httpx.get(str(client.base_url.join("studies")), headers=headers, trust_env=False)

    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["/studies", "{study}", "{study}/metadata"])
def test_request_without_accept_is_answered_406(reference, study, path):
    with httpx.Client(base_url=reference.url, trust_env=False) as client:
        del client.headers["Accept"]
        response = client.get(path.format(study=study.path))

    assert response.status_code == 406
    assert response.text.startswith("the request has no Accept header; available: ")


@pytest.mark.parametrize(
    ("parameter", "media_type"),
    [("application/json", "application/json"), ("*/*", JSON), ("text/html", JSON)],
)
def test_accept_parameter_comes_before_the_header_without_wildcards(client, study, parameter, media_type):
    response = client.get("/studies", params={"accept": parameter}, headers={"Accept": f"{JSON}, */*;q=0.1"})

    assert response.headers["Content-Type"] == media_type
