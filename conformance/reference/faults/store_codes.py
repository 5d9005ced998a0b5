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
    """Gives other Failure Reasons, by those that it should give."""

    codes: dict[int, int]

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        recoded = [Refused(self.codes.get(item.reason, item.reason), item.sop_class, item.instance) for item in refused]
        return super().module(base, target, stored, recoded)


@fault("transfer-syntax-is-any-failure", breaks=("STOW-FAIL-C122",), says="FailureReason is 0110")
class TransferSyntaxIsAnyFailure(Recoded):
    """The Failure Reason for a transfer syntax that is not supported is 0110."""

    codes = {TRANSFER_SYNTAX_NOT_SUPPORTED: PROCESSING_FAILURE}


@fault("mismatch-is-not-understood", breaks=("STOW-FAIL-A9XX",), says="FailureReason is C000")
class MismatchIsNotUnderstood(Recoded):
    """The Failure Reason for a data set that does not match its SOP Class is C000."""

    codes = {DATA_SET_MISMATCH: CANNOT_UNDERSTAND}


@fault("text-is-a-mismatch", breaks=("STOW-FAIL-CXXX",), says="FailureReason is A900")
class TextIsAMismatch(Recoded):
    """The Failure Reason for what cannot be read is A900."""

    codes = {CANNOT_UNDERSTAND: DATA_SET_MISMATCH}


@fault("sop-class-is-any-failure", breaks=("STOW-FAIL-0122",), says="FailureReason is 0110")
class SOPClassIsAnyFailure(Origin):
    """An instance of a private SOP Class is refused with the Failure Reason 0110."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)


@fault("private-sop-class-is-dropped", breaks=("STOW-FAIL-0122",), says="the instance is absent")
class PrivateSOPClassIsDropped(Origin):
    """An instance of a private SOP Class is named as stored, and is not."""

    def keep(self, instance: Instance) -> None:
        if instance.sop_class.startswith("1.2.840.10008."):
            super().keep(instance)


@fault("coerces-without-a-record", breaks=("STOW-BEH-003",), says="recorded in OriginalAttributesSequence")
class CoercesWithoutARecord(Coercing):
    """What an instance says of its study is changed into what the study has, and the original is lost."""

    def record(self, ds: Dataset, record: Dataset) -> None:
        pass


@fault("coerces-without-a-warning", breaks=("STOW-RESP-015",), says="WarningReason is absent")
class CoercesWithoutAWarning(Coercing):
    """What an instance says of its study is changed into what the study has, and the response says nothing."""

    def reason(self, ds: Dataset, record: Dataset) -> int | None:
        return None


@fault("coercion-is-a-mismatch", breaks=("STOW-WARN-B000",), says="WarningReason is B007")
class CoercionIsAMismatch(Coercing):
    """The Warning Reason for elements that were changed is B007."""

    def reason(self, ds: Dataset, record: Dataset) -> int | None:
        return MISMATCH if record else None


@fault("discarding-is-coercion", breaks=("STOW-WARN-B006",), says="WarningReason is B000")
class DiscardingIsCoercion(Coercing):
    """A private element that is alone is left out, with the Warning Reason for elements that were changed."""

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
    """The Warning Reason for a data set that does not match its SOP Class is B006."""

    def reason(self, ds: Dataset, record: Dataset) -> int | None:
        return COERCED if record else DISCARDED if "Modality" not in ds else None
