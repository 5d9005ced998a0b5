"""Rendered images (PS3.18 8.7.4): decoded, and looked at patch by patch."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageChops, ImageStat, UnidentifiedImageError

from conformance.dicomweb.differences import Malformed

Colour = tuple[int, int, int]

SIDE = 4096  # pixels; larger images are never requested
FRAMES = 10  # that are counted
# Bytes of an image of that side; scans of a JPEG, each of which costs a pass over all pixels and may have 30 bytes.
LENGTH, SCANS = 64 * 1024 * 1024, 200
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/jp2": "JPEG2000"}


class MalformedImage(Malformed):
    """Bytes that cannot be decoded as an image."""


@dataclass(frozen=True)
class Picture:
    """A decoded image: its first frame in RGB, 8 bits a channel, and how it came.

    `format` is JPEG, PNG, GIF …; `bits` is bits a channel of the file; `frames` their number, FRAMES for more; `text`
    what comments and metadata (EXIF, XMP) say, as bytes.
    """

    pixels: Image.Image
    format: str
    bits: int
    frames: int
    text: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.pixels.size

    def colour(self, x: float, y: float) -> Colour:
        """The mean colour around a point, whose coordinates are parts of width and height; (0, 0) is top left."""
        width, height = self.size
        column, row = min(int(x * width), width - 1), min(int(y * height), height - 1)
        around = (max(column - 2, 0), max(row - 2, 0), min(column + 3, width), min(row + 3, height))
        red, green, blue = self.pixels.crop(around).resize((1, 1), Image.Resampling.BOX).split()
        return _first(red), _first(green), _first(blue)

    def grey(self, x: float, y: float) -> int:
        """The mean brightness around a point, 0 black to 255 white."""
        return sum(self.colour(x, y)) // 3

    def distance(self, other: Picture) -> float:
        """The mean difference of two pictures of the same size, 0 to 255; 255 where the sizes differ."""
        if self.size != other.size:
            return 255.0
        difference = ImageStat.Stat(ImageChops.difference(self.pixels, other.pixels))
        return sum(difference.sum) / sum(difference.count)


def read(content: bytes) -> Picture:
    """Decode an image. Raises MalformedImage."""
    if len(content) > LENGTH:
        raise MalformedImage("the length of the image", f"{len(content):,} bytes", f"{LENGTH:,} at most")
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > SCANS:
        raise MalformedImage("the number of scans of the image", f"more than {SCANS}", "a few")
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(BytesIO(content), formats=list(FORMATS.values())) as image,
        ):
            if max(image.size) > SIDE:
                raise MalformedImage(
                    "the size of the image", f"{image.width} x {image.height} pixels", f"at most {SIDE} x {SIDE}"
                )
            text, bits, pixels = _text(image), _bits(image), _rgb(image)
            return Picture(pixels, image.format or "", bits, _frames(image), text)
    except MalformedImage:
        raise
    except UnidentifiedImageError:
        raise MalformedImage("the image", _undecodable(content), "JPEG, PNG, GIF or JPEG 2000") from None
    except Exception as error:  # whatever a decoder says about bytes that are not an image
        raise MalformedImage("the image", _undecodable(content), f"decodable ({error})") from None


def native(frame: bytes, columns: int, rows: int, samples: int) -> Picture:
    """The picture of a native frame of 8 bits a sample, grey or RGB with planar configuration 0."""
    image = Image.frombytes("L" if samples == 1 else "RGB", (columns, rows), frame)
    return Picture(image.convert("RGB"), "", 8, 1, b"")


def _undecodable(content: bytes) -> str:
    return f"{len(content):,} bytes that cannot be decoded"


def _rgb(image: Image.Image) -> Image.Image:
    image.load()
    if image.mode.startswith("I"):  # 16 bits a pixel
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    return image.convert("RGB")


def _frames(image: Image.Image) -> int:
    """The number of frames, FRAMES if there are more: a file of 6 MB may have a million."""
    number = 1
    try:
        while number < FRAMES:
            image.seek(number)
            number += 1
    except EOFError:
        pass
    return number


def _bits(image: Image.Image) -> int:
    return 16 if image.mode.startswith("I") else 1 if image.mode == "1" else 8


def _text(image: Image.Image) -> bytes:
    """Comments and metadata: the content of the file besides pixels."""
    values = [value for value in image.info.values() if isinstance(value, str | bytes)]
    exif = [value for value in image.getexif().values() if isinstance(value, str | bytes)]
    found = [value.encode("utf-8", "replace") if isinstance(value, str) else value for value in (*values, *exif)]
    return b"\n".join(found)


def _first(band: Image.Image) -> int:
    return band.tobytes()[0]
