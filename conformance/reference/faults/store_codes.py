"""Faults of the store: Failure Reasons (PS3.18 I.2.2), and Warning Reasons of a server that coerces (I.2.1)."""

from __future__ import annotations

from pydicom import Dataset

from ..app import Origin
from ..archive import Instance
from ..coercion import COERCED, DISCARDED, MISMATCH, Coercing
from ..dicom_json import Json
from ..ingest import CANNOT_UNDERSTAND, DATA_SET_MISMATCH, TRANSFER_SYNTAX_NOT_SUPPORTED, Refused
from ..target import Target
from .registry import fault

PROCESSING_FAILURE = 0x0110


class Recoded(Origin):
    """Replaces Failure Reasons by others."""

    codes: dict[int, int]

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        recoded = [Refused(self.codes.get(item.reason, item.reason), item.sop_class, item.instance) for item in refused]
        return super().module(base, target, stored, recoded)


@fault("transfer-syntax-is-any-failure", breaks=("STOW-FAIL-C122",), says="FailureReason is 0110")
class TransferSyntaxIsAnyFailure(Recoded):
    """Returns Failure Reason 0110 for an unsupported transfer syntax."""

    codes = {TRANSFER_SYNTAX_NOT_SUPPORTED: PROCESSING_FAILURE}


@fault("mismatch-is-not-understood", breaks=("STOW-FAIL-A9XX",), says="FailureReason is C000")
class MismatchIsNotUnderstood(Recoded):
    """Returns Failure Reason C000 for a data set that does not match its SOP Class."""

    codes = {DATA_SET_MISMATCH: CANNOT_UNDERSTAND}


@fault("text-is-a-mismatch", breaks=("STOW-FAIL-CXXX",), says="FailureReason is A900")
class TextIsAMismatch(Recoded):
    """Returns Failure Reason A900 for a part that cannot be read."""

    codes = {CANNOT_UNDERSTAND: DATA_SET_MISMATCH}


@fault("sop-class-is-any-failure", breaks=("STOW-FAIL-0122",), says="FailureReason is 0110")
class SOPClassIsAnyFailure(Origin):
    """Refuses an instance of a private SOP Class with Failure Reason 0110."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)


@fault("private-sop-class-is-dropped", breaks=("STOW-FAIL-0122",), says="the instance is absent")
class PrivateSOPClassIsDropped(Origin):
    """Lists an instance of a private SOP Class as stored, and does not store it."""

    def keep(self, instance: Instance) -> None:
        if instance.sop_class.startswith("1.2.840.10008."):
            super().keep(instance)


@fault("coerces-without-a-record", breaks=("STOW-BEH-003",), says="recorded in OriginalAttributesSequence")
class CoercesWithoutARecord(Coercing):
    """Changes study attributes of an instance to those of its study, without a record of the original values."""

    def record(self, ds: Dataset, record: Dataset) -> None:
        pass


@fault("coerces-without-a-warning", breaks=("STOW-RESP-015",), says="WarningReason is absent")
class CoercesWithoutAWarning(Coercing):
    """Changes study attributes of an instance to those of its study, without a warning in the response."""

    def reason(self, ds: Dataset, record: Dataset) -> int | None:
        return None


@fault("coercion-is-a-mismatch", breaks=("STOW-WARN-B000",), says="WarningReason is B007")
class CoercionIsAMismatch(Coercing):
    """Returns Warning Reason B007 for changed elements."""

    def reason(self, ds: Dataset, record: Dataset) -> int | None:
        return MISMATCH if record else None


@fault("discarding-is-coercion", breaks=("STOW-WARN-B006",), says="WarningReason is B000")
class DiscardingIsCoercion(Coercing):
    """Discards a single private element, with the Warning Reason for changed elements."""

    def correct(self, ds: Dataset, record: Dataset) -> bool:
        private = [element for element in ds if element.tag.is_private]
        if len(private) != 2:  # with its creator
            return False
        record.update({element.tag: element for element in private})
        ds.remove_private_tags()
        return True

    def record(self, ds: Dataset, record: Dataset) -> None:
        pass


@fault("mismatch-is-discarding", breaks=("STOW-WARN-B007",), says="WarningReason is B006")
class MismatchIsDiscarding(Coercing):
    """Returns Warning Reason B006 for a data set that does not match its SOP Class."""

    def reason(self, ds: Dataset, record: Dataset) -> int | None:
        return COERCED if record else DISCARDED if "Modality" not in ds else None
