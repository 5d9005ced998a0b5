"""PS3.18 8.5: the header fields that a status comes with, over all responses of the run so far."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.rules import statuses


@check("COMMON-STATUS-003", "every-answer", follows=(*FIRST, "STOW-REQ-014", "STOW-REQ-015"))
def test_every_405_lists_the_methods(every):
    """Every 405 of the run has Allow."""
    every(statuses.of(405), statuses.without_allow, "a 405")
