"""PS3.18 8.7.3.3, 8.7.7, 8.7.8: frames as viewers request them, judged by their label."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING, PIXELS_AS_STORED
from conformance.retrieve import labels, reading
from conformance.retrieve.reading import LOSSLESS, LOSSY, OCTETS

MULTI = "rgb-multiframe-odd"


@check("RETRIEVE-FRAMES-022")
@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_any_media_type_of_a_compressed_frame(endpoint, stored, kind):
    """With Accept: */*, a compressed frame is returned as stored or decompressed, as its Content-Type says."""
    instance = stored(kind)[0]
    given.framed(endpoint, instance, stored("sample")[0])

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=ANYTHING)

    if response.status == 406 and endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS).status == 406:
        expect.outcome(response, (200,), (406,), media.DECOMPRESSION)
    labels.as_labelled(response, instance)


@check("RETRIEVE-FRAMES-023")
@pytest.mark.parametrize("kind", ["ct-16", MULTI, *LOSSLESS])
def test_octets_in_any_transfer_syntax(endpoint, stored, kind):
    """A frame requested as application/octet-stream in any transfer syntax is encoded as its Content-Type says."""
    instance = stored(kind)[0]
    given.framed(endpoint, instance, stored("sample")[0])

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=PIXELS_AS_STORED)

    labels.as_labelled(response, instance)


# What a viewer for microscopy sends: each compressed type with its transfer syntax, uncompressed last.
LISTED = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.50")


@check("RETRIEVE-FRAMES-024")
@pytest.mark.parametrize("weighed", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize("kind", ["sample", "jpeg2000-lossless", "jpeg-ls", "jpeg-baseline", "rle"])
def test_list_of_media_types(endpoint, stored, kind, weighed):
    """A frame is returned in one of the types of an Accept list, which has compressed types and octet-stream."""
    instance = stored(kind)[0]
    given.framed(endpoint, instance, stored("sample")[0])
    entries = [reading.as_compressed(syntax) for syntax in LISTED]
    entries.append(f"{OCTETS}; transfer-syntax=1.2.840.10008.1.2.1")
    weights = [f";q=0.{9 - at}" if weighed else "" for at in range(len(entries))]

    response = endpoint.fetch(
        f"{instance.path}/frames/1", accept=", ".join(map("".join, zip(entries, weights, strict=True)))
    )

    if kind == "rle":  # not in the list: it has to be decompressed
        expect.outcome(response, (200,), (406,), media.DECOMPRESSION)
    labels.as_labelled(response, instance)
