"""A server takes every kind of instances and gives it back as it was."""

from __future__ import annotations

import httpx
import pytest

from conformance.dicomweb import part10
from conformance.kit import stow
from conformance.kit.kinds import KINDS, Label
from tests.reference import helpers

LABEL = Label("stored", "DWC1234-")
AS_STORED = f"{helpers.DICOM}; transfer-syntax=*"


@pytest.fixture(scope="module")
def client(reference):
    with httpx.Client(base_url=reference.url, trust_env=False) as client:
        yield client


def store(client, kind):
    body = stow.multipart(kind.make(LABEL))
    return client.post("/studies", content=body.content, headers={"Content-Type": body.content_type})


def assert_returned(client, instance):
    (returned,) = helpers.parts(client.get(f"/{instance.path}", headers={"Accept": AS_STORED}))
    assert part10.differences(part10.read(instance.content), part10.read(returned)) == []


@pytest.mark.parametrize("name", KINDS)
def test_kind_comes_back_as_it_was_stored(client, name):
    response = store(client, KINDS[name])

    assert response.status_code == 200, response.text
    for instance in KINDS[name].make(LABEL):
        assert_returned(client, instance)
