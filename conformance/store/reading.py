"""The Store Instances Response Module of a store response (PS3.18 10.5.3, Annex I)."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.dicomweb import dicom_json
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.kit import expect, stow
from conformance.kit.verdicts import Blocked, Deviates, NotSupported

STORED, FAILED, OTHERS = "ReferencedSOPSequence", "FailedSOPSequence", "OtherFailuresSequence"
SUCCESS = stow.STORED
REFUSED = tuple(range(400, 500))
BUSY = (429, 503)
ERRORS = (500, 502, *range(504, 600))  # 501 may stand for an unsupported SOP Class
PROCESSING_FAILURE = 0x0110


def not_busy(responses: Sequence[Response]) -> None:
    """Raise Warn if a response says that the server is busy, which is allowed (PS3.18 8.5)."""
    busy = [response for response in responses if response.status in BUSY]
    if busy:
        why = f"a busy server may refuse a store (8.5), as it did for {len(busy)} of {len(responses)} sent at once"
        expect.outcome(busy[0], SUCCESS, BUSY, why)


def module(response: Response) -> DataSet:
    """The module of a success. Raises Blocked if it cannot be read, NotSupported if the store was refused."""
    if response.status in REFUSED:
        raise NotSupported(f"the store is refused with {response.status} ({response.request})")
    try:
        return expect.dataset(response)
    except Deviates as error:
        raise Blocked.of(error.deviation, "stow-resp-005") from None


def explained(response: Response) -> DataSet:
    """The module of any response. Raises NotSupported if a refusal, which need not have one, has none."""
    if response.status in SUCCESS:
        return module(response)
    try:
        return dicom_json.dataset(response.content)
    except dicom_json.MalformedJson:
        raise NotSupported(f"the store is refused with {response.status}, without a module") from None


def reported(response: Response) -> list[int]:
    """The Failure Reasons of a response of any status; none if it has no module to read."""
    try:
        return reasons(dicom_json.dataset(response.content))
    except dicom_json.MalformedJson:
        return []


def telling(response: Response, found: DataSet) -> None:
    """Raise Blocked if the module has none of the sequences that name sent instances: its form proves nothing then."""
    if not any(dicom_json.items(found, sequence) for sequence in (STORED, FAILED, OTHERS)):
        raise Blocked(f"the module names nothing that was sent ({response.request})", by="stow-resp-010.all.mixed")


def named(found: DataSet, sequence: str) -> list[str]:
    """The ReferencedSOPInstanceUIDs of a sequence, "no UID" for an item without one."""
    return [dicom_json.text(item, "ReferencedSOPInstanceUID") or "no UID" for item in dicom_json.items(found, sequence)]


def reasons(found: DataSet) -> list[int]:
    """The Failure Reasons of a module, of failures with and without an instance."""
    items = [*dicom_json.items(found, FAILED), *dicom_json.items(found, OTHERS)]
    return [reason for item in items if (reason := number(item, "FailureReason")) is not None]


def number(item: DataSet, keyword: str) -> int | None:
    """The only value of an attribute as a whole number; None if it is not one."""
    match dicom_json.values(item, keyword):
        case [int(value)] if not isinstance(value, bool):
            return value
    return None


def code(reason: int) -> str:
    """A Failure or Warning Reason as the standard writes it."""
    return f"{reason:04X} ({reason})"
