"""Faults of a server that cannot read what devices write: values padded with NUL, wrong VRs, Implicit VR, and text in
several character sets (PS3.3 C.12.1.1.2; PS3.5 6.1.2.5, 6.2, 7.2, 7.5)."""

from __future__ import annotations

import re
from pathlib import Path

from pydicom import Dataset, dcmread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..negotiation import Representation
from ..query import Query
from ..raw import elements
from ..target import Target
from .editing import Attribute, everywhere
from .nested import OF_A_STORE, RefusingStore
from .registry import fault

ITEM = b"\xff\xff\xff\xff\xfe\xff\x00\xe0"
OF_INVALID = ("STOW-BEH-016", "STOW-BEH-017")


@fault("number-padded-with-nul-is-500", breaks=OF_INVALID, says=" is 500", seen=("fo-dicom/fo-dicom#1078",))
class NumberPaddedWithNulIs500(RefusingStore):
    """Returns 500 for the store of a decimal string that is padded with NUL."""

    def fails(self, ds: Dataset) -> bool:
        return any(raw.VR == "DS" and (raw.value or b"").endswith(b"\0") for _, raw in elements(ds))


@fault(
    "name-in-another-vr-is-500",
    breaks=("STOW-BEH-016",),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#4753",),
)
class NameInAnotherVrIs500(Origin):
    """Returns 500 for a search that finds a study in which an Operators' Name has another VR than PN."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        study = Target(found["0020000D"]["Value"][0])
        if any(each.attributes.get("00081070", {"vr": "PN"})["vr"] != "PN" for each in self.archive.find(study)):
            raise HTTPException(500, "not a DICOM stream")
        return super().result(found, query, target, level)


class Reader(Origin):
    """Returns 500 for a store of a file with certain bytes."""

    pattern: bytes

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        for draft in drafts:
            if re.search(self.pattern, draft.read_bytes(), re.DOTALL):
                raise HTTPException(500, "Unknown Value Representation")
        return super().conclude(request, target, drafts, form)


@fault("group-length-in-un-is-500", breaks=OF_INVALID, says=" is 500", seen=("fo-dicom/fo-dicom#1941",))
class GroupLengthInUnIs500(Reader):
    """Returns 500 for the store of a file whose group lengths are in VR UN."""

    pattern = rb"\x08\0\0\0UN\0\0\x04\0\0\0"


@fault("unknown-vr-is-500", breaks=("STOW-BEH-016",), says="status is 500", seen=("fo-dicom/fo-dicom#598",))
class UnknownVrIs500(Reader):
    """Returns 500 for the store of a file with an element in a VR that does not exist."""

    pattern = rb"\x18\0\x15\0RE"


@fault(
    "private-sequence-in-implicit-vr-is-500",
    breaks=OF_A_STORE,
    says=" is 500",
    seen=("cornerstonejs/dicomParser!115",),
)
class PrivateSequenceInImplicitVrIs500(Reader):
    """Returns 500 for the store of a private sequence in Implicit VR, which nothing but its length shows to be one."""

    pattern = rb"\x99\0..(?<!\0\0)" + re.escape(ITEM)


class Decoded(Origin):
    """Decodes the text of some data sets and items wrongly."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        declared = dcmread(instance.path, specific_tags=["SpecificCharacterSet"]).get("SpecificCharacterSet", "")
        return self.misread(found, [declared] if isinstance(declared, str) else list(declared))

    def misread(self, found: Json, declared: list[str]) -> Json:
        """The data set as the server returns it; `declared` are the values of its Specific Character Set."""
        raise NotImplementedError


@fault("character-set-of-an-item-is-ignored", breaks=("RETRIEVE-META-009",), says="RequestAttributesSequence[0].")
class CharacterSetOfAnItemIsIgnored(Decoded):
    """Decodes the text of an item as Latin-1, like the data set, although the item has a character set of its own."""

    def misread(self, found: Json, declared: list[str]) -> Json:
        def edit(name: str, attribute: Attribute) -> Attribute:
            items = attribute.get("Value", []) if attribute["vr"] == "SQ" else []
            wrong = [everywhere(item, _as_latin_1) if "00080005" in item else item for item in items]
            return attribute | {"Value": wrong} if items else attribute

        return everywhere(found, edit) if declared == ["ISO_IR 100"] else found


