"""PS3.18 10.5.3: the response to a store, whatever was stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from conformance.dicomweb import dicom_json
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered
from conformance.rules import documents
from conformance.rules.targets import UIDS, of_url

SEQUENCES = ("ReferencedSOPSequence", "FailedSOPSequence", "OtherFailuresSequence")
_RESOURCE = re.compile(r"/studies(/[^/?]+)?(\?|$)")


def of_status(*statuses: int) -> Callable[[Sequence[Answered]], list[Answered]]:
    """A selection of the stores that returned one of these statuses with a body that was kept."""

    def select(answers: Sequence[Answered]) -> list[Answered]:
        found = [answer for answer in answers if answer.method == "POST" and _RESOURCE.search(answer.url)]
        return [answer for answer in found if answer.status in statuses and answer.content]

    return select


def misleading(answer: Answered) -> Difference | None:
    """The Retrieve URL of an instance, if it is one of Table 10.4.1-1, names that instance (Table I.1-1)."""
    for number, item in enumerate(_stored(answer), 1):
        uid, url = (dicom_json.text(item, keyword) for keyword in (f"Referenced{UIDS[2]}", "RetrieveURL"))
        found = of_url(url or "")
        if uid and found.part == "" and found.uids.get(UIDS[2]) != uid:
            return difference(f"RetrieveURL of item {number}", url, f"that of the instance {uid}")
    return None


def mistyped(answer: Answered) -> Difference | None:
    """A module in JSON that has a label is application/dicom+json for who accepts nothing else (8.7.8.1)."""
    told = any(dicom_json.items(_module(answer), sequence) for sequence in SEQUENCES)
    return documents.mistyped(answer) if told and answer.header("Content-Type") else None


def warning(answer: Answered) -> Difference | None:
    """A store with a Warning Reason for an instance returns 202 (10.5.3.1)."""
    items = _stored(answer)
    warned = [reason for item in items if (reason := dicom_json.text(item, "WarningReason"))]
    number = f"{len(warned)} of {len(items)} items"
    return difference("status", 200, f"202, as {number} have a WarningReason ({warned[0]})") if warned else None


def _stored(answer: Answered) -> list[DataSet]:
    """The items of the stored instances."""
    return dicom_json.items(_module(answer), SEQUENCES[0])


def _module(answer: Answered) -> DataSet:
    """The module of a response; empty if it cannot be read."""
    try:
        return dicom_json.dataset(answer.content or b"")
    except dicom_json.MalformedJson:
        return {}
