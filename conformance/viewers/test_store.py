"""Stores as client libraries send them, and the response as they read it."""

from __future__ import annotations

from uuid import UUID

import pytest

from conformance.dicomweb import dicom_json, uids
from conformance.kit import check, expect
from conformance.kit.accept import ANYTHING, AS_STORED
from conformance.kit.stow import Body

TYPES = ("application/dicom+json", "application/json", "application/dicom+xml", "application/xml")
CHUNKED = (("Cache-Control", "no-cache"), ("Connection", "Keep-Alive"))


def body(instance, chunked=False):
    """A message as libraries write it: an empty line before the first boundary, none after the last, and the boundary,
    a UUID, in quotation marks."""
    boundary = str(UUID(int=int(uids.derived(instance.study_uid, "boundary").removeprefix("2.25."))))
    content = b"".join(
        (
            f"\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode(),
            instance.content,
            f"\r\n--{boundary}--".encode(),
        )
    )
    return Body(f'multipart/related; type="application/dicom"; boundary="{boundary}"', content, (instance,), chunked)


@check("VIEWER-STORE-FORM")
@pytest.mark.parametrize("form", ["length", "chunked"])
def test_store_as_libraries_write_it(endpoint, copies, form):
    """A message that begins with an empty line, ends without one, and accepts any response is stored; also in
    chunks."""
    chunked = form == "chunked"

    response = endpoint.post("studies", body(copies.blue, chunked), accept=ANYTHING, headers=CHUNKED if chunked else ())

    expect.taken(response, [copies.blue])
    expect.kept(endpoint.get(copies.blue.path, accept=AS_STORED), copies.blue)


@check("VIEWER-STORE-ANSWER")
def test_response_to_a_store(endpoint, copies):
    """The response to a store that accepts anything is one data set, labelled without parameters such as charset."""
    response = endpoint.post("studies", body(copies.blue), accept=ANYTHING)

    expect.status(response, 200)
    kind = response.header("Content-Type")
    expect.that(kind in TYPES, "Content-Type", kind, TYPES, response)
    if kind in TYPES[:2]:
        found = dicom_json.items(expect.dataset(response), "ReferencedSOPSequence")
        expect.equal("the number of items of ReferencedSOPSequence", len(found), 1, response)
