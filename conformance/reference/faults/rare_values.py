"""Faults of metadata and bulk data that only values in certain places show (PS3.5 6.1.2, 7.5; PS3.18 F; PS3.19 A)."""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..pixels import Pixels
from ..target import Target
from .editing import Attribute, everywhere
from .registry import fault

DEEPEST = 15  # levels of items: a JSON library that reads 64 levels of values has as many


@fault(
    "character-set-of-an-item-lasts",
    breaks=("RETRIEVE-META-009",),
    says="CommentsOnThePerformedProcedureStep is",
    seen=("Enet4/dicom-rs#828",),
)
class CharacterSetOfAnItemLasts(Origin):
    """Reads text after an item in the character set of that item."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found, is_utf_8, made = super().data_set(instance, target, base), False, Json()
        for tag, attribute in found.items():
            if is_utf_8 and attribute["vr"] in ("LO", "LT", "ST") and "Value" in attribute:
                texts = [text.encode("latin-1", "replace").decode("utf-8", "replace") for text in attribute["Value"]]
                attribute = attribute | {"Value": texts}
            items = attribute.get("Value", []) if attribute["vr"] == "SQ" else []
            is_utf_8 = is_utf_8 or any(item.get("00080005", {}).get("Value") == ["ISO_IR 192"] for item in items)
            made[tag] = attribute
        return made


@fault(
    "profile-of-an-optical-path-is-lost",
    breaks=("RETRIEVE-META-004",),
    says="OpticalPathSequence[0].ICCProfile",
    seen=("imi-bigpicture/wsidicomizer#66",),
)
class ProfileOfAnOpticalPath(Origin):
    """Leaves the ICC Profile of an optical path out of metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        if "00480105" not in found:
            return found
        paths = found["00480105"]
        return found | {"00480105": everywhere_without(paths, "00282000")}


def everywhere_without(sequence: Attribute, tag: str) -> Attribute:
    """A sequence whose items lack an attribute."""
    items = [{key: each for key, each in item.items() if key != tag} for item in sequence.get("Value", [])]
    return sequence | {"Value": items}


@fault("bulk-data-of-the-first-item", breaks=("RETRIEVE-BULK-002",), says="the value of")
class BulkDataOfTheFirstItem(Origin):
    """Returns the bulk data of the first item that has them for every item of a sequence."""

    def value(self, instance: Instance, path: str) -> Pixels:
        try:
            return super().value(instance, re.sub(r"\.[0-9]+\.", ".1.", path))
        except HTTPException:
            return super().value(instance, path)


@fault("items-end-at-a-hundred", breaks=("RETRIEVE-META-009",), says="AcquisitionContextSequence is 100 items")
class ItemsEndAtAHundred(Origin):
    """Returns at most a hundred items of a sequence in metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        def cut(_: str, attribute: Attribute) -> Attribute:
            is_long = attribute["vr"] == "SQ" and len(attribute.get("Value", [])) > 100
            return attribute | {"Value": attribute["Value"][:100]} if is_long else attribute

        return everywhere(super().data_set(instance, target, base), cut)


@fault("deep-items-are-500", breaks=("RETRIEVE-META-001",), says="status is 500")
class DeepItemsAre500(Origin):
    """Returns 500 for the metadata of an instance whose items are more than 15 levels deep."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        if depth(found) > DEEPEST:
            raise HTTPException(500, "The maximum configured depth of 64 has been exceeded")
        return found


def depth(data_set: Json) -> int:
    """The levels of items below a data set."""
    items = [item for each in data_set.values() if each["vr"] == "SQ" for item in each.get("Value", [])]
    return 1 + max(map(depth, items)) if items else 0


@fault("xml-numbers-are-signed", breaks=("XML-MODEL-017",), says="should be 0\\65535", seen=("dcm4che/dcm4che#277",))
class XmlNumbersAreSigned(Origin):
    """Returns a US above 32,767 as a negative number in XML."""

    def xml(self, data_set: Json) -> bytes:
        def signed(_: str, attribute: Attribute) -> Attribute:
            if attribute["vr"] != "US" or "Value" not in attribute:
                return attribute
            return attribute | {"Value": [value - 65536 if value > 32767 else value for value in attribute["Value"]]}

        return super().xml(everywhere(data_set, signed))


@fault("xml-creator-of-the-first-block", breaks=("XML-MODEL-006",), says="privateCreator of 00310001")
class XmlCreatorOfTheFirstBlock(Origin):
    """Names the creator of the first block of a group in every private attribute of that group in XML."""

    def xml(self, data_set: Json) -> bytes:
        text = super().xml(data_set).decode()
        creators = re.findall('tag="(....)00.." vr="[A-Z]+" privateCreator="([^"]*)"', text)
        for group, creator in reversed(creators):
            place = f'(tag="{group}00.." vr="[A-Z]+") privateCreator="[^"]*"'
            text = re.sub(place, rf'\1 privateCreator="{creator}"', text)
        return text.encode()


class TakenForLatin1(Origin):
    """Reads a character set that it does not know as Latin-1."""

    term: str
    codec: str

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return everywhere(found, self._misread) if self.term in str(found.get("00080005")) else found

    def _misread(self, _: str, attribute: Attribute) -> Attribute:
        if attribute["vr"] not in ("LT", "PN", "ST", "LO", "SH") or "Value" not in attribute:
            return attribute
        return attribute | {"Value": [self._text(value) for value in attribute["Value"]]}

    def _text(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {group: self._text(text) for group, text in value.items()}
        return value and value.encode(self.codec).decode("latin-1")


@fault("turkish-is-latin-1", breaks=("RETRIEVE-META-009",), says="in ISO_IR 148 is")
class TurkishIsLatin1(TakenForLatin1):
    """Reads text in Turkish (ISO_IR 148) as Latin-1, in which six letters are others."""

    term, codec = "ISO_IR 148", "iso8859_9"


@fault("gbk-is-latin-1", breaks=("RETRIEVE-META-009",), says="in GBK is", seen=("fo-dicom/fo-dicom#530",))
class GbkIsLatin1(TakenForLatin1):
    """Reads text in GBK as Latin-1."""

    term, codec = "GBK", "gbk"
