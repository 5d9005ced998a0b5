"""Faults that only images of certain sizes, fragments and offset tables show (PS3.5 8.2, A.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from PIL import Image
from pydicom.encaps import generate_fragments
from pydicom.uid import MPEG4HP41
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..app import Origin
from ..archive import Instance
from ..multipart import Content
from ..negotiation import Representation
from ..pixels import Pixels
from ..rendering import Rendering
from .registry import fault

VIDEO = str(MPEG4HP41)


class Source(Origin):
    """Reads the frames of an image, or their description, wrongly."""

    def wrong(self, source: Pixels) -> Pixels:
        """The image that the server reads instead."""
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
    """Returns fragment n as frame n of several compressed frames."""

    def wrong(self, source: Pixels) -> Pixels:
        if not several(source):
            return source
        return replace(source, contents=[Content(each) for each in fragments(source)[: len(source.contents)]])


@fault("frames-have-as-many-fragments", breaks=("RETRIEVE-FRAMES-011",), says="the frame in part 1 is")
class FramesHaveAsManyFragments(Source):
    """Assumes that every frame has the average number of fragments."""

    def wrong(self, source: Pixels) -> Pixels:
        if not several(source):
            return source
        found, number = fragments(source), len(source.contents)
        size = len(found) // number
        return replace(source, contents=[Content(b"".join(found[at * size : (at + 1) * size])) for at in range(number)])


@fault("frames-need-offsets", breaks=("RETRIEVE-FRAMES-001",), says="status is 404, should be 200")
class FramesNeedOffsets(Source):
    """Finds only the first frame if the Basic Offset Table is empty and there is no other."""

    def wrong(self, source: Pixels) -> Pixels:
        lost = without_offsets(source) and "ExtendedOffsetTable" not in source.image
        return replace(source, contents=source.contents[:1]) if lost else source


@fault("extended-offsets-off-by-an-item", breaks=("RETRIEVE-FRAMES-011",), says="the frame in part 1 is")
class ExtendedOffsetsOffByAnItem(Source):
    """Ends a frame found by the Extended Offset Table 8 bytes early, as if its length included the item header."""

    def wrong(self, source: Pixels) -> Pixels:
        if "ExtendedOffsetTable" not in source.image:
            return source
        lengths = struct.unpack("<3Q", source.image.ExtendedOffsetTableLengths)
        cut = zip(source.contents, lengths, strict=True)
        return replace(source, contents=[Content(content.read()[: length - 8]) for content, length in cut])


@dataclass(frozen=True)
class Sheared(Pixels):
    """Reads decoded rows from a buffer whose rows are a multiple of 4 samples."""

    def decoded(self, content: Content) -> Content:
        found, columns = super().decoded(content).read(), self.image.Columns
        row = columns * self.image.SamplesPerPixel * self.image.BitsAllocated // 8
        if self.compressed is None or columns % 4 == 0:
            return Content(found)
        rows = [found[at : at + row].ljust(-(-row // 4) * 4, b"\0") for at in range(0, len(found), row)]
        return Content(b"".join(rows)[: len(found)])


@fault("decoded-rows-are-padded", breaks=("RETRIEVE-FRAMES-010", "RETRIEVE-REND-016"), says="should be")
class DecodedRowsArePadded(Source):
    """Shears compressed images when it decodes them, if their columns are not a multiple of 4."""

    def wrong(self, source: Pixels) -> Pixels:
        return Sheared(source.image, source.contents, source.compressed)


@dataclass(frozen=True)
class Alike(Pixels):
    """Decodes each frame as the first one."""

    def decoded(self, content: Content) -> Content:
        return super().decoded(self.contents[0] if several(self) else content)


@fault("compressed-frame-rendered-as-the-first", breaks=("RETRIEVE-REND-002",), says="should be")
class CompressedFrameRenderedAsTheFirst(Source):
    """Decodes the first frame for each of several compressed frames."""

    def wrong(self, source: Pixels) -> Pixels:
        return Alike(source.image, source.contents, source.compressed)


@fault("video-is-500", breaks=("RETRIEVE-INST-007",), says="status is 500, should be 200")
class VideoIs500(Origin):
    """Returns 500 for a video requested without a transfer syntax."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        try:
            return super().choose(request, forms)
        except HTTPException as error:
            if any(form.transfer_syntax == VIDEO for form in forms):
                raise HTTPException(500, "no decoder is registered for MPEG4HP41") from error
            raise


@fault("rendered-video-is-500", breaks=("RETRIEVE-REND-017",), says="status is 500, should be 200")
class RenderedVideoIs500(Origin):
    """Returns 500 for the rendering of a video."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if source.compressed == VIDEO:
            raise HTTPException(500, "no decoder is registered for MPEG4HP41")
        return super().render(instance, source, number, asked)


@fault("frames-of-32-bits-are-cut", breaks=("RETRIEVE-FRAMES-001",), says="should be")
class FramesOf32BitsAreCut(Source):
    """Counts samples of 32 bits as 16."""

    def wrong(self, source: Pixels) -> Pixels:
        if source.compressed or source.image.get("BitsAllocated") != 32 or "PixelData" not in source.image:
            return source
        return replace(source, contents=[Content(each.read()[: each.length // 2]) for each in source.contents])


@fault("last-frame-has-a-byte-changed", breaks=("RETRIEVE-FRAMES-001",), says="byte 767 of the frame in part 1 is")
class LastFrameHasAByteChanged(Source):
    """Changes the last byte of the sixth frame."""

    def wrong(self, source: Pixels) -> Pixels:
        if len(source.contents) < 6:
            return source
        last = source.contents[5].read()
        return replace(source, contents=[*source.contents[:5], Content(last[:-1] + bytes([last[-1] ^ 1]))])


@fault("window-of-the-first-frame", breaks=("RETRIEVE-REND-002",), says="level of frame 2 in row")
class WindowOfTheFirstFrame(Origin):
    """Renders every frame of an enhanced image with the window of the first."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        groups = source.image.get("PerFrameFunctionalGroupsSequence")
        if groups and "FrameVOILUTSequence" in groups[0]:
            groups[number - 1].FrameVOILUTSequence = groups[0].FrameVOILUTSequence
        return super().render(instance, source, number, asked)


@fault(
    "later-frames-of-16-bits-are-black",
    breaks=("RETRIEVE-REND-002",),
    says=" of frame 2 in ",
    seen=("orthanc-mirrors/orthanc-dicomweb 1.24",),
)
class LaterFramesOf16BitsAreBlack(Origin):
    """Renders all but the first frame of colour in 16 bits black."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        shown = super().render(instance, source, number, asked)
        deep = source.image.SamplesPerPixel == 3 and source.image.BitsAllocated == 16
        return Image.new("RGB", shown.size) if deep and number > 1 else shown
