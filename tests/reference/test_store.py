"""The Store transaction of the reference server (PS3.18 10.5)."""

from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

from .helpers import BOUNDARY, DICOM, OCTETS, image, message, part10, parts, store, url

MULTIPART = f"{DICOM}; boundary={BOUNDARY}"


def post(client, content, content_type, path="/studies", **headers):
    return client.post(path, content=content, headers={"Content-Type": content_type} | headers)


def found(client, ds):
    return len(client.get("/instances", params={"SOPInstanceUID": ds.SOPInstanceUID}).json())


def test_response_names_each_stored_instance_and_nothing_else(client):
    ds = image()

    response = store(client, ds)

    base = str(client.base_url).rstrip("/")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/dicom+json")
    assert response.json() == {
        "00081190": {"vr": "UR", "Value": [base + url(ds, "study")]},
        "00081199": {
            "vr": "SQ",
            "Value": [
                {
                    "00081150": {"vr": "UI", "Value": [ds.SOPClassUID]},
                    "00081155": {"vr": "UI", "Value": [ds.SOPInstanceUID]},
                    "00081190": {"vr": "UR", "Value": [base + url(ds)]},
                }
            ],
        },
    }


def test_instances_of_two_studies_leave_the_retrieve_url_of_the_study_empty(client):
    response = store(client, image(), image())

    assert response.status_code == 200
    assert response.json()["00081190"] == {"vr": "UR"}
    assert len(response.json()["00081199"]["Value"]) == 2


def test_study_of_the_path_is_made_when_it_does_not_exist(client):
    ds = image()

    assert store(client, ds, path=url(ds, "study")).status_code == 200
    assert found(client, ds) == 1


def test_instance_of_another_study_than_the_path_is_refused(client):
    ds = image()

    response = store(client, ds, path=f"/studies/{generate_uid()}")

    assert response.status_code == 409
    assert response.json() == {
        "00081190": {"vr": "UR"},
        "00081198": {
            "vr": "SQ",
            "Value": [
                {
                    "00081150": {"vr": "UI", "Value": [ds.SOPClassUID]},
                    "00081155": {"vr": "UI", "Value": [ds.SOPInstanceUID]},
                    "00081197": {"vr": "US", "Value": [0xA900]},
                }
            ],
        },
    }
    assert found(client, ds) == 0


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no DICOM",
        part10(image())[:-1],
        part10(image()) + b"12345678",
        part10(image())[:200],
        part10(image(SOPInstanceUID="")),
    ],
    ids=["empty", "text", "cut by a byte", "with a tail", "cut in the header", "without SOP Instance UID"],
)
def test_part_that_is_no_instance_fails_beside_one_that_is_stored(client, broken):
    ds = image()

    response = store(client, broken, ds)

    assert response.status_code == 202
    assert response.json()["0008119A"]["Value"] == [{"00081197": {"vr": "US", "Value": [0xC000]}}]
    assert [item["00081155"]["Value"] for item in response.json()["00081199"]["Value"]] == [[ds.SOPInstanceUID]]
    assert found(client, ds) == 1


def test_only_parts_that_are_no_instance_are_answered_409(client):
    response = store(client, b"no DICOM")

    assert response.status_code == 409
    assert list(response.json()) == ["00081190", "0008119A"]


@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.parametrize("uid", ["", "1.02.3", "not a UID"])
def test_instance_without_usable_uids_is_named_as_failed(client, keyword, uid):
    response = store(client, part10(image(**{keyword: uid})))

    assert response.status_code == 409
    assert response.json()["00081198"]["Value"][0]["00081197"] == {"vr": "US", "Value": [0xA900]}


def test_transfer_syntax_that_is_not_supported_is_refused_with_its_code(client):
    response = store(client, part10(image()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"))

    assert response.status_code == 409
    assert response.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0xC122]


def test_same_instance_again_is_stored_and_there_is_one_of_it(client):
    ds = image()
    store(client, ds)
    ds.PatientName = "Second^Version"

    response = store(client, ds)

    assert response.status_code == 200
    assert found(client, ds) == 1
    assert b"Second^Version" in parts(client.get(url(ds), headers={"Accept": DICOM}))[0]


@pytest.mark.parametrize(
    "content_type",
    [
        f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
        f'multipart/related; type=application/dicom; boundary="{BOUNDARY}"',
        f"multipart/related; boundary={BOUNDARY}",
        f"Multipart/Related ;Boundary={BOUNDARY} ; Type=Application/DICOM; start=<1>",
    ],
)
def test_content_type_may_be_written_in_every_legal_way(client, content_type):
    ds = image()

    assert post(client, message(part10(ds)), content_type).status_code == 200
    assert found(client, ds) == 1


def test_single_part_is_stored(client):
    ds = image()

    assert post(client, part10(ds), "application/dicom").status_code == 200
    assert found(client, ds) == 1


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Content-Type: application/dicom;transfer-syntax=1.2.840.10008.1.2.4.50\r\nContent-ID: <1>\r\n",
    ],
    ids=["none", "a wrong transfer syntax"],
)
def test_header_of_a_part_may_say_nothing_or_too_much(client, header):
    ds = image()

    assert post(client, message(part10(ds), header=header), MULTIPART).status_code == 200
    assert found(client, ds) == 1


