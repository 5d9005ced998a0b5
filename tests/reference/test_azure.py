"""The reference server as the service that the profile azure is about."""

from __future__ import annotations

import io

import httpx
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import generate_frames

from . import helpers
from .helpers import image, store, url

STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'


@pytest.fixture(scope="module")
def service(reference):
    with httpx.Client(base_url=reference.profile_url("azure"), headers={"Accept": helpers.JSON}) as client:
        yield client


@pytest.fixture(scope="module")
def ds(service):
    ds = image()
    assert store(service, ds).status_code == 200
    return ds


def get(service, path, accept=helpers.JSON, **more):
    return service.get(path, headers={"Accept": accept, **more})


def test_duplicate_is_refused_for_what_it_is(service, ds):
    response = store(service, ds)

    assert response.status_code == 409
    (item,) = response.json()["00081198"]["Value"]
    assert item["00081197"]["Value"] == [45070]


def test_address_of_the_study_only_where_the_path_has_it(service):
    first, second = image(), image()

    assert "00081190" not in store(service, first).json()
    assert "00081190" in store(service, second, path=url(second, "study")).json()


def test_part_that_cannot_be_read_is_an_item_without_uids(service):
    response = store(service, b"no DICOM", image())

    assert response.status_code == 202
    assert list(response.json()["00081198"]["Value"][0]) == ["00081197"]


def test_no_parts_are_no_content(service):
    response = store(service)

    assert (response.status_code, response.content) == (204, b"")


def test_metadata_have_no_binary_values(service, ds):
    (found,) = get(service, f"{url(ds)}/metadata").json()

    assert "7FE00010" not in found
    assert "00100010" in found


