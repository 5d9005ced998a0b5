"""A client that nobody here wrote can work with the reference server."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from dicomweb_client import DICOMwebClient
from PIL import Image

from conformance.reference.server import Server

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAMPLES = [pydicom.dcmread(FIXTURES / f"{name}.dcm") for name in ("red-triangle", "green-square", "blue-circle")]
RED = SAMPLES[0]
UIDS = (RED.StudyInstanceUID, RED.SeriesInstanceUID, RED.SOPInstanceUID)


@pytest.fixture(scope="module")
def peer():
    with Server() as server:
        peer = DICOMwebClient(server.url)
        peer.store_instances(SAMPLES)
        yield peer


def uids(data_sets):
    return {ds.SOPInstanceUID for ds in data_sets}


def test_peer_retrieves_what_it_stored(peer):
    assert uids(peer.retrieve_study(UIDS[0])) == uids(SAMPLES)
    assert uids(peer.retrieve_series(*UIDS[:2])) == uids(SAMPLES[:2])
    assert peer.retrieve_instance(*UIDS) == RED


def test_peer_reads_the_metadata(peer):
    (metadata,) = [peer.retrieve_instance_metadata(*UIDS)]
    described = pydicom.Dataset.from_json(metadata, lambda *_: RED.PixelData)

    assert described.pop("AvailableTransferSyntaxUID").value == RED.file_meta.TransferSyntaxUID
    assert described == RED
    assert len(peer.retrieve_study_metadata(UIDS[0])) == 3
    assert len(peer.retrieve_series_metadata(*UIDS[:2])) == 2


def test_peer_searches_at_every_level(peer):
    assert len(peer.search_for_studies(search_filters={"PatientID": "ID1"})) == 1
    assert len(peer.search_for_series(UIDS[0])) == 2
    assert len(peer.search_for_instances(*UIDS[:2], limit=1)) == 1
    assert peer.search_for_studies(search_filters={"PatientID": "nobody"}) == []


def test_peer_retrieves_frames_and_bulk_data(peer):
    metadata = peer.retrieve_instance_metadata(*UIDS)

    assert peer.retrieve_instance_frames(*UIDS, [1]) == [RED.PixelData[:-1]]
    assert peer.retrieve_bulkdata(metadata["7FE00010"]["BulkDataURI"]) == [RED.PixelData]


def test_peer_retrieves_renderings(peer):
    instance = peer.retrieve_instance_rendered(*UIDS, media_types=("image/png",))
    frame = peer.retrieve_instance_frames_rendered(*UIDS, [1], media_types=("image/jpeg",))
    pictures = [Image.open(BytesIO(content)) for content in (instance, frame)]

    assert [(picture.format, picture.size) for picture in pictures] == [
        ("PNG", (RED.Columns, RED.Rows)),
        ("JPEG", (RED.Columns, RED.Rows)),
    ]
    assert pictures[0].tobytes() == RED.PixelData[:-1]


def test_peer_deletes_what_it_stored():
    with Server() as server:
        peer = DICOMwebClient(server.url)
        peer.store_instances(SAMPLES)
        peer.delete_instance(*UIDS)
        assert len(peer.search_for_instances()) == 2
        peer.delete_study(UIDS[0])

        assert peer.search_for_studies() == []