def test_preamble_epilogue_and_padding_are_understood(client):
    ds = image()
    body = message(part10(ds)).replace(b"--a-boundary\r\n", b"--a-boundary \t\r\n", 1)

    response = post(client, b"preamble\r\n" + body + b"epilogue --a-boundary", MULTIPART)

    assert response.status_code == 200
    assert found(client, ds) == 1


def test_chunked_body_is_understood(client):
    ds = image()
    body = message(part10(ds))

    response = post(client, (body[index : index + 7] for index in range(0, len(body), 7)), MULTIPART)

    assert response.status_code == 200
    assert found(client, ds) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"--a-boundary--\r\n", message(b"1", boundary="another"), message(part10(image()))[:-20], message(b"1")[:-6]],
    ids=["empty", "no parts", "another boundary", "cut in a part", "no closing delimiter"],
)
def test_body_that_is_not_multipart_is_answered_400(client, body):
    response = post(client, body, MULTIPART)

    assert (response.status_code, response.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert response.text


def test_nothing_of_a_cut_body_is_stored(client):
    ds = image()

    assert post(client, message(part10(ds), part10(image()))[:-20], MULTIPART).status_code == 400
    assert found(client, ds) == 0


def test_missing_boundary_is_answered_400(client):
    assert post(client, message(part10(image())), DICOM).status_code == 400


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "multipart/form-data; boundary=a", "multipart/related; type=text/plain; boundary=a", "nonsense"],
)
def test_other_content_types_are_answered_415(client, content_type):
    response = post(client, message(part10(image())), content_type)

    assert response.status_code == 415
    assert "application/dicom" in response.text or "not a media type" in response.text


def test_content_encoding_is_answered_415(client):
    assert post(client, b"", MULTIPART, **{"Content-Encoding": "gzip"}).status_code == 415


def test_response_type_that_there_is_not_is_answered_406_and_nothing_is_stored(client):
    ds = image()

    assert store(client, ds, Accept="text/html").status_code == 406
    assert found(client, ds) == 0


def test_store_without_accept_is_answered_with_the_default(reference):
    with httpx.Client(base_url=reference.url, trust_env=False) as client:
        del client.headers["Accept"]
        response = store(client, image())

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/dicom+json")


@pytest.mark.parametrize(
    ("transfer_syntax", "vr"), [(ImplicitVRLittleEndian, "OW"), (DeflatedExplicitVRLittleEndian, "OB")]
)
def test_implicit_and_deflated_files_are_kept_in_explicit_vr(client, transfer_syntax, vr):
    ds = image()
    ds["PixelData"].VR = vr

    assert store(client, part10(ds, transfer_syntax)).status_code == 200
    assert parts(client.get(url(ds), headers={"Accept": DICOM})) == [part10(ds)]


def test_big_endian_file_is_kept_in_little_endian(client):
    words = image(Rows=1, Columns=2, BitsAllocated=16, BitsStored=16, HighBit=15)
    item, expected = Dataset(), b"\1\0\2\0"
    item.add_new(0x00281201, "OW", b"\0\3")
    words.IconImageSequence = Sequence([item])
    words.add_new(0x00189073, "FD", 1.5)
    words.add_new("PixelData", "OW", b"\0\1\0\2")

    assert store(client, part10(words, ExplicitVRBigEndian)).status_code == 200

    (file,) = parts(client.get(url(words), headers={"Accept": DICOM}))
    kept = dcmread(BytesIO(file))
    assert kept.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert (kept.PixelData, kept.AcquisitionDuration, kept.Rows) == (expected, 1.5, 1)
    assert kept.IconImageSequence[0].RedPaletteColorLookupTableData == b"\3\0"
    assert parts(client.get(f"{url(words)}/frames/1", headers={"Accept": OCTETS})) == [expected]


def test_large_instance_comes_back_byte_for_byte(client):
    ds = image(Rows=8192, Columns=8191)
    ds.PixelData = bytes(range(256)) * (8192 * 8191 // 256) + bytes(8192 * 8191 % 256)
    file = part10(ds)

    assert post(client, message(file), MULTIPART).status_code == 200
    assert client.get(url(ds), headers={"Accept": "application/dicom"}).content == file


def test_answer_says_where_the_study_is(client):
    ds = image()

    response = store(client, ds)

    there = str(client.base_url).rstrip("/") + url(ds, "study")
    assert (response.headers["Location"], response.headers["Content-Location"]) == (there, there)


def test_answer_about_two_studies_names_no_location(client):
    assert "Location" not in store(client, image(), image()).headers
