"""Bodies of stores of metadata and bulk data, and the images that they carry."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from conformance.dicomweb import dicom_xml, multipart
from conformance.kit import consumer_images, stow_metadata
from conformance.kit.kinds import KINDS, Label

LABEL = Label("a run", "DWC1234-")


def parts(body):
    parsed = multipart.parse(multipart.boundary_of(body.content_type), body.content)
    assert parsed.findings == ()
    return parsed.parts


def test_json_comes_first_and_its_uri_names_the_part_that_follows():
    instance, *_ = KINDS["ct-16"].make(LABEL)

    body = stow_metadata.as_json([stow_metadata.separated(instance)])

    first, second = parts(body)
    (attributes,) = json.loads(first.content)
    assert body.content_type.startswith('multipart/related; type="application/dicom+json"; boundary=')
    assert body.instances == (instance,)
    assert attributes["7FE00010"] == {"vr": "OW", "BulkDataURI": second.header("Content-Location")}
    assert (second.header("Content-Type"), second.content) == ("application/octet-stream", instance.dataset.PixelData)


def test_array_has_all_data_sets_and_bulk_data_come_in_the_order_asked_for():
    first, second = (stow_metadata.separated(instance) for instance in KINDS["ct-16"].make(LABEL)[:2])

    metadata, *bulk = parts(stow_metadata.as_json([first, second], bulk=[second.bulk, first.bulk]))

    assert len(json.loads(metadata.content)) == 2
    assert [part.header("Content-Location") for part in bulk] == [second.bulk.uri, first.bulk.uri]


def test_attributes_can_be_left_out_and_uris_be_absolute():
    (instance,) = KINDS["quadrants"].make(LABEL)

    sent = stow_metadata.separated(instance, without=stow_metadata.PIXEL_DESCRIPTION, base="http://a.example/")

    assert "00280010" not in sent.metadata
    assert sent.bulk.uri == f"http://a.example/bulk/{instance.sop_instance_uid}/7FE00010"


def test_xml_has_a_part_for_each_data_set():
    items = [stow_metadata.separated(instance) for instance in KINDS["ct-16"].make(LABEL)[:2]]

    found = parts(stow_metadata.as_xml(items))

    uids = [dicom_xml.attributes(dicom_xml.load(part.content))["00080018"] for part in found[:2]]
    assert [dicom_xml.values(uid) for uid in uids] == [[item.instance.sop_instance_uid] for item in items]
    assert [part.content for part in found[2:]] == [item.bulk.content for item in items]


@pytest.mark.parametrize("form", ["PNG", "GIF"])
@pytest.mark.parametrize("kind", ["name-utf8", "quadrants"])
def test_image_shows_the_pixels_of_the_instance(form, kind):
    (instance,) = KINDS[kind].make(LABEL)
    mode = "L" if instance.dataset.SamplesPerPixel == 1 else "RGB"

    with Image.open(io.BytesIO(consumer_images.encoded(instance, form))) as picture:
        assert picture.format == form
        assert picture.convert(mode).tobytes() == instance.frame


def test_jp2_file_is_one_that_a_reader_of_jp2_takes():
    (instance,) = KINDS["jpeg2000-lossless"].make(LABEL)

    file = consumer_images.jp2(instance.codestreams[0])

    with Image.open(io.BytesIO(file), formats=("JPEG2000",)) as picture:
        assert file[4:8] == b"jP  "
        assert picture.tobytes() == instance.decoded[0]
