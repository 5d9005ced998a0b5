"""PS3.18 8.6.1 and 8.7.1: multipart messages. test_whole_run.py judges their framing over all responses."""

from __future__ import annotations

from uuid import uuid4

import pytest

from conformance.common import bodies, reading
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.verdicts import NotSupported, Observed

# Besides letters, digits and the space (RFC 2046 5.1.1).
UNUSUAL = "'()+_,-./:=?"


@check("COMMON-MP-002")
def test_quotes_of_the_type_parameter(endpoint, stored):
    """Whether the server quotes the type parameter of multipart/related."""
    (instance, *_) = stored("sample")
    response = endpoint.fetch(instance.path, accept=AS_STORED)

    raise Observed(f"Content-Type is {response.header('Content-Type')}")


@check("COMMON-MP-012")
def test_store_with_a_root_part(endpoint, copies):
    """A store whose start parameter names the only part is accepted."""
    content_id = f"{uuid4().hex}@conformance.example"
    response = endpoint.post("studies", bodies.with_content_id(copies.blue, content_id, f"dwc-{uuid4().hex}"))

    expect.stored(response)
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("COMMON-MP-013")
@pytest.mark.parametrize("accept", [DICOM_JSON, ANYTHING], ids=["json", "any"])
@pytest.mark.parametrize("resource", ["search", "metadata"])
def test_json_is_single_part(endpoint, stored, resource, accept):
    """JSON is returned as it is, not as a part of a multipart message."""
    if resource == "metadata":
        given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    target = f"studies?StudyInstanceUID={instance.study_uid}" if resource == "search" else instance.path + "/metadata"
    response = endpoint.fetch(target, accept=accept)
    expect.status(response, 200)

    whole = reading.media_type(response).essence
    if whole == "multipart/related":
        kind = reading.content_type(response)
        expect.that(kind != DICOM_JSON, kind, f"wrapped in {whole}", "single part", response)


@check("COMMON-MP-014", "boundary")
def test_store_with_a_boundary_that_needs_quotes(endpoint, copies):
    """A store with a space in its boundary, and a preamble and an epilogue around its parts, is accepted."""
    response = endpoint.post("studies", bodies.with_texts_around(copies.blue, f"dwc {uuid4().hex}"))

    expect.stored(response)
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("COMMON-MP-014", "boundary-characters")
def test_store_with_every_character_in_its_boundary(endpoint, copies):
    """A store with all characters of RFC 2046 in its boundary is accepted."""
    response = endpoint.post("studies", bodies.with_texts_around(copies.blue, UNUSUAL + uuid4().hex))

    expect.stored(response)
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("COMMON-MP-007", "delimiter")
def test_boundary_is_not_in_the_content(endpoint, copies):
    """An instance whose pixels contain the delimiter of an earlier response is returned complete."""
    first = endpoint.post("studies", stow.multipart([copies.blue]))
    expect.stored(first)
    earlier = endpoint.get(copies.blue.path, accept=AS_STORED)
    boundary = reading.media_type(earlier).get("boundary")
    if not boundary:
        raise NotSupported(f"the response does not have a boundary ({earlier.request})")
    hostile = copies.red.with_pixels(f"\r\n--{boundary}--\r\n".encode())
    expect.stored(endpoint.post("studies", stow.multipart([hostile])))

    response = endpoint.get(hostile.path, accept=AS_STORED)

    expect.whole(response, hostile)
