"""Stores of metadata and bulk data by the reference server (PS3.18 10.5.1.4, 10.5.2)."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree

import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit

from .helpers import BOUNDARY, DICOM, JSON, image, parts, url

XML = "application/dicom+xml"
URI = "bulk/1"
PIXELS = bytes(range(1, 16)) + b"\0"
DESCRIPTION = ["00280002", "00280004", "00280010", "00280011", "00280100", "00280101", "00280102", "00280103"]


def message(*sent):
    """A body of (Content-Type, Content-Location or None, content)."""
    body = b""
    for kind, location, content in sent:
        line = f"Content-Location: {location}\r\n" if location else ""
        body += f"--{BOUNDARY}\r\nContent-Type: {kind}\r\n{line}\r\n".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def post(client, first, *sent):
    headers = {"Content-Type": f'multipart/related; type="{first}"; boundary={BOUNDARY}', "Accept": JSON}
    return client.post("/studies", content=message(*sent), headers=headers)


def metadata(ds, uri=URI, without=(), **changed):
    """The data set in the DICOM JSON model as pydicom writes it, with Pixel Data as bulk data."""
    attributes = {tag: item for tag, item in ds.to_json_dict().items() if tag not in without}
    return attributes | {"7FE00010": {"vr": "OB", "BulkDataURI": uri}} | changed


def send(client, *data_sets, bulk=(("application/octet-stream", URI, PIXELS),)):
    return post(client, JSON, (JSON, None, json.dumps(data_sets).encode()), *bulk)


def kept(client, ds):
    """The file as it is kept."""
    response = client.get(url(ds), headers={"Accept": f"{DICOM}; transfer-syntax=*"})
    return dcmread(io.BytesIO(parts(response)[0]))


def picture(form, mode="L", **options):
    file = io.BytesIO()
    Image.frombytes(mode, (5, 3), bytes(range(15 * len(mode)))).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        (URI, URI),
        ("http://elsewhere.example/1", "http://elsewhere.example/1"),
        ("./bulk/1", "/dicom-web/bulk/1"),
    ],
    ids=["relative", "absolute", "the same when resolved"],
)
def test_pixels_come_from_the_part_that_the_uri_names(client, uri, location):
    ds = image()

    response = send(client, metadata(ds, uri), bulk=[("application/octet-stream", location, PIXELS)])

    assert response.status_code == 200, response.text
    back = kept(client, ds)
    assert back.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert [element for element in back if element != ds[element.tag]] == []


def test_value_of_odd_length_gets_its_pad_byte(client):
    ds = image()

    send(client, metadata(ds), bulk=[("application/octet-stream", URI, PIXELS[:15])])

    assert kept(client, ds).PixelData == PIXELS


def test_missing_part_fails_that_instance_alone(client):
    first, second = image(), image()

    response = send(client, metadata(first), metadata(second, "bulk/2"))

    assert response.status_code == 202
    assert [item["00081155"]["Value"] for item in response.json()["00081199"]["Value"]] == [[first.SOPInstanceUID]]
    (failed,) = response.json()["00081198"]["Value"]
    assert (failed["00081155"]["Value"], failed["00081197"]["Value"]) == ([second.SOPInstanceUID], [0xC000])


@pytest.mark.parametrize(
    "changed",
    [
        {"00280010": {"vr": "US", "Value": ["three"]}},
        {"00280010": {"vr": "US", "Value": 3}},
        {"00280010": {"Value": [3]}},
        {"00280010": {"vr": "OB", "InlineBinary": "not base64!"}},
        {"00104000": {"vr": "LT", "Value": [{"no": "text"}]}},
        {"0010400": {"vr": "LT", "Value": ["a tag of seven digits"]}},
        {"00081140": {"vr": "SQ", "Value": ["no item"]}},
    ],
    ids=["text as number", "no list", "no vr", "no base64", "object as text", "no tag", "text as item"],
)
def test_value_that_cannot_be_read_fails_the_instance(client, changed):
    ds = image()

    response = send(client, metadata(ds, **changed))

    assert response.status_code == 409
    assert response.json()["00081198"]["Value"][0]["00081155"]["Value"] == [ds.SOPInstanceUID]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[1]", b"not JSON"])
def test_metadata_that_are_no_list_of_data_sets_are_a_bad_request(client, content):
    assert post(client, JSON, (JSON, None, content)).status_code == 400


def test_first_part_has_to_be_the_metadata(client):
    assert post(client, JSON, ("application/octet-stream", URI, PIXELS)).status_code == 400


def test_metadata_without_multipart_are_not_supported(client):
    response = client.post("/studies", content=b"[]", headers={"Content-Type": JSON})

    assert response.status_code == 415


def test_text_is_kept_in_utf8(client):
    ds = image()

    send(
        client,
        metadata(ds, **{"00100010": {"vr": "PN", "Value": [{"Ideographic": "山田^太郎"}]}, "00080005": {"vr": "CS"}}),
    )

    assert kept(client, ds).SpecificCharacterSet == "ISO_IR 192"
    assert kept(client, ds).PatientName.ideographic == "山田^太郎"


def test_group_2_and_group_lengths_are_left_out(client):
    ds = image()
    extra = {"00020010": {"vr": "UI", "Value": ["1.2.3"]}, "00080000": {"vr": "UL", "Value": [1]}}

    assert send(client, metadata(ds, **extra)).status_code == 200
    assert kept(client, ds).file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


def test_png_becomes_native_pixels_with_their_description(client):
    ds = image()

    response = send(client, metadata(ds, without=DESCRIPTION), bulk=[("image/png", URI, picture("PNG"))])

    assert response.status_code == 200, response.text
    back = kept(client, ds)
    assert [item for item in back.group_dataset(0x28) if item != ds[item.tag]] == []
    assert back.PixelData == bytes(range(15)) + b"\0"


def test_description_that_is_sent_is_kept_where_it_fits(client):
    ds = image(PhotometricInterpretation="MONOCHROME1", BitsStored=7, HighBit=6)

    send(client, metadata(ds), bulk=[("image/png", URI, picture("PNG"))])

    assert kept(client, ds).PhotometricInterpretation == "MONOCHROME1"
    assert kept(client, ds).BitsStored == 7


def test_colours_of_a_palette_become_rgb(client):
    ds = image()

    send(client, metadata(ds), bulk=[("image/gif", URI, picture("GIF", "RGB"))])

    back = kept(client, ds)
    assert (back.PhotometricInterpretation, back.SamplesPerPixel, back.PlanarConfiguration) == ("RGB", 3, 0)
    assert back.PixelData == bytes(range(45)) + b"\0"


def test_png_of_16_bits_keeps_them(client):
    ds, file, values = image(), io.BytesIO(), bytes(range(30))
    Image.frombytes("I;16", (5, 3), values).save(file, "PNG")

    send(client, metadata(ds), bulk=[("image/png", URI, file.getvalue())])

    assert (kept(client, ds).BitsAllocated, kept(client, ds).PixelData) == (16, values)


def test_transparent_pixels_are_refused(client):
    assert send(client, metadata(image()), bulk=[("image/png", URI, picture("PNG", "RGBA"))]).status_code == 409


@pytest.mark.parametrize(
    ("mode", "options", "photometric"),
    [
        ("L", {}, "MONOCHROME2"),
        ("RGB", {"subsampling": 1}, "YBR_FULL_422"),
        ("RGB", {"subsampling": 0}, "YBR_FULL"),
        ("RGB", {"keep_rgb": True}, "RGB"),
    ],
    ids=["grey", "subsampled", "full", "rgb"],
)
def test_jpeg_is_encapsulated_as_it_is(client, mode, options, photometric):
    ds, stream = image(), picture("JPEG", mode, **options)

    send(client, metadata(ds, without=DESCRIPTION), bulk=[("image/jpeg; transfer-syntax=1.2.3", URI, stream)])

    back = kept(client, ds)
    assert (back.file_meta.TransferSyntaxUID, back.LossyImageCompression) == (JPEGBaseline8Bit, "01")
    assert (back.Rows, back.Columns, back.PhotometricInterpretation) == (3, 5, photometric)
    assert next(generate_frames(back.PixelData, number_of_frames=1)).startswith(stream)


def test_jp2_loses_its_boxes(client):
    ds, file = image(), picture("JPEG2000")
    assert file[4:8] == b"jP  "

    send(client, metadata(ds, without=DESCRIPTION), bulk=[("image/jp2", URI, file)])

    back = kept(client, ds)
    assert (back.file_meta.TransferSyntaxUID, back.PhotometricInterpretation) == (JPEG2000Lossless, "MONOCHROME2")
    frame = next(generate_frames(back.PixelData, number_of_frames=1))
    assert frame[:4].hex() == "ff4fff51"
    assert frame.rstrip(b"\0") in file


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/jp2", "image/png", "image/gif", "video/mp4"])
def test_bytes_that_are_no_such_image_are_refused(client, media_type):
    assert send(client, metadata(image()), bulk=[(media_type, URI, b"no image at all" * 9)]).status_code == 409


@pytest.mark.parametrize(
    ("media_type", "status"), [("application/pdf", 200), ("application/octet-stream", 200), ("text/html", 409)]
)
def test_document_has_its_media_type(client, media_type, status):
    ds = image()
    document = {
        "00420012": {"vr": "LO", "Value": ["application/pdf"]},
        "00420011": {"vr": "OB", "BulkDataURI": "a.pdf"},
    }
    bulk = [("application/octet-stream", URI, PIXELS), (media_type, "a.pdf", b"%PDF-1.4")]

    assert send(client, metadata(ds, **document), bulk=bulk).status_code == status


def test_xml_has_a_part_for_each_instance(client):
    first, second = image(), image()
    documents = [as_xml(metadata(first, "bulk/1")), as_xml(metadata(second, "bulk/2"))]
    bulk = [("application/octet-stream", f"bulk/{number}", bytes([number]) * 16) for number in (2, 1)]

    response = post(client, XML, *((XML, None, document) for document in documents), *bulk)

    assert response.status_code == 200, response.text
    assert [kept(client, ds).PixelData[0] for ds in (first, second)] == [1, 2]
    assert kept(client, first).PatientName == first.PatientName


def test_private_attributes_in_xml_get_a_block(client):
    ds = image()
    private = (
        '<DicomAttribute tag="00990001" vr="LO" privateCreator="MINE"><Value number="1">x</Value></DicomAttribute>'
    )
    document = as_xml(metadata(ds)).replace(b"</NativeDicomModel>", private.encode() + b"</NativeDicomModel>")

    post(client, XML, (XML, None, document), ("application/octet-stream", URI, PIXELS))

    assert kept(client, ds).private_block(0x99, "MINE")[1].value == "x"


@pytest.mark.parametrize("document", [b"<a/>", b"<no xml", b"<!DOCTYPE a><a/>"])
def test_document_that_is_no_data_set_is_a_bad_request(client, document):
    assert post(client, XML, (XML, None, document)).status_code == 400


def as_xml(attributes):
    """A document of the kinds of values that the image has."""
    root = ElementTree.Element("NativeDicomModel", xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM")
    for tag, attribute in attributes.items():
        element = ElementTree.SubElement(root, "DicomAttribute", tag=tag, vr=attribute["vr"])
        if "BulkDataURI" in attribute:
            ElementTree.SubElement(element, "BulkData", uri=attribute["BulkDataURI"])
        for number, value in enumerate(attribute.get("Value", []), 1):
            if attribute["vr"] == "PN":
                person = ElementTree.SubElement(element, "PersonName", number=str(number))
                group = ElementTree.SubElement(person, "Alphabetic")
                family, given = value["Alphabetic"].split("^")
                ElementTree.SubElement(group, "FamilyName").text = family
                ElementTree.SubElement(group, "GivenName").text = given
            else:
                ElementTree.SubElement(element, "Value", number=str(number)).text = str(value)
    return ElementTree.tostring(root)
