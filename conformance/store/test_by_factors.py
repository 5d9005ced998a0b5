"""PS3.18 10.5.2, 10.5.3: pixel objects of every combination of two properties are stored."""

from __future__ import annotations

from conformance.kit import check, expect
from conformance.store import reading
from conformance.store.judges import UNSUPPORTED


@check("STOW-BEH-008", "by-factors")
def test_pixel_objects_are_stored(endpoint, array):
    """Pixel objects are stored, or refused because their SOP Class or transfer syntax is not supported."""

    def judge(instance):
        response = array.response(instance)
        reasons = set(reading.reported(response))
        if response.status == 501 or (response.status in reading.REFUSED and reasons & UNSUPPORTED):
            why = "a server need not support each SOP Class and transfer syntax"
            expect.doubt("status", response.status, "200 or 202", response, why)
        expect.status(response, *reading.SUCCESS)
        if reasons:
            module = expect.dataset(response)
            failed = instance.sop_instance_uid in reading.named(module, reading.FAILED)
            expect.that(not failed, reading.FAILED, "there", "absent", response)

    array(judge, every=True)


@check("STOW-BEH-017", "by-factors")
def test_pixel_objects_cause_no_server_error(array):
    """Pixel objects are stored or refused: none causes a server error."""

    def judge(instance):
        response = array.response(instance)
        expect.that(response.status not in reading.ERRORS, "status", response.status, "2xx or 4xx", response)

    array(judge, every=True)
