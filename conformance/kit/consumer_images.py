"""Pictures in media types that people's cameras and browsers have (PS3.18 Table 10.5.2-1)."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import Image

from conformance.kit.instances import Instance


def encoded(instance: Instance, form: str) -> bytes:
    """The only native frame of an instance, 8 bits a sample, as a PNG or GIF file; a GIF of grey has a grey palette."""
    ds = instance.dataset
    picture = Image.frombytes("L" if ds.SamplesPerPixel == 1 else "RGB", (ds.Columns, ds.Rows), instance.frame)
    file = BytesIO()
    picture.save(file, form)
    return file.getvalue()


def jp2(codestream: bytes) -> bytes:
    """A JPEG 2000 codestream of 8 bits a sample in the boxes of a JP2 file (ISO 15444-1 Annex I)."""
    right, bottom, left, top = struct.unpack_from(">4L", codestream, 8)  # of the SIZ segment, after two markers
    (components,) = struct.unpack_from(">H", codestream, 40)
    size = struct.pack(">LLHBBBB", bottom - top, right - left, components, 7, 7, 0, 0)
    colours = struct.pack(">BBBL", 1, 0, 0, 16 if components == 3 else 17)  # sRGB, or greyscale
    header = _box(b"ihdr", size) + _box(b"colr", colours)
    boxes = ((b"jP  ", b"\r\n\x87\n"), (b"ftyp", b"jp2 \0\0\0\0jp2 "), (b"jp2h", header), (b"jp2c", codestream))
    return b"".join(_box(name, content) for name, content in boxes)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", len(content) + 8, name) + content
