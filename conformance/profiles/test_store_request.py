"""The forms of a store request that are taken, and what becomes of one that holds nothing to store."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.stow import Body
from conformance.profiles import reading


@check("MS-STOW-05")
def test_single_part(endpoint, copies):
    """A file sent without multipart is answered 200, and is there."""
    response = endpoint.post("studies", stow.single_part(copies.blue))

    reading.named(response, reading.module(response, 200), "ReferencedSOPSequence", [copies.blue])
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("MS-STOW-06")
def test_multipart_without_a_type(endpoint, copies):
    """A multipart request without the type parameter is answered 200, and the instance is there."""
    response = endpoint.post("studies", stow.multipart([copies.blue], "multipart/related; boundary={boundary}"))

    expect.status(response, 200)
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("MS-STOW-07")
def test_part_without_a_content_type(endpoint, copies):
    """A first part without Content-Type is stored as what the type parameter says."""
    body = reading.body(("", copies.blue.content), instances=(copies.blue,))

    response = endpoint.post("studies", body)

    reading.named(response, reading.module(response, 200), "ReferencedSOPSequence", [copies.blue])


@check("MS-STOW-12")
def test_no_parts(endpoint):
    """A multipart request without parts is answered 204."""
    response = endpoint.post("studies", reading.body())

    reading.empty(response, 204)


@check("MS-STOW-13")
@pytest.mark.parametrize("form", ["single-part", "multipart"])
def test_empty_file(endpoint, form):
    """An empty file is answered 409."""
    body = Body("application/dicom", b"") if form == "single-part" else reading.body((reading.PART, b""))

    response = endpoint.post("studies", body)

    expect.status(response, 409)


@check("MS-STOW-14")
def test_broken_file_beside_a_valid_one(endpoint, copies):
    """Of a file that cannot be read and a valid one the valid one is stored: 202."""
    broken = (reading.PART, b"These are words, not an instance.")
    body = reading.body(broken, (reading.PART, copies.blue.content), instances=(copies.blue,))

    response = endpoint.post("studies", body)

    reading.named(response, reading.module(response, 202), "ReferencedSOPSequence", [copies.blue])
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))
