"""PS3.18 10.5: own objects, which the operator gave the run to store."""

from __future__ import annotations

from conformance.kit import check
from conformance.store import judges


@check("STOW-BEH-008", "own")
def test_own_object_is_stored(endpoint, stored, own):
    """An own object is stored, or refused because its SOP Class or transfer syntax is not supported."""
    instances, response = stored.answer(own)

    judges.stored_or_unsupported(endpoint, instances, response, "the object")
