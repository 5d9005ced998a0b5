"""Frames as viewers request and read them."""

from __future__ import annotations

import pytest

from conformance.dicomweb import codestreams, multipart
from conformance.dicomweb.codestreams import MEDIA_TYPES
from conformance.kit import check, expect, given
from conformance.kit.accept import ANYTHING
from conformance.kit.kinds import frames
from conformance.kit.verdicts import NotSupported, Observed
from conformance.viewers import reading
from conformance.viewers.reading import BARE, FRAMES, IN_PARTS, QUOTED, SECOND, STORED

JPEG = "1.2.840.10008.1.2.4."
# In this order; JPEG is accepted too where samples have 8 bits.
LISTED = tuple(JPEG + number for number in ("80", "81", "90", "91", "92", "93"))
IN_LIST = ", ".join(
    [
        *(f'multipart/related; type="{MEDIA_TYPES[syntax]}"; transfer-syntax={syntax}' for syntax in LISTED),
        f"{IN_PARTS}; transfer-syntax=1.2.840.10008.1.2.1",
        f'multipart/related; type="image/jpeg"; transfer-syntax={JPEG}50',
    ]
)
COMPRESSED = (
    *("jpeg-baseline", "jpeg-extended", "jpeg-lossless-sv1", "jpeg-ls", "jpeg2000-lossless", "jpeg2000-lossy"),
    *("htj2k", "rle"),
)
# What a reader assumes of a label without transfer-syntax; of all others, that samples are native.
ASSUMED = {
    "image/jpeg": JPEG + "50",
    "image/x-dicom-rle": "1.2.840.10008.1.2.5",
    "image/x-jls": JPEG + "80",
    "image/jls": JPEG + "80",
    "image/jll": JPEG + "70",
    "image/jp2": JPEG + "90",
    "image/jpx": JPEG + "92",
}
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
# Whether single-frame images have frames is a need of its own; if they do not, these needs are judged without them.
KINDS = pytest.mark.parametrize("kind", [FRAMES, "sample"])
CHUNK = 512  # bytes of a range, fewer than those of a frame


def returned(endpoint, stored, kind, accept):
    """The response to a request for a frame is that frame: the second one of a multi-frame image, else the only one."""
    instance, number = stored(kind)[0], SECOND if kind == FRAMES else 1
    given.framed(endpoint, instance, instance)

    response = endpoint.fetch(f"{instance.path}/frames/{number}", accept=accept)

    reading.frame(response, instance, number)


@check("VIEWER-FRAME-QUOTED")
@KINDS
def test_every_parameter_in_quotation_marks(endpoint, stored, kind):
    """A frame is returned if type and transfer-syntax are in quotation marks, the asterisk too."""
    returned(endpoint, stored, kind, QUOTED)


@check("VIEWER-FRAME-BARE")
@KINDS
def test_no_quotation_marks(endpoint, stored, kind):
    """A frame is returned if type and transfer-syntax are without quotation marks."""
    returned(endpoint, stored, kind, BARE)


@check("VIEWER-FRAME-STORED")
@KINDS
def test_type_in_quotation_marks(endpoint, stored, kind):
    """A frame is returned if type is in quotation marks, and the asterisk is not."""
    returned(endpoint, stored, kind, STORED)


@check("VIEWER-FRAME-DECODED")
@pytest.mark.parametrize("kind", [FRAMES, "multiframe-jpeg2000"])
def test_no_transfer_syntax(endpoint, stored, kind):
    """A frame is returned uncompressed if no transfer syntax is named."""
    instance = stored(kind)[0]

    response = endpoint.fetch(f"{instance.path}/frames/{SECOND}", accept=IN_PARTS)

    reading.native(reading.payload(response), frames(instance)[SECOND - 1], response)


@check("VIEWER-FRAME-LIST")
@pytest.mark.parametrize("kind", [FRAMES, "multiframe-jpeg2000"])
def test_list_of_types(endpoint, stored, kind):
    """A frame is returned in one of a list of eight types, each with its transfer syntax."""
    instance = stored(kind)[0]

    response = endpoint.fetch(f"{instance.path}/frames/{SECOND}", accept=IN_LIST)

    reading.frame(response, instance, SECOND)


