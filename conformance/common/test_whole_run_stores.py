"""PS3.18 10.5.3.1: the status of every store of the run agrees with its instances."""

from __future__ import annotations

import re

from conformance.common.answers import FIRST, whole
from conformance.dicomweb import dicom_json
from conformance.dicomweb.differences import difference
from conformance.kit import check

STORES = re.compile(r"/studies(/[^/?]+)?(\?|$)")


@check("STOW-RESP-024", "every-answer", follows=(*FIRST, "STOW-BEH-008"))
def test_warning_is_202(every):
    """No store with a Warning Reason for an instance returns 200: it returns 202."""

    def stores(answers):
        found = [item for item in whole(answers) if item.method == "POST" and STORES.search(item.url)]
        return [item for item in found if item.status == 200 and item.content]

    def wrong(answer):
        try:
            module = dicom_json.dataset(answer.content)
        except dicom_json.MalformedJson:
            return None
        items = dicom_json.items(module, "ReferencedSOPSequence")
        warned = [reason for item in items if (reason := dicom_json.text(item, "WarningReason"))]
        number = f"{len(warned)} of {len(items)} items"
        return warned and difference("status", 200, f"202, as {number} have a WarningReason ({warned[0]})")

    every(stores, wrong, "a store that returns 200")
