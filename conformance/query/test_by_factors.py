"""PS3.18 10.6.1, 10.6.3: pixel objects of every combination of two properties are found."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given


@check("SEARCH-RES-003", "by-factors")
def test_pixel_objects_are_found(endpoint, array, stored):
    """A search for the instances of a study finds each pixel object once; one that it does not list is asked for
    alone."""
    given.searchable(endpoint, stored("sample")[0])

    def judge(instance):
        uid, target = instance.sop_instance_uid, f"{instance.study_path}/instances"
        response = endpoint.fetch(target)
        expect.status(response, 200, 204)
        found = [match for match in expect.matches(response) if dicom_json.text(match, "SOPInstanceUID") == uid]
        if not found:
            expect.one_match(endpoint.fetch(target, params={"SOPInstanceUID": uid}), "SOPInstanceUID", uid)
        expect.that(len(found) < 2, "the number of matches", len(found), 1, response)

    array(judge)
