"""The variant of the reference server that makes what instances say of their study the same."""

from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from pydicom import dcmread

from .helpers import DICOM, JSON, image, parts, store, url


@pytest.fixture
def coercing(reference):
    """Speaks to the variant."""
    root = reference.variant_url("coercion-with-a-record")
    with httpx.Client(base_url=root, headers={"Accept": JSON}, trust_env=False) as client:
        yield client


def kept(client, ds):
    (file,) = parts(client.get(url(ds), headers={"Accept": DICOM}))
    return dcmread(BytesIO(file))


def second(first, **attributes):
    """Another image of the same study."""
    return image(StudyInstanceUID=first.StudyInstanceUID, **attributes)


def test_instance_gets_the_patient_of_its_study_and_keeps_its_own(coercing):
    first = image()
    store(coercing, first)
    other = second(first, PatientName="Doe^John")

    response = store(coercing, other)

    assert response.status_code == 202
    (item,) = response.json()["00081199"]["Value"]
    assert item["00081196"] == {"vr": "US", "Value": [0xB000]}
    (original,) = kept(coercing, other).OriginalAttributesSequence
    assert kept(coercing, other).PatientName == "Roe^Jane"
    assert original.ModifiedAttributesSequence[0].PatientName == "Doe^John"
    assert item["04000561"]["Value"][0]["04000563"] == {"vr": "LO", "Value": ["reference server"]}


def test_instance_that_agrees_with_its_study_is_kept_as_it_is(coercing):
    first = image()
    store(coercing, first)
    other = second(first)

    response = store(coercing, other)

    assert response.status_code == 200
    assert kept(coercing, other) == other


def test_instance_that_is_stored_again_is_not_coerced_by_itself(coercing):
    ds = image()
    store(coercing, ds)
    ds.PatientName = "Doe^John"

    response = store(coercing, ds)

    assert response.status_code == 200
    assert kept(coercing, ds).PatientName == "Doe^John"
