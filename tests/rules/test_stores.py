"""The rules of store responses, each over one that keeps it and one that breaks it."""

from __future__ import annotations

import json

import pytest

from conformance.dicomweb.messages import Answered
from conformance.rules import stores

STUDY = "http://pacs/rs/studies/1.2"


def answered(url, kind="application/dicom+json"):
    """A store of the instance 1.4 whose item has a Retrieve URL."""
    item = {"00081155": {"vr": "UI", "Value": ["1.4"]}, "00081190": {"vr": "UR", "Value": [url]}}
    content = json.dumps({"00081199": {"vr": "SQ", "Value": [item]}}).encode()
    accept = (("Accept", "application/dicom+json"),)
    fields = (("Content-Type", kind),)
    return Answered(
        "a", "p", "POST", "http://pacs/rs/studies", accept, 200, fields, len(content), content, b"", None, bytearray()
    )


@pytest.mark.parametrize(
    "url",
    [
        f"{STUDY}/series/1.3/instances/1.4",
        "/rs/studies/1.2/series/1.3/instances/1.4",
        "http://pacs/wado?objectUID=1.4",
        "",
    ],
)
def test_retrieve_url_of_the_instance(url):
    assert stores.misleading(answered(url)) is None


@pytest.mark.parametrize("url", [STUDY, f"{STUDY}/series/1.3", f"{STUDY}/series/1.3/instances/1.5"])
def test_retrieve_url_of_something_else(url):
    assert stores.misleading(answered(url)).found == url


@pytest.mark.parametrize(("kind", "wrong"), [("application/dicom+json", False), ("application/json", True)])
def test_label_of_a_module(kind, wrong):
    assert bool(stores.mistyped(answered(STUDY, kind))) == wrong


@pytest.mark.parametrize("content", [b"", b"refused", b"[]", b"{}"])
def test_what_is_no_module_is_not_judged(content):
    answer = answered(STUDY)
    answer = Answered(
        *[content if name == "content" else getattr(answer, name) for name in answer.__dataclass_fields__]
    )

    assert not (stores.misleading(answer) or stores.mistyped(answer) or stores.warning(answer))
