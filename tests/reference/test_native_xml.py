"""The Native DICOM Model as the reference server writes it (PS3.19 A.1)."""

from __future__ import annotations

import pytest
from pydicom import DataElement, Dataset
from pydicom.sequence import Sequence

from .helpers import JSON, image, part10, parts, read, store, url, xml

XML = 'multipart/related; type="application/dicom+xml"'
NAMESPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


def metadata(client, ds):
    """The attributes of an instance by tag."""
    (part,) = parts(client.get(f"{url(ds)}/metadata", headers={"Accept": XML}))
    return {attribute.get("tag"): attribute for attribute in xml(part)}


def described(ds, client):
    store(client, ds)
    return metadata(client, ds)


def content(attribute):
    """What an attribute holds: the name, number and text of each child."""
    return [(child.tag.removeprefix(NAMESPACE), child.get("number"), child.text) for child in attribute]


def test_document_is_a_native_dicom_model(client, stored):
    (part,) = parts(client.get(f"{url(stored())}/metadata", headers={"Accept": XML}))

    root = xml(part)

    assert root.tag == f"{NAMESPACE}NativeDicomModel"
    assert root.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"


def test_attributes_are_those_of_the_instance_without_group_lengths(client):
    ds = image()
    ds.add(DataElement(0x00080000, "UL", 0))

    attributes = described(ds, client)

    own = {f"{element.tag:08X}" for element in ds if element.tag.element}
    assert list(attributes) == sorted(
        {*own, "00083002"}
    )  # the transfer syntax, which the data set itself does not name
    assert dict(attributes["00100010"].items()) == {"tag": "00100010", "vr": "PN", "keyword": "PatientName"}


@pytest.mark.parametrize(
    ("tag", "vr", "value", "expected"),
    [
        ("00080050", "SH", "", []),
        ("00181020", "LO", ["v1", "", "v3"], [("Value", "1", "v1"), ("Value", "2", None), ("Value", "3", "v3")]),
        ("00280009", "AT", [0x00181063], [("Value", "1", "00181063")]),
        ("00189073", "FD", [0.5, -2.0], [("Value", "1", "0.5"), ("Value", "2", "-2.0")]),
        ("00281201", "OW", b"\1\2\3\4", [("InlineBinary", None, "AQIDBA==")]),
        ("00204000", "LT", "two\r\nlines <&>", [("Value", "1", "two\r\nlines <&>")]),
        ("00204000", "LT", "a\x0cb", [("Value", "1", "a\ufffdb")]),
        ("00080120", "UR", "https://a.example/?b&c", [("Value", "1", "https://a.example/?b&c")]),
    ],
)
def test_values_are_numbered_text(client, tag, vr, value, expected):
    ds = image()
    ds.add(DataElement(int(tag, 16), vr, value))

    assert content(described(ds, client)[tag]) == expected


def test_name_is_split_into_groups_and_components(client, stored):
    ds = stored(PatientName="Yamada^Tarou^^Dr=山田^太郎=やまだ")

    (name,) = metadata(client, ds)["00100010"]

    groups = {group.tag.removeprefix(NAMESPACE): content(group) for group in name}
    assert name.get("number") == "1"
    assert groups == {
        "Alphabetic": [("FamilyName", None, "Yamada"), ("GivenName", None, "Tarou"), ("NamePrefix", None, "Dr")],
        "Ideographic": [("FamilyName", None, "山田"), ("GivenName", None, "太郎")],
        "Phonetic": [("FamilyName", None, "やまだ")],
    }


def test_private_elements_name_their_creator(client):
    ds = image()
    ds.private_block(0x0011, "ACME", create=True).add_new(1, "LO", "value")

    attributes = described(ds, client)

    assert dict(attributes["00110001"].items()) == {"tag": "00110001", "vr": "LO", "privateCreator": "ACME"}
    assert dict(attributes["00110010"].items()) == {"tag": "00110010", "vr": "LO"}


def test_items_are_numbered_data_sets(client):
    ds, code = image(), Dataset()
    code.CodeValue = "T1"
    ds.ProcedureCodeSequence = Sequence([code, Dataset()])

    first, second = described(ds, client)["00081032"]

    assert (first.get("number"), second.get("number"), len(second)) == ("1", "2", 0)
    assert [(attribute.get("tag"), content(attribute)) for attribute in first] == [("00080100", [("Value", "1", "T1")])]


def test_bulk_data_have_the_uri_that_json_has(client, stored):
    ds = stored()

    (bulk,) = metadata(client, ds)["7FE00010"]

    (json,) = client.get(f"{url(ds)}/metadata").json()
    assert dict(bulk.items()) == {"uri": json["7FE00010"]["BulkDataURI"]}


def test_each_instance_is_a_part_with_its_location(client, study):
    answered = read(client.get(f"{study.path}/metadata", headers={"Accept": XML}))

    assert [part["Content-Type"] for part in answered] == ["application/dicom+xml"] * 3
    assert [
        part["Content-Location"].endswith(f"{url(ds)}/metadata")
        for part, ds in zip(answered, study.images, strict=True)
    ]


def test_each_match_of_a_search_is_a_part(client, study):
    answered = client.get(f"{study.path}/instances", headers={"Accept": XML})

    tags = [{attribute.get("tag") for attribute in xml(part)} for part in parts(answered)]
    assert [{"00080018", "00081190"} <= found for found in tags] == [True] * 3
    assert read(answered)[0]["Content-Location"] is None


def test_no_match_in_xml_is_answered_204(client):
    response = client.get("/studies", params={"StudyInstanceUID": "1.2"}, headers={"Accept": XML})

    assert (response.status_code, response.content, response.headers.get("Content-Type")) == (204, b"", None)


@pytest.mark.parametrize("accept", ["application/dicom+xml", XML])
def test_store_is_answered_in_xml(client, accept):
    ds = image()

    response = store(client, part10(ds), Accept=accept)

    (text,) = parts(response) if accept == XML else [response.content]
    sequence = next(attribute for attribute in xml(text) if attribute.get("tag") == "00081199")
    stored = {attribute.get("tag"): content(attribute)[0][2] for attribute in sequence[0]}
    assert (response.status_code, stored["00081155"]) == (200, ds.SOPInstanceUID)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (f"{JSON};q=0.1, {XML};q=0.9", "multipart/related"),
        (f"{JSON};q=0.9, {XML};q=0.1", JSON),
        (f"{JSON};q=0, */*", "multipart/related"),
        ("multipart/*", "multipart/related"),
        ("application/*", JSON),
    ],
)
def test_xml_or_json_is_sent_as_the_client_weighs_them(client, study, accept, media_type):
    response = client.get(f"{study.path}/metadata", headers={"Accept": accept})

    assert response.headers["Content-Type"].partition(";")[0] == media_type


def test_accept_parameter_can_ask_for_xml(client, study):
    response = client.get(f"{study.path}/metadata", params={"accept": XML}, headers={"Accept": "*/*"})

    assert response.headers["Content-Type"].startswith(XML)
