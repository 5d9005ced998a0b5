"""The forms in which clients send the same request, each with a copy of the sample study under UIDs of its own.

PS3.18 8.6.1.2 and 8.7.3; RFC 2046 5.1.1 and RFC 2387 for multipart/related, RFC 9112 7.1 for chunks.
The plainest forms stand on nothing, so that a server which refuses one of them is seen to take the other.
"""

from __future__ import annotations

from conformance.kit import check, expect, given, presence, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported

READ_BACK = ("SEED-STORE-READ-BACK",)


@check("SEED-WIRE-SEVERAL", after=READ_BACK)
def test_several_instances_in_one_request(endpoint, copies):
    """Three instances in one request are all stored."""
    response = endpoint.post("studies", stow.multipart(copies.all))

    expect.stored(response)
    for instance in copies.all:
        presence.there(endpoint, instance)


@check("SEED-WIRE-BOUNDARY-QUOTED", after=READ_BACK)
def test_quoted_boundary(endpoint, copies):
    """An instance sent with a quoted boundary is stored."""
    body = stow.multipart([copies.blue], 'multipart/related; type="application/dicom"; boundary="{boundary}"')

    response = endpoint.post("studies", body)

    expect.stored(response)
    presence.there(endpoint, copies.blue)


@check("SEED-WIRE-BOUNDARY-UNQUOTED")
def test_unquoted_boundary(endpoint, copies):
    """An instance sent with an unquoted boundary is stored."""
    body = stow.multipart([copies.blue], 'multipart/related; type="application/dicom"; boundary={boundary}')

    response = endpoint.post("studies", body)

    expect.stored(response)
    presence.there(endpoint, copies.blue)


@check("SEED-WIRE-TYPE-QUOTED")
def test_quoted_type(endpoint, copies):
    """An instance sent with a quoted type is stored."""
    body = stow.multipart([copies.blue], 'multipart/related; boundary={boundary}; type="application/dicom"')

    response = endpoint.post("studies", body)

    expect.stored(response)
    presence.there(endpoint, copies.blue)


@check("SEED-WIRE-TYPE-UNQUOTED")
def test_unquoted_type(endpoint, copies):
    """An instance sent with an unquoted type is stored."""
    body = stow.multipart([copies.blue], "multipart/related; boundary={boundary}; type=application/dicom")

    response = endpoint.post("studies", body)

    expect.stored(response)
    presence.there(endpoint, copies.blue)


@check("SEED-WIRE-CHUNKED", after=READ_BACK)
def test_chunked(endpoint, copies):
    """An instance sent in chunks, without a length, is stored, or the server returns 411 to ask for a length."""
    response = endpoint.post("studies", stow.multipart([copies.blue], chunked=True))

    if response.status == 411:
        raise NotSupported(f"the server requires Content-Length, as 8.5 allows ({response.request})")
    expect.stored(response)
    presence.there(endpoint, copies.blue)


@check("SEED-WIRE-SINGLE-PART", after=READ_BACK)
def test_single_part(endpoint, copies):
    """An instance sent as application/dicom, without multipart, is stored."""
    response = endpoint.post("studies", stow.single_part(copies.blue))

    expect.stored(response)
    presence.there(endpoint, copies.blue)


@check("SEED-RETRIEVE-BOUNDARY", after=READ_BACK)
def test_boundary_does_not_occur_in_the_instance(endpoint, copies):
    """An instance whose pixels contain the delimiter of an earlier response is returned complete."""
    given.accepted(endpoint.post("studies", stow.multipart([copies.blue])))
    earlier = endpoint.get(copies.blue.path, accept=AS_STORED)
    given.whole(earlier, copies.blue)
    hostile = copies.red.with_pixels(f"\r\n--{given.boundary(earlier)}--\r\n".encode())
    given.accepted(endpoint.post("studies", stow.multipart([hostile])))

    response = endpoint.get(hostile.path, accept=AS_STORED)

    expect.whole(response, hostile)
