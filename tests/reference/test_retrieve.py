"""Instances, frames and bulk data from the reference server (PS3.18 10.4)."""

from __future__ import annotations

import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, generate_uid

from .helpers import DICOM, OCTETS, image, part10, parts, read, store, url

JP2 = 'multipart/related; type="image/jp2"'
FIRST, SECOND = b"\xff\x4f first frame", b"\xff\x4f second frame "


@pytest.fixture(scope="module")
def multiframe(stored):
    """Three frames of 15 bytes, so that the value has a pad byte."""
    return stored(NumberOfFrames=3, PixelData=bytes(range(45)) + b"\0")


@pytest.fixture(scope="module")
def compressed(client):
    """Two frames of made-up JPEG 2000, each in two fragments."""
    ds = image(NumberOfFrames=2)
    ds.PixelData = encapsulate([FIRST, SECOND], fragments_per_frame=2)
    ds["PixelData"].is_undefined_length = True
    assert store(client, part10(ds, JPEG2000Lossless)).status_code == 200
    return ds


def get(client, path, accept=DICOM):
    return client.get(path, headers={"Accept": accept})


@pytest.mark.parametrize(("level", "number"), [("study", 3), ("series", 2), ("instance", 1)])
def test_each_level_is_sent_whole_and_unchanged(client, study, level, number):
    response = get(client, url(study.images[0], level))

    assert response.status_code == 200
    assert parts(response) == [part10(ds) for ds in study.images[:number]]


def test_each_part_says_what_and_where_it_is(client, study):
    (part,) = read(get(client, url(study.images[0])))

    assert dict(part.items()) == {
        "Content-Type": "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
        "Content-Length": str(len(part10(study.images[0]))),
        "Content-Location": str(client.base_url).rstrip("/") + url(study.images[0]),
    }


def test_boundaries_differ_from_answer_to_answer(client, study):
    types = {get(client, study.path).headers["Content-Type"] for _ in range(3)}

    assert len(types) == 3


def test_content_length_is_that_of_the_body(client, study):
    response = get(client, study.path)

    assert int(response.headers["Content-Length"]) == len(response.content)


