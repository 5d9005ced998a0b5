"""Metadata and the DICOM JSON model as the reference server writes it (PS3.18 10.4.1.1.2, Annex F)."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from pydicom import DataElement, Dataset
from pydicom.sequence import Sequence

from .helpers import DICOM, OCTETS, image, parts, store, url

VALUES = [
    ("00080008", "CS", ["ORIGINAL", "PRIMARY"], {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY"]}),
    ("00080050", "SH", "", {"vr": "SH"}),
    ("00081199", "SQ", [], {"vr": "SQ"}),
    ("00181020", "LO", ["v1", "", "v3"], {"vr": "LO", "Value": ["v1", None, "v3"]}),
    ("00181063", "DS", "1.50", {"vr": "DS", "Value": [1.5]}),
    ("00181065", "DS", ["1e3", "-0.1", "0.1234567890123"], {"vr": "DS", "Value": [1000.0, -0.1, 0.1234567890123]}),
    ("00182010", "DS", ["1.23456789012345678", ""], {"vr": "DS", "Value": ["1.23456789012345678", None]}),
    ("00200013", "IS", "007", {"vr": "IS", "Value": [7]}),
    ("00204000", "LT", "two\r\nlines \\ one value", {"vr": "LT", "Value": ["two\r\nlines \\ one value"]}),
    ("00280009", "AT", [0x00181063, 0x7FE00010], {"vr": "AT", "Value": ["00181063", "7FE00010"]}),
    ("00280106", "SS", -5, {"vr": "SS", "Value": [-5]}),
    ("00089459", "FL", 0.5, {"vr": "FL", "Value": [0.5]}),
    ("00189073", "FD", [1e300, -2.5], {"vr": "FD", "Value": [1e300, -2.5]}),
    ("00720082", "SV", [-(2**63), 5], {"vr": "SV", "Value": [str(-(2**63)), 5]}),
    ("00720083", "UV", 2**64 - 1, {"vr": "UV", "Value": [str(2**64 - 1)]}),
    ("00189445", "UC", ["a", "b"], {"vr": "UC", "Value": ["a", "b"]}),
    ("00080120", "UR", "https://a.example/b?c", {"vr": "UR", "Value": ["https://a.example/b?c"]}),
    ("00281201", "OW", b"\1\2\3\4", {"vr": "OW", "InlineBinary": base64.b64encode(b"\1\2\3\4").decode()}),
    ("00111001", "UN", b"\xe4\0", {"vr": "UN", "InlineBinary": base64.b64encode(b"\xe4\0").decode()}),
]


def metadata(client, ds):
    response = client.get(f"{url(ds)}/metadata")
    assert response.status_code == 200
    (data_set,) = response.json()
    return data_set


def test_every_attribute_of_a_sample_is_described(client, stored):
    ds = stored()

    data_set = metadata(client, ds)

    syntax = {"vr": "UI", "Value": [str(ds.file_meta.TransferSyntaxUID)]}
    assert data_set.pop("00083002") == syntax  # AvailableTransferSyntaxUID, by which viewers know a video
    assert list(data_set) == sorted(f"{element.tag:08X}" for element in ds)
    assert data_set["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Roe^Jane"}]}
    assert data_set["00080050"] == {"vr": "SH"}


@pytest.mark.filterwarnings("ignore:The value length")
@pytest.mark.parametrize(("tag", "vr", "value", "attribute"), VALUES, ids=[f"{row[1]} {row[0]}" for row in VALUES])
def test_each_vr_is_written_as_annex_f_has_it(client, tag, vr, value, attribute):
    ds = image()
    ds.add(DataElement(int(tag, 16), vr, value))
    store(client, ds)

    assert metadata(client, ds)[tag] == attribute


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", ["Alphabetic", "Ideographic", "Phonetic"]),
        ("=山田^太郎", ["Ideographic"]),
    ],
)
def test_name_has_the_component_groups_that_are_not_empty(client, stored, name, groups):
    data_set = metadata(client, stored(PatientName=name))

    values = [text for text in name.split("=") if text]
    assert data_set["00100010"]["Value"] == [dict(zip(groups, values, strict=True))]


@pytest.mark.parametrize(
    ("repertoire", "name"),
    [("ISO_IR 100", "Müller^Jörg"), ("ISO_IR 144", "Люкceмбypг"), ("GB18030", "王^小东"), ("", "Plain^Name")],
)
def test_text_is_unicode_whatever_it_was_stored_in(client, stored, repertoire, name):
    data_set = metadata(client, stored(SpecificCharacterSet=repertoire, PatientName=name))

    assert data_set["00100010"]["Value"] == [{"Alphabetic": name}]


def test_items_are_data_sets_of_their_own(client):
    ds, outer, inner = image(), Dataset(), Dataset()
    inner.CodeValue = "T1"
    outer.ProcedureCodeSequence = Sequence([inner, Dataset()])
    ds.RequestAttributesSequence = Sequence([outer])
    store(client, ds)

    code = {"00080100": {"vr": "SH", "Value": ["T1"]}}
    assert metadata(client, ds)["00400275"] == {
        "vr": "SQ",
        "Value": [{"00081032": {"vr": "SQ", "Value": [code, {}]}}],
    }


def test_private_elements_keep_their_creator(client):
    ds = image()
    ds.private_block(0x0011, "ACME", create=True).add_new(1, "LO", "value")
    store(client, ds)

    data_set = metadata(client, ds)

    assert data_set["00110010"] == {"vr": "LO", "Value": ["ACME"]}
    assert data_set["00111001"] == {"vr": "LO", "Value": ["value"]}


def test_group_lengths_and_file_meta_are_left_out(client):
    ds = image()
    ds.add(DataElement(0x00080000, "UL", 0))
    store(client, ds)

    assert not [tag for tag in metadata(client, ds) if tag.endswith("0000") or tag.startswith("0002")]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_value_that_json_has_no_number_for_is_bulk_data(client, value):
    ds = image()
    ds.add(DataElement(0x00189073, "FD", value))
    store(client, ds)

    uri = metadata(client, ds)["00189073"]["BulkDataURI"]

    assert parts(client.get(uri, headers={"Accept": OCTETS})) == [struct.pack("<d", value)]


def test_every_bulk_data_uri_resolves_to_the_stored_value(client):
    ds, icon, large = image(), Dataset(), bytes(range(256)) * 8
    ds.add(DataElement(0x00281201, "OW", large))
    icon.add(DataElement(0x00281202, "OW", large[::-1]))
    icon.add(DataElement(0x7FE00010, "OB", b"icon"))
    ds.IconImageSequence = Sequence([icon])
    store(client, ds)

    data_set = metadata(client, ds)

    (item,) = data_set["00880200"]["Value"]
    found = [data_set["00281201"], data_set["7FE00010"], item["00281202"], item["7FE00010"]]
    bytes_of = [parts(client.get(attribute["BulkDataURI"], headers={"Accept": OCTETS})) for attribute in found]
    assert bytes_of == [[large], [bytes(ds.PixelData)], [large[::-1]], [b"icon"]]
    assert [attribute["vr"] for attribute in found] == ["OW", "OB", "OW", "OB"]


@pytest.mark.parametrize(("level", "number"), [("study", 3), ("series", 2), ("instance", 1)])
def test_each_level_has_a_data_set_per_instance(client, study, level, number):
    response = client.get(f"{url(study.images[0], level)}/metadata")

    uids = [data_set["00080018"]["Value"][0] for data_set in response.json()]
    assert uids == [ds.SOPInstanceUID for ds in study.images[:number]]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/dicom+json"),
        ("application/*", "application/dicom+json"),
        ("application/json", "application/json"),
        ("application/json, application/dicom+json;q=0.9", "application/json"),
        ("application/dicom+json;charset=utf-8", "application/dicom+json"),
    ],
)
def test_metadata_are_in_the_type_that_is_accepted(client, study, accept, media_type):
    response = client.get(f"{study.path}/metadata", headers={"Accept": accept})

    assert (response.status_code, response.headers["Content-Type"]) == (200, media_type)
    assert len(json.loads(response.content.decode("utf-8"))) == 3


@pytest.mark.parametrize("accept", [DICOM, "application/dicom+json;q=0", "text/html", 'multipart/related;type="a/b"'])
def test_type_that_there_is_not_is_answered_406_with_those_that_there_are(client, study, accept):
    response = client.get(f"{study.path}/metadata", headers={"Accept": accept})

    assert response.status_code == 406
    assert "application/dicom+json" in response.text
