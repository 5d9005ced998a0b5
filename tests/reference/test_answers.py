"""What is common to all answers of the reference server: conditions, ranges, codings, categories (PS3.18 8)."""

from __future__ import annotations

import gzip

import pytest

from .helpers import DICOM, JSON, OCTETS, part10, url

FILE = "application/dicom"
BYTES = bytes(range(1, 16)) + b"\0"


@pytest.fixture(scope="module")
def ds(stored):
    return stored()


def get(client, path, accept, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers={"Accept": accept} | names)


@pytest.mark.parametrize(
    ("suffix", "accept"),
    [
        ("", FILE),
        ("", DICOM),
        ("/metadata", JSON),
        ("/frames/1", OCTETS),
        ("/bulkdata/7FE00010", OCTETS),
        ("/rendered", "*/*"),
    ],
)
def test_what_the_client_has_is_not_sent_again(client, ds, suffix, accept):
    first = get(client, url(ds) + suffix, accept)

    again = get(client, url(ds) + suffix, accept, If_None_Match=f'"other", {first.headers["ETag"]}')
    other = get(client, url(ds) + suffix, accept, If_None_Match='"other"')

    assert [first.status_code, again.status_code, other.status_code] == [200, 304, 200]
    assert (again.content, again.headers.get("Content-Type")) == (b"", None)
    assert again.headers["ETag"] == first.headers["ETag"]


def test_entity_tag_changes_with_what_is_stored(client, stored):
    ds = stored()
    before = get(client, url(ds), FILE).headers["ETag"]

    stored(**{element.keyword: element.value for element in ds if element.keyword != "PixelData"})

    assert get(client, url(ds), FILE, If_None_Match=before).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "expected", "content_range"),
    [
        ("bytes=0-3", BYTES[:4], "bytes 0-3/16"),
        ("bytes=4-", BYTES[4:], "bytes 4-15/16"),
        ("bytes=-2", BYTES[-2:], "bytes 14-15/16"),
        ("bytes=10-99", BYTES[10:], "bytes 10-15/16"),
    ],
)
def test_range_of_a_single_part_is_sent(client, ds, wanted, expected, content_range):
    response = get(client, f"{url(ds)}/bulkdata/7FE00010", "application/octet-stream", Range=wanted)

    assert (response.status_code, response.content) == (206, expected)
    assert response.headers["Content-Range"] == content_range
    assert response.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("wanted", ["bytes=16-", "bytes=5-4", "bytes=-0", "bytes=999999999999-"])
def test_range_that_is_not_there_is_answered_416(client, ds, wanted):
    response = get(client, f"{url(ds)}/bulkdata/7FE00010", "application/octet-stream", Range=wanted)

    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */16")


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-1,3-4"},
        {"Range": "lines=1"},
        {"Range": "bytes=" + "9" * 5000 + "-"},
        {"Range": "bytes=-"},
        {"Range": "bytes=0-1", "If_Range": '"x"'},
    ],
)
def test_other_ranges_are_answered_with_the_whole(client, ds, headers):
    response = get(client, url(ds), FILE, **headers)

    assert (response.status_code, response.content) == (200, part10(ds))


def test_range_of_multipart_is_answered_with_the_whole(client, ds):
    response = get(client, url(ds), DICOM, Range="bytes=0-1")

    assert response.status_code == 200
    assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.mark.parametrize(
    ("coding", "applied"),
    [("gzip", True), ("br, GZIP;q=0.1", True), ("*", True), ("identity", False), ("gzip;q=0", False)],
)
def test_text_is_compressed_for_who_accepts_it(client, ds, coding, applied):
    request = client.build_request("GET", f"{url(ds)}/metadata", headers={"Accept": JSON, "Accept-Encoding": coding})

    response = client.send(request, stream=True)
    raw = b"".join(response.iter_raw())

    assert response.headers.get("Content-Encoding") == ("gzip" if applied else None)
    assert int(response.headers["Content-Length"]) == len(raw)
    assert (gzip.decompress(raw) if applied else raw).startswith(b'[{"00080005":')
    assert response.headers["Vary"] == "Accept-Encoding"


def test_images_and_files_are_not_compressed_again(client, ds):
    answers = [get(client, url(ds) + suffix, accept) for suffix, accept in (("/rendered", "*/*"), ("", FILE))]

    assert [answer.headers.get("Content-Encoding") for answer in answers] == [None, None]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (f"{DICOM}, text/html", 400),
        ("application/dicom+json, image/gif;q=0.5", 400),
        (f"{DICOM}, text/html;q=0", 200),
        (f"{DICOM}, image/jpeg", 200),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, image/png, */*;q=0.8", 200),
        ("application/json, text/plain, */*", 200),
    ],
)
def test_dicom_and_rendered_types_are_not_asked_for_together(client, ds, accept, status):
    assert get(client, url(ds), accept).status_code == status


def test_mixture_in_the_accept_parameter_is_answered_400(client, ds):
    response = client.get(url(ds), params={"accept": "application/dicom,text/html"}, headers={"Accept": "*/*"})

    assert response.status_code == 400


@pytest.mark.parametrize("suffix", ["", "/metadata", "/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010"])
def test_unacceptable_request_is_told_what_there_is(client, ds, suffix):
    response = get(client, url(ds) + suffix, "application/x-nothing")

    assert (response.status_code, response.headers["Content-Type"]) == (406, "text/plain; charset=utf-8")
    assert "available: " in response.text and "/" in response.text.partition("available: ")[2]


@pytest.mark.parametrize("parameter", ["utf-8", "UTF-8", "x-klingon", ""])
def test_charset_leaves_the_answer_as_it_is(client, ds, parameter):
    plain = get(client, f"{url(ds)}/metadata", JSON)

    answers = [
        client.get(f"{url(ds)}/metadata", params={"charset": parameter}),
        get(client, f"{url(ds)}/metadata", JSON, Accept_Charset=parameter),
        get(client, f"{url(ds)}/metadata", f"{JSON};charset={parameter}"),
    ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, plain.json())] * 3


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("image/png;transfer-syntax=1.2.840.10008.1.2.4.50", 200),
        (f"{DICOM};transfer-syntax=1.2;transfer-syntax=1.2", 406),
    ],
)
def test_transfer_syntax_parameter_where_it_does_not_belong(client, ds, accept, status):
    suffix = "/rendered" if accept.startswith("image") else ""

    assert get(client, url(ds) + suffix, accept).status_code == status


@pytest.mark.parametrize("suffix", ["/metadata", "/rendered", "/thumbnail", ""])
def test_answer_says_what_it_represents(client, ds, suffix):
    accept = {"/metadata": JSON, "": FILE}.get(suffix, "*/*")

    response = get(client, url(ds) + suffix, accept)

    assert response.headers["Content-Location"] == str(client.base_url).rstrip("/") + url(ds) + suffix


def test_long_query_is_answered(client, ds):
    uids = ",".join([ds.StudyInstanceUID] * 300)

    assert len(client.get("/studies", params={"StudyInstanceUID": uids}).json()) == 1