def test_head_is_answered_like_get_without_a_body(client, study):
    answers = [client.request(method, study.path, headers={"Accept": DICOM}) for method in ("HEAD", "GET")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["Content-Length"] == answers[1].headers["Content-Length"]
    assert answers[0].content == b""


def test_single_part_is_the_file(client, study):
    response = get(client, url(study.images[0]), "application/dicom")

    assert response.headers["Content-Type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    assert response.content == part10(study.images[0])


@pytest.mark.parametrize("level", ["study", "series"])
def test_single_part_is_not_for_a_study_or_series(client, study, level):
    assert get(client, url(study.images[0], level), "application/dicom").status_code == 406


@pytest.mark.parametrize("suffix", ["", "/metadata"])
@pytest.mark.parametrize("level", ["study", "series", "instance"])
def test_what_is_not_there_is_answered_404(client, level, suffix):
    response = client.get(url(image(), level) + suffix, headers={"Accept": "*/*"})

    assert response.status_code == 404
    assert response.text.startswith(f"there is no {level} ")


def test_child_of_another_parent_is_answered_404(client, study):
    first, _, third = study.images

    assert get(client, f"{url(third, 'series')}/instances/{first.SOPInstanceUID}").status_code == 404
    assert get(client, f"/studies/{generate_uid()}/series/{first.SeriesInstanceUID}").status_code == 404


@pytest.mark.parametrize("path", ["/studies/x", "/studies/1..2", "/studies/1.02", "/studies/1/series/" + 65 * "1"])
def test_path_without_uids_is_answered_400(client, path):
    assert get(client, path).status_code == 400


@pytest.mark.parametrize("path", ["/nonsense", "/studies/1.2/nonsense", "/studies/"])
def test_path_that_names_no_resource_is_answered_404(client, path):
    assert get(client, path).status_code == 404


def test_other_methods_are_answered_405_with_those_that_there_are(client, study):
    response = client.put(study.path)

    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}


def test_compressed_instance_is_sent_only_to_who_takes_its_transfer_syntax(client, compressed):
    accepts = [DICOM, f"{DICOM}; transfer-syntax=*", f"{DICOM}; transfer-syntax={JPEG2000Lossless}", "*/*"]

    answers = [get(client, url(compressed), accept) for accept in accepts]

    assert [answer.status_code for answer in answers] == [406, 200, 200, 406]
    assert read(answers[1])[0]["Content-Type"] == f"application/dicom; transfer-syntax={JPEG2000Lossless}"
    assert parts(answers[1]) == parts(answers[2]) == [part10(compressed, JPEG2000Lossless)]


@pytest.mark.parametrize(("frames", "numbers"), [("1", [1]), ("1,3", [1, 3]), ("3,1", [3, 1]), ("2,2", [2, 2])])
def test_frames_are_sent_in_the_order_of_the_list(client, multiframe, frames, numbers):
    response = get(client, f"{url(multiframe)}/frames/{frames}", OCTETS)

    assert response.status_code == 200
    assert parts(response) == [bytes(range((number - 1) * 15, number * 15)) for number in numbers]
    assert read(response)[0]["Content-Location"].endswith(f"/frames/{numbers[0]}")


def test_single_frame_can_be_sent_alone(client, multiframe):
    accept = "application/octet-stream"

    assert get(client, f"{url(multiframe)}/frames/2", accept).content == bytes(range(15, 30))
    assert get(client, f"{url(multiframe)}/frames/1,2", accept).status_code == 406


@pytest.mark.parametrize("frames", ["", "0", "-1", "x", "1,,2", "1,", "1%2C0", "1.0", "1" * 5000])
def test_bad_frame_list_is_answered_400(client, multiframe, frames):
    assert get(client, f"{url(multiframe)}/frames/{frames}", OCTETS).status_code == 400


@pytest.mark.parametrize("frames", ["4", "1,4"])
def test_frame_past_the_last_is_answered_404(client, multiframe, frames):
    assert get(client, f"{url(multiframe)}/frames/{frames}", OCTETS).status_code == 404


def test_instance_without_pixel_data_has_no_frames(client):
    ds = image()
    del ds.PixelData
    store(client, ds)

    response = get(client, f"{url(ds)}/frames/1", OCTETS)

    assert (response.status_code, response.text) == (404, "the instance has no pixel data")


def test_frames_of_single_bits_start_at_a_byte_each(client, stored):
    # 15 bits a frame: 0x7FFF and 0x2AAA, one after the other from the lowest bit.
    ds = stored(NumberOfFrames=2, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=bytes.fromhex("FF7F5515"))

    assert parts(get(client, f"{url(ds)}/frames/1,2", OCTETS)) == [b"\xff\x7f", b"\xaa\x2a"]


def test_float_pixel_data_have_frames(client):
    ds = image(Rows=1, Columns=2, BitsAllocated=32, FloatPixelData=b"12345678")
    del ds.PixelData
    store(client, ds)

    assert parts(get(client, f"{url(ds)}/frames/1", OCTETS)) == [b"12345678"]


def test_compressed_frames_are_sent_bare_in_their_media_type(client, compressed):
    response = get(client, f"{url(compressed)}/frames/1,2", JP2)

    assert [part["Content-Type"] for part in read(response)] == [f"image/jp2; transfer-syntax={JPEG2000Lossless}"] * 2
    assert parts(response) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (f"{JP2}; transfer-syntax={JPEG2000Lossless}", 200),
        ("multipart/related; type=image/*; transfer-syntax=*", 200),
        (f"{JP2}; transfer-syntax={JPEGBaseline8Bit}", 406),
        (OCTETS, 406),
        ("*/*", 406),
    ],
)
def test_compressed_frames_are_sent_to_who_takes_them(client, compressed, accept, status):
    assert get(client, f"{url(compressed)}/frames/1", accept).status_code == status


def test_bulk_data_is_the_value(client, multiframe):
    path, value = f"{url(multiframe)}/bulkdata/7FE00010", bytes(range(45)) + b"\0"

    assert parts(get(client, path, OCTETS)) == parts(get(client, path, "*/*")) == [value]
    assert get(client, path, "application/octet-stream").content == value


@pytest.mark.parametrize(
    "path",
    ["7FE00011", "7fe00010", "x", "00400275.1.00400009", "00080050", "00100010.1.00100010", "00100020.1.00100020"],
)
def test_bulk_data_that_is_not_there_is_answered_404(client, multiframe, path):
    assert get(client, f"{url(multiframe)}/bulkdata/{path}", OCTETS).status_code == 404


@pytest.mark.parametrize(
    "attributes", [{"NumberOfFrames": 99}, {"Rows": None}, {"Rows": 0}, {"NumberOfFrames": [1, 2]}]
)
def test_frames_that_the_attributes_do_not_tell_apart_are_answered_404(client, stored, attributes):
    response = get(client, f"{url(stored(**attributes))}/frames/1", OCTETS)

    assert response.status_code == 404
    assert "frames" in response.text
