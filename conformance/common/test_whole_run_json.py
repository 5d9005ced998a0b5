"""PS3.18 Annex F, 10.4.1.1.2: every DICOM JSON response of the run so far follows the model."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.rules import documents

ASKED = (*FIRST, "RETRIEVE-FRAMES-020", "SEARCH-PAGING-001")  # compressed images, and lists that are cut
# What a document can be judged by without knowing what was stored (Annex F).
REQUIREMENTS = (
    *("JSON-VALID-001", "JSON-STRUCT-002", "JSON-STRUCT-003", "JSON-STRUCT-004", "JSON-STRUCT-005", "JSON-STRUCT-006"),
    *("JSON-STRUCT-007", "JSON-STRUCT-008", "JSON-STRUCT-009", "JSON-STRUCT-010", "JSON-STRUCT-011", "JSON-STRUCT-012"),
    *("JSON-STRUCT-013", "JSON-STRUCT-014", "JSON-SQ-001", "JSON-VM-001", "JSON-NULL-001", "JSON-NULL-002"),
    *("JSON-NULL-003", "JSON-NULL-004", "JSON-PN-001", "JSON-PN-002", "JSON-PN-003", "JSON-PAD-001", "JSON-PRIV-001"),
    *("JSON-BULK-001", "JSON-BULK-002", "JSON-VR-STR", "JSON-VR-NUM", "JSON-VR-DSIS", "JSON-VR-AT", "JSON-VR-BIN"),
)


def _judging(requirement):
    @check(requirement, "every-answer", follows=ASKED)
    def test_every_answer(every):
        """No DICOM JSON response of the run breaks the rule."""
        every(documents.of_json, documents.json_rule(requirement), "a DICOM JSON response")

    return test_every_answer


for _requirement in REQUIREMENTS:
    globals()[f"test_{_requirement.lower().replace('-', '_')}"] = _judging(_requirement)


@check("JSON-STRUCT-001", "every-answer", follows=(*ASKED, "SEARCH-INCL-003"))
def test_media_type_is_that_which_is_accepted(every):
    """No search and no request for metadata that accepts only application/dicom+json receives another media type."""
    every(documents.asked_for_json, documents.mistyped, "a response in JSON")


@check("RETRIEVE-BULK-001", "every-answer", follows=(*ASKED, "RETRIEVE-META-007"))
def test_bulk_data_are_of_their_own_instance(every):
    """No BulkDataURI in metadata of several instances is below the path of another one of them."""
    every(documents.metadata, documents.borrowing, "metadata")


@check("RETRIEVE-META-007", "every-answer", follows=(*ASKED, "COMMON-ACCEPTQ-007"))
def test_metadata_are_of_the_path(every):
    """No metadata have a data set of another study, series or instance than the path, or a data set twice."""
    every(documents.metadata, documents.strange, "metadata")
