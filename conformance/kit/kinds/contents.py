"""Kinds whose values look like what surrounds them, or are longer than a server may expect: RFC 2046 5.1.1, PS3.5 6.2.

Line ends and boundaries in text and pixels, form feeds, and bytes of many lengths in items, standard and private.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydicom import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit import stow
from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import icon, tiny_image
from conformance.kit.kinds.pictures import grey
from conformance.kit.kinds.pixels import set_native
from conformance.kit.kinds.values import private_block

LINES = "a\r\n\r\nb"
# The ends of a head, a part and a body.
LIKE_A_PART = "before\r\n--boundary\r\nContent-Type: application/dicom\r\n\r\nafter\r\n--boundary--\r\n"
FORM_FEED = "page 1\x0cpage 2"
AROUND = 63, 64, 65, 127, 128, 255, 256, 1024, 4096
LONG = 65534, 65536, 70000
BUFFER = 8192  # bytes: so many, or a half, a quarter and so on, a server may read at a time


def _written(study: Study, number: int, text: str) -> Instance:
    """An image with a text in an attribute of each VR that may have lines: LT, ST and UT."""
    ds = tiny_image(study, number=number)
    ds.ImageComments = ds.InstitutionAddress = text
    private_block(ds).add_new(0x01, "UT", text)
    return study.instance(ds)


@kind("empty-lines", "Empty lines in LT, ST and UT", SecondaryCaptureImageStorage)
def empty_lines(study: Study) -> Iterator[Instance]:
    """CR LF CR LF ends the head of a part; in the body of one it means nothing. The last text is like a part itself."""
    for number, text in enumerate((LINES, "\r\n\r\nfirst\r\n\r\n", LIKE_A_PART), 1):
        yield _written(study, number, text)


@kind("form-feed", "Form feed in LT, ST and UT", SecondaryCaptureImageStorage)
def form_feed(study: Study) -> Iterator[Instance]:
    """A control character that these VRs may have (PS3.5 6.1.3), but XML 1.0 may not."""
    yield _written(study, 1, FORM_FEED)


@kind("lines-in-bytes", "Empty lines in pixels, bytes and preamble", SecondaryCaptureImageStorage, traits=("native",))
def lines_in_bytes(study: Study) -> Iterator[Instance]:
    """Pixel Data, and with them the file, begin and end with empty lines; so does the preamble, which has no
    meaning."""
    ends, picture = b"\r\n\r\n", grey(16, 16, 8)
    middle = b"\r\n--boundary\r\n\r\n" + picture.frames[0][24:]
    ds = tiny_image(study)
    set_native(ds, replace(picture, frames=((ends + middle)[: 256 - len(ends)] + ends,)))
    private_block(ds).add_new(0x01, "OB", ends + bytes(range(16)) + ends)
    ds.preamble = (ends + b"--boundary--" + ends).ljust(124, b"\0") + ends
    yield study.instance(ds)


@kind("across-buffers", "Parts that end where a buffer ends", SecondaryCaptureImageStorage)
def across_buffers(study: Study) -> Iterator[Instance]:
    """In one request, each delimiter begins at most 42 bytes before a multiple of 8 KiB, so that a buffer of a server
    ends after its CR LF, its hyphens, within it, or after it."""
    done: list[Instance] = []
    for number, before in enumerate((2, 4, 20, 40), 1):
        spare = -(_end([*done, _padded(study, number, 0)]) + before) % BUFFER
        done.append(_padded(study, number, spare))
        yield done[-1]


def _padded(study: Study, number: int, size: int) -> Instance:
    """An image with a comment of so many characters (LT may have 10,240)."""
    ds = tiny_image(study, number=number)
    ds.ImageComments = "x" * size
    return study.instance(ds)


def _end(instances: list[Instance]) -> int:
    """The place in the body of a store where the content of its last part ends, in bytes."""
    return stow.multipart(instances).content[:].rindex(b"\r\n--")


@kind("bytes-in-items", "OB, OW and UN of 63 bytes to 4 KB in items", SecondaryCaptureImageStorage)
def bytes_in_items(study: Study) -> Iterator[Instance]:
    """Of each VR and length, at depths 1 and 3, in a standard and in private sequences; the last item has an element of
    the first with other bytes."""
    ds = tiny_image(study)
    item, inner, other = Dataset(), Dataset(), Dataset()
    for lengths, holder in ((AROUND, item), (AROUND, inner)):
        block = private_block(holder)
        for number, vr in enumerate(("OB", "OW", "UN")):
            for index, length in enumerate(lengths):
                block.add_new(16 * number + index + 1, vr, _bytes(length, vr))
    ds.IconImageSequence = [icon()]
    private_block(ds).add_new(0x71, "SQ", [_nested(item, 0), _nested(inner, 2), other])
    private_block(other).add_new(len(AROUND), "OB", _bytes(AROUND[-1], "OB")[::-1])
    yield study.instance(ds)


@kind("long-bytes-in-items", "64 KB and more in items", SecondaryCaptureImageStorage)
def long_bytes_in_items(study: Study) -> Iterator[Instance]:
    """Around the length that an explicit VR of two bytes can have, each at another depth."""
    for number, (length, vr) in enumerate(zip(LONG, ("OB", "OW", "UN"), strict=True)):
        ds, item = tiny_image(study, number=number + 1), Dataset()
        private_block(item).add_new(0x01, vr, _bytes(length, vr))
        private_block(ds).add_new(0x71, "SQ", [_nested(item, number)])
        yield study.instance(ds)


def _nested(item: Dataset, levels: int) -> Dataset:
    """An item with another one so many levels below."""
    if not levels:
        return item
    outer = Dataset()
    private_block(outer).add_new(0x71, "SQ", [_nested(item, levels - 1)])
    return outer


def _bytes(length: int, vr: str) -> bytes:
    """So many bytes that differ; of an even number, as a value is written (PS3.5 7.1.1)."""
    size = length + length % 2
    return (bytes(range(1, 252)) * (size // 251 + 1))[:length] + b"\0" * (size - length)


@kind("several-creators", "Private elements of several creators", SecondaryCaptureImageStorage)
def several_creators(study: Study) -> Iterator[Instance]:
    """Three blocks in one group, with the same elements of other VRs, and one of them in an item at another place."""
    ds, item = tiny_image(study), Dataset()
    for creator, vr, value in (("DWC ONE", "LO", "first"), ("DWC TWO", "US", 2), ("DWC THREE", "OB", b"\1\2\3\4")):
        ds.private_block(0x0031, creator, create=True).add_new(0x01, vr, value)
    item.private_block(0x0031, "DWC THREE", create=True).add_new(0x01, "OB", b"\5\6")
    item.private_block(0x0011, "DWC TWO", create=True).add_new(0xFF, "DS", ["0.5", "1e-3"])
    ds.private_block(0x0031, "DWC TWO").add_new(0x02, "SQ", [item, Dataset()])
    yield study.instance(ds)


@kind("trailing-padding", "Data Set Trailing Padding", SecondaryCaptureImageStorage, traits=("native",))
def trailing_padding(study: Study) -> Iterator[Instance]:
    """An element after the Pixel Data without a meaning (PS3.10 7.2)."""
    ds = tiny_image(study)
    ds.DataSetTrailingPadding = b"\0" * 30
    yield study.instance(ds)


@kind("seldom-read", "Elements after the pixels, newer ones, a second overlay", SecondaryCaptureImageStorage)
def seldom_read(study: Study) -> Iterator[Instance]:
    """A private group after the Pixel Data, as of cardiac ultrasound; attributes that dictionaries before 2024 lack
    (PS3.3 C.7.1.1, C.7.2.2); and two overlay planes, in groups that repeat (PS3.5 7.6)."""
    ds = tiny_image(study)
    block = ds.private_block(0x7FE1, "DWC AFTER", create=True)
    block.add_new(0x01, "LO", ["after", "the pixels"])
    block.add_new(0x02, "PN", ["Roe^^Middle^^Jr.", "Adams^Sam"])
    block.add_new(0x60, "OB", bytes(range(1, 251)) * 2)
    identity, pronouns = Dataset(), Dataset()
    identity.add_new(0x00100045, "UT", "as the patient says")  # Gender Identity Comment
    pronouns.add_new(0x00100016, "UT", "they, in letters too")  # Pronoun Comment
    ds.add_new(0x00100041, "SQ", [identity])  # Gender Identity Sequence
    ds.add_new(0x00100014, "SQ", [pronouns])  # Third Person Pronouns Sequence
    for group, label in ((0x6000, "first"), (0x6002, "second")):
        _overlay(ds, group, label)
    yield study.instance(ds)


def _overlay(ds: Dataset, group: int, label: str) -> None:
    """An overlay plane of 64 x 64 pixels in a group, with bits of its own."""
    bits = bytes((at * group // 2) & 0xFF for at in range(512))
    for element, vr, value in (
        *((0x10, "US", 64), (0x11, "US", 64), (0x22, "LO", f"the {label} overlay"), (0x40, "CS", "G")),
        *((0x50, "SS", [1, 1]), (0x0100, "US", 1), (0x0102, "US", 0), (0x3000, "OW", bits)),
    ):
        ds.add_new(group << 16 | element, vr, value)


@kind("other-patient-ids", "The Patient ID again, in Other Patient IDs", SecondaryCaptureImageStorage)
def other_patient_ids(study: Study) -> Iterator[Instance]:
    """A server that searches for Patient ID in both has two rows of one study."""
    ds, other, third = tiny_image(study), Dataset(), Dataset()
    other.PatientID, other.TypeOfPatientID = ds.PatientID, "TEXT"
    third.PatientID, third.TypeOfPatientID = (ds.PatientID[:58] + "-other"), "TEXT"
    ds.OtherPatientIDsSequence = [other, third]
    yield study.instance(ds)


# Specific Character Set, and bytes that are not in it.
UNFIT = (
    ("ISO_IR 100", "王^小明".encode("big5")),
    ("ISO_IR 100", "Müller^Jörg".encode()),
    ("ISO_IR 192", "Müller^Jörg".encode("latin-1")),
    ("", "Müller^Jörg".encode()),
)


@kind("unfit-text", "Text that is not in its character set", SecondaryCaptureImageStorage, traits=("refusable",))
def unfit_text(study: Study) -> Iterator[Instance]:
    """Text of wrongly configured modalities: a server takes or refuses it, and never returns it as invalid UTF-8."""
    for number, (character_set, name) in enumerate(UNFIT, 1):
        mark = b"X" * len(name)
        ds = tiny_image(study, number=number)
        ds.StudyInstanceUID = study.uid("study", str(number))
        ds.SeriesInstanceUID = study.uid("series", str(number))
        ds.PatientName = mark.decode()
        if character_set:
            ds.SpecificCharacterSet = character_set
        else:
            del ds.SpecificCharacterSet
        yield Instance(study.file(ds).replace(mark, name), fresh=True)
