"""Kinds with a data set inside the data set that a reader takes for something else: icons, sequences of unknown VR, and
what an archive once replaced (PS3.3 C.7.6.1.1.6, C.12.1; PS3.5 6.2.2, A.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.encapsulated import GREY_30, GREY_FRAMES, codestream
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import code, icon, secondary_capture, tiny_image
from conformance.kit.kinds.pictures import Picture
from conformance.kit.kinds.pixels import describe, encapsulated_image
from conformance.kit.kinds.values import private_block

GREY = Picture(GREY_FRAMES.rows, GREY_FRAMES.columns, 8, GREY_FRAMES.frames[:1])
STREAM = "multiframe-jpeg2000-1.j2k"
MANY, DEEP = 150, 20  # items, levels
ITEM, ITEM_END, UNDEFINED = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0" + bytes(4), b"\xff" * 4


@kind("icon", "Image with an icon", SecondaryCaptureImageStorage, traits=("native",))
def with_icon(study: Study) -> Iterator[Instance]:
    """Pixel Data are in the data set twice; those of the icon come first, and are larger."""
    ds = tiny_image(study)
    ds.IconImageSequence = [icon()]
    yield study.instance(ds)


@kind(
    "compressed-icon",
    "JPEG 2000, the icon too",
    SecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless",),
)
def compressed_icon(study: Study) -> Iterator[Instance]:
    """Fragments of Pixel Data in an item (PS3.5 A.4)."""
    ds, small = secondary_capture(study), Dataset()
    describe(small, GREY_30, "MONOCHROME2")
    small.add_new("PixelData", "OB", encapsulate([codestream("grey-30.j2k")]))
    small["PixelData"].is_undefined_length = True
    ds.IconImageSequence = [small]
    yield encapsulated_image(study, ds, GREY, "MONOCHROME2", [codestream(STREAM)])


@kind(
    "native-icon",
    "JPEG 2000 with a native icon",
    SecondaryCaptureImageStorage,
    JPEG2000Lossless,
    traits=("lossless",),
)
def native_icon(study: Study) -> Iterator[Instance]:
    """An icon may be native in a compressed image (PS3.5 A.4)."""
    ds = secondary_capture(study)
    ds.IconImageSequence = [icon()]
    yield encapsulated_image(study, ds, GREY, "MONOCHROME2", [codestream(STREAM)])


@kind("former-values", "Bytes in Original Attributes", SecondaryCaptureImageStorage)
def former_values(study: Study) -> Iterator[Instance]:
    """An archive replaced a profile, and kept the former one (PS3.3 C.12.1.1.9)."""
    ds, record, modified = tiny_image(study), Dataset(), Dataset()
    modified.ICCProfile = bytes(range(256)) * 3
    modified.OpticalPathSequence = [Dataset()]
    modified.OpticalPathSequence[0].ICCProfile = bytes(range(255, -1, -1)) * 3
    record.AttributeModificationDateTime, record.ModifyingSystem = "20240301101500", "FORMER ARCHIVE"
    record.SourceOfPreviousValues, record.ReasonForTheAttributeModification = "", "CORRECT"
    record.ModifiedAttributesSequence = [modified]
    ds.OriginalAttributesSequence = [record]
    yield study.instance(ds)


@kind("sequences-as-unknown", "Sequences in VR UN", SecondaryCaptureImageStorage)
def sequences_as_unknown(study: Study) -> Iterator[Instance]:
    """Who does not know a private sequence writes UN; its items are in Implicit VR, whatever the file is in (PS3.5
    6.2.2)."""
    ds = tiny_image(study)
    block = private_block(ds)
    block.add_new(0x01, "UN", _items(defined=True))
    block.add_new(0x02, "UN", _items(defined=False))
    block[0x02].is_undefined_length = True
    block.add_new(0x03, "LO", "what follows")
    ds.AcquisitionContextSequence = [code("1", "99DWC", "what follows too")]
    yield study.instance(ds)


@kind("sequence-lengths", "Sequences of known and undefined length, long and deep", SecondaryCaptureImageStorage)
def sequence_lengths(study: Study) -> Iterator[Instance]:
    """A sequence and its items each have a length or a delimiter (PS3.5 7.5); then 150 items, and items 20 levels deep,
    as reports have them."""
    ds = tiny_image(study)
    for keyword, open_, inside in (
        ("AnatomicRegionSequence", True, False),
        ("PrimaryAnatomicStructureSequence", False, True),
        ("AcquisitionContextSequence", True, True),
    ):
        items = [code(str(number), "99DWC", keyword) for number in (1, 2)]
        for item in items:
            item.is_undefined_length_sequence_item = inside
        ds.add_new(keyword, "SQ", items)
        ds[keyword].is_undefined_length = open_
    yield study.instance(ds)
    ds = tiny_image(study, number=2)
    ds.AcquisitionContextSequence = [code(str(number), "99DWC", "one of many") for number in range(1, MANY + 1)]
    yield study.instance(ds)
    ds, item = tiny_image(study, number=3), code("0", "99DWC", "the deepest")
    for _ in range(DEEP - 1):
        outer = Dataset()
        private_block(outer).add_new(0x01, "SQ", [item])
        item = outer
    private_block(ds).add_new(0x01, "SQ", [item])
    yield study.instance(ds)


def _items(defined: bool) -> bytes:
    """Two items in Implicit VR Little Endian, each with its length, or with delimiters."""
    items = b""
    for text in (b"first ", b"second"):
        content = struct.pack("<HHL", 0x0008, 0x0104, len(text)) + text
        items += ITEM + (struct.pack("<L", len(content)) + content if defined else UNDEFINED + content + ITEM_END)
    return items
