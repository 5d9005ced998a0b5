"""PS3.18 10.5.3: the status and the Retrieve URLs of every store of the run agree with its instances."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.rules import stores


@check("STOW-RESP-024", "every-answer", follows=(*FIRST, "STOW-BEH-008"))
def test_warning_is_202(every):
    """No store with a Warning Reason for an instance returns 200: it returns 202."""
    every(stores.of_status(200), stores.warning, "a store that returns 200")


@check("STOW-BEH-001", "every-answer", follows=(*FIRST, "STOW-BEH-008"))
def test_retrieve_url_is_of_the_instance(every):
    """No Retrieve URL of a stored instance is that of another instance, or of its series or study."""
    every(stores.of_status(200, 202), stores.misleading, "a store that succeeds")


@check("STOW-RESP-006", "every-answer", follows=(*FIRST, "STOW-BEH-008", "STOW-RESP-002", "STOW-RESP-003"))
def test_module_is_labelled_as_what_is_accepted(every):
    """No module in JSON, that of a failure included, has another media type than the only one that is accepted."""
    every(stores.of_status(200, 202, 409), stores.mistyped, "a response to a store")
