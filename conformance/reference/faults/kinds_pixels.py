"""Faults that only images of certain sizes, fragments and offset tables show (PS3.5 8.2, A.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from pydicom.encaps import generate_fragments

from ..app import Origin
from ..archive import Instance
from ..multipart import Content
from ..pixels import Pixels
from .registry import fault


class Source(Origin):
    """The frames of an image, or what describes them, are read wrongly."""

    def wrong(self, source: Pixels) -> Pixels:
        """What is taken for the image."""
        raise NotImplementedError

    def source(self, instance: Instance) -> Pixels:
        return self.wrong(super().source(instance))


def fragments(source: Pixels) -> list[bytes]:
    """The fragments of compressed frames, without the Basic Offset Table."""
    return list(generate_fragments(source.image.PixelData))[1:]


def several(source: Pixels) -> bool:
    """Whether an image has several compressed frames."""
    return bool(source.compressed) and len(source.contents) > 1


def without_offsets(source: Pixels) -> bool:
    """Whether the Basic Offset Table is empty."""
    return several(source) and source.image.PixelData[4:8] == b"\0\0\0\0"


@fault("fragment-sent-as-frame", breaks=("RETRIEVE-FRAMES-011",), says="the frame in part 1 is")
class FragmentSentAsFrame(Source):
    """Of several compressed frames, fragment n is sent as frame n."""

    def wrong(self, source: Pixels) -> Pixels:
        if not several(source):
            return source
        return replace(source, contents=[Content(each) for each in fragments(source)[: len(source.contents)]])


@fault("frames-have-as-many-fragments", breaks=("RETRIEVE-FRAMES-011",), says="the frame in part 1 is")
class FramesHaveAsManyFragments(Source):
    """Every frame is taken to have as many fragments as there are on average."""

    def wrong(self, source: Pixels) -> Pixels:
        if not several(source):
            return source
        found, number = fragments(source), len(source.contents)
        size = len(found) // number
        return replace(source, contents=[Content(b"".join(found[at * size : (at + 1) * size])) for at in range(number)])


@fault("frames-need-offsets", breaks=("RETRIEVE-FRAMES-001",), says="status is 404, should be 200")
class FramesNeedOffsets(Source):
    """Where the Basic Offset Table is empty, and there is no other, only the first frame is found."""

    def wrong(self, source: Pixels) -> Pixels:
        lost = without_offsets(source) and "ExtendedOffsetTable" not in source.image
        return replace(source, contents=source.contents[:1]) if lost else source


@fault("extended-offsets-off-by-an-item", breaks=("RETRIEVE-FRAMES-011",), says="the frame in part 1 is")
class ExtendedOffsetsOffByAnItem(Source):
    """A frame found by the Extended Offset Table ends 8 bytes early, as if its length counted the item's header."""

    def wrong(self, source: Pixels) -> Pixels:
        if "ExtendedOffsetTable" not in source.image:
            return source
        lengths = struct.unpack("<3Q", source.image.ExtendedOffsetTableLengths)
        cut = zip(source.contents, lengths, strict=True)
        return replace(source, contents=[Content(content.read()[: length - 8]) for content, length in cut])


@dataclass(frozen=True)
class Sheared(Pixels):
    """Decoded rows are taken from a buffer whose rows are a multiple of 4 samples."""

    def decoded(self, content: Content) -> Content:
        found, columns = super().decoded(content).read(), self.image.Columns
        row = columns * self.image.SamplesPerPixel * self.image.BitsAllocated // 8
        if self.compressed is None or columns % 4 == 0:
            return Content(found)
        rows = [found[at : at + row].ljust(-(-row // 4) * 4, b"\0") for at in range(0, len(found), row)]
        return Content(b"".join(rows)[: len(found)])


@fault("decoded-rows-are-padded", breaks=("RETRIEVE-FRAMES-010", "RETRIEVE-REND-016"), says="should be")
class DecodedRowsArePadded(Source):
    """Compressed images whose columns are no multiple of 4 are sheared when they are decoded."""

    def wrong(self, source: Pixels) -> Pixels:
        return Sheared(source.image, source.contents, source.compressed)


@dataclass(frozen=True)
class Alike(Pixels):
    """Each frame is decoded as the first one."""

    def decoded(self, content: Content) -> Content:
        return super().decoded(self.contents[0] if several(self) else content)


@fault("compressed-frame-rendered-as-the-first", breaks=("RETRIEVE-REND-002",), says="should be")
class CompressedFrameRenderedAsTheFirst(Source):
    """Whichever of several compressed frames is decoded, it is the first."""

    def wrong(self, source: Pixels) -> Pixels:
        return Alike(source.image, source.contents, source.compressed)