def test_entity_tag_is_a_bare_token(service, ds):
    tag = get(service, f"{url(ds)}/metadata").headers["ETag"]

    assert '"' not in tag
    unchanged = get(service, f"{url(ds)}/metadata", **{"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers.get("ETag")) == (304, None)
    assert get(service, f"{url(ds)}/metadata", **{"If-None-Match": f'"{tag}"'}).status_code == 200


def test_several_instances_come_only_as_they_are_stored(service):
    first = image()
    store(service, first, image(StudyInstanceUID=first.StudyInstanceUID))

    assert get(service, url(first, "study"), helpers.DICOM).status_code == 406
    assert get(service, url(first, "study"), STORED).status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"), [("image/jpeg", 200), ("image/png", 200), ("*/*", 406), ("image/jpeg, image/png", 406)]
)
def test_rendering_is_of_one_type_that_is_named(service, ds, accept, status):
    assert get(service, f"{url(ds)}/rendered", accept).status_code == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=200", 200),
        ("limit=201", 400),
        ("limit=0", 400),
        ("offset=9", 204),
        ("Modality=OT", 400),
        ("StudyTime=101500", 400),
        ("PatientName=", 400),
        ("PatientName=Ro*", 204),
        ("PatientName=röe^JANE", 200),
        ("PatientName=ja ro&fuzzymatching=true", 200),
        ("PatientName=ja do&fuzzymatching=true", 204),
        ("PatientName=ja ro&fuzzymatching=false", 204),
        ("StudyDate=20240229", 200),
        ("StudyDate=20240101-20241231", 200),
        ("SeriesNumber=1", 400),
        ("nobody=knows", 400),
    ],
)
def test_search_takes_what_is_indexed(service, ds, query, status):
    assert get(service, f"/studies?StudyInstanceUID={ds.StudyInstanceUID}&{query}").status_code == status


def test_search_returns_its_own_set_of_attributes(service, ds):
    (found,) = get(service, f"/studies?StudyInstanceUID={ds.StudyInstanceUID}").json()

    assert sorted(found) == ["00080020", "00100010", "00100020", "0020000D"]


def test_all_attributes_are_those_of_a_list(service, ds):
    path = f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}/instances?includefield=all"
    (found,) = get(service, path).json()

    assert {"00080016", "00200013", "00280010"} <= set(found)
    assert "00280004" not in found


def test_key_has_one_uid(service, ds):
    uid = ds.StudyInstanceUID

    assert get(service, f"/studies?StudyInstanceUID={uid},{uid}").status_code == 204


def test_metadata_are_not_stored(service):
    content_type = 'multipart/related; type="application/dicom+json"; boundary=b'

    assert service.post("/studies", content=b"", headers={"Content-Type": content_type}).status_code == 415


@pytest.mark.parametrize("path", ["/rendered", "/thumbnail", "/bulkdata/7FE00010"])
def test_what_the_service_does_not_have(service, ds, path):
    level = "instance" if "bulkdata" in path else "series"

    assert get(service, url(ds, level) + path, "*/*").status_code == 404


def test_version_is_part_of_the_path_and_of_every_answer(service, reference):
    assert service.get("/studies", params={"PatientID": "nobody"}).headers["api-supported-versions"] == "1, 2"
    assert httpx.get(f"{reference.root}/azure/studies").status_code == 404


def failed(response):
    """Status of a store, and the FailureReason of its only failure."""
    (item,) = response.json()["00081198"]["Value"]
    return response.status_code, item["00081197"]["Value"]


def referenced(response):
    """The item of the only instance that a store names."""
    (item,) = response.json()["00081199"]["Value"]
    return item


def test_value_that_is_not_valid_is_kept_in_the_file_alone(service):
    ds = image(StudyDate="20201399")

    response = store(service, ds)

    item = referenced(response)
    assert (response.status_code, item["00081196"]["Value"], len(item["00741048"]["Value"])) == (202, [1], 1)
    assert "00080020" not in get(service, f"{url(ds)}/metadata").json()[0]
    assert b"20201399" in get(service, url(ds), STORED).content


@pytest.mark.parametrize(
    "attributes", [{"Modality": "longer than sixteen"}, {"PatientID": ""}], ids=["CS", "PatientID"]
)
def test_warning_names_the_attribute(service, attributes):
    (comment,) = referenced(store(service, image(**attributes)))["00741048"]["Value"]

    assert comment["00000902"]["Value"][0].startswith("DICOM100: (00")


def test_valid_instance_has_no_warning(service):
    item = referenced(store(service, image()))

    assert ("00081196" in item, item["00741048"]) == (False, {"vr": "SQ"})


def test_instance_without_a_patient_id_is_refused(service):
    ds = image()
    del ds.PatientID

    assert failed(store(service, ds)) == (409, [43264])


def test_put_replaces_what_is_there(service):
    ds = image()
    store(service, ds)
    ds.ImageComments = "another"
    content_type = f'{helpers.DICOM}; boundary="{helpers.BOUNDARY}"'

    body = helpers.message(helpers.part10(ds))
    response = service.put(url(ds, "study"), content=body, headers={"Content-Type": content_type})

    assert response.status_code == 200
    assert [item["00204000"]["Value"] for item in get(service, f"{url(ds, 'study')}/metadata").json()] == [["another"]]


def test_preamble_becomes_zeros(service):
    ds = image()
    store(service, b"\1" * 128 + helpers.part10(ds)[128:])

    (content,) = helpers.parts(get(service, url(ds), STORED))

    assert content == helpers.part10(ds)


def test_several_values_of_an_indexed_attribute_are_remarked(service):
    assert store(service, image(StudyDescription=["One", "Two"])).headers["Warning"].startswith("299 http")
    assert "Warning" not in store(service, image()).headers


@pytest.mark.parametrize(
    ("option", "level", "status"),
    [("RelativeToNow", "Study", 200), ("Absolute", "Study", 400), ("RelativeToNow", "Series", 400)],
)
def test_expiry_is_that_of_a_study(service, option, level, status):
    fields = {"time-milliseconds": "1000", "option": option, "level": level}

    response = store(service, image(), **{f"msdicom-expiry-{name}": text for name, text in fields.items()})

    assert response.status_code == status


def test_image_comes_in_jpeg_2000(service):
    ds = image()
    store(service, ds)

    response = get(service, url(ds), "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90")

    found = pydicom.dcmread(io.BytesIO(response.content))
    frame = next(generate_frames(found.PixelData, number_of_frames=1))
    assert Image.open(io.BytesIO(frame)).tobytes() == ds.PixelData[:15]


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/studies/1.2", "application/dicom", 406),
        ("/studies/1.2", STORED, 404),
        ("/studies/1.2/metadata", "application/data", 406),
        ("/studies/1.2/series/3/instances/4/frames/0", helpers.OCTETS, 400),
        ("/studies/1.2/series/3/instances/4/frames/1,2", "application/octet-stream", 400),
        ("/studies/1.2/series/3/instances/4/frames/1", helpers.OCTETS, 404),
        ("/partitions/none/studies", helpers.JSON, 400),
    ],
)
def test_what_is_looked_at_first(service, path, accept, status):
    assert get(service, path, accept).status_code == status


def test_modalities_are_in_order(service):
    first = image(Modality="MR")
    store(service, first, image(StudyInstanceUID=first.StudyInstanceUID, Modality="CT"))

    (found,) = get(service, f"/studies?StudyInstanceUID={first.StudyInstanceUID}&ModalitiesInStudy=MR").json()

    assert found["00080061"]["Value"] == ["CT", "MR"]


@pytest.mark.parametrize("modality", ["X", "X%00"])
def test_padding_does_not_count(service, modality):
    ds = image(Modality="X\0")
    store(service, ds)

    assert get(service, f"/series?StudyInstanceUID={ds.StudyInstanceUID}&Modality={modality}").status_code == 200
