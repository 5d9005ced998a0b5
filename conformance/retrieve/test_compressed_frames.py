"""PS3.18 8.7.3.3.2: compressed frames, with the media type and transfer syntax that describe them."""

from __future__ import annotations

import pytest

from conformance.dicomweb import codestreams
from conformance.dicomweb.codestreams import MEDIA_TYPES, SYNTAXES
from conformance.kit import check, expect, given
from conformance.kit.kinds import encoded_frames
from conformance.kit.verdicts import Blocked, NotSupported, Observed
from conformance.retrieve import labels, reading
from conformance.retrieve.reading import LOSSLESS, LOSSY

COMPRESSED = (*LOSSLESS, *LOSSY)
ITEM_TAG = b"\xfe\xff\x00\xe0"


def part(endpoint, instance, stored):
    """The response with frame 1 in its stored transfer syntax, and its only part."""
    given.framed(endpoint, instance, stored("sample")[0])
    accept = reading.as_compressed(str(instance.dataset.file_meta.TransferSyntaxUID))
    response = endpoint.fetch(f"{instance.path}/frames/1", accept=accept)
    return response, expect.one_part(reading.offered(response, "compressed frames are not sent"))


def said(found):
    """The media type of a part, and the transfer syntax that it names; "" if it names none."""
    if found.media_type is None:
        raise Blocked(f"the Content-Type of a part is {found.header('Content-Type') or 'absent'}", "common-hdr-007")
    return found.media_type.essence, found.media_type.get("transfer-syntax") or ""


@check("RETRIEVE-FRAMES-011")
@pytest.mark.parametrize("kind", COMPRESSED)
def test_bare_codestream(endpoint, stored, kind):
    """A compressed frame is the bare, complete codestream: all fragments joined, without item tags."""
    instance = stored(kind)[0]
    known = encoded_frames(instance)[0]

    response, found = part(endpoint, instance, stored)

    content = bytes(found.content)
    if content.startswith(ITEM_TAG):
        expect.deviates("the start of the frame", "an item tag", "that of a codestream", response)
    syntax = instance.dataset.file_meta.TransferSyntaxUID
    if syntax not in codestreams.syntaxes(content):
        labels.begins(content, f"that of a codestream of {syntax.name}", response)
    if len(content) < len(known) and known.startswith(content):
        expect.deviates("the frame", f"cut after {len(content):,} bytes", f"{len(known):,} bytes", response)


@check("RETRIEVE-FRAMES-012")
@pytest.mark.parametrize("kind", COMPRESSED)
def test_media_type_and_transfer_syntax_are_a_pair(endpoint, stored, kind):
    """The media type of a compressed frame is that of its transfer syntax in Table 8.7.3-5."""
    instance = stored(kind)[0]

    response, found = part(endpoint, instance, stored)

    essence, syntax = said(found)
    if syntax not in MEDIA_TYPES:
        raise NotSupported(f"the transfer-syntax parameter is {syntax or 'absent'} ({response.request})")
    expect.equal(f"the media type of {syntax}", essence, MEDIA_TYPES[syntax], response)


@check("RETRIEVE-FRAMES-013")
@pytest.mark.parametrize("name", ["jpeg", "jls", "jp2", "dicom-rle"])
def test_transfer_syntax_that_a_media_type_means(endpoint, stored, name):
    """A compressed media type without transfer-syntax returns its default transfer syntax, or 406."""
    instance, media_type = stored("sample")[0], f"image/{name}"
    given.framed(endpoint, instance, instance)

    response = endpoint.get(f"{instance.path}/frames/1", accept=f'multipart/related; type="{media_type}"')

    if response.status != 200:
        expect.unacceptable(response)
    else:
        usual, found = SYNTAXES[media_type][0], codestreams.syntaxes(bytes(expect.one_part(response).content))
        wanted = f"{usual}, the default of {media_type}"
        expect.that(usual in found, "the transfer syntax of the frame", found or "unknown", wanted, response)


@check("RETRIEVE-FRAMES-014")
@pytest.mark.parametrize("kind", COMPRESSED)
def test_transfer_syntax_of_a_part(endpoint, stored, kind):
    """A compressed frame names its transfer syntax, unless that is the default of its media type."""
    instance = stored(kind)[0]

    response, found = part(endpoint, instance, stored)

    named(said(found), bytes(found.content), response)


@check("RETRIEVE-FRAMES-014", "bulkdata")
@pytest.mark.parametrize("kind", ["jpeg-baseline", "jpeg2000-lossy"])
def test_transfer_syntax_of_bulk_data(endpoint, stored, kind):
    """Compressed bulk data name their transfer syntax, unless that is the default of the media type."""
    given.claimed(endpoint, "metadata")
    instance = stored(kind)[0]
    metadata = endpoint.fetch(f"{instance.path}/metadata")
    uris = dict(reading.bulk(given.metadata(metadata, [instance])[instance.sop_instance_uid]))
    if ("7FE00010",) not in uris:
        raise NotSupported("Pixel Data do not have a BulkDataURI in the metadata")

    response = endpoint.follow(
        uris["7FE00010",], metadata, accept=reading.as_compressed(str(instance.dataset.file_meta.TransferSyntaxUID))
    )

    found = expect.one_part(reading.offered(response, "compressed bulk data are not sent"))
    named(said(found), bytes(found.content), response)


@check("RETRIEVE-FRAMES-014", "any")
def test_transfer_syntax_where_any_is_accepted(endpoint, stored):
    """A part names its transfer syntax if any transfer syntax is accepted."""
    (instance,) = stored("jpeg-baseline")
    given.framed(endpoint, instance, stored("sample")[0])

    response = endpoint.fetch(f"{instance.path}/frames/1", accept=f"{reading.JPEGS}; transfer-syntax=*")

    found = expect.one_part(reading.offered(response, "compressed frames are not sent"))
    named(said(found), bytes(found.content), response)


def named(types, content, response):
    """The transfer-syntax parameter names a transfer syntax that the codestream has."""
    essence, syntax = types
    real = codestreams.syntaxes(content)
    if not real:
        raise Observed(f"the part ({essence}) has an unknown codestream ({response.request})")
    usual = SYNTAXES.get(essence, ("",))[0]
    if not syntax and usual not in real:
        means = f"{essence} without it means {usual or 'nothing'}"
        why = f"8.7.9 does not require the parameter, but by 8.7.3.3.2 {means}"
        expect.doubt("transfer-syntax", None, real[0], response, why)
    expect.that(not syntax or syntax in real, "transfer-syntax", syntax, real[0], response)
