"""PS3.18 10.5.3.1, 8.6.1.2, RFC 2046 5.1.1: bodies that are not a complete multipart message, or too large."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, presence, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.claims import instance_search
from conformance.kit.stow import Body
from conformance.kit.verdicts import Unanswered
from conformance.store import bodies, judges, reading

RELATED = 'multipart/related; type="application/dicom"'
NO_CLIENT_ERROR = tuple(status for status in reading.REFUSED if status != 400)
# More than the limit that proxies are often given, and than any other store of a run.
LARGE = 12 * 1024 * 1024
BAD_SYNTAX = "10.5.3.1 requires 400 for bad syntax, but this status does not claim that anything was stored either"
NO_END = "10.5.3.1 requires 400 for bad syntax, but every instance in the body is complete"
HALF = "10.5.3.1 requires 400 for bad syntax, but the first instance in the body is complete"


@check("STOW-REQ-006")
@pytest.mark.parametrize("content", [b"", b"--nothing--\r\n"], ids=["empty-body", "closing-delimiter"])
def test_no_part(endpoint, content):
    """A store without a part returns 400."""
    response = endpoint.post("studies", Body(f"{RELATED}; boundary=nothing", content))

    expect.outcome(response, (400,), (204, *NO_CLIENT_ERROR), BAD_SYNTAX)


@check("STOW-REQ-007", "other-boundary")
def test_boundary_that_is_not_in_the_body(endpoint, images):
    """A body without the boundary that Content-Type names returns 400."""
    (image,) = images()
    response = endpoint.post("studies", bodies.labelled(image, f"{RELATED}; boundary=another"))

    expect.outcome(response, (400,), NO_CLIENT_ERROR, BAD_SYNTAX)


@check("STOW-REQ-007", "no-boundary")
def test_content_type_without_boundary(endpoint, images):
    """A multipart Content-Type without a boundary returns 400."""
    (image,) = images()
    response = endpoint.post("studies", bodies.labelled(image, RELATED))

    expect.outcome(response, (400,), NO_CLIENT_ERROR, BAD_SYNTAX)


@check("STOW-REQ-007", "no-closing-delimiter")
def test_body_without_its_closing_delimiter(endpoint, images):
    """A body without its closing delimiter returns 400, because nobody knows whether it is complete."""
    sent = images(2)
    response = endpoint.post("studies", bodies.unended([image.content for image in sent], sent))

    expect.outcome(response, (400,), (*reading.SUCCESS, *NO_CLIENT_ERROR), NO_END)
    if response.status in reading.SUCCESS:
        for image in sent:
            expect.whole(endpoint.get(image.path, accept=AS_STORED), image)


@check("STOW-REQ-007", "cut")
def test_cut_body(endpoint, images):
    """A body that ends within an instance returns 400, and this instance is not stored."""
    first, last = images(2)
    response = endpoint.post("studies", bodies.unended([first.content, last.content], [first, last], cut=16))

    retrieved = endpoint.get(last.path, accept=AS_STORED)
    searched = endpoint.get(instance_search(last, endpoint.claims), params={"SOPInstanceUID": last.sop_instance_uid})
    judges.not_kept(retrieved, searched, last)
    expect.outcome(response, (400,), (202, *NO_CLIENT_ERROR), HALF)


@check("STOW-BEH-015")
def test_large_store(endpoint, images):
    """A store of 12 MiB succeeds, or is refused with 413."""
    (small,) = images()
    image = small.edited(Rows=4096, Columns=LARGE // 4096, PixelData=bytes(LARGE))
    try:
        response = endpoint.post("studies", stow.multipart([image]))
    except Unanswered as error:
        expect.unanswered(error, f"the response to a store of {LARGE:,} bytes")

    if response.status in reading.SUCCESS:
        expect.taken(response, [image])
        presence.there(endpoint, image)
    else:
        why = f"8.5 requires 413 if {LARGE:,} bytes are too large, but another 4xx refuses them too"
        expect.outcome(response, (*reading.SUCCESS, 413), reading.REFUSED, why)