@check("VIEWER-FRAME-ANY")
@KINDS
def test_parts_of_any_type(endpoint, stored, kind):
    """A frame is returned if parts of any type are accepted."""
    returned(endpoint, stored, kind, 'multipart/related; type="*/*"')


@check("VIEWER-FRAME-ANYTHING")
@KINDS
def test_anything(endpoint, stored, kind):
    """A frame is returned if anything is accepted, which is what a browser sends if a script names no type."""
    returned(endpoint, stored, kind, ANYTHING)


@check("VIEWER-FRAME-TWICE")
def test_transfer_syntax_twice(endpoint, stored):
    """The response to a request for a frame with two transfer syntaxes in one type is recorded."""
    instance = stored("jpeg-ls")[0]
    syntax = instance.dataset.file_meta.TransferSyntaxUID

    accept = f'multipart/related; type="image/jls"; transfer-syntax="{syntax}"; transfer-syntax="*"'
    response = endpoint.get(f"{instance.path}/frames/1", accept=accept)

    raise Observed(f"a frame with two transfer syntaxes in one type returns {response.status}")


@check("VIEWER-FRAME-SINGLE")
@pytest.mark.parametrize("kind", ["sample", "ct-16", "dx", "palette", "rgb-16"])
def test_frame_of_a_single_frame_image(endpoint, stored, kind):
    """The pixels of a single-frame image are its frame 1."""
    instance = stored(kind)[0]

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=BARE)

    reading.frame(response, instance)


def assumed(label):
    """The transfer syntax that a reader takes from a Content-Type, parameter by parameter."""
    essence, *rest = (item.strip() for item in label.split(";"))
    parameters = dict(item.split("=") for item in rest if item.count("=") == 1)
    return parameters.get("transfer-syntax", "").replace('"', "") or ASSUMED.get(essence, NATIVE[0])


@check("VIEWER-FRAME-SYNTAX")
@pytest.mark.parametrize("form", ["any", "own"])
@pytest.mark.parametrize("kind", COMPRESSED)
def test_label_names_the_encoding(endpoint, stored, kind, form):
    """The label of a frame names its transfer syntax, or has the one that readers assume for its type."""
    instance = stored(kind)[0]
    syntax = str(instance.dataset.file_meta.TransferSyntaxUID)
    own = f'multipart/related; type="{MEDIA_TYPES[syntax]}"; transfer-syntax={syntax}'
    given.framed(endpoint, instance, stored("sample")[0])

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=BARE if form == "any" else own)

    if form == "own" and response.status != 200:
        raise NotSupported(f"the frame is not returned in its own type: status is {response.status}")
    actual = codestreams.syntaxes(reading.payload(response)) or NATIVE
    taken = assumed(reading.label(response))
    expect.that(taken in actual, "the transfer syntax by the label", taken, " or ".join(actual), response)


@check("VIEWER-FRAME-RANGE")
def test_frame_in_ranges(endpoint, stored):
    """A frame that is requested in two ranges of bytes is whole: each is returned, or all of it at once."""
    instance = stored(FRAMES)[0]
    target = f"{instance.path}/frames/{SECOND}"

    first = endpoint.get(target, accept=BARE, headers=(("Range", f"bytes=0-{CHUNK - 1}"),))

    expect.status(first, 200, 206)
    if first.status == 200:
        reading.frame(first, instance, SECOND)
        return
    total = (first.header("Content-Range") or "").partition("/")[2]
    expect.that(total.isdigit(), "the size in Content-Range", total or None, "a number", first)
    second = endpoint.get(target, accept=BARE, headers=(("Range", f"bytes={len(first.content)}-"),))
    expect.status(second, 206)
    body, kind = first.content + second.content, first.header("Content-Type") or ""
    expect.equal("the number of bytes of both ranges", len(body), int(total), second)
    boundary = multipart.boundary_of(kind)
    parts = multipart.parse(boundary, body).parts if boundary else ()
    expect.that(not boundary or len(parts) == 1, "the number of parts in both ranges", len(parts), 1, second)
    content = bytes(parts[0].content) if parts else body
    if not codestreams.syntaxes(content):
        reading.native(content, frames(instance)[SECOND - 1], second)
