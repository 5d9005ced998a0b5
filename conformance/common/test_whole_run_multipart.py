"""PS3.18 8.6.1 and 8.7.1: the rules of every multipart response, judged over all of the run so far."""

from __future__ import annotations

import re

from conformance.common.answers import (
    FIRST,
    framed,
    media_type,
    multipart_messages,
    part_by_part,
    payloads,
    read,
    retrieved,
    typed,
)
from conformance.dicomweb.differences import difference
from conformance.kit import check
from conformance.kit.accept import PIXELS_AS_STORED


@check("COMMON-MP-001", follows=FIRST)
def test_multipart_is_related(every):
    """Every multipart response is multipart/related with a type and a boundary."""

    def multiparts(answers):
        found = [item for item in payloads(answers) if (item.header("Content-Type") or "").startswith("multipart/")]
        # Several ranges come as multipart/byteranges (RFC 9110 14.6).
        return [item for item in found if item.status != 206]

    def wrong(answer):
        kind = media_type(answer)
        related = kind and kind.essence == "multipart/related" and kind.get("type") and kind.get("boundary")
        found, wanted = answer.header("Content-Type"), "multipart/related with type and boundary"
        return not related and difference("Content-Type", found, wanted)

    every(multiparts, wrong, "a multipart response")


@check("COMMON-MP-003", follows=FIRST)
def test_part_has_a_content_type(every):
    """Every part has a Content-Type."""

    def wrong(_, part):
        return not part.header("Content-Type") and difference("Content-Type", None, "there")

    every(multipart_messages, part_by_part(wrong), "a multipart response")


@check("COMMON-MP-004", follows=FIRST)
def test_type_parameter_is_that_of_the_first_part(every):
    """The type parameter is the media type of the first part."""

    def wrong(answer):
        named, root = typed(answer), (read(answer).parts or (None,))[0]
        found = root and root.media_type and root.media_type.essence
        return named and found and named != found and difference("the type parameter", named, f"{found}, as in part 1")

    every(multipart_messages, wrong, "a multipart response")


@check("COMMON-MP-005", follows=FIRST)
def test_message_is_closed(every):
    """Every multipart response ends with its closing delimiter."""
    every(
        multipart_messages, framed("missing-close-delimiter", "empty-body", "boundary-missing"), "a multipart response"
    )


@check("COMMON-MP-006", follows=FIRST)
def test_boundary_is_legal(every):
    """Every boundary has 1 to 70 legal characters."""
    every(multipart_messages, framed("illegal-boundary"), "a multipart response")


@check("COMMON-MP-008", follows=FIRST)
def test_part_has_its_length(every):
    """Every part of a message without transfer coding has a correct Content-Length."""

    def wrong(answer, part):
        length, size = part.header("Content-Length"), str(len(part.content))
        if length is None:
            absent = not answer.header("Transfer-Encoding")
            return absent and difference("Content-Length", None, f"{size}, as the message has no transfer coding")
        return length != size and difference("Content-Length", length, size)

    every(multipart_messages, part_by_part(wrong), "a multipart response")


@check("COMMON-MP-009", follows=FIRST)
def test_part_has_its_location(endpoint, stored, every):
    """Every retrieved part has a Content-Location, and that of a single frame is the URL of the frame."""

    def wrong(answer, part):
        location, frame = part.header("Content-Location"), re.search(r"/instances/[^/]+/frames/\d+$", answer.url)
        if not location:
            return difference("Content-Location", None, "there")
        if frame and not location.endswith(frame[0]):
            return difference("Content-Location", location, f"a URL that ends in {frame[0]}")
        return None

    if "frames" in endpoint.claims:
        endpoint.fetch(stored("quadrants")[0].path + "/frames/1", accept=PIXELS_AS_STORED)

    every(retrieved, part_by_part(wrong), "a multipart response to a retrieve")


@check("COMMON-MP-010", follows=FIRST)
def test_line_of_the_framing_ends_in_crlf(every):
    """Every line of the multipart framing ends in CR LF."""
    every(multipart_messages, framed("bare-lf", "bare-cr"), "a multipart response")


@check("COMMON-MP-015", follows=FIRST)
def test_type_parameter_is_that_of_all_parts(every):
    """Every part has the media type of the type parameter."""

    def wrong(answer, part):
        named, found = typed(answer), part.media_type and part.media_type.essence
        wanted = f"{named}, as the type parameter says"
        return named and found and named != found and difference("the media type", found, wanted)

    every(multipart_messages, part_by_part(wrong), "a multipart response")
