"""PS3.18 Annex F: every DICOM JSON response of the run so far follows the model."""

from __future__ import annotations

import re
from functools import cache

from conformance.common.answers import FIRST, codings_of, media_type, successes
from conformance.dicomweb import json_walker
from conformance.kit import check
from conformance.kit.accept import DICOM_JSON

# Searches, metadata and store responses. A store response is one data set, and no list.
RESOURCE = re.compile(r"/(studies|series|instances|metadata|studies/[^/?]+)(\?|$)")
ASKED = (*FIRST, "RETRIEVE-FRAMES-020", "SEARCH-PAGING-001")  # compressed images, and lists that are cut
OF_LISTS = "JSON-STRUCT-002"
ASKED_FOR_ANOTHER_CHARSET = re.compile("(?i)charset")
# What a document can be judged by without knowing what was stored (Annex F).
REQUIREMENTS = (
    *("JSON-VALID-001", "JSON-STRUCT-002", "JSON-STRUCT-003", "JSON-STRUCT-004", "JSON-STRUCT-005", "JSON-STRUCT-006"),
    *("JSON-STRUCT-007", "JSON-STRUCT-008", "JSON-STRUCT-009", "JSON-STRUCT-010", "JSON-STRUCT-011", "JSON-STRUCT-012"),
    *("JSON-STRUCT-013", "JSON-STRUCT-014", "JSON-SQ-001", "JSON-VM-001", "JSON-NULL-001", "JSON-NULL-002"),
    *("JSON-NULL-003", "JSON-NULL-004", "JSON-PN-001", "JSON-PN-002", "JSON-PN-003", "JSON-PAD-001", "JSON-PRIV-001"),
    *("JSON-BULK-001", "JSON-BULK-002", "JSON-VR-STR", "JSON-VR-NUM", "JSON-VR-DSIS", "JSON-VR-AT", "JSON-VR-BIN"),
)


def documents(answers):
    """The DICOM JSON responses of searches, metadata and stores that were kept."""
    found = [item for item in successes(answers) if item.content and item.status != 206 and not codings_of(item)]
    found = [item for item in found if (kind := media_type(item)) and kind.essence == DICOM_JSON]
    found = [item for item in found if RESOURCE.search(item.url)]
    return [item for item in found if not ASKED_FOR_ANOTHER_CHARSET.search(f"{item.url} {item.request_headers}")]


@cache
def findings(content):
    """The first certain difference of a document for each requirement."""
    return {item.requirement: item.difference for item in reversed(json_walker.walk(content)) if not item.arguable}


def _judging(requirement):
    @check(requirement, "every-answer", follows=ASKED)
    def test_every_answer(every):
        """No DICOM JSON response of the run breaks the rule."""

        def wrong(answer):
            of_this = requirement != OF_LISTS or answer.method not in ("POST", "PUT")
            return of_this and findings(answer.content).get(requirement)

        every(documents, wrong, "a DICOM JSON response")

    return test_every_answer


for _requirement in REQUIREMENTS:
    globals()[f"test_{_requirement.lower().replace('-', '_')}"] = _judging(_requirement)
