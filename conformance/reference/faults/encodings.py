"""Faults that only rare, correct encodings of an instance show, when it is stored (PS3.5 6.2, 7.5, A.4; RFC 8259)."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from pydicom import dcmread
from pydicom.datadict import dictionary_VR
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..answers import DICOM_JSON
from ..app import Origin
from ..archive import Archive, Instance
from ..assembly import Assembly
from ..dicom_json import Json
from ..ingest import Refused
from ..negotiation import Representation
from ..pixels import Pixels
from ..raw import elements
from ..target import Target
from .nested import OF_A_STORE
from .registry import fault

SEQUENCE = rb"SQ\0\0(....)\xfe\xff\0\xe0(....)"
UNDEFINED = b"\xff" * 4
UNCOMPRESSED = b"1.2.840.10008.1.2.1.98"


class Looks(Origin):
    """Fails for files that it looks at before they are read."""

    def fails(self, content: bytes) -> bool:
        """True for a file that the server cannot read."""
        raise NotImplementedError

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        if any(self.fails(draft.read_bytes()) for draft in drafts):
            raise HTTPException(500, "NullPointerException")
        return super().conclude(request, target, drafts, form)


def _lengths(content: bytes) -> set[tuple[bool, bool]]:
    """Whether sequences in a file in Explicit VR, and their first items, have an undefined length."""
    found = re.findall(SEQUENCE, content, re.DOTALL)
    return {(sequence == UNDEFINED, item == UNDEFINED) for sequence, item in found if item != bytes(4)}


@fault(
    "open-sequence-of-known-items-is-500",
    breaks=OF_A_STORE,
    says=" is 500",
    seen=("cornerstonejs/dicomParser#181",),
)
class OpenSequenceOfKnownItems(Looks):
    """Returns 500 for the store of a sequence of undefined length whose items have a length."""

    def fails(self, content: bytes) -> bool:
        return (True, False) in _lengths(content)


@fault("known-sequence-of-open-items-is-500", breaks=OF_A_STORE, says=" is 500", seen=("fo-dicom/fo-dicom#1958",))
class KnownSequenceOfOpenItems(Looks):
    """Returns 500 for the store of a sequence that has a length, and items of undefined length."""

    def fails(self, content: bytes) -> bool:
        return (False, True) in _lengths(content)


@fault("uncompressed-fragments-are-500", breaks=("STOW-BEH-016", "STOW-BEH-017"), says=" is 500")
class UncompressedFragments(Looks):
    """Returns 500 for the store of an instance in Encapsulated Uncompressed Explicit VR Little Endian."""

    def fails(self, content: bytes) -> bool:
        return UNCOMPRESSED in content[:600]


@fault(
    "long-decimals-are-500",
    breaks=("STOW-BEH-016", "STOW-BEH-017"),
    says=" is 500",
    seen=("pydicom/pydicom#757", "fo-dicom/fo-dicom#597"),
)
class LongDecimals(Origin):
    """Returns 500 for the store of a value in Implicit VR that is too long for its VR in Explicit VR."""

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        for draft in drafts:
            ds = dcmread(draft, force=True)
            long = [raw.tag for _, raw in elements(ds) if raw.length > 65534 and not raw.tag.is_private]
            if ds.original_encoding[0] and any(dictionary_VR(tag) == "DS" for tag in long):
                raise HTTPException(500, "ushort format requires 0 <= number <= 65535")
        return super().conclude(request, target, drafts, form)


class Numbers(Origin):
    """Reads texts of numbers in its own way."""

    vr: str

    def read(self, texts: list[str], values: list[object]) -> list[object]:
        """The values in metadata of an element with these texts."""
        raise NotImplementedError

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        ds = dcmread(instance.path, stop_before_pixels=True)
        for holder, raw in elements(ds):
            key = f"{raw.tag:08X}"
            if holder is ds and str(raw.VR) == self.vr and "Value" in found.get(key, {}):
                texts = str((raw.value or b"").decode("ascii")).split("\\")
                found = found | {key: found[key] | {"Value": self.read(texts, found[key]["Value"])}}
        return found


@fault("leading-zeros-are-octal", breaks=("RETRIEVE-META-009",), says="AcquisitionNumber is 8")
class LeadingZeros(Numbers):
    """Reads an IS with leading zeros as an octal number."""

    vr = "IS"

    def read(self, texts: list[str], values: list[object]) -> list[object]:
        pairs = zip(texts, values, strict=True)
        return [int(text, 8) if re.fullmatch("0[0-7]+ ?", text) else value for text, value in pairs]


@fault("decimals-begin-with-a-digit", breaks=("RETRIEVE-META-009",), says="EstimatedRadiographicMagnificationFactor is")
class DecimalsBeginWithADigit(Numbers):
    """Returns no value for a DS that begins with its decimal point."""

    vr = "DS"

    def read(self, texts: list[str], values: list[object]) -> list[object]:
        return [None if re.match(r"[+-]?\.", text) else value for text, value in zip(texts, values, strict=True)]


@fault("value-before-vr-is-refused", breaks=("STOW-META-001",), says="status is 400", seen=("fo-dicom/fo-dicom#730",))
class ValueBeforeVr(Origin):
    """Refuses metadata in JSON in which the value of an attribute comes before its vr."""

    def assemble(self, assembly: Assembly, drafts: list[Path]) -> list[Refused]:
        if assembly.payload == DICOM_JSON and re.search(rb'\{\s*"Value"', assembly.parts[0].content):
            raise HTTPException(400, "Malformed DICOM json")
        return super().assemble(assembly, drafts)


@fault("other-transfer-syntax-is-500", breaks=("STOW-BEH-006",), says="status is 500", seen=("UMEssen/DICOM-RST#66",))
class OtherTransferSyntax(Origin):
    """Returns 500 for frames of an instance that was stored again in another transfer syntax."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.syntaxes: dict[Target, set[str]] = {}

    def keep(self, instance: Instance) -> None:
        super().keep(instance)
        self.syntaxes.setdefault(instance.target, set()).add(instance.transfer_syntax)

    def source(self, instance: Instance) -> Pixels:
        if len(self.syntaxes.get(instance.target, ())) > 1:
            raise HTTPException(500, "the frame cannot be decoded")
        return super().source(instance)


@fault("stores-at-once-name-each-other", breaks=("STOW-BEH-013",), says="in ReferencedSOPSequence, should be absent")
class StoresAtOnce(Origin):
    """Names the instances of another store in a response, if several are stored at the same time."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.stores, self.lock, self.last = 0, threading.Lock(), list[Instance]()

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        with self.lock:
            self.stores += 1
        try:
            return super().conclude(request, target, drafts, form)
        finally:
            with self.lock:
                self.stores -= 1

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        with self.lock:
            others, self.last = self.last, stored or self.last
            mixed = self.stores > 1 and others and stored and others[0].target != stored[0].target
        return super().module(base, target, [*stored, *others] if mixed else stored, refused)
