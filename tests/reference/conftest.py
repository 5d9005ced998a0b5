"""The reference server of the session, and what is stored in it."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest
from pydicom.uid import generate_uid

from . import helpers


@pytest.fixture(scope="session")
def client(reference):
    """Speaks to the correct server; asks for DICOM JSON unless told otherwise."""
    with httpx.Client(base_url=reference.url, headers={"Accept": helpers.JSON}, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def stored(client):
    """Store one image made with some attributes; the data set."""

    def store(**attributes):
        ds = helpers.image(**attributes)
        response = helpers.store(client, ds)
        assert response.status_code == 200, response.text
        return ds

    return store


@pytest.fixture(scope="module")
def study(client):
    """Three images: two in a first series, one in a second, of one patient."""
    uids = {"StudyInstanceUID": str(generate_uid()), "PatientID": str(generate_uid())}
    first, second = str(generate_uid()), str(generate_uid())
    images = [
        helpers.image(**uids, SeriesInstanceUID=first, InstanceNumber=1),
        helpers.image(**uids, SeriesInstanceUID=first, InstanceNumber=2),
        helpers.image(**uids, SeriesInstanceUID=second, SeriesNumber=2, Modality="SC"),
    ]
    assert helpers.store(client, *images).status_code == 200
    return SimpleNamespace(images=images, patient=uids["PatientID"], path=helpers.url(images[0], "study"))
