"""PS3.19 A.1.5: every Native DICOM XML response of the run so far follows the model."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.rules import documents

# Matches, metadata of kinds with every character set, and store responses.
ASKED = (*FIRST, "SEARCH-MEDIA-002", "XML-MODEL-012", "STOW-RESP-026")
# What a document can be judged by without knowing what was stored.
REQUIREMENTS = (
    *("XML-MODEL-001", "XML-MODEL-002", "XML-MODEL-003", "XML-MODEL-004", "XML-MODEL-005", "XML-MODEL-006"),
    *("XML-MODEL-007", "XML-MODEL-008", "XML-MODEL-009", "XML-MODEL-010", "XML-MODEL-011", "XML-MODEL-014"),
    *("XML-MODEL-015", "XML-MODEL-016"),
)


def _judging(requirement):
    @check(requirement, "every-answer", follows=ASKED)
    def test_every_answer(every):
        """No Native DICOM XML response of the run breaks the rule."""
        every(documents.of_xml, documents.xml_rule(requirement), "a DICOM XML response")

    return test_every_answer


for _requirement in REQUIREMENTS:
    globals()[f"test_{_requirement.lower().replace('-', '_')}"] = _judging(_requirement)
