"""PS3.18 8.7.3.3, 8.7.7, 8.7.8: frames as viewers request them, judged by their label."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pydicom.uid import UID

from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING, PIXELS_AS_STORED
from conformance.kit.kinds import KINDS
from conformance.kit.verdicts import Blocked, NotSupported
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


@check("RETRIEVE-FRAMES-023", "single-part")
@pytest.mark.parametrize("kind", ["ct-16", "jpeg2000-lossless"])
def test_octets_in_any_transfer_syntax_alone(endpoint, stored, kind):
    """A frame requested as one application/octet-stream in any transfer syntax is encoded as its Content-Type says."""
    instance = stored(kind)[0]
    given.framed(endpoint, instance, stored("sample")[0])

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=f"{labels.OCTETS}; transfer-syntax=*")

    labels.as_labelled(reading.offered(response, "a frame as a single part is not sent"), instance)


FORMS = {"stored": "as they are stored", "decompressed": "decompressed"}
OPTIONAL = {"stored": "compressed media types are optional (Table 10.4.4-1)", "decompressed": media.DECOMPRESSION}
# One kind of each transfer syntax.
SYNTAXES = {KINDS[kind].transfer_syntax: kind for kind in (*LOSSLESS, *LOSSY)[::-1]}


@check("RETRIEVE-FRAMES-025")
@pytest.mark.parametrize("form", ["stored", "decompressed"])
def test_frames_of_every_transfer_syntax(endpoint, stored, form):
    """If frames of one transfer syntax are returned as stored, or decompressed, those of the others are too."""
    answers = {}
    for syntax, kind in SYNTAXES.items():
        with suppress(Blocked, NotSupported):  # what is not stored, or has no frames, is judged elsewhere
            instance = stored(kind)[0]
            given.framed(endpoint, instance, stored("sample")[0])
            accept = reading.as_compressed(syntax) if form == "stored" else OCTETS
            answers[syntax] = endpoint.fetch(f"{instance.path}/frames/1", accept=accept)

    sent = [UID(syntax).name for syntax, response in answers.items() if response.status == 200]
    if not sent:
        raise NotSupported(f"compressed frames are never returned {FORMS[form]}")
    refused = {UID(syntax).name: answers[syntax] for syntax in answers if answers[syntax].status in expect.REFUSALS}
    for name, response in refused.items():
        why = f"{OPTIONAL[form]}, but frames in {sent[0]} are returned {FORMS[form]}"
        expect.doubt(f"the status for a frame in {name}", response.status, 200, response, why, tuple(refused))


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
