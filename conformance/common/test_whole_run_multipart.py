"""PS3.18 8.6.1 and 8.7.1: the rules of every multipart response, judged over all of the run so far."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.kit.accept import PIXELS_AS_STORED
from conformance.rules import parts

OF = "a multipart response"


@check("COMMON-MP-001", follows=FIRST)
def test_multipart_is_related(every):
    """Every multipart response is multipart/related with a type and a boundary."""
    every(parts.multiparts, parts.unrelated, OF)


@check("COMMON-MP-003", follows=FIRST)
def test_part_has_a_content_type(every):
    """Every part has a Content-Type."""
    every(parts.messages, parts.untyped, OF)


@check("COMMON-MP-004", follows=FIRST)
def test_type_parameter_is_that_of_the_first_part(every):
    """The type parameter is the media type of the first part."""
    every(parts.messages, parts.of_another_type, OF)


@check("COMMON-MP-005", follows=FIRST)
def test_message_is_closed(every):
    """Every multipart response ends with its closing delimiter."""
    every(parts.messages, parts.framed("missing-close-delimiter", "empty-body", "boundary-missing"), OF)


@check("COMMON-MP-006", follows=FIRST)
def test_boundary_is_legal(every):
    """Every boundary has 1 to 70 legal characters."""
    every(parts.messages, parts.framed("illegal-boundary"), OF)


@check("COMMON-MP-008", follows=FIRST)
def test_part_has_its_length(every):
    """Every part of a message without transfer coding has a correct Content-Length."""
    every(parts.messages, parts.of_another_length, OF)


@check("COMMON-MP-009", follows=(*FIRST, "RETRIEVE-FRAMES-003"))
def test_part_has_its_location(endpoint, stored, every):
    """Every retrieved part has a Content-Location, and that of a single frame is the URL of the frame."""
    if "frames" in endpoint.claims:
        endpoint.fetch(stored("quadrants")[0].path + "/frames/1", accept=PIXELS_AS_STORED)

    every(parts.retrieved, parts.elsewhere, "a multipart response to a retrieve")


@check("COMMON-MP-010", follows=FIRST)
def test_line_of_the_framing_ends_in_crlf(every):
    """Every line of the multipart framing ends in CR LF."""
    every(parts.messages, parts.framed("bare-lf", "bare-cr"), OF)


@check("COMMON-MP-015", follows=FIRST)
def test_type_parameter_is_that_of_all_parts(every):
    """Every part has the media type of the type parameter."""
    every(parts.messages, parts.of_mixed_types, OF)
