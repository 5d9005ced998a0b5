"""The pictures that the images show: native pixel data with known values, made without a codec."""

from __future__ import annotations

import struct
from dataclasses import dataclass

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@dataclass(frozen=True)
class Picture:
    """Frames of rows x columns x samples, little endian, colour by pixel, without padding. `bits` are stored ones."""

    rows: int
    columns: int
    bits: int
    frames: tuple[bytes, ...]
    samples: int = 1
    signed: bool = False

    @property
    def bits_allocated(self) -> int:
        return 8 if self.bits <= 8 else 16


def colours(rows: int, columns: int, frames: int = 1) -> Picture:
    """RGB, 8 bit: red grows to the right, green downwards, blue with the frame."""
    made = []
    for frame in range(frames):
        pixels = (
            (column * 255 // (columns - 1), row * 255 // (rows - 1), 40 + 70 * frame)
            for row in range(rows)
            for column in range(columns)
        )
        made.append(b"".join(bytes(pixel) for pixel in pixels))
    return Picture(rows, columns, 8, tuple(made), samples=3)


def grey(rows: int, columns: int, bits: int, frames: int = 1) -> Picture:
    """Unsigned grey that grows to the right and downwards over the whole range, and darkens a little by frame."""
    top, steps = 2**bits - 1, rows + columns - 2
    made = []
    for frame in range(frames):
        values = [(row + column) * top // steps * (8 - frame) // 8 for row in range(rows) for column in range(columns)]
        made.append(_packed("B" if bits <= 8 else "H", values))
    return Picture(rows, columns, bits, tuple(made))


def hounsfield(rows: int, columns: int, number: int) -> Picture:
    """Signed 16 bit stored values from -1024 on, other ones in each slice `number`."""
    values = [-1024 + 61 * row + 37 * column + 100 * number for row in range(rows) for column in range(columns)]
    return Picture(rows, columns, 16, (_packed("h", values),), signed=True)


def ramp(rows: int, columns: int) -> Picture:
    """Unsigned 12 bit: each row goes from 0 up in equal steps, `4096 // columns` each."""
    return Picture(rows, columns, 12, (_packed("H", [column * (4096 // columns) for column in range(columns)]) * rows,))


def edge(rows: int, columns: int, colour: bool = False, bits: int = 8) -> Picture:
    """A vertical edge in the middle, dark on the left, that lightens downwards: a row out of step shows.

    RGB has a little more green and less blue.
    """
    top = 2**bits - 1
    values = [
        (top // 8 if column < columns // 2 else top * 3 // 4) + row for row in range(rows) for column in range(columns)
    ]
    if colour:
        values = [sample for value in values for sample in (value, value + top // 16, value - top // 16)]
    return Picture(rows, columns, bits, (_packed("B" if bits <= 8 else "H", values),), samples=3 if colour else 1)


def steps(rows: int, columns: int, bits: int, first: int = 0, signed: bool = False) -> Picture:
    """Grey from `first` over the whole range of the stored bits from left to right, both ends included."""
    top = 2**bits - 1
    row = [first + column * top // (columns - 1) for column in range(columns)]
    mask = 0xFFFF if bits > 8 else 0xFF
    return Picture(
        rows, columns, bits, (_packed("H" if bits > 8 else "B", [value & mask for value in row] * rows),), 1, signed
    )


def quadrants(rows: int, columns: int) -> Picture:
    """RGB: red and green above, blue and white below."""
    above = bytes(RED) * (columns // 2) + bytes(GREEN) * (columns // 2)
    below = bytes(BLUE) * (columns // 2) + bytes(WHITE) * (columns // 2)
    return Picture(rows, columns, 8, (above * (rows // 2) + below * (rows // 2),), samples=3)


def _packed(form: str, values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}{form}", *values)
