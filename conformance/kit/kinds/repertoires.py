"""Kinds with bytes that a change of character set would spoil: PS3.5 6.1.2.5.3, PS3.18 F.2.2."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian, SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import code, tiny_image
from conformance.kit.kinds.values import private_block


@kind("yen", "Two values with a yen sign between (ISO_IR 13)", SecondaryCaptureImageStorage)
def yen(study: Study) -> Iterator[Instance]:
    """The byte 05/12 separates values in every character set, even if it is displayed as a yen sign."""
    ds = tiny_image(study)
    ds.SpecificCharacterSet = "ISO_IR 13"
    ds.PatientName = "ﾔﾏﾀﾞ^ﾀﾛｳ"
    ds.SoftwareVersions = ["ﾃｽﾄ", "v2"]
    yield study.instance(ds)


@kind("un-latin1", "A private UN with Latin-1 text", SecondaryCaptureImageStorage)
def un_latin1(study: Study) -> Iterator[Instance]:
    """A value of VR UN is bytes, even if they look like text."""
    ds = tiny_image(study)
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName = "Buc^Jérôme"
    private_block(ds).add_new(0x01, "UN", "Größe ±5 µm ".encode("latin-1"))
    yield study.instance(ds)


@kind("character-set-of-an-item", "An item in a character set of its own", SecondaryCaptureImageStorage)
def character_set_of_an_item(study: Study) -> Iterator[Instance]:
    """An order that came in UTF-8, in an image in Latin-1 (PS3.3 C.12.1.1.2); the item beside it has no other, nor has
    the text that follows."""
    ds, other, same = tiny_image(study), Dataset(), Dataset()
    ds.SpecificCharacterSet, ds.PatientName = "ISO_IR 100", "Buc^Jérôme"
    other.SpecificCharacterSet, other.RequestedProcedureDescription = "ISO_IR 192", "Грудная клетка"
    same.RequestedProcedureDescription = "Thorax à façon"
    for number, item in enumerate((other, same), 1):
        item.RequestedProcedureID = item.ScheduledProcedureStepID = str(number)
    ds.RequestAttributesSequence = [other, same]
    ds.CommentsOnThePerformedProcedureStep = "Après la séquence"
    yield study.instance(ds)


@kind(
    "implicit-sequences",
    "Implicit VR, standard and private sequences",
    SecondaryCaptureImageStorage,
    ImplicitVRLittleEndian,
)
def implicit_sequences(study: Study) -> Iterator[Instance]:
    """Nothing in the file says that a private element is a sequence, but its undefined length (PS3.5 6.2.2, 7.5)."""
    ds = tiny_image(study)
    inner = code("2", "99DWC", "in the private sequence")
    block = private_block(ds)
    block.add_new(0x01, "SQ", [inner])
    block[0x01].is_undefined_length = True
    ds.AcquisitionContextSequence = [code("1", "99DWC", "in the standard one")]
    yield study.instance(ds)


# Specific Character Set, a name and a text. Other kinds have those that are more frequent.
RARE: tuple[tuple[str, str, str], ...] = (
    ("ISO_IR 101", "Ćwik^Łukasz", "Zdjęcie klatki piersiowej"),  # Latin alphabet no. 2
    ("ISO_IR 109", "Ĉapelisto^Ĵan", "Eĥoŝanĝo ĉiuĵaŭde"),  # no. 3
    ("ISO_IR 110", "Bērziņš^Jānis", "Krūškurvja rentgens"),  # no. 4
    ("ISO_IR 138", "שרון^דבורה", "צילום חזה"),  # Hebrew
    ("ISO_IR 148", "Çavuşoğlu^İsmail", "Göğüs ışını"),  # no. 5, Turkish
    ("ISO_IR 166", "นามสกุล^ชื่อ", "ทรวงอก"),  # Thai
    ("GBK", "王^小东", "胸部平扫 镕"),  # Simplified Chinese
)


@kind("rare-character-sets", "Seven rare character sets", SecondaryCaptureImageStorage, traits=("many",))
def rare_character_sets(study: Study) -> Iterator[Instance]:
    """An image in each of some other character sets of PS3.3 C.12.1.1.2, all of one series."""
    for number, (character_set, name, text) in enumerate(RARE, 1):
        ds = tiny_image(study, number=number)
        ds.SpecificCharacterSet = character_set
        ds.OperatorsName, ds.ImageComments = name, text
        yield study.instance(ds)
