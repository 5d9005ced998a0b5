"""PS3.18 10.5.3: the response to a store, whatever was stored."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.dicomweb import dicom_json
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered

_RESOURCE = re.compile(r"/studies(/[^/?]+)?(\?|$)")


def of_success(answers: Sequence[Answered]) -> list[Answered]:
    """Stores that returned 200 with a body that was kept."""
    found = [answer for answer in answers if answer.method == "POST" and _RESOURCE.search(answer.url)]
    return [answer for answer in found if answer.status == 200 and answer.content]


def warning(answer: Answered) -> Difference | None:
    """A store with a Warning Reason for an instance returns 202 (10.5.3.1)."""
    try:
        module = dicom_json.dataset(answer.content or b"")
    except dicom_json.MalformedJson:
        return None
    items = dicom_json.items(module, "ReferencedSOPSequence")
    warned = [reason for item in items if (reason := dicom_json.text(item, "WarningReason"))]
    number = f"{len(warned)} of {len(items)} items"
    return difference("status", 200, f"202, as {number} have a WarningReason ({warned[0]})") if warned else None
