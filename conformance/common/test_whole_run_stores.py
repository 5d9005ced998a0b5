"""PS3.18 10.5.3.1: the status of every store of the run agrees with its instances."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.rules import stores


@check("STOW-RESP-024", "every-answer", follows=(*FIRST, "STOW-BEH-008"))
def test_warning_is_202(every):
    """No store with a Warning Reason for an instance returns 200: it returns 202."""
    every(stores.of_success, stores.warning, "a store that returns 200")
