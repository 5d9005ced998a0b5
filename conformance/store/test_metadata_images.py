"""PS3.18 10.5.2, Table 10.5.2-1: pixels sent as bulk data in the media types of images."""

from __future__ import annotations

import pytest

from conformance.dicomweb import codestreams, images
from conformance.kit import check, consumer_images, expect, stow_metadata
from conformance.kit.accept import AS_STORED
from conformance.kit.stow_metadata import PIXEL_DESCRIPTION
from conformance.kit.verdicts import NotSupported
from conformance.store import metadata
from conformance.store.metadata import EXPLICIT

JSON_STORE = ("STOW-META-001",)
NUMBERS = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")
READ_HERE = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
# Decoders round differently: 1 or 2 of 256 steps. A second lossy compression would not be seen below it.
ROUNDING = 2


@check("STOW-META-004", "jpeg", follows=JSON_STORE)
def test_jpeg_is_encapsulated(endpoint, fresh, answers):
    """A JPEG is stored as JPEG, and shows the same as before, without further loss."""
    metadata.offered(answers)
    (instance,) = fresh("jpeg-baseline")
    (stream,) = instance.codestreams

    response = endpoint.post("studies", body(instance, "image/jpeg", stream))

    expect.stored(response)
    expect_same_picture(endpoint.get(instance.path, accept=AS_STORED), instance, stream, ROUNDING)


@check("STOW-META-004", "jp2", follows=JSON_STORE)
def test_jp2_is_encapsulated(endpoint, fresh, answers):
    """A JP2 file is stored as its codestream, without the boxes around it, and shows the same as before."""
    metadata.offered(answers)
    (instance,) = fresh("jpeg2000-lossless")
    (stream,) = instance.codestreams

    response = endpoint.post("studies", body(instance, "image/jp2", consumer_images.jp2(stream)))

    expect.stored(response)
    expect_same_picture(endpoint.get(instance.path, accept=AS_STORED), instance, stream, 0)


@check("STOW-META-004", "lossless", follows=JSON_STORE)
def test_jpeg_without_loss_is_not_called_lossy(endpoint, fresh, answers):
    """A lossless JPEG is stored as it is, and not as an image that was compressed with loss (PS3.3 C.7.6.1.1.5)."""
    metadata.offered(answers)
    (instance,) = fresh("jpeg-lossless-sv1")
    (stream,) = instance.codestreams

    response = endpoint.post("studies", body(instance, "image/jpeg", stream))

    if response.status in expect.REFUSALS:
        raise NotSupported(f"a lossless JPEG is refused ({response.request})")
    expect.stored(response)
    back = endpoint.get(instance.path, accept=AS_STORED)
    lossy = metadata.returned(back, instance).get("LossyImageCompression")
    expect.that(lossy != "01", "LossyImageCompression", lossy, "00 or absent", back)


@check("STOW-META-010", "transfer-syntaxes", follows=(*JSON_STORE, "STOW-META-004"))
def test_images_in_two_transfer_syntaxes(endpoint, fresh, answers):
    """A native image and a JPEG in one array are stored in a transfer syntax each, with the pixels that were sent."""
    metadata.offered(answers, "pixels in image/jpeg", "stow-meta-004.jpeg")
    (native,), (jpeg,) = fresh("quadrants"), fresh("jpeg-baseline")
    (stream,) = jpeg.codestreams
    sent = body(jpeg, "image/jpeg", stream, before=[stow_metadata.separated(native)])

    response = endpoint.post("studies", sent)

    expect.stored(response)
    metadata.same_pixels(endpoint.get(native.path, accept=EXPLICIT), native)
    expect_same_picture(endpoint.get(jpeg.path, accept=AS_STORED), jpeg, stream, ROUNDING)


