"""Rendered images: PS3.18 8.7.4."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from conformance.dicomweb.images import MalformedImage, native, read

RED, BLUE = (255, 0, 0), (0, 0, 255)
# Two columns of four pixels: the left red, the right blue.
HALVES = (bytes(RED) * 4 + bytes(BLUE) * 4) * 8


def encoded(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_image_has_its_size_and_colours(form):
    picture = read(encoded(Image.frombytes("RGB", (8, 8), HALVES), form))

    assert (picture.format, picture.size, picture.frames, picture.bits) == (form, (8, 8), 1, 8)
    assert picture.colour(0.1, 0.5) == RED
    assert picture.colour(0.9, 0.5) == BLUE


def test_grey_of_16_bits_is_scaled_to_8():
    picture = read(encoded(Image.new("I;16", (8, 8), 0x8000), "PNG"))

    assert (picture.bits, picture.grey(0.5, 0.5)) == (16, 128)


def test_animation_says_how_many_frames_it_has():
    frames = [Image.new("L", (4, 4), level) for level in (0, 128, 255)]

    picture = read(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))

    assert picture.frames == 3


def test_comments_are_kept():
    exif = Image.Exif()
    exif[0x010E] = "in the description"

    picture = read(encoded(Image.new("L", (4, 4)), "JPEG", comment=b"in the comment", exif=exif))

    assert b"in the comment" in picture.text
    assert b"in the description" in picture.text


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xd8\xff\xc0", b"\x89PNG\r\n\x1a\n"], ids=range(4))
def test_bytes_that_are_no_image(content):
    with pytest.raises(MalformedImage, match=f"the image is {len(content)} bytes that cannot be decoded"):
        read(content)


def test_image_that_is_cut():
    content = encoded(Image.frombytes("RGB", (8, 8), HALVES).resize((256, 256)), "PNG")

    with pytest.raises(MalformedImage, match="cannot be decoded"):
        read(content[:-40])


def test_image_that_is_too_large_is_not_decoded():
    with pytest.raises(MalformedImage, match="5000 x 1 pixels, should be at most 4096"):
        read(encoded(Image.new("1", (5000, 1)), "PNG"))


def test_distance_of_pictures():
    halves, black = native(HALVES, 8, 8, 3), native(bytes(64), 8, 8, 1)

    assert halves.distance(halves) == 0
    assert halves.distance(black) == 85
    assert halves.distance(native(bytes(16), 4, 4, 1)) == 255