def _as_latin_1(name: str, attribute: Attribute) -> Attribute:
    if attribute["vr"] != "LO" or "Value" not in attribute:
        return attribute
    return attribute | {"Value": [(value or "").encode().decode("latin-1") for value in attribute["Value"]]}


@fault(
    "half-width-letters-are-latin-1",
    breaks=("RETRIEVE-META-009",),
    says="PatientName is ",
    seen=("dcm4che/dcm4che#869",),
)
class HalfWidthLettersAreLatin1(Decoded):
    """Decodes half-width katakana as Latin-1 if another character set is declared beside ISO 2022 IR 13."""

    def misread(self, found: Json, declared: list[str]) -> Json:
        if declared[0] != "ISO 2022 IR 13" or len(declared) == 1:
            return found

        def edit(name: str, attribute: Attribute) -> Attribute:
            if name != "00100010":
                return attribute
            names = [{group: _shifted(text) for group, text in value.items()} for value in attribute["Value"]]
            return attribute | {"Value": names}

        return everywhere(found, edit)


def _shifted(text: str) -> str:
    """The text with each half-width letter as the letter of Latin-1 that has its byte."""
    return re.sub("[\uff61-\uff9f]", lambda letter: chr(ord(letter[0]) - 0xFF61 + 0xA1), text)


@fault("odd-length-is-500", breaks=("STOW-BEH-016",), says="status is 500", seen=("suyashkumar/dicom#65",))
class OddLengthIs500(Reader):
    """Returns 500 for the store of a file with a value of odd length."""

    pattern = rb"\x18\0\x15\0CS\x05\0CHEST"


@fault("elements-out-of-order-are-500", breaks=("STOW-BEH-016",), says="status is 500", seen=("fo-dicom/fo-dicom#581",))
class ElementsOutOfOrderAre500(Reader):
    """Returns 500 for the store of a file whose elements are not in ascending order of their tags."""

    pattern = rb"\xe0\x7f\x10\0O[BW].*\x18\0\x15\0CS"


@fault(
    "private-element-without-creator-is-500",
    breaks=("STOW-BEH-016",),
    says="status is 500",
    seen=("fo-dicom/fo-dicom#1548",),
)
class PrivateElementWithoutCreatorIs500(Reader):
    """Returns 500 for the store of a file with a private element that has no Private Creator."""

    pattern = rb"\x99\0\x01\x10LO\x06\0alone"


@fault("no-meta-length-is-500", breaks=("STOW-BEH-016",), says="status is 500", seen=("pydicom/pydicom#109",))
class NoMetaLengthIs500(Reader):
    """Returns 500 for the store of a file whose File Meta Information lacks its group length."""

    pattern = rb"\A.{128}DICM(?!\x02\0\0\0)"


@fault("other-class-in-meta-is-500", breaks=("STOW-BEH-016",), says="status is 500")
class OtherClassInMetaIs500(Reader):
    """Returns 500 for the store of a file whose File Meta Information names another SOP Class than its data set."""

    pattern = rb"DICM.*\x02\0\x02\0UI..(?P<class>[0-9.]+\0).*\x08\0\x16\0UI..(?!(?P=class))"


@fault("other-syntax-in-meta-is-500", breaks=("STOW-BEH-016",), says="status is 500", seen=("fo-dicom/fo-dicom#645",))
class OtherSyntaxInMetaIs500(Reader):
    """Returns 500 for the store of a file in Explicit VR that says it is in Implicit VR."""

    pattern = rb"DICM.*\x02\0\x10\0UI..1\.2\.840\.10008\.1\.2\0.*\x08\0\x16\0UI"


@fault("dates-before-1753-are-500", breaks=OF_A_STORE, says=" is 500")
class DatesBefore1753Are500(Reader):
    """Returns 500 for the store of a Study Date that the type of the database's column does not hold."""

    pattern = rb"\x08\0\x20\0DA\x08\x0017[0-4]|\x08\0\x20\0DA\x08\x00175[0-2]"