@check("STOW-META-005", follows=JSON_STORE)
@pytest.mark.parametrize("kind", ["name-utf8", "quadrants"], ids=["grey", "colour"])
@pytest.mark.parametrize("form", ["png", "gif"])
def test_png_and_gif_are_kept_without_loss(endpoint, fresh, answers, form, kind):
    """A PNG or a GIF is stored with exactly its pixels."""
    metadata.offered(answers)
    (instance,) = fresh(kind)
    # The pixels of a GIF are indices of a palette: what they become is the choice of the server.
    without = PIXEL_DESCRIPTION if form == "gif" else ()
    sent = body(instance, f"image/{form}", consumer_images.encoded(instance, form), without)

    response = endpoint.post("studies", sent)

    expect.stored(response)
    back = endpoint.get(instance.path, accept=EXPLICIT)
    found, shown = metadata.colours(metadata.returned(back, instance)), metadata.colours(instance.dataset)
    different = sum(a != b for a, b in zip(found, shown, strict=False)) + abs(len(found) - len(shown))
    expect.that(not different, "the number of samples that differ", f"{different} of {len(shown)}", 0, back)


@check("STOW-META-006", follows=JSON_STORE)
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/jp2"], ids=["jpeg", "jp2"])
def test_description_of_pixels_is_derived(endpoint, fresh, answers, media_type):
    """An image sent without Image Pixel Description attributes is stored with those of its codestream."""
    metadata.offered(answers)
    (instance,) = fresh("jpeg-baseline" if media_type == "image/jpeg" else "jpeg2000-lossless")
    (stream,) = instance.codestreams
    content = stream if media_type == "image/jpeg" else consumer_images.jp2(stream)

    response = endpoint.post("studies", body(instance, media_type, content, PIXEL_DESCRIPTION))

    expect.stored(response)
    back = endpoint.get(instance.path, accept=AS_STORED)
    found = metadata.returned(back, instance)
    for keyword in NUMBERS:
        expect.equal(keyword, found.get(keyword), instance.dataset[keyword].value, back)
    colours = found.get("PhotometricInterpretation")
    expected = ("YBR_FULL_422", "YBR_FULL") if media_type == "image/jpeg" else ("YBR_RCT",)
    expected = expected if metadata.codestream(found) else ("RGB", "YBR_FULL")
    expect.that(colours in expected, "PhotometricInterpretation", colours, expected, back)


def body(instance, media_type, content, without=(), before=()):
    """A store of an image as JSON and one part with its pixels, which names its transfer syntax if it has one; `before`
    are others that come first."""
    syntax = instance.dataset.file_meta.TransferSyntaxUID
    named = f"{media_type}; transfer-syntax={syntax}" if syntax.is_encapsulated else media_type
    sent = stow_metadata.separated(instance, "PixelData", named, content, without=without)
    return stow_metadata.as_json([*before, sent])


def expect_same_picture(response, instance, stream, rounding):
    """The body is this instance, and its pixels show the same as a codestream.

    They may come decoded: the samples of another decoder may then differ by so many steps.
    """
    ds = metadata.returned(response, instance, "PixelData")
    found = metadata.codestream(ds)
    if found is None:
        try:
            shown = images.native(metadata.colours(ds), ds.Columns, ds.Rows, 3)
        except (ValueError, TypeError) as error:
            size = f"those of {ds.Columns} x {ds.Rows} pixels"
            expect.deviates("PixelData", f"not readable ({error})", size, response)
    else:
        shown, rounding = decoded(response, found, ds.file_meta.TransferSyntaxUID), 0
    distance = shown.distance(images.read(stream))
    subject = "the distance to the picture that was sent"
    expect.that(distance <= rounding, subject, f"{distance:.1f} of 256 steps", f"{rounding} at most", response)


def decoded(response, stream, syntax):
    """The picture of a codestream of a transfer syntax. Raises Deviates if it is of another."""
    start = stream[:4].hex() or "absent"
    fits = syntax in codestreams.syntaxes(stream)
    expect.that(fits, "the start of the frame", start, f"that of a codestream of {syntax.name}", response)
    try:
        return images.read(stream)
    except images.MalformedImage as error:
        if syntax in READ_HERE:
            expect.readable(error, response, "the frame")
        raise NotSupported(f"pixels in {syntax.name} are not compared") from None
